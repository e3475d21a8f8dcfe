import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Call } from "../connect/index.ts";
import { ifThere } from "./lost-writes.ts";

/** How long a caller would wait for something to come to rest, in milliseconds, and what ends that before. */
export type Patience = { readonly ms: number; readonly signal: AbortSignal };

/** Looks at `first` again and again until it is at rest, gone, or the patience over, and gives it as it was then. */
export type Wait = <T extends Versioned>(call: Call, patience: Patience, first: T, ways: Ways<T>) => Promise<T>;

type Versioned = { readonly version: number };

type Ways<T> = {
  readonly read: (call: Call) => Promise<T>;
  readonly atRest: (current: T) => boolean;
  /** Whether it is being taken away. What is not and cannot be found is there all the same: a copy of upstream lags behind. */
  readonly mayGo: boolean;
};

/** Pauses between two looks, in milliseconds: doubled up to the longest. */
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 2_000;
/** What is kept of the time of a request for its last look, in milliseconds. */
const LAST_LOOK_MS = 1_000;
/** Requests that wait at once; others are answered without: who waits must not take the places of who works. */
const MOST_WAITING = 16;

/** Makes the waiting room of one process. */
export function createWait(): Wait {
  let waiting = 0;

  return async (call, { ms, signal }, first, { read, atRest, mayGo }) => {
    if (ms <= 0 || waiting >= MOST_WAITING) return first;
    waiting += 1;
    let current = first;
    try {
      const end = Math.min(performance.now() + ms, (call.deadline ?? Number.POSITIVE_INFINITY) - LAST_LOOK_MS);
      for (let pause = FIRST_PAUSE_MS; !atRest(current); pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
        const left = end - performance.now();
        if (left <= 0) break;
        await sleep(Math.min(pause, left), undefined, { signal });
        // The write was done, which is what has to be told: a look that fails is made again.
        const look = async () => ifThere(read({ ...call, fresh: "shared" }));
        const next = await look().catch(() => current);
        if (next === undefined && mayGo) break;
        // A copy of upstream that lags behind the write tells nothing of what came of it.
        if (next !== undefined && next.version >= first.version) current = next;
      }
    } catch (error) {
      // Whoever is gone, or told to be, is told how far it got.
      if (!signal.aborted) throw error;
    } finally {
      waiting -= 1;
    }
    return current;
  };
}
