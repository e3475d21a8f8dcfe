import { LRUCache } from "lru-cache";
import type { Scrubber } from "../scrub/index.ts";
import type { Answer } from "./answer.ts";
import type { Fields } from "./call.ts";
import type { Ref } from "./index.ts";
import type { Read } from "./reads.ts";

/** What tells a resource, and its versions, apart. */
export type Named = { readonly id: string; readonly key?: string | null | undefined; readonly version: number };

/** A write that upstream answered. */
export type Done = { readonly result: Named; readonly answer: Answer };

/**
 * The answers to the writes of the last seconds. Upstream is many copies, and one that lags behind tells of what was there before: whoever has heard of the
 * new must not be told the old again.
 */
export type Recent = {
  /** The write `operation` was done; or, without an answer, nobody knows, or it found nothing of the name `ref`. */
  wrote(operation: string, ref: Ref | undefined, done: Done | undefined): void;
  /** The answer to a write, if it is newer than what a read of the same resource was answered. */
  newer<T>(read: Read<T>, answer: Answer): Answer | undefined;
  /** The answer to the creation of what a read did not find. */
  made<T>(read: Read<T>): Answer | undefined;
  /** Whether a page shows something that was written as it was before. */
  lags<T>(read: Read<T>, page: Answer): boolean;
};

type Entry = Named & { readonly answer: Answer; readonly at: number; readonly isMade: boolean };

/** For so long a copy of upstream may lag behind, in milliseconds. */
const LAG_MS = 10_000;
/** Answers that are held, each by its id and its key; and what they take, in bytes, about. */
const MOST = 1_000;
const MOST_BYTES = 4 * 1024 * 1024;
const IDENTITY: Fields = { id: true, version: true };
const ROWS: Fields = { results: IDENTITY };

/** Makes it for one project; `now` is in milliseconds. */
export function createRecent(scrubber: Scrubber, now: () => number): Recent {
  const entries = new LRUCache<string, Entry>({ max: MOST, maxSize: MOST_BYTES, sizeCalculation: ({ answer }) => answer.weight });
  let lastAt = Number.NEGATIVE_INFINITY;

  /** Whether nothing was written for so long that nothing is of use any more; then it is let go. */
  function isOver(): boolean {
    const over = now() - lastAt > LAG_MS;
    if (over && entries.size > 0) entries.clear();
    return over;
  }

  function find(operation: string, ref: Ref | undefined): Entry | undefined {
    if (isOver() || ref === undefined) return undefined;
    const entry = entries.get(nameOf(operation, ref));
    return entry === undefined || now() - entry.at > LAG_MS ? undefined : entry;
  }

  function forget(operation: string, ref: Ref | undefined): void {
    const entry = find(operation, ref);
    for (const each of entry === undefined ? [] : refsOf(entry)) entries.delete(nameOf(operation, each));
  }

  return {
    wrote: (operation, ref, done) => {
      const before = find(operation, ref);
      if (done === undefined || operation === "connectorsStaged.delete") return forget(operation, ref);
      const { result, answer } = done;
      // What is being taken away may be gone soon.
      const isMade = operation.endsWith(".create") || (operation.endsWith(".update") && before?.isMade === true);
      const { id, key, version } = result;
      // Of two writes the answers may come in another order.
      if (before?.id === id && before.version > version) return undefined;
      lastAt = now();
      for (const each of refsOf(result)) entries.set(nameOf(operation, each), { id, key, version, answer, isMade, at: lastAt });
      return undefined;
    },
    newer: ({ operation, subject, form }, answer) => {
      const entry = find(operation, subject.ref);
      if (entry === undefined) return undefined;
      const { id, version } = answer.read(form, IDENTITY, scrubber) as Named;
      return id === entry.id && version < entry.version ? entry.answer : undefined;
    },
    made: ({ operation, subject }) => {
      const entry = find(operation, subject.ref);
      return entry?.isMade === true ? entry.answer : undefined;
    },
    lags: ({ operation, subject, form }, page) => {
      if (isOver() || subject.ref !== undefined) return false;
      const { results } = page.read(form, ROWS, scrubber) as { readonly results: readonly Named[] };
      return results.some(({ id, version }) => version < (find(operation, { id })?.version ?? version));
    },
  };
}

const refsOf = ({ id, key }: Named): readonly Ref[] => (typeof key === "string" ? [{ id }, { key }] : [{ id }]);

/** A published connector has versions of its own: the name says of what kind it is. */
function nameOf(operation: string, ref: Ref): string {
  const [kind] = operation.split(".", 1);
  return JSON.stringify([kind, ref]);
}
