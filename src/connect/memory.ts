import { performance } from "node:perf_hooks";
import { LRUCache } from "lru-cache";
import type { Answer } from "./answer.ts";

/** An answer that is remembered. */
export type Held = {
  readonly answer: Answer;
  /** When it was asked for, in milliseconds. */
  readonly askedAt: number;
  /** After which change of its project that was. */
  readonly change: number;
  /** How long it took, in milliseconds. */
  readonly tookMs: number;
  /** Tells it from all others. */
  readonly serial: number;
  /** What the memory counts for it, in bytes; 0 outside of it. */
  counted: number;
};

let serial = 0;
export const nextSerial = (): number => serial++;

/** The answers that this process remembers, of all projects: they share one limit. */
export type Memory = {
  get(name: string): Held | undefined;
  /** The same, without counting as use. */
  peek(name: string): Held | undefined;
  set(name: string, held: Held): void;
  /** What is known under a name is no more. */
  forget(name: string): void;
  /** To be called after something was read of an answer: what was made of it takes memory as well. */
  weigh(name: string, held: Held): void;
  /** What is taken, in bytes, about. */
  bytes(): number;
  /** How many answers there are. */
  size(): number;
  /** Forgets everything. */
  clear(): void;
  /** Forgets everything, and stops looking for what is too old. */
  close(): void;
};

type Options = {
  /** How long an answer may serve, in milliseconds. */
  readonly cacheMs: number;
  readonly staleMs: number;
  readonly now?: (() => number) | undefined;
  /** The memory that the process may take, in bytes. */
  readonly mostMemory?: number;
  /** Pause between two looks for what is too old, in milliseconds. */
  readonly sweepMs?: number;
};

/** What all answers may take, with what was made of them, and how many there may be; the ones not used for longest make room. */
const MOST_BYTES = 96 * 1024 * 1024;
/** They may have this part of a small memory at most. */
const SHARE = 1 / 8;
const MOST_ANSWERS = 10_000;
const SWEEP_MS = 10_000;

/** Makes the memory; `now` is in milliseconds. */
export function createMemory(options: Options): Memory {
  const { cacheMs, staleMs, now = () => performance.now(), mostMemory = Number.POSITIVE_INFINITY, sweepMs = SWEEP_MS } = options;
  const mostBytes = Math.min(MOST_BYTES, mostMemory * SHARE);
  /** So long what was made of an answer is worth keeping: it serves again, or the next answer turns out to be the same. */
  const restAfter = Math.max(cacheMs, SWEEP_MS);
  const oldest = Math.max(staleMs, restAfter);
  let bytes = 0;
  const answers = new LRUCache<string, Held>({
    max: MOST_ANSWERS,
    dispose: (held) => {
      bytes -= held.counted;
      held.counted = 0;
    },
  });

  function count(held: Held): void {
    const { weight } = held.answer;
    bytes += weight - held.counted;
    held.counted = weight;
  }

  function makeRoom(): void {
    for (;;) if (bytes <= mostBytes || answers.pop() === undefined) return;
  }

  function sweep(): void {
    const time = now();
    const all = Array.from(answers.entries());
    for (const [name, held] of all) {
      const age = time - held.askedAt;
      if (age > oldest) answers.delete(name);
      else if (age > restAfter) {
        held.answer.release();
        count(held);
      }
    }
  }

  const sweeping = setInterval(sweep, sweepMs).unref();
  return {
    get: (name) => answers.get(name),
    peek: (name) => answers.peek(name),
    set: (name, held) => {
      answers.set(name, held);
      count(held);
      makeRoom();
    },
    forget: (name) => void answers.delete(name),
    weigh: (name, held) => {
      if (held.counted === held.answer.weight || answers.peek(name) !== held) return;
      count(held);
      makeRoom();
    },
    bytes: () => bytes,
    size: () => answers.size,
    clear: () => answers.clear(),
    close: () => {
      clearInterval(sweeping);
      answers.clear();
    },
  };
}
