import { readingsOf } from "./decoded.ts";
import { createKnown } from "./known.ts";
import type { Span } from "./needles.ts";
import { MASK } from "../secret.ts";

/** Finds values that must never be seen in texts that others wrote, and puts the mask in their place. */
export type Scrubber = {
  /** Remembers a caller's value. The oldest make room: half of `max` values at least are known, and no more than all of them. */
  add(value: string): void;
  /** Remembers a value of the process itself for ever, whatever callers bring. */
  keep(value: string): void;
  /** Like {@link Scrubber.keep} for a value that others take the place of, such as a token: gives what remembers the latest few. */
  keepLatest(): (value: string) => void;
  /** Rises with every new value: what was scrubbed before may hold it. */
  version(): number;
  /** The text with every known value, in any of its encodings, replaced by the mask. */
  scrub(text: string): string;
  /** Like {@link Scrubber.scrub} for one line of JSON: only its strings change, so that the line stays JSON. */
  scrubLine(line: string): string;
  /** A copy of a JSON-like tree with every string scrubbed; the tree itself when it holds nothing to hide. */
  scrubTree(value: unknown): unknown;
};

/** Makes a scrubber that knows at most `max` values of callers, fewer where they take more memory than there is for them. */
export function createScrubber(max = 20_000): Scrubber {
  const { none, find, someShort, isShort, ...known } = createKnown(max);

  /** Places of values; where there are none as such, of those that were encoded in some other way. */
  function places(text: string): readonly Span[] {
    const found = find(text);
    if (found.length > 0) return found;
    for (const { text: decoded, at } of readingsOf(text)) {
      const spans = find(decoded);
      if (spans.length > 0) return spans.map(([start, end]) => [at[start] ?? 0, at[end] ?? text.length]);
    }
    return found;
  }

  function long(text: string): string {
    let out = text;
    for (let found = places(out); found.length > 0; found = places(out)) out = cut(out, found);
    return out;
  }

  function scrub(text: string): string {
    const out = long(text);
    return someShort() ? out.replace(/[\p{L}\p{N}_-]+/gu, (word) => (isShort(word) ? MASK : word)) : out;
  }

  function scrubLine(line: string): string {
    if (places(line).length === 0) return line;
    try {
      return `${JSON.stringify(mapStrings(JSON.parse(line), long))}\n`;
    } catch {
      return `${long(line.trimEnd())}\n`;
    }
  }

  return {
    add: known.add,
    keep: known.keep,
    keepLatest: known.keepLatest,
    version: known.version,
    scrub,
    scrubLine,
    scrubTree: (value) => (none() ? value : mapStrings(value, scrub)),
  };
}

function cut(text: string, spans: readonly Span[]): string {
  let out = "";
  let at = 0;
  for (const [start, end] of spans) {
    out += text.slice(at, start) + MASK;
    at = end;
  }
  return out + text.slice(at);
}

function mapStrings(value: unknown, map: (text: string) => string): unknown {
  if (typeof value === "string") return map(value);
  if (Array.isArray(value)) return value.map((item) => mapStrings(item, map));
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [map(key), mapStrings(item, map)]));
}
