import { setImmediate } from "node:timers/promises";
import type { DeleteResult } from "kysely";

const BATCH = 2_000;
/** Rows of one statement: far fewer than either engine takes parameters for, and written in some milliseconds. */
const PIECE = 250;

/** Deletes again and again, at most so many rows at a time, until there are none: neither the server's limit of time nor the event loop notices. */
export async function inBatches(remove: (limit: number) => Promise<DeleteResult>): Promise<void> {
  while ((await remove(BATCH)).numDeletedRows >= BATCH) await setImmediate();
}

/** Goes through a list some at a time, in its order; in between the event loop sees to others. */
export async function* inPieces<T>(all: readonly T[]): AsyncGenerator<readonly T[]> {
  for (let from = 0; from < all.length; from += PIECE) {
    if (from > 0) await setImmediate();
    yield all.slice(from, from + PIECE);
  }
}
