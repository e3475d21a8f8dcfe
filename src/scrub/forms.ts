import { SHORT } from "./needles.ts";

/** A form in which a value may turn up in a text; an `open` one is only the beginning of it, and what follows belongs to the value. */
export type Form = { readonly text: string; readonly open: boolean };

/** Of longer values the beginning alone is looked for. */
const LONGEST = 4_096;

/** The forms in which a value may turn up, with the white space around it and without, and those of its longer lines, because logs come line by line. */
export function* formsOf(value: string): Generator<Form> {
  for (const each of new Set([value, value.trim(), ...roundedNumber(value)])) yield* begun(each, encodings);
  for (const line of linesOf(value)) yield* begun(line, (text) => [text, jsonText(text), jsonText(text).replaceAll("/", "\\/")]);
}

function begun(value: string, formsIn: (text: string) => readonly string[]): Form[] {
  const open = value.length > LONGEST;
  const forms = [...new Set(formsIn(open ? beginningOf(value) : value))];
  return forms.filter((text) => text.length >= SHORT).map((text) => ({ text, open }));
}

/** What JavaScript makes of a value that is sent back as a number: of many digits only the first are kept. */
function roundedNumber(value: string): string[] {
  return value.length <= 400 && /^-?\d+(?:\.\d+)?$/.test(value) ? [String(Number(value))] : [];
}

/** No half of a character stands at its end: that would be written otherwise than the whole. */
const beginningOf = (value: string): string => value.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, "");

/** What JSON and addresses leave as it is. */
const PLAIN = /^[\w.-]*$/;

/**
 * The forms of a text: as it is, JSON-escaped as several languages do it, URL-encoded in several ways, in hex, in base64 at each of three alignments, also JSON-escaped
 * before, or URL-encoded as the name and password of a client are. What is plain and URL-encoded all the same is found by decoding the text.
 */
function encodings(value: string): string[] {
  const bytes = Buffer.from(value, "utf8");
  const hex = bytes.toString("hex");
  const forms = [value, hex, hex.toUpperCase(), ...allBase64(bytes)];
  if (PLAIN.test(value)) return forms;
  const percent = hex.replace(/../g, "%$&");
  forms.push(percent, percent.toUpperCase());
  const escaped = jsonText(value);
  if (escaped !== value) {
    const escapedBytes = Buffer.from(escaped, "utf8");
    const escapedHex = escapedBytes.toString("hex");
    forms.push(escaped, jsonText(escaped), ...allBase64(escapedBytes), escapedHex, escapedHex.toUpperCase());
  }
  const [url, form, ...otherUrl] = urlEncodings(value.toWellFormed());
  for (const each of new Set([url, form])) forms.push(each, ...allBase64(Buffer.from(each, "utf8")));
  return [...forms, ...otherJson(escaped), ...otherUrl];
}

const jsonText = (value: string): string => JSON.stringify(value).slice(1, -1);

/** The same text as PHP, Python, Go, Gson and .NET write it. */
function otherJson(escaped: string): string[] {
  const code = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const upper = (char: string): string => `\\u${code(char).slice(2).toUpperCase()}`;
  const slashes = escaped.replaceAll("/", "\\/");
  const beyondAscii = /[\u0080-\uffff]/g;
  return [
    slashes,
    slashes.replace(beyondAscii, code),
    escaped.replace(beyondAscii, code),
    escaped.replace(/[<>&]/g, code),
    escaped.replace(/[<>&'=]/g, code),
    escaped.replaceAll('\\"', "\\u0022").replace(/[<>&'+`\u0080-\uffff]/g, upper),
  ];
}

function urlEncodings(value: string): [url: string, form: string, ...others: string[]] {
  const url = encodeURIComponent(value);
  const lower = url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const form = new URLSearchParams({ value }).toString().slice("value=".length);
  return [url, form, lower, url.replaceAll("%20", "+"), encodeURI(value), encodeURIComponent(url)];
}

/** A line that is shorter may be anybody's. */
const SHORTEST_LINE = 16;

/** The lines of a value of several, but for those that frame a key. */
function linesOf(value: string): string[] {
  const lines = value.split(/[\r\n]+/);
  return lines.length === 1
    ? []
    : lines.map((line) => line.trim()).filter((line) => line.length >= SHORTEST_LINE && !line.startsWith("-----"));
}

const allBase64 = (bytes: Buffer): string[] => [0, 1, 2].flatMap((pad) => alignedBase64(bytes, pad));

/** Fewer characters of base64 are common in ordinary words and would hide nothing but the words. */
const SHORTEST_BASE64 = 5;

/** The characters of a base64 text that depend on the value alone, when `pad` bytes stand before it in a group of three; of a short value those at the end of the text. */
function alignedBase64(bytes: Buffer, pad: number): string[] {
  const text = (pad === 0 ? bytes : Buffer.concat([Buffer.alloc(pad), bytes])).toString("base64").replace(/=+$/, "");
  const start = pad === 0 ? 0 : pad + 1;
  const end = Math.floor(((pad + bytes.length) * 8) / 6);
  const core = text.slice(start, end - start < SHORTEST_BASE64 ? undefined : end);
  return core.length < SHORTEST_BASE64 ? [] : [core, core.replaceAll("+", "-").replaceAll("/", "_")];
}
