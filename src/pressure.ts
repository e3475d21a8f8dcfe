import { performance } from "node:perf_hooks";
import { collect as collectGarbage } from "./gc.ts";

/** Tells when memory runs short. */
export type Pressure = {
  /** Whether it does, so that as little as possible should be begun. */
  readonly high: () => boolean;
  /** From now on `letGo` is called when memory is about to end: to let go of what can be had again. */
  relieve(letGo: () => void): void;
  /** Looks now: something large has come. */
  look(): void;
  stop(): void;
};

type Options = {
  /** The share of its memory that the process has taken, 0 to 1. */
  readonly share: () => number;
  /** Collects all garbage: until then nobody knows how much of that share is in use. */
  readonly collect?: () => void;
  /** Called when memory begins to run short, and when it no longer does. */
  readonly changed: (high: boolean, share: number) => void;
  /** Monotonic, in milliseconds. */
  readonly now?: () => number;
};

/** From this share on memory runs short, from the second on it is about to end; below the last one it is enough again. */
const [HIGH, FULL, ENOUGH] = [0.85, 0.95, 0.8];
const LOOK_MS = 100;
/** Between two collections; each stops the process for some 0.1 seconds. One that was of no use is not soon made again, unless memory is about to end. */
const [REST_MS, LONG_REST_MS] = [500, 5_000];

/** Looks at the memory of the process, ten times a second. */
export function createPressure(options: Options): Pressure {
  const { share, collect = () => collectGarbage({ type: "major" }), changed, now = () => performance.now() } = options;
  const all: (() => void)[] = [];
  let high = false;
  let collectedAt = Number.NEGATIVE_INFINITY;
  /** A collection alone was not enough. */
  let useless = false;

  /** What is left of the share once all has been done about it that can be. */
  function reduced(taken: number): number {
    if (now() - collectedAt < (useless && taken < FULL ? LONG_REST_MS : REST_MS)) return taken;
    if (taken >= FULL || useless) for (const letGo of all) letGo();
    collect();
    const left = share();
    useless = left >= HIGH;
    collectedAt = now();
    return left;
  }

  function look(): void {
    const found = share();
    const left = found < HIGH ? found : reduced(found);
    if (left < HIGH) useless = false;
    if (high ? left >= ENOUGH : left < HIGH) return;
    high = !high;
    changed(high, left);
  }

  const looking = setInterval(look, LOOK_MS).unref();
  return { high: () => high, relieve: (letGo) => void all.push(letGo), look, stop: () => clearInterval(looking) };
}
