import type { Held } from "./memory.ts";

/** A request under way; `startedAt` is in milliseconds on the clock of the reads. */
export type Flight = {
  readonly change: number;
  readonly held: Promise<Held>;
  readonly startedAt: number;
  /** Those who wait until the same time, on the same clock, wait together. */
  waiting: { readonly until: number; readonly landed: Promise<Held | undefined> } | undefined;
};

/** The requests under way of one project, by what they read. */
export type Flights = {
  /** The last one that departed under this name, unless it has landed. */
  find(name: string): Flight | undefined;
  /** To be told of each; gives what is to be called when it has landed. */
  departed(name: string, flight: Flight): () => void;
  /** How many names stand on the board. */
  names(): number;
};

type Gate = { flight: Flight | undefined };

/** Names without a flight are let go of when there are so many. Longer ones than this, in characters, never stay. */
const MOST_NAMES = 1_000;
const LONGEST_NAME = 512;

/**
 * Makes a project's board of flights. Names stay on it when their flight has landed: a map from which they go as fast as they come outgrows one table
 * after the other, and each of those, once it is in old memory, holds on to all that follow, with whatever they name. With answers in them that was half of
 * what the collector copied.
 */
export function createFlights(): Flights {
  let gates = new Map<string, Gate>();
  let most = MOST_NAMES;

  function clear(): void {
    gates = new Map(gates.entries().filter(([, { flight }]) => flight !== undefined));
    most = Math.max(MOST_NAMES, gates.size * 2);
  }

  function gateOf(name: string): Gate {
    const known = gates.get(name);
    if (known !== undefined) return known;
    if (gates.size >= most) clear();
    const gate = { flight: undefined };
    gates.set(name, gate);
    return gate;
  }

  return {
    find: (name) => gates.get(name)?.flight,
    departed: (name, flight) => {
      const gate = gateOf(name);
      gate.flight = flight;
      return () => {
        if (gate.flight !== flight) return;
        gate.flight = undefined;
        if (name.length > LONGEST_NAME) gates.delete(name);
      };
    },
    names: () => gates.size,
  };
}
