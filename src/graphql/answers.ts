import { LRUCache } from "lru-cache";
import type { ServiceRequest } from "../services/index.ts";
import type { MadeRead } from "./recorder.ts";

/** What an execution gave: the text of its `data`, and the reads that it came from; no text when there were errors. */
export type Executed<T> = { readonly outcome: T; readonly text: string | undefined; readonly made: readonly MadeRead[] };

/** The text of an answer, or the outcome of an execution that had to be done. */
export type Answered<T> = { readonly text: string } | { readonly outcome: T };

/** An answer and the reads that it was made from. */
type Plan = {
  readonly reads: readonly { readonly read: MadeRead; readonly result: object }[];
  readonly text: string;
  /** Executions for reads that gave something else, by the first such result: others who got the same wait for it. */
  readonly followers: WeakMap<object, Promise<Plan | undefined>>;
};

const MOST_ANSWERS = 500;
/** In characters. */
const MOST_TEXT = 32 * 1024 * 1024;

/**
 * Answers of queries, for whoever asks the same with the same rights. An answer is used again when its reads, which are made for every request, with
 * the caller's own rights, give the very same objects: that is so as long as upstream answers the same bytes.
 */
export function createAnswers() {
  const plans = new LRUCache<string, Plan>({
    max: MOST_ANSWERS,
    maxSize: MOST_TEXT,
    sizeCalculation: ({ text }, key) => text.length + key.length,
  });

  async function keep<T>(key: string, executing: Promise<Executed<T>>): Promise<Plan | undefined> {
    const { text, made } = await executing;
    if (text === undefined) return undefined;
    const results = await Promise.all(made.map(({ result }) => result));
    const reads = made.map((read, at) => ({ read: { ...read, result: NOTHING }, result: results[at] ?? read }));
    const plan = { reads, text, followers: new WeakMap<object, Promise<Plan | undefined>>() };
    plans.set(key, plan);
    return plan;
  }

  return {
    /** The answer for `key`, which says everything that it depends on but upstream; `execute` makes it, without repeating the reads it is given. */
    async get<T>(
      key: string,
      request: ServiceRequest,
      execute: (known: readonly MadeRead[]) => Promise<Executed<T>>,
    ): Promise<Answered<T>> {
      const known: MadeRead[] = [];
      const results: object[] = [];
      let plan = plans.get(key);
      let differing: object | undefined;
      while (plan !== undefined) {
        differing = await replay(plan, request, known, results);
        if (differing === undefined) return plan;
        const follower = plan.followers.get(differing);
        if (follower === undefined) break;
        plan = await follower;
      }
      const executing = execute(known);
      const kept = keep(key, executing).catch(() => undefined);
      if (plan !== undefined && differing !== undefined) plan.followers.set(differing, kept);
      const { outcome } = await executing;
      return { outcome };
    },
  };
}

const NOTHING: Promise<object> = Promise.resolve({});

/** Makes the reads of a plan that were not made yet; the first result that is not the plan's, undefined when all are. */
async function replay({ reads }: Plan, request: ServiceRequest, known: MadeRead[], results: object[]): Promise<object | undefined> {
  for (const [at, { read, result }] of reads.entries()) {
    if (at >= known.length) {
      const made = { ...read, result: read.again(request) };
      known.push(made);
      // One that fails is no answer of the plan's; whoever executes gets the same error from it.
      results.push(await made.result.catch((error: unknown) => ({ error })));
    }
    if (results[at] !== result) return results[at];
  }
  return undefined;
}
