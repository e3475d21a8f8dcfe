import { createHash } from "node:crypto";
import { isBeyondLimits } from "./json-limits.ts";

const LARGEST_ON_DESK = 4 * 1024 * 1024;

/** A place where bytes that came in pieces stand in one, for as long as they are read: making a buffer for each page costs more than filling it. */
export class Desk {
  #buffer = Buffer.allocUnsafeSlow(256 * 1024);

  lay(chunks: readonly Buffer[], size: number): Buffer {
    if (size > LARGEST_ON_DESK) return Buffer.concat(chunks);
    if (size > this.#buffer.length) this.#buffer = Buffer.allocUnsafeSlow(Math.min(size * 2, LARGEST_ON_DESK));
    let at = 0;
    for (const chunk of chunks) at += chunk.copy(this.#buffer, at);
    return this.#buffer.subarray(0, size);
  }
}

/** Pieces that are shorter in the middle are put together: each takes memory of its own, and is looked at in every comparison. */
const SMALL_PIECE = 4_096;

const NO_BYTES = Buffer.alloc(0);
const [SPACE, OPEN_LIST, OPEN_OBJECT] = [0x20, 0x5b, 0x7b];

/** The bytes of an answer, in the pieces in which they came, unless those are small. */
export class Body {
  readonly #chunks: readonly Buffer[];
  readonly size: number;

  constructor(chunks: readonly Buffer[]) {
    this.size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.#chunks = chunks.length > 1 && this.size < chunks.length * SMALL_PIECE ? [Buffer.concat(chunks)] : chunks;
  }

  /** All of them in one piece, which is good until something else is laid on the same desk. */
  on(desk: Desk): Buffer {
    const [only, ...others] = this.#chunks;
    return only !== undefined && others.length === 0 ? only : desk.lay(this.#chunks, this.size);
  }

  /** Whether reading these bytes as JSON would take longer, and more memory, than any honest answer. */
  get beyondLimits(): boolean {
    return isBeyondLimits(this.#chunks, this.size);
  }

  /** Whether these bytes begin as a JSON object or list does. */
  get seemsJson(): boolean {
    const [first = NO_BYTES] = this.#chunks;
    let at = 0;
    while (at < first.length && (first[at] ?? 0) <= SPACE) at++;
    return first[at] === OPEN_OBJECT || first[at] === OPEN_LIST;
  }

  /** The JSON object or list; undefined when these bytes are none, or more of them than is to be read. */
  json(): object | undefined {
    if (this.beyondLimits) return undefined;
    try {
      const value: unknown = JSON.parse(this.toString());
      return value !== null && typeof value === "object" ? value : undefined;
    } catch {
      return undefined;
    }
  }

  /** Whether these bytes stand at this place. */
  has(bytes: Buffer, at: number): boolean {
    if (at + bytes.length > this.size) return false;
    let start = 0;
    for (const chunk of this.#chunks) {
      const [from, until] = [Math.max(at, start), Math.min(at + bytes.length, start + chunk.length)];
      if (from < until && chunk.compare(bytes, from - at, until - at, from - start, until - start) !== 0) return false;
      start += chunk.length;
    }
    return true;
  }

  /** A copy of the first ones: a part of them would hold on to all. */
  head(size: number): Buffer {
    return Buffer.concat(this.#chunks, size);
  }

  /** Tells these bytes from any others. */
  mark(): string {
    const digest = createHash("sha1");
    for (const chunk of this.#chunks) digest.update(chunk);
    return digest.digest("base64");
  }

  toString(): string {
    return Buffer.concat(this.#chunks).toString();
  }
}

/** Small pieces are put together up to so many bytes. */
const SHELF = 64 * 1_024;

/** Pieces of an answer. Small ones that follow each other are put together as they come: a byte that comes alone would take two hundred. */
class Pieces {
  readonly #list: Buffer[] = [];
  /** Where the last one stands when it was put together, and up to where it reaches. */
  #shelf: Buffer | undefined;
  #end = 0;

  get none(): boolean {
    return this.#list.length === 0;
  }

  add(chunk: Buffer): void {
    const last = this.#list.at(-1);
    const small = chunk.length < SMALL_PIECE && last !== undefined;
    if (this.#shelf !== undefined && (!small || this.#end + chunk.length > SHELF)) this.#leave();
    else if (small && this.#shelf === undefined && last.length < SMALL_PIECE) {
      this.#shelf = Buffer.allocUnsafeSlow(SHELF);
      this.#end = last.copy(this.#shelf);
    }
    if (this.#shelf === undefined) this.#list.push(chunk);
    else this.#end += chunk.copy(this.#shelf, this.#end);
  }

  /** The last one as it is by now, in no more memory than it needs. */
  #leave(): void {
    if (this.#shelf !== undefined) this.#list[this.#list.length - 1] = Buffer.concat([this.#shelf], this.#end);
    this.#shelf = undefined;
  }

  body(): Body {
    this.#leave();
    return new Body(this.#list);
  }
}

/** Takes the bytes of an answer as they come in. */
export type Receiver = {
  /** Gives the number of bytes that are held by now. */
  add(chunk: Buffer): number;
  /** All of them; the very body that was expected when it is the same. */
  end(): Body;
};

/**
 * Makes the receiver of one answer. Bytes that are as `expected` are not kept a second time: answers are mostly as they were, and a page of them
 * is so much rubbish to collect that it shows in every figure.
 */
export function createReceiver(expected: Body | undefined): Receiver {
  const pieces = new Pieces();
  let [matched, held] = [0, 0];

  function keep(chunk: Buffer): void {
    pieces.add(chunk);
    held += chunk.length;
  }

  return {
    add: (chunk) => {
      if (pieces.none && expected?.has(chunk, matched) === true) {
        matched += chunk.length;
        return held;
      }
      if (pieces.none && matched > 0 && expected !== undefined) keep(expected.head(matched));
      keep(chunk);
      return held;
    },
    end: () => {
      if (!pieces.none || expected === undefined) return pieces.body();
      return matched === expected.size ? expected : new Body([expected.head(matched)]);
    },
  };
}
