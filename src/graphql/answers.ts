import { LRUCache } from "lru-cache";
import type { ServiceRequest } from "../services/index.ts";
import type { MadeRead } from "./recorder.ts";

/** What an execution gave: the text of its `data` or, when there were errors, what is to be told instead. */
export type Answered<T> = { readonly text: string; readonly body: Buffer } | { readonly failed: T };

/** Executes, and writes its reads down in `made`; those in `known` were just made and are not repeated. */
type Execute<T> = (known: readonly MadeRead[], made: MadeRead[]) => Promise<{ readonly text: string } | { readonly failed: T }>;

/** An answer and the reads that it was made from. */
type Plan = {
  readonly reads: readonly { readonly read: MadeRead; readonly result: object }[];
  readonly text: string;
  readonly body: Buffer;
  /** Executions for reads that gave something else, by the first such result: others who got the same wait for it. */
  readonly followers: WeakMap<object, Promise<Plan | undefined>>;
};

const MOST_ANSWERS = 500;
/** In bytes, about. */
const MOST_BYTES = 32 * 1024 * 1024;

/**
 * Answers of queries, for whoever asks the same with the same rights. An answer is used again when its reads, which are made for every request, with
 * the caller's own rights, give the very same objects: that is so as long as upstream answers the same bytes.
 */
export function createAnswers() {
  const plans = new LRUCache<string, Plan>({
    max: MOST_ANSWERS,
    maxSize: MOST_BYTES,
    sizeCalculation: ({ text }, key) => text.length * 2 + key.length,
  });

  /** Executes, and keeps the answer with what it was made from. */
  async function perform<T>(key: string, known: readonly MadeRead[], execute: Execute<T>): Promise<Plan | { readonly failed: T }> {
    const made: MadeRead[] = [];
    const answer = await execute(known, made);
    if ("failed" in answer) return answer;
    const results = await Promise.all(made.map(({ result }) => result));
    const reads = made.map((read, at) => ({ read: { ...read, result: NOTHING }, result: results[at] ?? read }));
    const { text } = answer;
    const plan = { reads, text, body: Buffer.from(`{"data":${text}}`), followers: new WeakMap<object, Promise<Plan | undefined>>() };
    plans.set(key, plan);
    return plan;
  }

  return {
    /** The answer for `key`, which says everything that it depends on but upstream. */
    async get<T>(key: string, request: ServiceRequest, execute: Execute<T>): Promise<Answered<T>> {
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
      const performing = perform(key, known, execute);
      if (plan !== undefined && differing !== undefined) {
        const next = performing.then(
          (answer) => ("failed" in answer ? undefined : answer),
          () => undefined,
        );
        plan.followers.set(differing, next);
      }
      return performing;
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
