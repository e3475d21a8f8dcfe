import type { Fields } from "./call.ts";
import { CLOSE_LIST, CLOSE_OBJECT, COLON, COMMA, Cursor, OPEN_LIST, OPEN_OBJECT, QUOTE } from "./cursor.ts";
import { intern, isWritten } from "./interning.ts";

/** A name holds an escape, or a page has another number of rows than it says: only the ordinary reader can tell what it is. */
export class UnusualJsonError extends Error {}

/** The rows of a page as they were read, and the bytes in which they stood. */
export type Rows = { readonly bytes: Buffer; readonly rows: readonly Row[] };
/** A row and its place. */
export type Row = { readonly start: number; readonly end: number; readonly value: unknown };

/** An object or a list in a row; `next` is the turn after all that is in it. */
type Part = {
  readonly start: number;
  readonly end: number;
  readonly value: unknown;
  readonly plan: Plan | undefined;
  readonly next: number;
  /** In how many rows in a row something else stood at this turn. */
  readonly missed: number;
};

/** What was read, which holds none of the bytes: `fresh` are the rows that were not taken over from a page before. */
export type Picked = { readonly value: unknown; readonly rows: readonly Row[]; readonly fresh: readonly unknown[] };

/** Reads some fields of a JSON text in UTF-8; rows (entries of `results`) that are as in the page `before` are taken over from it. */
export type Picker = (bytes: Buffer, before?: Rows) => Picked;

/**
 * Makes the reader of `fields` alone. What is not asked for is passed over and not looked at, but for its brackets and quotes, and not even for those when it
 * stood in the row before. For the fields that a list shows of a page of 20 deployments (126 kB) that took two thirds of the time of `JSON.parse`, a seventh
 * where the rows share their connector and settings, and a twentieth when one row has changed since the page before; `npm run bench` tells it as P1 and P2.
 * It throws a SyntaxError when the text ends early or goes astray, and an {@link UnusualJsonError} for a name with an escape.
 */
export function createPicker(fields: Fields): Picker {
  const plan = planOf("results" in fields ? { ...fields, count: true } : fields);
  const results = plan.wanted.find(({ name }) => name === "results");
  return (bytes, before) => {
    const reader = new Reader(bytes, results, before);
    const value = reader.value(plan);
    reader.end();
    // What is passed over may be broken so that the end of a row is missed.
    if (results !== undefined && !isWhole(value)) throw new UnusualJsonError();
    return { value, rows: reader.rows, fresh: reader.fresh };
  };
}

function isWhole(page: unknown): boolean {
  const { count, results } = (page ?? {}) as { count?: unknown; results?: unknown };
  return !Array.isArray(results) || typeof count !== "number" || results.length === count;
}

/** What is wanted of an object, and the names that stood in the last one, in order: the next one most likely has them too. */
type Plan = { readonly wanted: readonly Wanted[]; readonly heads: Head[] };
type Wanted = { readonly name: string; readonly plan: Plan | true };
/** A name as it is written, with its quotes and its colon. */
type Head = { readonly written: Uint8Array; readonly wanted: Wanted | undefined };

const MOST_HEADS = 64;
const LONGEST_HEAD = 64;

const planOf = (fields: Fields): Plan => ({
  wanted: Object.entries(fields).map(([name, inner]) => ({ name, plan: inner === true ? true : planOf(inner) })),
  heads: [],
});

/** So many rows may have gone, or changed one after the other, and the rest is still found. */
const ROWS_AHEAD = 4;
/** What differed in more rows than this, such as all with an id in it, is compared in one of so many only. */
const [MISSES, LOOKS] = [1, 8];

/** Reads what is planned of one text. */
class Reader extends Cursor {
  readonly results: Wanted | undefined;
  readonly before: Rows | undefined;
  readonly rows: Row[] = [];
  readonly fresh: unknown[] = [];
  /** The first row before that was not taken over yet. */
  nextBefore = 0;
  /** Objects and lists of the row before, in the order in which they were met, and how many of this one were met so far. */
  readonly parts: Part[] = [];
  turn = 0;

  constructor(bytes: Buffer, results: Wanted | undefined, before: Rows | undefined) {
    super(bytes);
    this.results = results;
    this.before = before;
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
    for (let member = 0; ; member++) {
      const wanted = this.name(plan, member);
      if (wanted === undefined) this.skip();
      else if (wanted === this.results && this.next() === OPEN_LIST && wanted.plan !== true) found[wanted.name] = this.page(wanted.plan);
      else found[wanted.name] = this.value(wanted.plan);
      const code = this.next();
      this.at++;
      if (code === CLOSE_OBJECT) return found;
      if (code !== COMMA) throw new SyntaxError("a comma expected");
    }
  }

  /** Reads the name of a member with its colon; what is asked for under that name. */
  name(plan: Plan, member: number): Wanted | undefined {
    if (this.next() !== QUOTE) throw new SyntaxError("a name expected");
    const head = plan.heads[member];
    if (head === undefined || !this.stands(head.written)) return this.newName(plan, member);
    this.at += head.written.length;
    return head.wanted;
  }

  /** Apart from `name`, which has no function of its own to make so. */
  newName({ wanted, heads }: Plan, member: number): Wanted | undefined {
    const { at: start, bytes } = this;
    this.skipString();
    if (this.escaped) throw new UnusualJsonError();
    const { at: end } = this;
    if (this.next() !== COLON) throw new SyntaxError("a colon expected");
    this.at++;
    const found = wanted.find(({ name }) => name.length === end - start - 2 && isWritten(name, bytes, start + 1));
    // A copy: a part of the page would hold on to the whole of it.
    const fits = this.at - start <= LONGEST_HEAD && member < MOST_HEADS;
    if (fits) heads[member] = { written: Uint8Array.prototype.slice.call(bytes, start, this.at), wanted: found };
    return found;
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
    if (part === undefined || part.plan !== plan || (part.missed > MISSES && this.rows.length % LOOKS !== 0)) return undefined;
    if (!this.isAt(this.bytes, part)) return undefined;
    this.at += part.end - part.start;
    this.turn = part.next;
    return part;
  }

  /** Remembers an object or a list for the next row; gives its value. */
  note(turn: number, { start, value, plan }: Pick<Part, "start" | "value" | "plan">): unknown {
    const before = this.parts[turn];
    const missed = before !== undefined && before.plan === plan ? before.missed + 1 : 0;
    this.parts[turn] = { start, end: this.at, value, plan, next: this.turn, missed };
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
    const { at: start, bytes } = this;
    this.skipString();
    if (this.escaped) return JSON.parse(bytes.toString("utf8", start, this.at)) as string;
    return this.beyondAscii ? bytes.toString("utf8", start + 1, this.at - 1) : intern(bytes, start + 1, this.at - 1);
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
