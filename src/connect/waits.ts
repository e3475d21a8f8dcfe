/** Waits for what is under way, which can be cut short. */
export type Waits = {
  /** What `promise` gives, or undefined when that takes longer than `ms` milliseconds, of which `late` hears, or when the wait is cut short. */
  within<T>(promise: Promise<T>, ms: number, late: () => void): Promise<T | undefined>;
  /** Ends half of the waits: the others are more likely to end soon by themselves. */
  cutShort(): void;
};

/** `at` is where it stands in the list; -1 when it is over. */
type Wait = { at: number; readonly end: () => void };

/** Makes the waits of one project, in a list that is nearly in order. They are in no set, for the reason that names stay on the board of flights. */
export function createWaits(): Waits {
  const waits: Wait[] = [];

  /** Takes a wait off the list: the last one takes its place. */
  function remove(wait: Wait): void {
    const last = wait.at === -1 ? undefined : waits.pop();
    if (last === undefined) return;
    if (last !== wait) waits[wait.at] = last;
    last.at = wait.at;
    wait.at = -1;
  }

  return {
    within: <T>(promise: Promise<T>, ms: number, late: () => void) =>
      new Promise<T | undefined>((resolve, reject) => {
        const over = (): void => {
          clearTimeout(timer);
          remove(wait);
        };
        const end = (): void => {
          over();
          resolve(undefined);
        };
        const wait = { at: waits.length, end };
        waits.push(wait);
        const timer = setTimeout(
          () => {
            end();
            late();
          },
          Math.max(ms, 1),
        );
        promise.then(resolve, reject);
        promise.then(over, over);
      }),
    cutShort: () => {
      for (const { end } of waits.slice(waits.length >> 1)) end();
    },
  };
}
