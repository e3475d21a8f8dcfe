import { LRUCache } from "lru-cache";
import type { Ref } from "./index.ts";

/** What a read shows or a write changes: one resource, or those of a kind. A connector is of the same kind as the draft that it came from. */
export type Subject = { readonly kind: "connector" | "deployment"; readonly ref?: Ref | undefined };

/** A write that was done, or may have been. */
export type Written = {
  /** Whose it is, when that is known. */
  readonly principal?: string | undefined;
  readonly subject: Subject;
  /** Such as `deployments.update`. */
  readonly operation: string;
};

/** Remembers who wrote what: to them nothing older is given. */
export type Marks = {
  /** `principal` just wrote. */
  wrote(principal: string, subject: Subject): void;
  /** When `principal` last wrote to the subject, or to anything of its kind when no resource is named; before all time when never. */
  last(principal: string, subject: Subject): number;
  /** When anybody wrote last to anything. */
  newest(): number;
};

/** Writes that are remembered, about half of them by the resource. Of those before them the time of the latest is: it stands for all. */
const MOST_MARKS = 20_000;

/** Makes the marks of one project; `now` is in milliseconds. */
export function createMarks(now: () => number, most = MOST_MARKS): Marks {
  let forgotten = Number.NEGATIVE_INFINITY;
  let newest = Number.NEGATIVE_INFINITY;
  const marks = new LRUCache<string, number>({
    max: most,
    // Also called for a mark that a later one replaces, which is no loss.
    dispose: (at, _name, reason) => {
      if (reason === "evict") forgotten = Math.max(forgotten, at);
    },
  });
  return {
    wrote: (principal, subject) => {
      newest = now();
      marks.set(nameOf(principal, { kind: subject.kind }), newest);
      if (subject.ref !== undefined) marks.set(nameOf(principal, subject), newest);
    },
    last: (principal, subject) => marks.peek(nameOf(principal, subject)) ?? forgotten,
    newest: () => newest,
  };
}

function nameOf(principal: string, { kind, ref }: Subject): string {
  return JSON.stringify(
    ref === undefined ? [principal, kind] : [principal, kind, "id" in ref ? "id" : "key", "id" in ref ? ref.id : ref.key],
  );
}
