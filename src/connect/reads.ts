import { LRUCache } from "lru-cache";
import { toGatewayError } from "../errors.ts";
import type { Meter } from "../meter.ts";
import type { Scrubber } from "../scrub.ts";
import { Answer } from "./answer.ts";
import type { Call, ReadNote } from "./call.ts";
import type { Form } from "./form.ts";
import type { Http } from "./http.ts";
import { inTime } from "./in-time.ts";

export type ReadLimits = {
  /** How long an answer serves further callers, in milliseconds; 0 lets every call ask upstream. */
  readonly cacheMs: number;
  /** How old an answer may be that stands in for an upstream in trouble, in milliseconds; 0 gives none. */
  readonly staleMs: number;
};

/** What is read: the operation's name, its path with the query, and the form that the answer must have. */
export type Read<T> = { readonly operation: string; readonly path: string; readonly form: Form<T> };

/** A page and its mark; the page is left out when it is as it was. */
export type Marked<T> = { readonly mark: string; readonly value: T | undefined };

/** The reads of one project: one request to upstream for many callers. */
export type Reads = {
  /** Reads `path` as `form` has it. Callers were checked before: whoever comes here may see the project. */
  get<T>(call: Call, read: Read<T>): Promise<T>;
  /**
   * The same for pages too large to be remembered, such as the watch goes through: their mark, and nothing else when that is still `mark`.
   * They are shared with whoever asks for them at the same time.
   */
  getMarked<T>(call: Call, read: Read<T>, mark: string | undefined): Promise<Marked<T>>;
  /** Something was written, by `principal` when it came through here: what was remembered is old, and to them it is not given any more. */
  changed(principal: string | undefined): void;
};

type Options = ReadLimits & { readonly http: Http; readonly scrubber: Scrubber; readonly now: () => number; readonly meter: Meter };

/** An answer, when it was asked for, and after which change. */
type Held = { readonly answer: Answer; readonly askedAt: number; readonly change: number };
type Flight = { readonly change: number; readonly held: Promise<Held> };

/** Answers kept for a project, in bytes and in number; the ones not used for longest make room. */
const MOST_BYTES = 32 * 1024 * 1024;
const MOST_ANSWERS = 2_000;
/** Principals whose last write is remembered. */
const WRITERS = 10_000;
/** Trouble in which an older answer is better than none. */
const TROUBLE = new Set(["UpstreamUnavailable", "UpstreamTimeout"]);

/** Makes the reads of one project. */
export function createReads({ http, scrubber, now, meter, cacheMs, staleMs }: Options): Reads {
  const remembered = new LRUCache<string, Held>({
    max: MOST_ANSWERS,
    maxSize: MOST_BYTES,
    sizeCalculation: ({ answer }) => Math.max(answer.size, 1),
  });
  const flights = new Map<string, Flight>();
  const writes = new LRUCache<string, number>({ max: WRITERS, dispose: (at) => void (forgotten = Math.max(forgotten, at)) });
  /** The latest write of those who are not remembered. */
  let forgotten = -1;
  let change = 0;

  async function ask<T>(call: Call, { operation, path, form }: Read<T>, remember: boolean): Promise<Held> {
    const asked = { askedAt: now(), change };
    const before = remembered.peek(path);
    const answer = await Answer.next(before?.answer, scrubber, (expected) =>
      // Others may join: it must not end with the time of the one who asked first.
      http.read({ ...call, deadline: undefined }, { method: "GET", operation, path, expected }),
    );
    const held = { answer, ...asked };
    if (!remember) return held;
    // Before it is kept: what cannot be read must not take the place of what could.
    answer.read(form, call.fields, scrubber);
    const newest = remembered.peek(path);
    if (newest === undefined || newest.askedAt <= asked.askedAt) remembered.set(path, held);
    return held;
  }

  function depart<T>(call: Call, read: Read<T>, remember: boolean): Promise<Held> {
    const held = ask(call, read, remember);
    const flight = { change, held };
    flights.set(read.path, flight);
    const land = (): void => void (flights.get(read.path) === flight && flights.delete(read.path));
    held.then(land, land);
    return held;
  }

  /** The answer that may stand in for one that cannot be had. */
  function older({ fresh, principal }: Call, path: string, error: unknown): Held | undefined {
    const held = remembered.get(path);
    if (held === undefined || fresh !== undefined || !TROUBLE.has(toGatewayError(error).code)) return undefined;
    const wroteAt = principal === undefined ? -1 : (writes.get(principal) ?? forgotten);
    return now() - held.askedAt <= staleMs && held.askedAt > wroteAt ? held : undefined;
  }

  /** An answer that was asked for after the last change: one that is on its way, or a new one. */
  async function fetch<T>(call: Call, read: Read<T>, remember: boolean): Promise<[Held, ReadNote["from"]]> {
    const flight = flights.get(read.path);
    if (flight?.change === change && call.fresh !== "own") return [await inTime(flight.held, call.deadline), "coalesced"];
    return [await inTime(depart(call, read, remember), call.deadline), "miss"];
  }

  async function find<T>(call: Call, read: Read<T>): Promise<[Held, ReadNote["from"]]> {
    const held = remembered.get(read.path);
    if (call.fresh === undefined && held?.change === change && now() - held.askedAt < cacheMs) return [held, "hit"];
    try {
      return await fetch(call, read, true);
    } catch (error) {
      const stale = older(call, read.path, error);
      if (stale === undefined) throw error;
      return [stale, "stale"];
    }
  }

  return {
    get: async (call, read) => {
      const started = performance.now();
      const [held, from] = await find(call, read).catch((error: unknown) => {
        call.noted?.({ from: "failed", ageMs: 0, ms: performance.now() - started });
        throw error;
      });
      meter.count("cache", { result: from });
      call.noted?.({ from, ageMs: now() - held.askedAt, ms: performance.now() - started });
      return held.answer.read(read.form, call.fields, scrubber);
    },
    getMarked: async (call, read, mark) => {
      const [{ answer }, from] = await fetch(call, read, false);
      meter.count("cache", { result: from });
      const found = answer.mark();
      return { mark: found, value: found === mark ? undefined : answer.read(read.form, call.fields, scrubber) };
    },
    changed: (principal) => {
      change += 1;
      if (principal !== undefined) writes.set(principal, now());
    },
  };
}
