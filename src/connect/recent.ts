import { LRUCache } from "lru-cache";
import { type GatewayError, gatewayError } from "../errors.ts";
import type { ProjectScrubber } from "../scrub/index.ts";
import type { Answer } from "./answer.ts";
import { isGone, unchanged } from "./answer-errors.ts";
import type { Call, Fields } from "./call.ts";
import type { Ref } from "./index.ts";
import type { Read } from "./read.ts";

/** What tells a resource, and its versions, apart. */
export type Named = { readonly id: string; readonly key?: string | null | undefined; readonly version: number };

/**
 * How a write ended: upstream answered it; nobody knows whether it was done; or it found nothing of the name, or was one of another process that may have
 * taken it away.
 */
export type Outcome = { readonly result: Named; readonly answer: Answer } | "lost" | "gone";

/**
 * What is known of the resources that were written to in the last seconds. Upstream is many copies, and one that lags behind tells of what was there before:
 * whoever has heard of the new must not be told the old again.
 */
export type Recent = {
  /** The write `operation` to what is named `ref` ended. */
  wrote(operation: string, ref: Ref | undefined, outcome: Outcome): void;
  /** What is to be told of an answer to a read of one resource: the answer, or what is known to be newer. Throws `ResourceNotFound` for what was deleted. */
  newest<T>(call: Call, read: Read<T>, answer: Answer): Answer;
  /** The answer to the creation of what a read did not find; throws `error` where there is none. */
  instead<T>(read: Read<T>, error: GatewayError): Answer;
  /** Whether a page shows something that was written as it was before. */
  lags<T>(read: Read<T>, page: Answer): boolean;
};

type Entry = Named & {
  readonly answer: Answer;
  readonly at: number;
  /** When it was made, if that was in these seconds: a copy that lags does not know of it. */
  readonly madeAt: number | undefined;
  readonly isGone: boolean;
};

/** For so long a copy of upstream may lag behind, in milliseconds. */
const LAG_MS = 10_000;
/** Answers that are held, each by its id and its key; and what they take, in bytes, about. */
const MOST = 1_000;
const MOST_BYTES = 4 * 1024 * 1024;
const IDENTITY: Fields = { id: true, key: true, version: true };
const ROWS: Fields = { results: { id: true, version: true } };

/** Makes it for one project; `now` is in milliseconds, and `changed` hears that something was found to be newer than what was known. */
export function createRecent(scrubber: ProjectScrubber, now: () => number, changed: () => void): Recent {
  const entries = new LRUCache<string, Entry>({ max: MOST, maxSize: MOST_BYTES, sizeCalculation: ({ answer }) => answer.weight });
  /** Names of what was written to without an answer, with when, and that once more where it was to be made. */
  const lost = new LRUCache<string, { readonly at: number; readonly madeAt: number | undefined }>({ max: MOST });
  let lastAt = Number.NEGATIVE_INFINITY;

  /** Whether nothing was written for so long that nothing is of use any more; then it is let go. */
  function isOver(): boolean {
    const over = now() - lastAt > LAG_MS;
    if (over && entries.size + lost.size > 0) [entries, lost].forEach((each) => each.clear());
    return over;
  }

  const young = <T extends { readonly at: number }>(held: T | undefined): T | undefined =>
    held === undefined || now() - held.at > LAG_MS ? undefined : held;

  function find(operation: string, ref: Ref | undefined): Entry | undefined {
    return isOver() || ref === undefined ? undefined : young(entries.get(nameOf(operation, ref)));
  }

  function put(operation: string, entry: Omit<Entry, "at">): void {
    lastAt = now();
    for (const each of refsOf(entry)) entries.set(nameOf(operation, each), { ...entry, at: lastAt });
  }

  function forget(entry: Entry | undefined, operation: string): void {
    for (const each of entry === undefined ? [] : refsOf(entry)) entries.delete(nameOf(operation, each));
  }

  function unanswered(operation: string, ref: Ref | undefined, before: Entry | undefined): void {
    lastAt = now();
    if (ref !== undefined) lost.set(nameOf(operation, ref), { at: lastAt, madeAt: operation.endsWith(".create") ? lastAt : undefined });
    if (operation.endsWith(".delete")) forget(before, operation);
  }

  /** Notes what was found of something by whoever decides by it, or waits for it, where something was written to it. */
  function saw(operation: string, ref: Ref, before: Entry | undefined, found: Named, answer: Answer): void {
    const mark = young(lost.get(nameOf(operation, ref)));
    if (before === undefined && mark === undefined) return;
    const { id, version, madeAt } = before?.isGone === true ? {} : (before ?? {});
    // Of two with one name nobody can tell which is the newer.
    if (id !== undefined && (id !== found.id || (version ?? 0) >= found.version)) return;
    changed();
    put(operation, { ...identityOf(found), answer, madeAt: madeAt ?? mark?.madeAt, isGone: false });
  }

  return {
    wrote: (operation, ref, outcome) => {
      const before = find(operation, ref);
      if (outcome === "lost") return unanswered(operation, ref, before);
      if (outcome === "gone") return forget(before, operation);
      const { result, answer } = outcome;
      // Of two writes the answers may come in another order.
      if (before?.id === result.id && before.version > result.version) return undefined;
      // What is being taken away may be gone soon.
      const madeAt = operation.endsWith(".create") ? now() : operation.endsWith(".update") ? before?.madeAt : undefined;
      return put(operation, { ...identityOf(result), answer, madeAt, isGone: operation === "connectorsStaged.delete" });
    },
    newest: ({ fresh }, { operation, subject: { ref }, form }, answer) => {
      if (ref === undefined || isOver()) return answer;
      const entry = find(operation, ref);
      // Most of what is read was not written to.
      if (entry === undefined && (fresh === undefined || !lost.has(nameOf(operation, ref)))) return answer;
      const found = answer.read(form, IDENTITY, scrubber) as Named;
      if (entry?.id === found.id && entry.isGone) throw unchanged(gatewayError("ResourceNotFound"));
      if (entry?.id === found.id && found.version < entry.version) return entry.answer;
      if (fresh !== undefined) saw(operation, ref, entry, found, answer);
      return answer;
    },
    instead: ({ operation, subject }, error) => {
      const entry = isGone(error) ? find(operation, subject.ref) : undefined;
      if (entry?.madeAt === undefined || now() - entry.madeAt > LAG_MS || entry.isGone) throw error;
      return entry.answer;
    },
    lags: ({ operation, subject, form }, page) => {
      if (isOver() || subject.ref !== undefined) return false;
      const { results } = page.read(form, ROWS, scrubber) as { readonly results: readonly Named[] };
      return results.some(({ id, version }) => {
        const entry = find(operation, { id });
        return entry !== undefined && (entry.isGone || version < entry.version);
      });
    },
  };
}

const identityOf = ({ id, key, version }: Named): Named => ({ id, key, version });
const refsOf = ({ id, key }: Named): readonly Ref[] => (typeof key === "string" ? [{ id }, { key }] : [{ id }]);

/** A published connector has versions of its own: the name says of what kind it is. */
function nameOf(operation: string, ref: Ref): string {
  const [kind] = operation.split(".", 1);
  return JSON.stringify([kind, ref]);
}
