import { LRUCache } from "lru-cache";
import type { ServiceRequest } from "../services/index.ts";
import type { MadeRead } from "./recorder.ts";

/** The JSON of an answer with nothing but `data` or, when there were errors, what is to be told instead. */
export type Answered<T> = { readonly body: Buffer } | { readonly failed: T };

/** Executes, and writes its reads down in `made`; those in `known` were just made and are not repeated. */
type Execute<T> = (known: readonly MadeRead[], made: MadeRead[]) => Promise<{ readonly text: string } | { readonly failed: T }>;

/** An answer and the reads that it was made from. */
type Plan = {
  readonly reads: readonly { readonly read: MadeRead; readonly result: object }[];
  readonly body: Buffer;
  /** Executions under way for reads that gave something else, by the first such result: others who got the same wait for it. */
  readonly followers: Map<object, Promise<Plan | undefined>>;
};

/** What is held of a question: its plan, and how often in a row one was of no use to the next one who asked. */
type Entry = { plan: Plan; useless: number };

const MOST_ANSWERS = 500;
/** What a plan takes, as a multiple of its answer: it holds on to what was read of upstream's answer, of which it shows a small part. */
const PLAN_WEIGHT = 8;
/** In bytes, about. */
const MOST_BYTES = 32 * 1024 * 1024;
/** After so many times in a row what a plan holds is kept for the callers of the same moment alone, but for one in sixteen. */
const USELESS = 3;

/**
 * Answers of queries, for whoever asks the same with the same rights. An answer is used again when its reads, which are made for every request, with
 * the caller's own rights, give the very same objects: that is so as long as upstream answers the same bytes.
 */
export function createAnswers() {
  const entries = new LRUCache<string, Entry>({
    max: MOST_ANSWERS,
    maxSize: MOST_BYTES,
    sizeCalculation: ({ plan }, key) => plan.body.length * PLAN_WEIGHT + key.length,
  });

  /** Executes, and keeps the answer with what it was made from. */
  async function perform<T>(key: string, tried: Tried | undefined, execute: Execute<T>): Promise<Plan | { readonly failed: T }> {
    const made: MadeRead[] = [];
    const answer = await execute(tried?.known ?? [], made);
    if ("failed" in answer) return answer;
    // A read that failed without an error in the answer, such as a link to what is gone, is made and told anew each time.
    const results = await Promise.all(made.map(({ result }) => result.catch(() => NONE)));
    const reads = made.map((read, at) => ({ read: { ...read, result: NOTHING }, result: results[at] ?? read }));
    const plan: Plan = { reads, body: Buffer.from(`{"data":${answer.text}}`), followers: new Map<object, Promise<Plan | undefined>>() };
    keep(key, plan, tried !== undefined);
    return plan;
  }

  /** Who found no plan at all has not found one of no use. */
  function keep(key: string, plan: Plan, tried: boolean): void {
    const useless = (entries.peek(key)?.useless ?? 0) + (tried ? 1 : 0);
    const entry: Entry = { plan, useless };
    entries.set(key, entry);
    if (useless < USELESS || useless % 16 === 0) return;
    // What is to be read stays known, so that callers of one moment still share one execution.
    setImmediate(() => {
      if (entry.useless >= USELESS) entry.plan = { ...plan, reads: plan.reads.map(({ read }) => ({ read, result: NONE })), body: NO_BODY };
    });
  }

  /** An execution that others with the same result may wait for. */
  function follow<T>(plan: Plan, differing: object, performing: Promise<Plan | { readonly failed: T }>): void {
    const next = performing.then(
      (answer) => ("failed" in answer ? undefined : answer),
      () => undefined,
    );
    plan.followers.set(differing, next);
    void next.then(() => setImmediate(() => plan.followers.delete(differing)));
  }

  return {
    /** Forgets all. */
    clear: (): void => entries.clear(),
    /** The answer for `key`, which says everything that it depends on but upstream. */
    async get<T>(key: string, request: ServiceRequest, execute: Execute<T>): Promise<Answered<T>> {
      const known: MadeRead[] = [];
      const results: object[] = [];
      const entry = entries.get(key);
      let plan = entry?.plan;
      let differing: object | undefined;
      while (plan !== undefined) {
        differing = await replay(plan, request, known, results);
        if (differing === undefined) {
          if (entry !== undefined) entry.useless = 0;
          return plan;
        }
        const follower = plan.followers.get(differing);
        if (follower === undefined) break;
        plan = await follower;
      }
      const performing = perform(key, entry === undefined ? undefined : { known }, execute);
      if (plan !== undefined && differing !== undefined) follow(plan, differing, performing);
      return performing;
    },
  };
}

/** Reads that were made already to try a plan. */
type Tried = { readonly known: readonly MadeRead[] };

const NOTHING: Promise<object> = Promise.resolve({});
/** No read has this result. */
const NONE = {};
const NO_BODY = Buffer.alloc(0);

/** Makes the reads of a plan that were not made yet; the first result that is not the plan's, undefined when all are. */
async function replay({ reads }: Plan, request: ServiceRequest, known: MadeRead[], results: object[]): Promise<object | undefined> {
  for (const [at, { read, result }] of reads.entries()) {
    if (at >= known.length) {
      const made = { ...read, result: read.again(request) };
      known.push(made);
      // One that fails is no answer of the plan's; whoever executes gets the same error from it.
      try {
        results.push(await made.result);
      } catch (error) {
        results.push({ error });
      }
    }
    if (results[at] !== result) return results[at];
  }
  return undefined;
}
