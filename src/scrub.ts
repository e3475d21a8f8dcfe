import { readingsOf } from "./decoded.ts";
import { MASK } from "./secret.ts";

/** Shorter values are only found where they stand alone: "1" or "en" inside words would tear every text apart. */
const SHORT = 4;

/** Finds values that must never be seen in texts that others wrote, and puts the mask in their place. */
export type Scrubber = {
  /** Remembers a value; the oldest of more than `max` values are forgotten. */
  add(value: string): void;
  /** Rises with every new value: what was scrubbed before may hold it. */
  version(): number;
  /** The text with every known value, in any of its encodings, replaced by the mask. */
  scrub(text: string): string;
  /** Like {@link Scrubber.scrub} for one line of JSON: only its strings change, so that the line stays JSON. */
  scrubLine(line: string): string;
  /** A copy of a JSON-like tree with every string scrubbed; the tree itself when it holds nothing to hide. */
  scrubTree(value: unknown): unknown;
};

/** Makes a scrubber that keeps at most `max` values (10,000 by default). */
export function createScrubber(max = 10_000): Scrubber {
  const values = new Map<string, readonly string[]>();
  const index = createIndex();
  const short = new Set<string>();
  let version = 0;

  function forget(value: string): void {
    for (const needle of values.get(value) ?? []) index.remove(needle);
    values.delete(value);
    short.delete(value);
  }

  function add(value: string): void {
    if (value === "" || /^\*+$/.test(value)) return;
    const known = values.get(value);
    const forms = known ?? (value.length < SHORT ? [] : formsOf(value));
    values.delete(value);
    values.set(value, forms);
    if (known !== undefined) return;
    version += 1;
    if (value.length < SHORT) short.add(value);
    for (const form of forms) index.add(form);
    const oldest = values.keys().next();
    if (values.size > max && oldest.done !== true) forget(oldest.value);
  }

  /** Places of values; where there are none as such, of those that were encoded in some other way. */
  function find(text: string): readonly Span[] {
    const found = index.find(text);
    if (found.length > 0) return found;
    for (const { text: decoded, at } of readingsOf(text)) {
      const spans = index.find(decoded);
      if (spans.length > 0) return spans.map(([start, end]) => [at[start] ?? 0, at[end] ?? text.length]);
    }
    return found;
  }

  function long(text: string): string {
    let out = text;
    for (let found = find(out); found.length > 0; found = find(out)) out = cut(out, found);
    return out;
  }

  function scrub(text: string): string {
    const out = long(text);
    return short.size === 0 ? out : out.replace(/[\p{L}\p{N}_-]+/gu, (word) => (short.has(word) ? MASK : word));
  }

  function scrubLine(line: string): string {
    if (find(line).length === 0) return line;
    try {
      return `${JSON.stringify(mapStrings(JSON.parse(line), long))}\n`;
    } catch {
      return `${long(line.trimEnd())}\n`;
    }
  }

  return {
    add,
    version: () => version,
    scrub,
    scrubLine,
    scrubTree: (value) => (values.size === 0 ? value : mapStrings(value, scrub)),
  };
}

type Span = readonly [start: number, end: number];

function cut(text: string, spans: readonly Span[]): string {
  let out = "";
  let at = 0;
  for (const [start, end] of spans) {
    out += text.slice(at, start) + MASK;
    at = end;
  }
  return out + text.slice(at);
}

/** So many places, few enough to stay at hand: most logs and texts meet none that is taken. */
const PLACES = 16_384;

/** The hash of the four characters that end with `code`, when `before` was that of the four before: older ones are shifted out. */
const roll = (before: number, code: number): number => ((before << 4) ^ code) & 0xffff;

