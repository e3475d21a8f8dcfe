import { performance } from "node:perf_hooks";
import { getHeapStatistics } from "node:v8";
import { collect as collectGarbage } from "./gc.ts";

type Options = {
  /** The part of the time in which the process worked since it was asked before, 0 to 1. */
  readonly worked?: () => number;
  /** Gives back all memory that is not in use. */
  readonly collect?: () => void;
  /** Pause between two looks, in milliseconds. */
  readonly lookMs?: number;
};

const LOOK_MS = 10_000;
/** Who works less than the first part of the time has next to nothing to do, who works more than the second has something; after so many looks it is quiet. */
const [LITTLE, MUCH, LOOKS] = [0.02, 0.04, 3];
/** To look through more than this at once, in bytes, would take longer than whoever asks meanwhile should wait. */
const LARGE = 200 * 1024 * 1024;

/**
 * Gives memory back after half a minute in which there was next to nothing to do: once, until there is something to do again. V8 would do so after 8 seconds
 * (`main.ts` keeps it from that), and what it gives back includes most of what was compiled.
 */
export function startQuiet({ worked = workedSince(), collect = giveBack, lookMs = LOOK_MS }: Options = {}): { stop(): void } {
  let quiet = 0;
  let given = false;

  function look(): void {
    const share = worked();
    quiet = share < LITTLE ? quiet + 1 : 0;
    if (share > MUCH) given = false;
    if (quiet < LOOKS || given) return;
    collect();
    given = true;
  }

  const looking = setInterval(look, lookMs).unref();
  return { stop: () => clearInterval(looking) };
}

function giveBack(): void {
  if (getHeapStatistics().used_heap_size < LARGE) collectGarbage({ type: "major", flavor: "last-resort" });
}

function workedSince(): () => number {
  let last = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(now, last);
    last = now;
    return utilization;
  };
}
