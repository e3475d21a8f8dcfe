/** Keeps requests from a host that fails, so that callers hear of it at once and the host is left to recover. */
export type Breaker = {
  /**
   * Milliseconds to wait before another request may be sent; 0 lets this one through. While the host fails, one goes through now and then to try it; one that
   * would rather not be the one leaves that to others for so many milliseconds.
   */
  wait(leaves?: number): number;
  /** Tells how a request ended that was let through. */
  ended(ok: boolean): void;
  readonly open: () => boolean;
  /** Whether {@link Breaker.wait} would let one through. */
  due(): boolean;
};

/** Failures in a row after which a host counts as failing. */
const FAILURES = 10;
/** The pause between two tries of a failing host, in milliseconds: doubled after each that failed, up to the longest. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 4_000;

/** Makes the breaker of one host; `now` is in milliseconds. */
export function createBreaker(now: () => number, random: () => number): Breaker {
  let failures = 0;
  let pause = FIRST_PAUSE;
  let tryAt = 0;

  return {
    open: () => failures >= FAILURES,
    due: () => failures < FAILURES || tryAt <= now(),
    wait: (leaves = 0) => {
      if (failures < FAILURES) return 0;
      const left = tryAt + leaves - now();
      if (left > 0) return left;
      // The next try does not wait for this one to end: silence may last longer than the outage.
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      tryAt = now() + pause;
      return 0;
    },
    ended: (ok) => {
      failures = ok ? 0 : failures + 1;
      if (ok) pause = FIRST_PAUSE;
      // Those that were under way when it opened fail as well, and tell nothing new.
      if (failures === FAILURES) tryAt = now() + pause * (0.8 + 0.2 * random());
    },
  };
}
