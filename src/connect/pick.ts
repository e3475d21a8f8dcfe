import type { Fields } from "./call.ts";

/** A name holds an escape: only the ordinary reader can tell which it is. */
export class UnusualJsonError extends Error {}

/** A JSON text and its bytes, which stand at the same places: it is ASCII. */
export type Source = { readonly text: string; readonly bytes: Buffer };

/** The rows of a page as they were read, each with the place where it stood in `bytes`. */
export type Rows = { readonly bytes: Buffer; readonly rows: readonly Row[] };
type Row = { readonly start: number; readonly end: number; readonly value: unknown };

/** What was read: `fresh` are the rows that were not taken over from a page before. */
export type Picked = { readonly value: unknown; readonly rows: Rows; readonly fresh: readonly unknown[] };

/** Reads some fields of a JSON text; rows (entries of `results`) that are as in the page `before` are taken over from it. */
export type Picker = (source: Source, before?: Rows) => Picked;

/**
 * Makes the reader of `fields` alone. What is not asked for is passed over and not looked at, but for its brackets and quotes: for the fields that a
 * list shows of a page of 20 deployments (126 kB) that takes three quarters of the time of `JSON.parse`, and when one row has changed a twentieth,
 * see `npm run bench -- --only pick`. It throws a SyntaxError when the text ends early or goes astray, and an {@link UnusualJsonError} for a
 * name with an escape.
 */
export function createPicker(fields: Fields): Picker {
  const plan = planOf(fields);
  const results = plan["results".length]?.find(({ name }) => name === "results");
  return (source, before) => {
    const reader = new Reader(source, results, before);
    const value = reader.value(plan);
    reader.end();
    return { value, rows: { bytes: source.bytes, rows: reader.rows }, fresh: reader.fresh };
  };
}

/** Wanted names by their length, so that a name that is not wanted costs no text of its own. */
type Plan = readonly (readonly Wanted[] | undefined)[];
type Wanted = { readonly name: string; readonly plan: Plan | true };

function planOf(fields: Fields): Plan {
  const plan: Wanted[][] = [];
  for (const [name, inner] of Object.entries(fields))
    (plan[name.length] ??= []).push({ name, plan: inner === true ? true : planOf(inner) });
  return plan;
}

const NONE: readonly Wanted[] = [];
/** So many rows may have gone, or changed one after the other, and the rest is still found. */
const ROWS_AHEAD = 4;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const [OPEN_LIST, CLOSE_LIST, OPEN_OBJECT, CLOSE_OBJECT] = [0x5b, 0x5d, 0x7b, 0x7d];

/** Walks over one text; `at` is where the next character is read. */
class Reader {
  readonly text: string;
  at = 0;
  /** Where the next backslash stands, at or after a place that was asked about. */
  escape = -1;

  readonly bytes: Buffer;
  readonly results: Wanted | undefined;
  readonly before: Rows | undefined;
  readonly rows: Row[] = [];
  readonly fresh: unknown[] = [];
  /** The first row before that was not taken over yet. */
  nextBefore = 0;

  constructor({ text, bytes }: Source, results: Wanted | undefined, before: Rows | undefined) {
    this.text = text;
    this.bytes = bytes;
    this.results = results;
    this.before = before;
  }

  value(plan: Plan | true): unknown {
    const first = this.next();
    if (first === QUOTE) return this.string();
    if (plan === true || (first !== OPEN_OBJECT && first !== OPEN_LIST)) return this.whole();
    return first === OPEN_OBJECT ? this.object(plan) : this.list(plan);
  }

  end(): void {
    if (!Number.isNaN(this.next())) throw new SyntaxError("text after the end");
  }

  /** The next character that is no white space, which stays the next one; NaN at the end. */
  next(): number {
    let code = this.text.charCodeAt(this.at);
    while (code <= 0x20) code = this.text.charCodeAt(++this.at);
    return code;
  }

  object(plan: Plan): Record<string, unknown> {
    const found: Record<string, unknown> = {};
    this.at++;
    if (this.next() === CLOSE_OBJECT) return (this.at++, found);
    for (;;) {
      const wanted = this.name(plan);
      if (wanted === undefined) this.skip();
      else if (wanted === this.results && this.next() === OPEN_LIST && wanted.plan !== true) found[wanted.name] = this.page(wanted.plan);
      else found[wanted.name] = this.value(wanted.plan);
      const code = this.next();
      this.at++;
      if (code === CLOSE_OBJECT) return found;
      if (code !== COMMA) throw new SyntaxError("a comma expected");
    }
  }

