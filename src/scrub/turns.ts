import { performance } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";

/** So long at a time such work holds the process, in milliseconds: what others asked for goes on in between. */
const TURN_MS = 2;

/** Does long work step by step, in turns of the event loop; false when it was not done by the deadline, which is on the monotonic clock. */
export type Turns = (steps: Iterable<void>, deadline: number) => Promise<boolean>;

type Job = { readonly steps: Iterator<void>; readonly deadline: number } & Pick<PromiseWithResolvers<boolean>, "resolve" | "reject">;

/** Makes the turns of a process. What takes one turn at most is done at once; those that take longer have one each, round and round, so that none waits for another to end. */
export function createTurns(turnMs = TURN_MS): Turns {
  const jobs: Job[] = [];

  /** Whether that was all. */
  function turn(steps: Iterator<void>): boolean {
    const until = performance.now() + turnMs;
    while (steps.next().done !== true) if (performance.now() >= until) return false;
    return true;
  }

  function goOn(job: Job): void {
    if (performance.now() >= job.deadline) return job.resolve(false);
    try {
      if (turn(job.steps)) job.resolve(true);
      else jobs.push(job);
    } catch (error) {
      job.reject(error);
    }
  }

  async function round(): Promise<void> {
    await nextTurn();
    for (let job = jobs.shift(); job !== undefined; job = jobs.shift()) {
      goOn(job);
      await nextTurn();
    }
  }

  let going: Promise<void> | undefined;

  return async (work, deadline) => {
    const steps = work[Symbol.iterator]();
    if (turn(steps)) return true;
    const { promise, resolve, reject } = Promise.withResolvers<boolean>();
    jobs.push({ steps, deadline, resolve, reject });
    going ??= round().finally(() => (going = undefined));
    return promise;
  };
}
