import { performance } from "node:perf_hooks";
import { setImmediate as nextTurn } from "node:timers/promises";

/** So long at a time such work holds the process, in milliseconds: what others asked for goes on in between. */
const TURN_MS = 2;

/** Does long work step by step, in turns of the event loop; false when it was not done by the deadline, which is on the monotonic clock. */
export type Turns = (steps: Iterable<void>, deadline: number) => Promise<boolean>;

/** Makes the turns of a process. What takes one turn at most is done at once; of anything longer there is one at a time, because they would only hold up each other. */
export function createTurns(turnMs = TURN_MS): Turns {
  let last: Promise<unknown> = Promise.resolve();

  /** Whether that was all. */
  function turn(steps: Iterator<void>): boolean {
    const until = performance.now() + turnMs;
    while (steps.next().done !== true) if (performance.now() >= until) return false;
    return true;
  }

  async function rest(steps: Iterator<void>, deadline: number): Promise<boolean> {
    while (performance.now() < deadline) {
      await nextTurn();
      if (turn(steps)) return true;
    }
    return false;
  }

  return async (work, deadline) => {
    const steps = work[Symbol.iterator]();
    if (turn(steps)) return true;
    const done = last.then(() => rest(steps, deadline));
    last = done.catch(() => undefined);
    return await done;
  };
}
