import { performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { collect as collectGarbage } from "./gc.ts";

type Options = {
  /** The part of the time in which the process worked since it was asked before, 0 to 1. */
  readonly worked?: () => number;
  /** The memory that the process takes, in bytes. */
  readonly memory: () => number;
  /** Gives back all memory that is not in use, unless that would take too long. */
  readonly collect?: () => boolean;
  /** Pause between two looks, in milliseconds. */
  readonly lookMs?: number;
};

const LOOK_MS = 10_000;
/** Who works less than the first part of the time has next to nothing to do, who works more than the second has something; after so many looks it is quiet. */
const [LITTLE, MUCH, LOOKS] = [0.02, 0.04, 3];
/** To give back less than this, in bytes, is not worth the while: what comes next finds nothing compiled, and its first second takes three times as long. */
const WORTH = 48 * 1024 * 1024;
/** To look through more than this at once, in bytes, would take longer than whoever asks meanwhile should wait. */
const LARGE = 200 * 1024 * 1024;

/**
 * Gives memory back after half a minute in which there was next to nothing to do: once, until there is something to do again, and only when there is more of
 * it than after the last time. V8 would do so after 8 seconds (`main.ts` keeps it from that), and most of what was compiled is of no use then any more.
 */
export function startQuiet({ memory, worked = workedSince(), collect = giveBack, lookMs = LOOK_MS }: Options): { stop(): void } {
  let quiet = 0;
  let given = false;
  let left = 0;

  function look(): void {
    const share = worked();
    quiet = share < LITTLE ? quiet + 1 : 0;
    if (share > MUCH) given = false;
    if (quiet < LOOKS || given) return;
    given = true;
    if (memory() - left >= WORTH && collect()) left = memory();
  }

  const looking = setInterval(look, lookMs).unref();
  return { stop: () => clearInterval(looking) };
}

function giveBack(): boolean {
  // Most of a large heap may be garbage: only once that is gone it is known how much is in use.
  if (heapUsed() >= LARGE) collectGarbage({ type: "major" });
  if (heapUsed() >= LARGE) return false;
  collectGarbage({ type: "major", flavor: "last-resort" });
  return true;
}

const heapUsed = (): number => getHeapStatistics().used_heap_size;

function workedSince(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