  /** Reads a name with its colon; what is asked for under that name. */
  name(plan: Plan): Wanted | undefined {
    if (this.next() !== QUOTE) throw new SyntaxError("a name expected");
    const { text } = this;
    const start = this.at + 1;
    const end = text.indexOf('"', start);
    if (end < 0) throw new SyntaxError("the text ends early");
    if (this.escapeFrom(start) < end) throw new UnusualJsonError();
    this.at = end + 1;
    if (this.next() !== COLON) throw new SyntaxError("a colon expected");
    this.at++;
    for (const wanted of plan[end - start] ?? NONE) if (text.startsWith(wanted.name, start)) return wanted;
    return undefined;
  }

  /** The rows of a page. */
  page(plan: Plan): unknown[] {
    const found: unknown[] = [];
    this.at++;
    if (this.next() === CLOSE_LIST) return (this.at++, found);
    for (;;) {
      this.next();
      found.push(this.takenOver() ?? this.row(plan));
      const code = this.next();
      this.at++;
      if (code === CLOSE_LIST) return found;
      if (code !== COMMA) throw new SyntaxError("a comma expected");
    }
  }

  row(plan: Plan): unknown {
    const start = this.at;
    const value = this.value(plan);
    this.rows.push({ start, end: this.at, value });
    this.fresh.push(value);
    return value;
  }

  /** The next row, if it stands in the page before, at its place or a little further on. */
  takenOver(): unknown {
    const { before, at } = this;
    if (before === undefined) return undefined;
    for (let index = this.nextBefore; index < this.nextBefore + ROWS_AHEAD; index++) {
      const row = before.rows[index];
      if (row === undefined) return undefined;
      const end = at + row.end - row.start;
      if (end > this.bytes.length || this.bytes.compare(before.bytes, row.start, row.end, at, end) !== 0) continue;
      this.nextBefore = index + 1;
      this.at = end;
      this.rows.push({ start: at, end, value: row.value });
      return row.value;
    }
    return undefined;
  }

  list(plan: Plan): unknown[] {
    const found: unknown[] = [];
    this.at++;
    if (this.next() === CLOSE_LIST) return (this.at++, found);
    for (;;) {
      found.push(this.value(plan));
      if (this.next() === CLOSE_LIST) return (this.at++, found);
      if (this.next() !== COMMA) throw new SyntaxError("a comma expected");
      this.at++;
    }
  }

  string(): string {
    const start = this.at;
    this.skipString();
    const escaped = this.escapeFrom(start) < this.at;
    return escaped ? (JSON.parse(this.text.slice(start, this.at)) as string) : this.text.slice(start + 1, this.at - 1);
  }

  whole(): unknown {
    const start = this.at;
    this.skip();
    return JSON.parse(this.text.slice(start, this.at));
  }

  escapeFrom(start: number): number {
    if (this.escape < start) {
      const found = this.text.indexOf("\\", start);
      this.escape = found < 0 ? Number.MAX_SAFE_INTEGER : found;
    }
    return this.escape;
  }

  skip(): void {
    const { text } = this;
    const first = this.next();
    if (first === QUOTE) return this.skipString();
    if (first === OPEN_OBJECT || first === OPEN_LIST) return this.skipNested();
    const start = this.at;
    for (let code = first; code > 0x20 && code !== COMMA && code !== CLOSE_OBJECT && code !== CLOSE_LIST;)
      code = text.charCodeAt(++this.at);
    if (this.at === start) throw new SyntaxError("a value expected");
    return undefined;
  }

  skipNested(): void {
    const { text } = this;
    for (let depth = 0; this.at < text.length;) {
      const code = text.charCodeAt(this.at);
      if (code === QUOTE) {
        this.skipString();
        continue;
      }
      this.at++;
      if (code === OPEN_OBJECT || code === OPEN_LIST) depth++;
      else if ((code === CLOSE_OBJECT || code === CLOSE_LIST) && --depth === 0) return;
    }
    throw new SyntaxError("the text ends early");
  }

  skipString(): void {
    const { text } = this;
    const start = this.at + 1;
    let end = text.indexOf('"', start);
    while (end > 0 && text.charCodeAt(end - 1) === BACKSLASH && isEscaped(text, end)) end = text.indexOf('"', end + 1);
    if (end < 0) throw new SyntaxError("the text ends early");
    this.at = end + 1;
  }
}

/** Whether an odd number of backslashes stands before a quote. */
function isEscaped(text: string, quote: number): boolean {
  let start = quote;
  while (text.charCodeAt(start - 1) === BACKSLASH) start--;
  return (quote - start) % 2 === 1;
}
