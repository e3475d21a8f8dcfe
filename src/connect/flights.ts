import type { Held } from "./memory.ts";

/** A request under way; `startedAt` is on the monotonic clock. */
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

/** Names without a flight are let go of when there are so many. */
const MOST_NAMES = 1_000;

/**
 * Makes a project's board of flights. Names stay on it when their flight has landed: a map from which they go as fast as they come outgrows one table
 * after the other, and each of those, once it is in old memory, holds on to all that follow, with whatever they name. With answers in them that was half of
 * what the collector copied.
 */
export function createFlights(): Flights {
  let gates = new Map<string, { flight: Flight | undefined }>();
  let most = MOST_NAMES;

  function clear(): void {
    gates = new Map(gates.entries().filter(([, { flight }]) => flight !== undefined));
    most = Math.max(MOST_NAMES, gates.size * 2);
  }

  return {
    find: (name) => gates.get(name)?.flight,
    departed: (name, flight) => {
      const gate = gates.get(name) ?? { flight };
      gate.flight = flight;
      if (!gates.has(name)) {
        if (gates.size >= most) clear();
        gates.set(name, gate);
      }
      return () => {
        if (gate.flight === flight) gate.flight = undefined;
      };
    },
    names: () => gates.size,
  };
}
