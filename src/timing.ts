import { performance } from "node:perf_hooks";

/** Where the answers to one request came from, the cheapest first: what is told of several is the last of them here. */
const SOURCES = ["hit", "coalesced", "miss", "stale"];

/** What was answered from memory, and may be so again. */
export type Again = {
  /** Whether the same would be answered now. */
  readonly holds: () => boolean;
  /** Counts it as answered once more. */
  readonly count: () => void;
};

type Note = { readonly from: string; readonly ms: number; readonly again?: Again | undefined };

/** Adds up what one request waited for, for the header `Server-Timing`. */
export class Timing {
  /** Whether what it notes is all that the answer was made from. */
  isAll = false;
  /** What was noted, as long as all of it came from memory. */
  #again: Again[] | undefined = [];
  #upstreamMs = 0;
  #endedAt = 0;
  #source = -1;

  /** A wait that ended just now. Waits side by side count once. */
  add({ from, ms, again }: Note): void {
    if (again === undefined) this.#again = undefined;
    else this.#again?.push(again);
    const now = performance.now();
    this.#source = Math.max(this.#source, SOURCES.indexOf(from));
    if (from === "hit") return;
    this.#upstreamMs += Math.min(ms, now - this.#endedAt);
    this.#endedAt = now;
  }

  /** All that the answer was made from, if all of it came from memory. */
  again(): Again | undefined {
    const all = this.#again;
    if (!this.isAll || all === undefined || all.length === 0) return undefined;
    return { holds: () => all.every(({ holds }) => holds()), count: () => all.forEach(({ count }) => count()) };
  }

  /** What is known so far, as the header has it; empty when nothing was waited for. */
  print(): string {
    const cache = this.#source < 0 ? "" : `cache;desc=${SOURCES[this.#source]}`;
    if (this.#endedAt === 0) return cache;
    const upstream = `upstream;dur=${this.#upstreamMs.toFixed(1)}`;
    return cache === "" ? upstream : `${cache}, ${upstream}`;
  }
}
