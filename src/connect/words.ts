/** Texts that were met, each in the only place where it may stand. Shorter ones cost less than a look; longer ones seldom come again. */
const WORDS: string[] = Array.from({ length: 2_048 }, () => "");
const [SHORTEST, LONGEST] = [2, 80];

/**
 * A part of a text that is ASCII when its `bytes` are as many. One that is the same as one before is that one: keys, states and names come again in every
 * row of every page. Another one is no slice, which would hold on to the whole page.
 */
export function word({ text, bytes }: { readonly text: string; readonly bytes: Buffer }, start: number, end: number): string {
  const length = end - start;
  if (length < SHORTEST || bytes.length !== text.length) return text.slice(start, end);
  if (length > LONGEST) return bytes.toString("latin1", start, end);
  const middle = text.charCodeAt(start + (length >> 1));
  const slot = (text.charCodeAt(start) * 7 + middle * 31 + text.charCodeAt(end - 1) * 131 + length * 521) & (WORDS.length - 1);
  const known = WORDS[slot];
  if (known?.length === length && text.startsWith(known, start)) return known;
  const made = bytes.toString("latin1", start, end);
  WORDS[slot] = made;
  return made;
}
