import type { ServerResponse } from "node:http";
import type { Writable } from "node:stream";

/** The event of an HTTP answer that turns out to be a stream. */
export const STAYS = "stays";

/**
 * Called at the close of an answer, lets one fail that was not finished: the framework takes an answer for over when it is finished or has failed, and one whose
 * reader goes has done neither. It would be in no log and no figure. By its code the framework takes the failure for the caller's, and writes no line of its own.
 */
export function failUnfinished(answer: ServerResponse): void {
  if (answer.writableFinished || answer.listenerCount("error") === 0) return;
  answer.emit("error", Object.assign(new Error("the reader is gone"), { code: "ERR_STREAM_PREMATURE_CLOSE" }));
}

/** Something that stays open for hours. */
export type Open = {
  /** Looks after itself, once a second; with `beat` it says that it is still there. */
  look(now: number, beat: boolean): void;
};

/** One timer for all that stays open. */
export type Rounds = { add(open: Open): void; remove(open: Open): void };

const SECOND_MS = 1_000;
/** Each one beats once in so many seconds, not all of them in the same. */
const ROUND = 12;

/** Makes rounds over what is added; there is no timer while there is nothing. */
export function createRounds(now: () => number = Date.now): Rounds {
  const all = new Map<Open, number>();
  let timer: NodeJS.Timeout | undefined;
  let [turn, next] = [0, 0];

  function go(): void {
    turn = (turn + 1) % ROUND;
    const time = now();
    for (const [open, slot] of all) open.look(time, slot === turn);
  }

  return {
    add: (open) => {
      next = (next + 1) % ROUND;
      all.set(open, next);
      timer ??= setInterval(go, SECOND_MS);
    },
    remove: (open) => {
      all.delete(open);
      if (all.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    },
  };
}

/** Counts what each principal has open. */
export type Counts = {
  /** Takes a place; false when all are taken. */
  enter(subject: string): boolean;
  leave(subject: string): void;
  /** Whether all places of a principal are taken. */
  isFull(subject: string): boolean;
  /** What all have open together. */
  readonly total: () => number;
};

/** Makes a count of at most `most` places for each principal. */
export function createCounts(most: number): Counts {
  const open = new Map<string, number>();
  return {
    total: () => open.values().reduce((sum, count) => sum + count, 0),
    isFull: (subject) => (open.get(subject) ?? 0) >= most,
    enter: (subject) => {
      const count = open.get(subject) ?? 0;
      if (count < most) open.set(subject, count + 1);
      return count < most;
    },
    leave: (subject) => {
      const left = (open.get(subject) ?? 1) - 1;
      if (left > 0) open.set(subject, left);
      else open.delete(subject);
    },
  };
}

/** Waits until what was written has gone, or nobody is there any more; undefined when there is nothing to wait for. */
export function drained(to: Writable): Promise<void> | undefined {
  if (!to.writableNeedDrain) return undefined;
  return new Promise((resolve) => {
    const go = (): void => {
      to.off("drain", go).off("close", go);
      resolve();
    };
    to.on("drain", go).on("close", go);
  });
}
