import { collect as collectGarbage } from "./gc.ts";

type Options = {
  /** The part of the time in which the process worked since it was asked before, 0 to 1. */
  readonly worked?: () => number;
  /** Gives back all memory that is not in use. */
  readonly collect?: () => void;
  /** Pause between two looks, in milliseconds. */
  readonly lookMs?: number;
};

const LOOK_MS = 30_000;
/** Who works less than this part of the time has nothing to do; after so many looks in a row it is quiet. */
const [LITTLE, LOOKS] = [0.02, 2];

/**
 * Gives memory back after a minute in which there was next to nothing to do: once, until there is something to do again. V8 would do so after 8 seconds
 * (`main.ts` keeps it from that), and what it gives back includes most of what was compiled.
 */
export function startQuiet(options: Options = {}): { stop(): void } {
  const { worked = workedSince(), collect = () => collectGarbage({ type: "major", flavor: "last-resort" }), lookMs = LOOK_MS } = options;
  let quiet = 0;

  function look(): void {
    quiet = worked() < LITTLE ? quiet + 1 : 0;
    if (quiet === LOOKS) collect();
  }

  const looking = setInterval(look, lookMs).unref();
  return { stop: () => clearInterval(looking) };
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
