import { hash } from "node:crypto";
import { formsOf } from "./forms.ts";
import { createNeedles, SHORT, type Span } from "./needles.ts";

/** The values that must not be seen, by hashes alone but for those of the process itself. */
export type Known = {
  /** Remembers a caller's value; the oldest make room. */
  add(value: string): void;
  /** Remembers a value of the process itself for ever. */
  keep(value: string): void;
  /** Gives what remembers the latest few of values that take each other's place. */
  keepLatest(): (value: string) => void;
  /** Rises with every new value. */
  version(): number;
  /** Whether there is no value at all. */
  none(): boolean;
  /** The places of long values, also of those that are encoded. */
  find(text: string): readonly Span[];
  /** Whether there are values of less than {@link SHORT} characters, which are found only where they stand alone. */
  someShort(): boolean;
  isShort(word: string): boolean;
};

/** What is known of some values: their digests, the short ones among them as they are, and the set in which the forms of all others stand. */
type Group = { readonly set: number; readonly names: Set<string>; readonly short: Set<string> };

/** Callers' values come in two groups: when the younger one is full, the older is forgotten as a whole. Each takes so many entries for their forms at most, which are 6 MiB. */
const MOST_ENTRIES = 393_216;
/** Of values that take each other's place so many are kept: what is under way may still use the ones before. */
const LATEST = 4;

/** Makes a memory of at most `max` values of callers. */
export function createKnown(max: number): Known {
  const needles = createNeedles(3);
  const own = groupOf(0);
  let [young, old] = [groupOf(1), groupOf(2)];
  const groups = [own, young, old];
  /** The values in `own`, those that take each other's place in lists of their own, and how many are there that no list has any more. */
  const lists: string[][] = [[]];
  let stale = 0;
  let version = 0;

  function empty(group: Group): void {
    needles.clear(group.set);
    group.names.clear();
    group.short.clear();
  }

  function put(group: Group, value: string, name: string): void {
    const forms = value.length < SHORT ? [] : formsOf(value);
    const full = young.names.size * 2 >= max || needles.size(young.set) + 2 * forms.length > MOST_ENTRIES;
    if (group === young && full && young.names.size > 0) {
      [young, old] = [old, young];
      empty(young);
    }
    const to = group === own ? own : young;
    to.names.add(name);
    if (value.length < SHORT) to.short.add(value);
    for (const { text, open } of forms) needles.add(to.set, text, open);
  }

  function add(value: string): void {
    if (isNothing(value)) return;
    const name = nameOf(value);
    if (own.names.has(name) || young.names.has(name)) return;
    if (!old.names.has(name)) version += 1;
    put(young, value, name);
  }

  function keepIn(list: string[], value: string): void {
    const name = nameOf(value);
    list.push(value);
    if (own.names.has(name)) return;
    version += 1;
    put(own, value, name);
  }

  /** Forgets what no list has any more, once that is the most of it: one by one it would cost more. */
  function sweep(): void {
    const values = lists.flat();
    if (stale <= values.length) return;
    stale = 0;
    empty(own);
    for (const value of values) put(own, value, nameOf(value));
  }

  return {
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
    version: () => version,
    none: () => groups.every(({ names }) => names.size === 0),
    find: needles.find,
    someShort: () => groups.some(({ short }) => short.size > 0),
    isShort: (word) => groups.some(({ short }) => short.has(word)),
  };
}

const groupOf = (set: number): Group => ({ set, names: new Set(), short: new Set() });

/** A mask hides nothing. */
const isNothing = (value: string): boolean => value === "" || (value.startsWith("*") && /^\*+$/.test(value));

const nameOf = (value: string): string => hash("sha256", Buffer.from(value, "utf16le"), "binary");
