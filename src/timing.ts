import { performance } from "node:perf_hooks";

/** Where the answers to one request came from, the cheapest first: what is told of several is the last of them here. */
const SOURCES = ["hit", "coalesced", "miss", "stale"];

type Note = { readonly from: string; readonly ms: number; readonly again?: (() => boolean) | undefined };

/** Adds up what one request waited for, for the header `Server-Timing`. */
export class Timing {
  /** Whether what it notes is all that the answer was made from. */
  isAll = false;
  /** Of each note, when all of them say so: whether the same would come of it now. */
  #again: (() => boolean)[] | undefined = [];
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

  /** Tells whether the same would be answered now, for as long as that can be known without reading anything; undefined when it never can. */
  again(): (() => boolean) | undefined {
    const all = this.#again;
    return this.isAll && all !== undefined && all.length > 0 ? () => all.every((again) => again()) : undefined;
  }

  /** What is known so far, as the header has it; empty when nothing was waited for. */
  print(): string {
    const cache = this.#source < 0 ? "" : `cache;desc=${SOURCES[this.#source]}`;
    if (this.#endedAt === 0) return cache;
    const upstream = `upstream;dur=${this.#upstreamMs.toFixed(1)}`;
    return cache === "" ? upstream : `${cache}, ${upstream}`;
  }
}
