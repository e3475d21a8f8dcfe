/** Keeps requests from a host that fails, so that callers hear of it at once and the host is left to recover. */
export type Breaker = {
  /**
   * Milliseconds to wait before another request may be sent, 0 when one may. While the host fails, one goes through now and then to try it; one that would
   * rather not be the one leaves that to others for so many milliseconds.
   */
  wait(leaves?: number): number;
  /** Tells that a request is let through. */
  begun(): void;
  /** Tells how a request ended that was let through. */
  ended(ok: boolean): void;
  readonly open: () => boolean;
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

  const isOpen = (): boolean => failures >= FAILURES;

  return {
    open: isOpen,
    wait: (leaves = 0) => (isOpen() ? Math.max(tryAt + leaves - now(), 0) : 0),
    begun: () => {
      if (!isOpen()) return;
      // The next try does not wait for this one to end: silence may last longer than the outage.
      pause = Math.min(pause * 2, LONGEST_PAUSE);
      tryAt = now() + pause;
    },
    ended: (ok) => {
      failures = ok ? 0 : failures + 1;
      if (ok) pause = FIRST_PAUSE;
      // Those that were under way when it opened fail as well, and tell nothing new.
      if (failures === FAILURES) tryAt = now() + pause * (0.8 + 0.2 * random());
    },
  };
}
