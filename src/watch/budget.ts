/** A share of requests to one region that the watch may not exceed, whatever the number of projects there. */
export type Budget = {
  /** Waits for a place; ends early with `signal`. */
  take(signal: AbortSignal): Promise<void>;
};

/** Makes a budget of so many requests a second, of which a second's worth may be used at once. */
export function createBudget(perSecond: number, now: () => number): Budget {
  let free = perSecond;
  let filledAt = now();

  async function take(signal: AbortSignal): Promise<void> {
    const time = now();
    // A clock that was set back gives no places, and takes none.
    free = Math.min(free + (Math.max(time - filledAt, 0) / 1_000) * perSecond, perSecond);
    filledAt = time;
    // Below nothing, places are promised: each waits for its own.
    free -= 1;
    const pause = free >= 0 ? 0 : (-free / perSecond) * 1_000;
    if (pause === 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const timer = setTimeout(end, pause);
      signal.addEventListener("abort", end, { once: true });
    });
  }

  return { take };
}
