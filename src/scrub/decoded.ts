/** A text as it reads once decoded: `origin` tells where each of its characters stands in the text itself, and at last where that ends. */
export type Reading = { readonly text: string; origin(place: number): number };

/** What stands at a place of a text: the characters that it is read as, and how many it takes; undefined where nothing is encoded. */
type Decode = (text: string, at: number) => Decoded | undefined;
type Decoded = { readonly code: number; readonly length: number };
type Code = { readonly sign: string; readonly decode: Decode };

/** Encodings that others put around a value in more ways than can be listed: which characters they encode, in capitals or not, where a line ends. */
const CODES: readonly Code[] = [
  { sign: "%", decode: fromPercent },
  { sign: "+", decode: (text, at) => (text[at] === "+" ? { code: 0x20, length: 1 } : fromPercent(text, at)) },
  { sign: "\\", decode: fromEscape },
  { sign: "&", decode: fromEntity },
  { sign: "\n", decode: fromLineEnd },
];

/** Longer texts are decoded once, shorter ones twice. */
const LONG = 64 * 1_024;

/** Whether a text may be encoded: most are not, and this is asked of each line of the log. */
export function seemsEncoded(text: string): boolean {
  return CODES.some((code) => hasSign(text, code));
}

/** The text decoded in each way that it seems to be encoded, and what is encoded twice. */
export function* readingsOf(text: string, again = text.length <= LONG): Generator<Reading> {
  for (const code of CODES) {
    if (!hasSign(text, code)) continue;
    const outer = readBy(text, code);
    yield outer;
    if (!again) continue;
    for (const inner of readingsOf(outer.text, false)) yield { text: inner.text, origin: (place) => outer.origin(inner.origin(place)) };
  }
}

/** Every log line ends with a line's end, which is none. */
function hasSign(text: string, { sign }: Code): boolean {
  const found = text.indexOf(sign);
  return found >= 0 && found < text.length - 1;
}

/** Nothing is read of a character that stands for none. */
const NOTHING = -1;
const BEYOND_ONE_UNIT = 0x1_00_00;

function readBy(text: string, { decode }: Code): Reading {
  const units = new Uint16Array(text.length);
  const places = new Uint32Array(text.length + 1);
  let to = 0;
  const put = (unit: number, place: number): void => {
    units[to] = unit;
    places[to++] = place;
  };
  for (let at = 0; at < text.length;) {
    const unit = text.charCodeAt(at);
    const decoded = SIGNS[unit] === 1 ? decode(text, at) : undefined;
    const code = decoded?.code ?? unit;
    if (code >= BEYOND_ONE_UNIT) {
      put(0xd8_00 + ((code - BEYOND_ONE_UNIT) >> 10), at);
      put(0xdc_00 + (code & 0x3_ff), at);
    } else if (code !== NOTHING) put(code, at);
    at += decoded?.length ?? 1;
  }
  places[to] = text.length;
  return { text: Buffer.from(units.buffer, 0, 2 * to).toString("utf16le"), origin: (place) => places[place] ?? 0 };
}

/** Where something encoded may begin, by the codes of characters. */
const SIGNS = new Uint8Array(0x1_00_00);
for (const sign of "%+\\&\r\n") SIGNS[sign.charCodeAt(0)] = 1;

/** The value of so many hexadecimal digits; -1 where others stand. */
function hexAt(text: string, at: number, digits: number): number {
  let value = 0;
  for (let place = at; place < at + digits; place++) {
    const unit = text.charCodeAt(place) | 0x20;
    // Beyond the end it is 0x20.
    if (unit >= 0x61 && unit <= 0x66) value = value * 16 + unit - 0x57;
    else if (unit >= 0x30 && unit <= 0x39 && text.charCodeAt(place) === unit) value = value * 16 + unit - 0x30;
    else return -1;
  }
  return value;
}

const byteAt = (text: string, at: number): number => (text[at] === "%" ? hexAt(text, at + 1, 2) : -1);

/** By the number of bytes of a character in UTF-8: the least that is written so. */
const LEAST = [0, 0, 0x80, 0x8_00, 0x1_00_00];

/** The character that bytes such as `%C3%BC` stand for; a byte that is none in UTF-8 stands for itself. */
function fromPercent(text: string, at: number): Decoded | undefined {
  const lead = byteAt(text, at);
  if (lead < 0) return undefined;
  const one = { code: lead, length: 3 };
  if (lead < 0xc0 || lead >= 0xf8) return one;
  const count = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  let code = lead & (0x7f >> count);
  for (let place = 1; place < count; place++) {
    const byte = byteAt(text, at + 3 * place);
    if (byte < 0x80 || byte >= 0xc0) return one;
    code = code * 64 + (byte & 0x3f);
  }
  const isOne = code >= (LEAST[count] ?? 0) && code <= 0x10_ff_ff && (code < 0xd8_00 || code > 0xdf_ff);
  return isOne ? { code, length: 3 * count } : one;
}

const ESCAPES: Readonly<Record<string, string>> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" };

/** The character that JSON escapes so. */
function fromEscape(text: string, at: number): Decoded | undefined {
  if (text[at] !== "\\") return undefined;
  const letter = text[at + 1] ?? "";
  const plain = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  if (plain !== undefined) return { code: plain.charCodeAt(0), length: 2 };
  const code = letter === "u" ? hexAt(text, at + 2, 4) : -1;
  return code < 0 ? undefined : { code, length: 6 };
}

const ENTITY = /&(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-f]{1,6});/iy;
const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The character that HTML writes so. */
function fromEntity(text: string, at: number): Decoded | undefined {
  const match = matchAt(ENTITY, text, at)?.toLowerCase();
  if (match === undefined) return undefined;
  const name = match.slice(1, -1);
  const code = name.startsWith("#x")
    ? Number.parseInt(name.slice(2), 16)
    : name.startsWith("#")
      ? Number(name.slice(1))
      : ENTITIES[name]?.charCodeAt(0);
  return code === undefined || code > 0x10_ff_ff ? undefined : { code, length: match.length };
}

const LINE_END = /\r?\n[\t ]*(?=\S)/y;

/** The end of a line, and white space before the next, stand for nothing. */
function fromLineEnd(text: string, at: number): Decoded | undefined {
  const match = matchAt(LINE_END, text, at);
  return match === undefined ? undefined : { code: NOTHING, length: match.length };
}

function matchAt(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}
