import type { Fields } from "./call.ts";
import { CLOSE_LIST, CLOSE_OBJECT, COLON, COMMA, Cursor, OPEN_LIST, OPEN_OBJECT, QUOTE } from "./cursor.ts";
import { word } from "./words.ts";

/** A name holds an escape: only the ordinary reader can tell which it is. */
export class UnusualJsonError extends Error {}

/** A JSON text and its bytes, which stand at the same places: it is ASCII. */
export type Source = { readonly text: string; readonly bytes: Buffer };

/** The rows of a page as they were read, each with the place where it stood in `bytes`. */
export type Rows = { readonly bytes: Buffer; readonly rows: readonly Row[] };
type Row = { readonly start: number; readonly end: number; readonly value: unknown };

/** An object or a list in a row; `next` is the turn after all that is in it. */
type Part = {
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
  readonly plan: Plan | undefined;
  readonly next: number;
};

/** What was read: `fresh` are the rows that were not taken over from a page before. */
export type Picked = { readonly value: unknown; readonly rows: Rows; readonly fresh: readonly unknown[] };

/** Reads some fields of a JSON text; rows (entries of `results`) that are as in the page `before` are taken over from it. */
export type Picker = (source: Source, before?: Rows) => Picked;

/**
 * Makes the reader of `fields` alone. What is not asked for is passed over and not looked at, but for its brackets and quotes, and not even for those when it
 * stood in the row before. For the fields that a list shows of a page of 20 deployments (126 kB) that took two thirds of the time of `JSON.parse`, a seventh
 * where the rows share their connector and settings, and a twentieth when one row has changed since the page before; `npm run bench` tells it as P1 and P2.
 * It throws a SyntaxError when the text ends early or goes astray, and an {@link UnusualJsonError} for a name with an escape.
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
/** Reads what is planned of one text. */
class Reader extends Cursor {
  readonly bytes: Buffer;
  readonly results: Wanted | undefined;
  readonly before: Rows | undefined;
  readonly rows: Row[] = [];
  readonly fresh: unknown[] = [];
  /** The first row before that was not taken over yet. */
  nextBefore = 0;
  /** Objects and lists of the row before, in the order in which they were met, and how many of this one were met so far. */
  readonly parts: Part[] = [];
  turn = 0;
  /** Only there do bytes and characters stand at the same places. */
  readonly ascii: boolean;

  constructor({ text, bytes }: Source, results: Wanted | undefined, before: Rows | undefined) {
    super(text);
    this.bytes = bytes;
    this.results = results;
    this.before = before;
    this.ascii = bytes.length === text.length;
  }

  value(plan: Plan | true): unknown {
    const first = this.next();
    if (first === QUOTE) return this.string();
    if (plan === true || (first !== OPEN_OBJECT && first !== OPEN_LIST)) return this.whole(first);
    const { at } = this;
    const part = this.again(plan);
    if (part !== undefined) return part.value;
    const turn = this.turn++;
    return this.note(turn, { start: at, value: first === OPEN_OBJECT ? this.object(plan) : this.list(plan), plan });
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
    this.turn = 0;
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
      if (!this.isAt(before.bytes, row)) continue;
      this.nextBefore = index + 1;
      this.at += row.end - row.start;
      this.rows.push({ start: at, end: this.at, value: row.value });
      return row.value;
    }
    return undefined;
  }

  /** What stood at this turn of the row before, if it stands here again: rows share their connector, and often what is set. */
  again(plan: Plan | undefined): Part | undefined {
    const part = this.parts[this.turn];
    if (part === undefined || part.plan !== plan || !this.isAt(this.bytes, part)) return undefined;
    this.at += part.end - part.start;
    this.turn = part.next;
    return part;
  }

  /** Remembers an object or a list for the next row; gives its value. */
  note(turn: number, { start, value, plan }: Omit<Part, "end" | "next">): unknown {
    if (this.ascii) this.parts[turn] = { start, end: this.at, value, plan, next: this.turn };
    return value;
  }

  /** Whether the same bytes stand here. */
  isAt(bytes: Buffer, { start, end }: Pick<Part, "start" | "end">): boolean {
    const { at } = this;
    const until = at + end - start;
    return until <= this.bytes.length && this.bytes.compare(bytes, start, end, at, until) === 0;
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
    return escaped ? (JSON.parse(this.text.slice(start, this.at)) as string) : word(this, start + 1, this.at - 1);
  }

  skip(): void {
    const first = this.next();
    if (first !== OPEN_OBJECT && first !== OPEN_LIST) return this.skipPlain(first);
    const { at } = this;
    if (this.again(undefined) !== undefined) return undefined;
    const turn = this.turn++;
    this.skipNested();
    return void this.note(turn, { start: at, value: undefined, plan: undefined });
  }
}
