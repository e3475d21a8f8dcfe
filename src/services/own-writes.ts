import { LRUCache } from "lru-cache";
import type { Ref } from "../connect/index.ts";
import { type ProjectId, projectId } from "./access.ts";

type Named = { readonly id: string; readonly key?: string | null | undefined; readonly version: number };

/** A write that is under way, up to the look for what became of it. */
export type Writing = {
  /** Notes what upstream answered to it, and gives that. */
  answered<T extends Named>(answer: Promise<T>, isMade?: boolean): Promise<T>;
  /** Whether what was found may be its effect on version `before`, as far as this process knows: no other write of its own has been answered since, or is beside it. */
  mayHaveChanged(found: Named, before: number): boolean;
  /** Whether it may have made what was found: that was no other write's answer, nor is one beside it. */
  mayHaveMade(found: Named): boolean;
};

/** The writes of this process to resources of one kind. */
export type OwnWrites = {
  /** Does `work`, a write to what is named so; undefined names nothing that others have to do with. */
  during<T>(project: ProjectId, ref: Ref | undefined, work: (writing: Writing) => Promise<T>): Promise<T>;
};

/** Resources of which it is remembered to which version the last answered write has led, and whether one has made them. */
const MOST_REMEMBERED = 10_000;

type Mark = { isAlone: boolean };

/** Makes it for one kind of resources. */
export function createOwnWrites(): OwnWrites {
  const known = new LRUCache<string, { readonly version: number; readonly isMade: boolean }>({ max: MOST_REMEMBERED });
  const underWay = new Map<string, Set<Mark>>();

  function begin(name: string): Mark {
    const beside = underWay.get(name) ?? new Set();
    const mark = { isAlone: beside.size === 0 };
    for (const other of beside) other.isAlone = false;
    underWay.set(name, beside.add(mark));
    return mark;
  }

  function end(name: string, mark: Mark): void {
    const beside = underWay.get(name);
    beside?.delete(mark);
    if (beside?.size === 0) underWay.delete(name);
  }

  function writingOf(project: ProjectId, mark: Mark): Writing {
    const find = ({ id }: Named) => known.get(nameOf(project, { id }));
    /** Others may name it otherwise. */
    const isAlone = ({ id, key }: Named): boolean =>
      mark.isAlone &&
      [{ id }, { key: key ?? "" }].every((ref) => [...(underWay.get(nameOf(project, ref)) ?? [])].every((each) => each === mark));
    return {
      answered: async (answer, isMade = false) => {
        const result = await answer;
        const before = find(result);
        // Of two the answers may come in another order.
        const version = Math.max(result.version, before?.version ?? 0);
        known.set(nameOf(project, { id: result.id }), { version, isMade: isMade || before?.isMade === true });
        return result;
      },
      mayHaveChanged: (found, before) => isAlone(found) && (find(found)?.version ?? before) <= before,
      mayHaveMade: (found) => isAlone(found) && find(found)?.isMade !== true,
    };
  }

  return {
    during: async (project, ref, work) => {
      if (ref === undefined) return work(writingOf(project, { isAlone: true }));
      const name = nameOf(project, ref);
      const mark = begin(name);
      try {
        return await work(writingOf(project, mark));
      } finally {
        end(name, mark);
      }
    },
  };
}

const nameOf = (project: ProjectId, ref: Ref): string => `${projectId(project)} ${"id" in ref ? ref.id : `key=${ref.key}`}`;
