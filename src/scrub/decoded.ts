/** A text as it reads once decoded: `at` tells where each of its characters stands in the text itself, and at last where that ends. */
export type Reading = { readonly text: string; readonly at: Uint32Array };

/** What stands for a part of a text, in pieces: each with the length of what it was read from. */
type Pieces = readonly (readonly [text: string, length: number])[];
type Code = { readonly sign: string; readonly pattern: RegExp; readonly read: (match: string) => Pieces };

/** Encodings that others put around a value in more ways than can be listed: which characters they encode, in capitals or not, where a line ends. */
const CODES: readonly Code[] = [
  { sign: "%", pattern: /(?:%[0-9a-f]{2})+/gi, read: fromPercent },
  { sign: "+", pattern: /(?:%[0-9a-f]{2})+|\+/gi, read: (match) => (match === "+" ? [[" ", 1]] : fromPercent(match)) },
  {
    sign: "\\",
    pattern: /\\(?:u[0-9a-fA-F]{4}|["\\/bfnrt])/g,
    read: (match) => [[JSON.parse(`"${match}"`) as string, match.length]],
  },
  { sign: "&", pattern: /&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-f]{1,6});/gi, read: (match) => [[fromEntity(match), match.length]] },
  { sign: "\n", pattern: /\r?\n[\t ]*(?=\S)/g, read: (match) => [["", match.length]] },
];

/** Longer texts are decoded once, shorter ones twice. */
const LONG = 64 * 1_024;

/** The text decoded in each way that it seems to be encoded, and what is encoded twice. */
export function readingsOf(text: string): Iterable<Reading> {
  // Most texts are not: this is asked of each line of the log.
  return CODES.some((code) => hasSign(text, code)) ? readAll(text, text.length <= LONG) : [];
}

function* readAll(text: string, again: boolean): Generator<Reading> {
  for (const code of CODES) {
    if (!hasSign(text, code)) continue;
    const outer = readBy(text, code);
    yield outer;
    if (!again) continue;
    for (const inner of readAll(outer.text, false)) yield { text: inner.text, at: inner.at.map((place) => outer.at[place] ?? 0) };
  }
}

/** Every log line ends with a line's end, which is none. */
function hasSign(text: string, { sign }: Code): boolean {
  const found = text.indexOf(sign);
  return found >= 0 && found < text.length - 1;
}

function readBy(text: string, { pattern, read }: Code): Reading {
  const parts: string[] = [];
  const at = new Uint32Array(text.length + 1);
  let [from, to] = [0, 0];
  const put = (part: string, step: number): void => {
    for (let unit = 0; unit < part.length; unit++) at[to++] = from + unit * step;
    parts.push(part);
  };
  for (const { 0: match, index } of text.matchAll(pattern)) {
    put(text.slice(from, index), 1);
    from = index;
    for (const [piece, length] of read(match)) {
      put(piece, 0);
      from += length;
    }
  }
  put(text.slice(from), 1);
  at[to] = text.length;
  return { text: parts.join(""), at: at.subarray(0, to + 1) };
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The character that HTML writes so; itself when there is no such one. */
function fromEntity(match: string): string {
  const name = match.slice(1, -1).toLowerCase();
  if (!name.startsWith("#")) return ENTITIES[name] ?? match;
  const code = name.startsWith("#x") ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
  return code <= 0x10_ff_ff ? String.fromCodePoint(code) : match;
}

/** The characters that bytes such as `%C3%BC` stand for; a byte that is none in UTF-8 stands for itself. */
function fromPercent(match: string): Pieces {
  const bytes = Buffer.from(match.replaceAll("%", ""), "hex");
  const pieces: [string, number][] = [];
  for (let at = 0; at < bytes.length;) {
    const lead = bytes[at] ?? 0;
    const length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
    const text = bytes.toString("utf8", at, at + length);
    const whole = !text.includes("\ufffd") || bytes.subarray(at, at + length).equals(Buffer.from("\ufffd"));
    pieces.push(whole ? [text, 3 * length] : [String.fromCharCode(lead), 3]);
    at += whole ? length : 1;
  }
  return pieces;
}
