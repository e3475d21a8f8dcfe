/** Takes the bytes of an answer as they come in. */
export type Receiver = {
  add(chunk: Buffer): void;
  /** All of them; the very bytes that were expected when they are the same. */
  end(): Buffer;
};

/**
 * Makes the receiver of one answer. Bytes that are as `expected` are not kept a second time: answers are mostly as they were, and a page of them
 * is so much rubbish to collect that it shows in every figure.
 */
export function createReceiver(expected: Buffer | undefined): Receiver {
  const chunks: Buffer[] = [];
  let matched = 0;

  return {
    add: (chunk) => {
      if (chunks.length === 0 && expected !== undefined) {
        const end = matched + chunk.length;
        if (end <= expected.length && expected.compare(chunk, 0, chunk.length, matched, end) === 0) {
          matched = end;
          return;
        }
        chunks.push(expected.subarray(0, matched));
      }
      chunks.push(chunk);
    },
    end: () => {
      if (chunks.length > 0) return Buffer.concat(chunks);
      if (expected === undefined) return Buffer.alloc(0);
      return matched === expected.length ? expected : Buffer.from(expected.subarray(0, matched));
    },
  };
}
