import { isAscii } from "node:buffer";
import { inspect } from "node:util";
import { gatewayError } from "../errors.ts";
import type { Scrubber } from "../scrub.ts";
import { MASK } from "../secret.ts";
import type { Fields } from "./call.ts";
import type { Form } from "./form.ts";
import { UnusualJsonError } from "./pick.ts";
import { sealAnswer } from "./seal.ts";

/** Readings of one answer that are kept; a further one takes the place of all. */
const MOST_READINGS = 8;

/**
 * What upstream answered to a read. It keeps the bytes, to tell whether the next answer is the same, and shows none of them: whatever is read from it
 * is sealed. The same answer gives the same objects, so that what was made of them can be used again; nobody may change them.
 */
export class Answer {
  readonly #bytes: Buffer;
  readonly #readings = new Map<Fields | undefined, object>();
  #known: number;

  constructor(bytes: Buffer, scrubber: Scrubber) {
    this.#bytes = bytes;
    this.#known = scrubber.version();
  }

  get size(): number {
    return this.#bytes.length;
  }

  /** The answer that `read` gives, which is the one before if it is the same. */
  static async next(
    before: Answer | undefined,
    scrubber: Scrubber,
    read: (expected: Buffer | undefined) => Promise<Buffer>,
  ): Promise<Answer> {
    const expected = before === undefined ? undefined : before.#bytes;
    const bytes = await read(expected);
    return before !== undefined && bytes === expected ? before : new Answer(bytes, scrubber);
  }

  /** The answer, or `fields` of it, as the form has it. Throws `UpstreamBadResponse` when it is no such thing. */
  read<T>(form: Form<T>, fields: Fields | undefined, scrubber: Scrubber): T {
    // What became known since may stand in texts that were scrubbed before.
    if (this.#known !== scrubber.version()) this.#readings.clear();
    this.#known = scrubber.version();
    const held = this.#readings.get(fields);
    if (held !== undefined) return held as T;
    const made = parse(this.#bytes, fields === undefined ? undefined : form.part(fields).pick);
    sealAnswer(made, scrubber);
    const checked = fields === undefined ? form.check(made) : form.part(fields).check(made);
    if (this.#readings.size >= MOST_READINGS) this.#readings.clear();
    this.#readings.set(fields, made);
    return checked;
  }

  toJSON(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}

function parse(bytes: Buffer, pick: ((text: string) => unknown) | undefined): object {
  const text = isAscii(bytes) ? bytes.toString("latin1") : bytes.toString();
  const value = pick === undefined ? ordinary(text) : picked(text, pick);
  if (value === null || typeof value !== "object") throw gatewayError("UpstreamBadResponse");
  return value;
}

function ordinary(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw gatewayError("UpstreamBadResponse");
  }
}

function picked(text: string, pick: (text: string) => unknown): unknown {
  try {
    return pick(text);
  } catch (error) {
    if (error instanceof UnusualJsonError) return ordinary(text);
    if (error instanceof SyntaxError || error instanceof RangeError) throw gatewayError("UpstreamBadResponse");
    throw error;
  }
}
