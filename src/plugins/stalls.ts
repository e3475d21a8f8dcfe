import { performance } from "node:perf_hooks";

/** Tells when the process stood still: it was stopped from outside, or something kept its event loop. */
export type Stalls = {
  /** What is not well, in words: for a moment after it stood still. */
  fault(): string | undefined;
  /** Looks now. */
  look(): void;
  stop(): void;
};

type Options = {
  /** Called after each, with how long it was. */
  readonly stalled: (ms: number) => void;
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
};

const LOOK_MS = 250;
/** Longer than a collection of garbage, or the largest answer, takes. */
const STALL_MS = 2_000;
/** For so long what came meanwhile is worked off, and no more of it wanted. */
const AFTER_MS = 2_000;

/** Looks at the clock, four times a second. */
export function createStalls({ stalled, now = () => performance.now() }: Options): Stalls {
  let lookedAt = now();
  let wellAt = lookedAt;

  function look(): void {
    const missed = now() - lookedAt - LOOK_MS;
    lookedAt = now();
    if (missed < STALL_MS) return;
    wellAt = lookedAt + AFTER_MS;
    stalled(missed);
  }

  const looking = setInterval(look, LOOK_MS).unref();
  return { fault: () => (now() < wellAt ? "the process stood still a moment ago" : undefined), look, stop: () => clearInterval(looking) };
}
