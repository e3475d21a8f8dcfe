import { ALL } from "./hashes.ts";
import { createKnown } from "./known.ts";
import { type Allowance, createReader } from "./reader.ts";
import { type IsOurs, mapLine, mapTree, type Structure, textsOf } from "./tree.ts";
import { createTurns } from "./turns.ts";

export type { Allowance } from "./reader.ts";
export type { Structure } from "./tree.ts";

/** Finds values that must never be seen in texts that others wrote, and puts the mask in their place. */
export type Scrubber = {
  /** Remembers a value of the process itself for ever, whatever callers bring. */
  keep(value: string): void;
  /** Like {@link Scrubber.keep} for a value that others take the place of, such as a token: gives what remembers the latest few. */
  keepLatest(): (value: string) => void;
  /** One line of JSON, without the values of all projects in its texts but those of the fields of which `isOurs` says so; names stay. */
  scrubLine(line: string, isOurs: IsOurs): string;
  /** The scrubber of one project. Its region and key are in every address and thus no secrets. */
  of(region: string, projectKey: string): ProjectScrubber;
};

/** Scrubs what is about one project, of the values that it brought and those of the process itself. */
export type ProjectScrubber = {
  /** Remembers values, in turns with what else is done; false when the deadline came first. The oldest make room: half of `max` values at least are known, and no more than all of them. */
  learn(values: Iterable<string>, deadline: number): Promise<boolean>;
  /** Rises with every new value: what was scrubbed before may hold it. */
  version(): number;
  /** The text with every known value, in any of its encodings, replaced by the mask. */
  scrub(text: string, allowance?: Allowance): string;
  /** A copy of a JSON-like tree with every text scrubbed; the tree itself when it holds nothing to hide. */
  scrubTree(value: unknown, structure?: Structure, allowance?: Allowance): unknown;
  /** The same for each of a list of trees, in turns with what else is done; undefined when the deadline came first. */
  scrubEach(values: readonly unknown[], structure: Structure, deadline: number): Promise<readonly unknown[] | undefined>;
};

/** Makes a scrubber that knows at most `max` values of callers, fewer where they take more memory than there is for them. */
export function createScrubber(max = 20_000, turns = createTurns()): Scrubber {
  const { enter, exempt, add, ...known } = createKnown(max);
  const reader = createReader(known);
  const numbers = new Map<string, number>();

  function numberOf(project: string): number {
    const number = numbers.get(project) ?? enter();
    numbers.set(project, number);
    return number;
  }

  function* scrubSteps(values: readonly unknown[], structure: Structure, owner: number, into: unknown[]): Generator<void> {
    for (const value of values) {
      const scrubbed = new Map<string, string>();
      for (const text of textsOf(value, structure)) scrubbed.set(text, yield* reader.steps(text, owner));
      const map = (text: string): string => scrubbed.get(text) ?? text;
      into.push(mapTree(value, { text: map, number: (text) => reader.isValue(text, owner) }, structure));
      yield;
    }
  }

  return {
    keep: known.keep,
    keepLatest: known.keepLatest,
    scrubLine: (line, isOurs) => (reader.finds(line, ALL) ? mapLine(line, (text) => reader.scrubLong(text, ALL), isOurs) : line),
    of: (region, projectKey) => {
      exempt(region);
      exempt(projectKey);
      const owner = numberOf(`${region}:${projectKey}`);
      const number = (text: string): boolean => reader.isValue(text, owner);
      const scrub = (text: string, allowance?: Allowance): string => reader.scrub(text, owner, allowance);
      return {
        learn: (values, deadline) =>
          turns(
            learnSteps(values, (value) => add(value, owner)),
            deadline,
          ),
        version: () => known.version(owner),
        scrub,
        scrubTree: (value, structure, allowance) =>
          known.none() ? value : mapTree(value, { text: (text) => scrub(text, allowance), number }, structure),
        scrubEach: async (values, structure, deadline) => {
          const scrubbed: unknown[] = [];
          return (await turns(scrubSteps(values, structure, owner, scrubbed), deadline)) ? scrubbed : undefined;
        },
      };
    },
  };
}

function* learnSteps(values: Iterable<string>, add: (value: string) => Iterable<void>): Generator<void> {
  for (const value of values) {
    yield* add(value);
    yield;
  }
}
