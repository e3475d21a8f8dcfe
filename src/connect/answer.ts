import { isAscii } from "node:buffer";
import { inspect } from "node:util";
import { gatewayError } from "../errors.ts";
import type { ProjectScrubber } from "../scrub/index.ts";
import { MASK } from "../secret.ts";
import type { Fields } from "./call.ts";
import type { Form } from "./form.ts";
import { type Picker, type Row, UnusualJsonError } from "./pick.ts";
import { type Body, Desk } from "./receiver.ts";
import { sealAnswer, sealingBy, type Sealing } from "./seal.ts";

/** Readings of one answer that are held on to; a further one takes the place of all. */
const MOST_READINGS = 8;
/** What a reading takes beside the bytes that it was made of, as a multiple of them: its texts are pieces of one that is as long, and objects hold them. */
const READING_WEIGHT = 2;
/** Answers in a row to which the one before was of no use; then readings are only lent: holding on to them costs more than it saves. */
const USELESS = 3;

/**
 * What upstream answered to a read. It keeps the bytes, to tell whether the next answer is the same, and shows them to nobody else: whatever is read from
 * it is sealed. The same answer gives the same objects, so that what was made of them can be used again; nobody may change them.
 */
export class Answer {
  readonly #body: Body;
  readonly #readings = new Map<Fields | undefined, Reading>();
  /** Readings of the answer before, whose rows may come again. */
  #earlier = new Map<Fields | undefined, Reading>();
  #known: number;
  #useless = 0;
  #mark: string | undefined;

  constructor(body: Body, scrubber: ProjectScrubber, before?: Answer) {
    this.#body = body;
    this.#known = scrubber.version();
    if (before === undefined) return;
    this.#useless = before.#useless + 1;
    if (before.#known === this.#known) this.#earlier = new Map(before.#readings);
  }

  /** What it takes with all that was made of it, in bytes, about. */
  get weight(): number {
    return Math.max(this.#body.size, 1) * (1 + READING_WEIGHT * (this.#readings.size + this.#earlier.size));
  }

  /** The answer whose bytes these are: the one before if they are the very ones that were {@link expected}. */
  static next(before: Answer | undefined, body: Body, scrubber: ProjectScrubber): Answer {
    if (before === undefined || body !== before.#body) return new Answer(body, scrubber, before);
    before.#useless = 0;
    return before;
  }

  /** What the next answer most likely is, for its receiver to compare. */
  get expected(): Body {
    return this.#body;
  }

  /** Tells this answer from any other with different bytes. */
  mark(): string {
    this.#mark ??= this.#body.mark();
    return this.#mark;
  }

  /**
   * The answer, or `fields` of it, as the form has it, its reports scrubbed unless that is done `later` with all of its texts. Throws `UpstreamBadResponse` when
   * it is no such thing.
   */
  read<T>(form: Form<T>, fields: Fields | undefined, scrubber: ProjectScrubber, later = false): T {
    if (this.#known !== scrubber.version()) this.#forget(scrubber.version());
    const held = this.#readings.get(fields);
    if (held !== undefined) return held.value as T;
    const part = fields === undefined ? undefined : form.part(fields);
    const reading = readBody(this.#body, part?.pick, this.#earlier.get(fields));
    this.#earlier.delete(fields);
    if (isOfUse(reading)) this.#useless = 0;
    seal(reading, later ? { scrubber, allowance: undefined } : sealingBy(scrubber));
    const checked = (part ?? form).check(reading.value);
    this.#keep(fields, { value: reading.value, rows: reading.rows, body: this.#body });
    return checked;
  }

  /** Lets go of what was made of it; whoever asks again has it made again. */
  release(): void {
    this.#forget(this.#known);
  }

  /** Callers of the same moment get the same objects in any case; later ones do if that is worth while. */
  #keep(fields: Fields | undefined, reading: Reading): void {
    if (this.#readings.size >= MOST_READINGS) this.#forget(this.#known);
    this.#readings.set(fields, reading);
    // No weak reference: the young generation's collector takes those for strong ones.
    if (this.#useless >= USELESS) setImmediate(() => this.#useless >= USELESS && this.#readings.delete(fields));
  }

  /** What became known since may stand in texts that were scrubbed before. */
  #forget(version: number): void {
    this.#readings.clear();
    this.#earlier.clear();
    this.#known = version;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

/** What was read of an answer; its rows, when only some fields were read, and the answer in which they stand. */
type Reading = { readonly value: object; readonly rows?: readonly Row[] | undefined; readonly body: Body };
type NewReading = Reading & { readonly fresh?: readonly unknown[] | undefined };
type Read = { readonly value: unknown; readonly rows?: readonly Row[]; readonly fresh?: readonly unknown[] };

/** What is read now, and what it is compared with. */
const [DESK, OTHER_DESK] = [new Desk(), new Desk()];

function readBody(body: Body, pick: Picker | undefined, before: Reading | undefined): NewReading {
  if (body.beyondLimits) throw gatewayError("UpstreamBadResponse");
  const { value, ...more } = pick === undefined ? ordinary(body.on(DESK)) : picked(body.on(DESK), pick, before);
  if (value === null || typeof value !== "object") throw gatewayError("UpstreamBadResponse");
  return { value, body, ...more };
}

function ordinary(bytes: Buffer): Read {
  try {
    return { value: JSON.parse(bytes.toString(isAscii(bytes) ? "latin1" : "utf8")) };
  } catch {
    throw gatewayError("UpstreamBadResponse");
  }
}

function picked(bytes: Buffer, pick: Picker, before: Reading | undefined): Read {
  try {
    return pick(bytes, before?.rows === undefined ? undefined : { bytes: before.body.on(OTHER_DESK), rows: before.rows });
  } catch (error) {
    if (error instanceof UnusualJsonError) return ordinary(bytes);
    if (error instanceof SyntaxError || error instanceof RangeError) throw gatewayError("UpstreamBadResponse");
    throw error;
  }
}

/** Whether most of its rows were taken over from the answer before. */
function isOfUse({ rows, fresh }: NewReading): boolean {
  return rows !== undefined && fresh !== undefined && fresh.length * 2 < rows.length;
}

/** Seals what was read now; rows that were taken over are sealed already. */
function seal({ value, rows, fresh }: NewReading, sealing: Sealing): void {
  if (rows === undefined || fresh === undefined || rows.length === 0) return sealAnswer(value, sealing);
  // What rows share is sealed with the first of them.
  const each = { ...sealing, done: { nodes: new Set<object>(), secured: new Set<object>() } };
  for (const row of fresh) if (row !== null && typeof row === "object") sealAnswer(row, each);
  const page = value as Record<string, unknown>;
  const { results } = page;
  page["results"] = null;
  sealAnswer(page, sealing);
  page["results"] = results;
}
