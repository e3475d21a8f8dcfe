import { createHash } from "node:crypto";

/** The bytes of an answer, as they came; put together once somebody wants them in one piece. */
export class Body {
  #chunks: readonly Buffer[];
  readonly size: number;

  constructor(chunks: readonly Buffer[]) {
    this.#chunks = chunks;
    this.size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  }

  bytes(): Buffer {
    const [only, ...others] = this.#chunks;
    if (only !== undefined && others.length === 0) return only;
    const whole = Buffer.concat(this.#chunks);
    this.#chunks = [whole];
    return whole;
  }

  /** Tells these bytes from any others. */
  mark(): string {
    const digest = createHash("sha1");
    for (const chunk of this.#chunks) digest.update(chunk);
    return digest.digest("base64");
  }

  toString(): string {
    return this.bytes().toString();
  }
}

/** Takes the bytes of an answer as they come in. */
export type Receiver = {
  add(chunk: Buffer): void;
  /** All of them; the very body that was expected when it is the same. */
  end(): Body;
};

/**
 * Makes the receiver of one answer. Bytes that are as `expected` are not kept a second time: answers are mostly as they were, and a page of them
 * is so much rubbish to collect that it shows in every figure.
 */
export function createReceiver(expected: Body | undefined): Receiver {
  const chunks: Buffer[] = [];
  const known = expected?.bytes();
  let matched = 0;

  return {
    add: (chunk) => {
      if (chunks.length === 0 && known !== undefined) {
        const end = matched + chunk.length;
        if (end <= known.length && known.compare(chunk, 0, chunk.length, matched, end) === 0) {
          matched = end;
          return;
        }
        chunks.push(known.subarray(0, matched));
      }
      chunks.push(chunk);
    },
    end: () => {
      if (chunks.length > 0) return new Body(chunks);
      if (expected === undefined || known === undefined) return new Body([]);
      return matched === known.length ? expected : new Body([Buffer.from(known.subarray(0, matched))]);
    },
  };
}
