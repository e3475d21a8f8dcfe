import { formsOf } from "./forms.ts";
import { createGenerations } from "./generations.ts";
import { emptyOut, groupOf, nameOf, noteIn } from "./groups.ts";
import { ALL, MOST_OWNERS, NOBODY } from "./hashes.ts";
import { createNeedles, type Span } from "./needles.ts";

/** The values that must not be seen, by hashes alone but for those of the process itself. What a project brought is looked for in its own texts. */
export type Known = {
  /** Gives a project its number, by which it finds its own values. */
  enter(): number;
  /** What is known to all and so hides nothing. */
  exempt(value: string): void;
  /** Remembers a value of a project, step by step; the oldest of all projects make room. */
  add(value: string, owner: number): Iterable<void>;
  /** Remembers a value of the process itself for ever. */
  keep(value: string): void;
  /** Gives what remembers the latest few of values that take each other's place. */
  keepLatest(): (value: string) => void;
  /** Rises with every value that the project finds from then on. */
  version(owner: number): number;
  /** Whether there is no value at all. */
  none(): boolean;
  /** The places of long values of the owner and of the process, also of those that are encoded; {@link ALL} finds those of all. */
  find(text: string, owner: number): readonly Span[];
  /** Whether there are values of less than four characters, which are found only where they stand alone. */
  someShort(): boolean;
  isShort(word: string, owner: number): boolean;
};

/** Of values that take each other's place so many are kept: what is under way may still use the ones before. */
const LATEST = 4;

/** Makes a memory of at most `max` values of callers. */
export function createKnown(max: number): Known {
  const needles = createNeedles(5);
  let projects = 0;
  const own = groupOf(0);
  const callers = createGenerations(needles, max, () => projects);
  const groups = [own, ...callers.groups];
  /** The values in `own`, those that take each other's place in lists of their own, and how many are there that no list has any more. */
  const lists: string[][] = [[]];
  let stale = 0;
  const exempted = new Set<string>();
  /** By owners. */
  const versions: number[] = [0];

  function rise(owner: number): void {
    versions[owner] = (versions[owner] ?? 0) + 1;
  }

  function* add(value: string, owner: number): Generator<void> {
    if (isNothing(value) || exempted.has(value) || own.names.has(nameOf(value, NOBODY))) return;
    const name = nameOf(value, owner);
    if (callers.has(name)) return;
    const isNew = !callers.knows(name);
    yield* callers.add(value, owner);
    if (isNew) rise(owner);
  }

  function putOwn(value: string): void {
    for (const { text, open } of formsOf(value)) needles.add(own.set, text, open, NOBODY);
    noteIn(own, value, NOBODY);
  }

  function keepIn(list: string[], value: string): void {
    list.push(value);
    if (own.names.has(nameOf(value, NOBODY))) return;
    rise(NOBODY);
    putOwn(value);
  }

  /** Forgets what no list has any more, once that is the most of it: one by one it would cost more. */
  function sweep(): void {
    const values = lists.flat();
    if (stale <= values.length) return;
    stale = 0;
    emptyOut(needles, own);
    for (const value of values) putOwn(value);
  }

  return {
    // Beyond that many projects some share their values.
    enter: () => (projects++ % MOST_OWNERS) + 1,
    exempt: (value) => void exempted.add(value),
    add,
    keep: (value) => {
      if (!isNothing(value)) keepIn(lists[0] ?? [], value);
    },
    keepLatest: () => {
      const list: string[] = [];
      lists.push(list);
      return (value) => {
        if (isNothing(value)) return;
        const at = list.indexOf(value);
        if (at >= 0) list.splice(at, 1);
        keepIn(list, value);
        if (list.length <= LATEST) return;
        list.shift();
        stale += 1;
        sweep();
      };
    },
    version: (owner) => (versions[NOBODY] ?? 0) + (versions[owner] ?? 0),
    none: () => groups.every(({ names }) => names.size === 0),
    find: needles.find,
    someShort: () => groups.some(({ short }) => short.size > 0),
    isShort: (word, owner) =>
      groups.some(({ short }) => short.get(NOBODY)?.has(word) === true || (owner !== ALL && short.get(owner)?.has(word) === true)),
  };
}

/** A mask hides nothing. */
const isNothing = (value: string): boolean => value === "" || (value.startsWith("*") && /^\*+$/.test(value));
