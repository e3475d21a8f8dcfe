/** A background worker: it works, sleeps, and is woken. */
export type Loop = {
  /** Works again at once, or as soon as the work under way is done. Never throws. */
  wake(): void;
  /** Waits for the work under way, and ends. */
  stop(): Promise<void>;
};

type Options = {
  /** The work; gives the milliseconds to sleep after it. */
  readonly run: () => Promise<number>;
  /** Milliseconds to sleep after work that failed. */
  readonly afterFailure: number;
  readonly failed: (error: unknown) => void;
};

/** Says when it is time for something again: at first, after `ms` milliseconds, and as soon as the clock was set back by as much. */
export function every(ms: number, now: () => number): () => boolean {
  let last = -Infinity;
  return () => {
    const isTime = Math.abs(now() - last) >= ms;
    if (isTime) last = now();
    return isTime;
  };
}

/** Starts a loop with its first work at once. */
export function startLoop({ run, afterFailure, failed }: Options): Loop {
  const state = { stopped: false, woken: false };
  let endSleep: () => void = () => {};

  async function sleep(ms: number): Promise<void> {
    if (state.stopped || state.woken) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      endSleep = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  async function work(): Promise<void> {
    while (!state.stopped) {
      state.woken = false;
      let pause = afterFailure;
      try {
        pause = await run();
      } catch (error) {
        failed(error);
      }
      await sleep(pause);
    }
  }

  const working = work();
  return {
    wake: () => {
      state.woken = true;
      endSleep();
    },
    stop: () => {
      state.stopped = true;
      endSleep();
      return working;
    },
  };
}
