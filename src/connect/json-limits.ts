/** Objects and lists of one answer: a page of 500 deployments has a tenth as many. Reading 8 MB that are nothing else would take some 300 ms, and 100 MB. */
const MOST_PARTS = 300_000;
/** Different names of members. Connect has some hundred; half a million of them in 6 MB take a second to read, and 200 MB. */
const MOST_NAMES = 120_000;
/** One byte of so many is looked at, or that would cost as much as reading; a prime, so that what comes again and again is met at each of its places. */
const STRIDE = 31;
/** Names are told apart by so many of their last bytes. */
const NAME = 32;

const [OPEN_LIST, OPEN_OBJECT, COLON, QUOTE, BACKSLASH, SPACE] = [0x5b, 0x7b, 0x3a, 0x22, 0x5c, 0x20];

/** A mark for each hash of a name; few enough to stay at hand. */
const seen = new Uint8Array(65_536);

/** Whether these bytes, in pieces, are JSON of more parts or names than any honest answer has, as a sample of them tells. */
export function isBeyondLimits(chunks: readonly Buffer[], size: number): boolean {
  // Each takes three bytes at least.
  if (size <= MOST_NAMES * 3) return false;
  seen.fill(0);
  let [parts, names] = [0, 0];
  for (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += STRIDE) {
      const byte = chunk[at];
      if (byte === OPEN_OBJECT || byte === OPEN_LIST) parts += 1;
      else if (byte === COLON) names += note(chunk, at - 1);
    }
  }
  return parts * STRIDE > MOST_PARTS || names * STRIDE > MOST_NAMES;
}

/** Marks the name that ends before a colon: 1 if it is new, else 0. */
function note(chunk: Buffer, before: number): number {
  let end = before;
  while (end >= 0 && (chunk[end] ?? 0) <= SPACE) end--;
  if (chunk[end] !== QUOTE) return 0;
  let escapes = 0;
  while (chunk[end - 1 - escapes] === BACKSLASH) escapes++;
  // The quotation mark stands in a text.
  if (escapes % 2 === 1) return 0;
  let hash = 0;
  for (let at = end - 1; at >= 0 && at >= end - NAME && chunk[at] !== QUOTE; at--) hash = (hash * 31 + (chunk[at] ?? 0)) | 0;
  const place = (hash ^ (hash >>> 16)) & 0xffff;
  if (seen[place] === 1) return 0;
  seen[place] = 1;
  return 1;
}
