import { setImmediate } from "node:timers/promises";
import type { DeleteResult } from "kysely";

const BATCH = 2_000;

/** Deletes again and again, at most so many rows at a time, until there are none: neither the server's limit of time nor the event loop notices. */
export async function inBatches(remove: (limit: number) => Promise<DeleteResult>): Promise<void> {
  while ((await remove(BATCH)).numDeletedRows >= BATCH) await setImmediate();
}
