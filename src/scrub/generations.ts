import { formsOf } from "./forms.ts";
import { emptyOut, type Group, groupOf, noteIn } from "./groups.ts";
import type { Needles } from "./needles.ts";

/** Callers' values. The oldest make room, those of projects that bring many first of all. */
export type Generations = {
  readonly groups: readonly Group[];
  /** Whether the value of this name is known, and will be for long. */
  has(name: string): boolean;
  /** Whether it is known at all. */
  knows(name: string): boolean;
  /** Remembers a value that is not known for long, step by step. */
  add(value: string, owner: number): Generator<void>;
};

/** Values come in two groups: when the younger one is full, the older is forgotten as a whole. */
type Pair = { young: Group; old: Group; forgotten: number };
/** How many values an owner has in a group, and how many entries their forms take. */
type Brought = { values: number; entries: number };

/** All forms take so many entries in the younger groups at most, which are 6 MiB. */
const MOST_ENTRIES = 393_216;
/** A form takes so many at most. */
const ENTRIES = 2;
/** What of a group one of several projects may take before it has to do with what is left to those that bring many. */
const SHARE = 1 / 8;
/** A value of more characters may have more forms than a share has room for: it goes there as well. */
const LONG = 4_096;

/** The sets that it fills. */
const SETS = { calm: [1, 2], busy: [3, 4] } as const;

/** Makes room for `max` values at most, of so many projects. */
export function createGenerations(needles: Needles, max: number, projects: () => number): Generations {
  const [calm, busy] = [SETS.calm, SETS.busy].map(([young, old]) => ({ young: groupOf(young), old: groupOf(old), forgotten: 0 })) as [
    Pair,
    Pair,
  ];
  const groups = [calm.young, calm.old, busy.young, busy.old];
  /** What stands in the younger of the calm groups, by owners. */
  const brought = new Map<number, Brought>();

  /** A single project has all the room. */
  const most = (): Brought => {
    const pairs = projects() > 1 ? 2 : 1;
    return { values: max / 2 / pairs, entries: MOST_ENTRIES / pairs };
  };

  function makeRoom(pair: Pair): void {
    [pair.young, pair.old] = [pair.old, pair.young];
    emptyOut(needles, pair.young);
    pair.forgotten += 1;
    if (pair === calm) brought.clear();
  }

  function pairFor(value: string, owner: number): Pair {
    const { values, entries } = brought.get(owner) ?? { values: 0, entries: 0 };
    const all = most();
    const isMuch = value.length > LONG || values >= all.values * SHARE || entries >= all.entries * SHARE;
    return isMuch && projects() > 1 ? busy : calm;
  }

  function count(owner: number, pair: Pair, values: number, entries: number): void {
    if (pair !== calm) return;
    const before = brought.get(owner) ?? { values: 0, entries: 0 };
    brought.set(owner, { values: before.values + values, entries: before.entries + entries });
  }

  return {
    groups,
    has: (name) => calm.young.names.has(name) || busy.young.names.has(name),
    knows: (name) => groups.some(({ names }) => names.has(name)),
    *add(value, owner) {
      const pair = pairFor(value, owner);
      if (pair.young.names.size >= most().values) makeRoom(pair);
      const { young: first, forgotten } = pair;
      count(owner, pair, 1, 0);
      for (const { text, open } of formsOf(value)) {
        if (needles.size(pair.young.set) + ENTRIES > most().entries) makeRoom(pair);
        const before = needles.size(pair.young.set);
        needles.add(pair.young.set, text, open, owner);
        count(owner, pair, 0, needles.size(pair.young.set) - before);
        yield;
      }
      // Not before all of its forms are: others may have the same value, and wait for them as well. It is known for as long as the first of them.
      if (pair.forgotten - forgotten < 2) noteIn(first, value, owner);
    },
  };
}
