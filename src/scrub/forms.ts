import { SHORT } from "./needles.ts";

/** A form in which a value may turn up in a text; an `open` one is only the beginning of it, and what follows belongs to the value. */
export type Form = { readonly text: string; readonly open: boolean };

/** Of longer values the beginning alone is looked for. */
const LONGEST = 4_096;

/** The forms in which a value may turn up, with the white space around it and without, and those of its longer lines, because logs come line by line. */
export function formsOf(value: string): Form[] {
  const whole = [...new Set([value, value.trim()])].flatMap((each) => begun(each, encodings));
  const forms = [
    ...whole,
    ...linesOf(value).flatMap((line) => begun(line, (text) => [text, jsonText(text), jsonText(text).replaceAll("/", "\\/")])),
  ];
  return forms.filter(({ text }) => text.length >= SHORT);
}

function begun(value: string, formsIn: (text: string) => readonly string[]): Form[] {
  const open = value.length > LONGEST;
  return [...new Set(formsIn(open ? beginningOf(value) : value))].map((text) => ({ text, open }));
}

/** No half of a character stands at its end: that would be written otherwise than the whole. */
const beginningOf = (value: string): string => value.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, "");

/** What JSON and addresses leave as it is. */
const PLAIN = /^[\w.-]*$/;

/**
 * The forms of a text: as it is, JSON-escaped as several languages do it, URL-encoded in several ways, in hex, in base64 at each of three alignments, also JSON-escaped
 * before. What is plain and URL-encoded all the same is found by decoding the text.
 */
function encodings(value: string): string[] {
  const bytes = Buffer.from(value, "utf8");
  const hex = bytes.toString("hex");
  const forms = [value, hex, hex.toUpperCase(), ...allBase64(bytes)];
  if (PLAIN.test(value)) return forms;
  const percent = hex.replace(/../g, "%$&");
  forms.push(percent, percent.toUpperCase());
  const escaped = jsonText(value);
  if (escaped !== value) forms.push(escaped, jsonText(escaped), ...allBase64(Buffer.from(escaped, "utf8")));
  return [...forms, ...otherJson(escaped), ...urlEncodings(value.toWellFormed())];
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

function urlEncodings(value: string): string[] {
  const url = encodeURIComponent(value);
  const lower = url.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
  const form = new URLSearchParams({ value }).toString().slice("value=".length);
  return [url, lower, url.replaceAll("%20", "+"), form, encodeURI(value), encodeURIComponent(url)];
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

/** The characters of a base64 text that depend on the value alone, when `pad` bytes stand before it in a group of three. */
function alignedBase64(bytes: Buffer, pad: number): string[] {
  const text = (pad === 0 ? bytes : Buffer.concat([Buffer.alloc(pad), bytes])).toString("base64");
  const start = pad === 0 ? 0 : pad + 1;
  const end = Math.floor(((pad + bytes.length) * 8) / 6);
  const core = text.slice(start, end);
  // Fewer than six characters are common in ordinary words and would hide nothing but the words.
  return core.length < 6 ? [] : [core, core.replaceAll("+", "-").replaceAll("/", "_")];
}
