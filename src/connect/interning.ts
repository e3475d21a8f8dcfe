/** Texts that were met, each in the only place where it may stand. Shorter ones cost less than a look; longer ones seldom come again. */
const KNOWN: string[] = Array.from({ length: 2_048 }, () => "");
const [SHORTEST, LONGEST] = [2, 80];

/**
 * A part of a text in ASCII. One that is the same as one before is that one: keys, states and names come again in every row of every page.
 */
export function intern(bytes: Buffer, start: number, end: number): string {
  const length = end - start;
  if (length < SHORTEST || length > LONGEST) return bytes.toString("latin1", start, end);
  const [first = 0, middle = 0, last = 0] = [bytes[start], bytes[start + (length >> 1)], bytes[end - 1]];
  const slot = (first * 7 + middle * 31 + last * 131 + length * 521) & (KNOWN.length - 1);
  const known = KNOWN[slot] ?? "";
  if (known.length === length && isWritten(known, bytes, start)) return known;
  const made = bytes.toString("latin1", start, end);
  KNOWN[slot] = made;
  return made;
}

/** Whether this text in ASCII stands there. */
export function isWritten(text: string, bytes: Buffer, start: number): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) !== bytes[start + index]) return false;
  return true;
}
