import { performance } from "node:perf_hooks";

/** Where the answers to one request came from, the cheapest first: what is told of several is the last of them here. */
const SOURCES = ["hit", "coalesced", "miss", "stale"];

type Note = { readonly from: string; readonly ms: number };

/** Adds up what one request waited for, for the header `Server-Timing`. */
export class Timing {
  #upstreamMs = 0;
  #endedAt = 0;
  #source = -1;

  /** A wait that ended just now. Waits side by side count once. */
  add({ from, ms }: Note): void {
    const now = performance.now();
    this.#source = Math.max(this.#source, SOURCES.indexOf(from));
    if (from === "hit") return;
    this.#upstreamMs += Math.min(ms, now - this.#endedAt);
    this.#endedAt = now;
  }

  /** What is known so far, as the header has it; empty when nothing was waited for. */
  print(): string {
    const cache = this.#source < 0 ? "" : `cache;desc=${SOURCES[this.#source]}`;
    if (this.#endedAt === 0) return cache;
    const upstream = `upstream;dur=${this.#upstreamMs.toFixed(1)}`;
    return cache === "" ? upstream : `${cache}, ${upstream}`;
  }
}