/** Needles by a hash of their first four characters: a text without any of them is read once and nothing is allocated. */
function createIndex() {
  /** How many needles have their place here: small, so that it stays at hand. */
  const counts = new Uint8Array(PLACES);
  const buckets = new Map<number, string[]>();

  function hash(needle: string): number {
    let key = 0;
    for (let at = 0; at < SHORT; at++) key = roll(key, needle.charCodeAt(at));
    return key;
  }

  /** A place that is full is never found empty again: that costs a look at most. */
  function note(key: number, by: number): void {
    const place = key % PLACES;
    const count = counts[place] ?? 0;
    if (count < 255) counts[place] = count + by;
  }

  function add(needle: string): void {
    const key = hash(needle);
    buckets.set(key, [...(buckets.get(key) ?? []), needle]);
    note(key, 1);
  }

  function remove(needle: string): void {
    const key = hash(needle);
    const bucket = buckets.get(key) ?? [];
    const at = bucket.indexOf(needle);
    if (at < 0) return;
    bucket.splice(at, 1);
    note(key, -1);
    if (bucket.length === 0) buckets.delete(key);
  }

  /** Adds the places of needles that begin `at` a place and have this hash to those found so far. */
  function look(text: string, at: number, key: number, spans: [number, number][]): void {
    for (const needle of buckets.get(key) ?? []) {
      if (!text.startsWith(needle, at)) continue;
      const last = spans.at(-1);
      if (last !== undefined && last[1] >= at) last[1] = Math.max(last[1], at + needle.length);
      else spans.push([at, at + needle.length]);
    }
  }

  /** All places of all needles, overlapping ones merged, so that no end of a second secret survives the first. */
  function find(text: string): Span[] {
    const spans: [number, number][] = [];
    let key = 0;
    for (let end = 0; end < text.length; end++) {
      key = roll(key, text.charCodeAt(end));
      if (counts[key % PLACES] !== 0 && end >= SHORT - 1) look(text, end - SHORT + 1, key, spans);
    }
    return spans;
  }

  return { add, remove, find };
}

/** The forms in which a value may turn up, with the white space around it and without. */
function formsOf(value: string): string[] {
  const forms = [...new Set([value, value.trim()])].flatMap(encodings);
  return [...new Set(forms)].filter((form) => form.length >= SHORT);
}

/**
 * The forms of a text: as it is, JSON-escaped as several languages do it, URL-encoded in several ways, in hex, in base64 at each of three alignments, also JSON-escaped
 * before; and each longer line of it, because logs come line by line.
 */
function encodings(value: string): string[] {
  const bytes = Buffer.from(value, "utf8");
  const escaped = jsonText(value);
  const hex = bytes.toString("hex");
  const base64 = [bytes, Buffer.from(escaped, "utf8")].flatMap((each) => [0, 1, 2].flatMap((pad) => alignedBase64(each, pad)));
  const percent = hex.replace(/../g, "%$&");
  return [
    value,
    escaped,
    jsonText(escaped),
    ...otherJson(escaped),
    ...urlEncodings(value.toWellFormed()),
    hex,
    hex.toUpperCase(),
    ...base64,
    percent,
    percent.toUpperCase(),
    ...linesOf(value),
  ];
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
  const lines = value.split(/[\r\n]+/).map((line) => line.trim());
  if (lines.length === 1) return [];
  return lines
    .filter((line) => line.length >= SHORTEST_LINE && !line.startsWith("-----"))
    .flatMap((line) => [line, jsonText(line), jsonText(line).replaceAll("/", "\\/")]);
}

/** The characters of a base64 text that depend on the value alone, when `pad` bytes stand before it in a group of three. */
function alignedBase64(bytes: Buffer, pad: number): string[] {
  const text = Buffer.concat([Buffer.alloc(pad), bytes])
    .toString("base64")
    .replace(/=+$/, "");
  const start = pad === 0 ? 0 : pad + 1;
  const end = Math.floor(((pad + bytes.length) * 8) / 6);
  const core = text.slice(start, end);
  // Fewer than six characters are common in ordinary words and would hide nothing but the words.
  return core.length < 6 ? [] : [core, core.replaceAll("+", "-").replaceAll("/", "_")];
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map));
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [map(key), mapStrings(item, map)]));
}
