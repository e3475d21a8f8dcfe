import { LRUCache } from "lru-cache";
import type { Ref } from "../connect/index.ts";
import { toGatewayError } from "../errors.ts";
import { type ProjectId, projectId } from "../identifiers.ts";
import type { Turn, Ways } from "./idempotency.ts";

type Named = { readonly id: string; readonly key?: string | null | undefined; readonly version: number };

/** A write that is under way, up to the look for what became of it. */
export type Writing = {
  /** Notes what upstream answers to it; `sent` is the version that it is sent with, undefined for a creation. */
  answered<T extends Named>(answer: Promise<T>, sent?: number): Promise<T>;
  /** Whether what was found may be its effect on version `before`, as far as this process knows: no other write has been answered since, is beside it, or may have done that. */
  mayHaveChanged(found: Named, before: number): boolean;
  /** Whether it may have made what was found: that was no other write's answer, and none is beside it, or may have made it. */
  mayHaveMade(found: Named): boolean;
};

/** The writes of this process to resources of one kind. */
export type OwnWrites = {
  /** The ways to do a write to what is named so; undefined names nothing that others have to do with. */
  ways<T extends Named>(project: ProjectId, ref: Ref | undefined, make: (writing: Writing) => Ways<T>): Ways<T>;
};

/** What is remembered of a resource: to which version the last answered write has led, and whether one has made it. */
type Known = { readonly version: number; readonly isMade: boolean };
/** A write of which nobody knows whether it was done: with which version it was sent, and whose it is, when it has an `Idempotency-Key`. */
type Doubt = { readonly sent: number; readonly whose: string | undefined };
type Mark = { readonly whose: string | undefined; isAlone: boolean; sent: number | undefined };

const MOST_REMEMBERED = 10_000;
/** Stands for the version that a creation is sent with: no resource has it. */
const NONE = 0;

/** Makes it for one kind of resources. */
export function createOwnWrites(): OwnWrites {
  const known = new LRUCache<string, Known>({ max: MOST_REMEMBERED });
  const doubts = new LRUCache<string, Doubt>({ max: MOST_REMEMBERED });
  const underWay = new Map<string, Set<Mark>>();

  function begin(name: string, whose: string | undefined): Mark {
    const beside = underWay.get(name) ?? new Set();
    const mark = { whose, isAlone: beside.size === 0, sent: undefined };
    for (const other of beside) other.isAlone = false;
    underWay.set(name, beside.add(mark));
    return mark;
  }

  function end(name: string, mark: Mark): void {
    const beside = underWay.get(name);
    beside?.delete(mark);
    if (beside?.size === 0) underWay.delete(name);
  }

  /** Notes that nobody knows whether a write was done; of two with one name it is nobody's. */
  function doubt(name: string, { whose, sent }: Mark): void {
    const before = doubts.get(name);
    if (sent === undefined) return;
    const isOthers = before !== undefined && before.whose !== whose && before.sent >= sent;
    doubts.set(name, { sent: Math.max(sent, before?.sent ?? sent), whose: isOthers ? undefined : whose });
  }

  /** Notes to what a write has led that was sent with a version. */
  function remember(project: ProjectId, { id, key, version }: Named, sent: number): void {
    const before = known.get(nameOf(project, { id }));
    // Of two the answers may come in another order.
    known.set(nameOf(project, { id }), {
      version: Math.max(version, before?.version ?? 0),
      isMade: sent === NONE || before?.isMade === true,
    });
    // What was in doubt under its key was of what had it before.
    if (sent === NONE && typeof key === "string") doubts.delete(nameOf(project, { key }));
  }

  function writingOf(project: ProjectId, mark: Mark): Writing {
    const namesOf = ({ id, key }: Named) => [{ id }, { key: key ?? "" }].map((ref) => nameOf(project, ref));
    const find = ({ id }: Named) => known.get(nameOf(project, { id }));
    /** Others may name it otherwise. */
    const isAlone = (found: Named): boolean => {
      const others = namesOf(found).flatMap((name) => [...(underWay.get(name) ?? [])].filter((each) => each !== mark));
      for (const each of others.length > 0 ? [mark, ...others] : []) each.isAlone = false;
      return mark.isAlone;
    };
    const isDoubtful = (found: Named, before: number): boolean =>
      namesOf(found).some((name) => {
        const { sent = -1, whose } = doubts.get(name) ?? {};
        return sent >= before && (whose === undefined || whose !== mark.whose);
      });
    return {
      answered: async (answer, sent = NONE) => {
        mark.sent = sent;
        const result = await answer;
        mark.sent = undefined;
        remember(project, result, sent);
        return result;
      },
      mayHaveChanged: (found, before) => isAlone(found) && !isDoubtful(found, before) && (find(found)?.version ?? before) <= before,
      mayHaveMade: (found) => isAlone(found) && !isDoubtful(found, NONE) && find(found)?.isMade !== true,
    };
  }

  async function during<T extends Named | undefined>(
    project: ProjectId,
    ref: Ref | undefined,
    turn: Turn,
    work: (writing: Writing) => Promise<T>,
  ): Promise<T> {
    if (ref === undefined) return work(writingOf(project, { whose: turn.ownKey, isAlone: true, sent: undefined }));
    const name = nameOf(project, ref);
    const mark = begin(name, turn.ownKey);
    try {
      const result = await work(writingOf(project, mark));
      // Its answer was lost, and its effect found.
      if (mark.sent !== undefined && result !== undefined) remember(project, result, mark.sent);
      return result;
    } catch (error) {
      if (toGatewayError(error).code === "UpstreamOutcomeUnknown") doubt(name, mark);
      throw error;
    } finally {
      end(name, mark);
    }
  }

  return {
    ways: (project, ref, make) => ({
      run: (turn) => during(project, ref, turn, (writing) => make(writing).run(turn)),
      find: (turn, refusal) => during(project, ref, turn, (writing) => make(writing).find(turn, refusal)),
    }),
  };
}

const nameOf = (project: ProjectId, ref: Ref): string => `${projectId(project)} ${"id" in ref ? ref.id : `key=${ref.key}`}`;
