import { performance } from "node:perf_hooks";
import { toGatewayError } from "../errors.ts";
import type { Meter } from "../meter.ts";
import type { ProjectScrubber } from "../scrub/index.ts";
import type { Again } from "../timing.ts";
import { Answer } from "./answer.ts";
import { isGone, isTrouble } from "./answer-errors.ts";
import type { Call, ReadNote } from "./call.ts";
import { createFlights, type Flight } from "./single-flight.ts";
import type { Http } from "./http.ts";
import { inTime } from "./in-time.ts";
import { type AllPlaces, enter, inPlace, type Places, placesOfCall } from "./limits.ts";
import type { Written } from "./marks.ts";
import { type Held, type Memory, nextSerial } from "./memory.ts";
import { createPatience, type Wariness } from "./patience.ts";
import type { Marked, Read, ReadLimits } from "./read.ts";
import { createRecent, type Outcome } from "./recent.ts";
import { createStandIns } from "./stand-ins.ts";
import { createWaits } from "./waits.ts";

/** The reads of one project: one request to upstream for many callers. */
export type Reads = {
  /** Reads `path` as `form` has it. Callers were checked before: whoever comes here may see the project. */
  get<T>(call: Call, read: Read<T>): Promise<T>;
  /**
   * The same for pages too large to be remembered, such as the watch goes through: their mark, and nothing else when that is still `mark`.
   * They are shared with whoever asks for them at the same time.
   */
  getMarked<T>(call: Call, read: Read<T>, mark: string | undefined): Promise<Marked<T>>;
  /** Places are needed: half of the waits end beside which an older answer is known, and their callers get that. */
  makeRoom(): void;
  /** Something changed: what was remembered may be old. */
  changed(): void;
  /**
   * Something was written, or may have been: besides, nothing older of the subject, nor of the listings it stands in, is given to its principal any more.
   * What upstream answered to the write is given to everybody where a read is answered with something older.
   */
  wrote(write: Written, outcome: Outcome): void;
  /** Another process wrote; its principal is named as {@link Options.nameOf} does. When `isOver` it may be that what this one was answered to a write of its own is no more. */
  heard(write: Written, isOver: boolean): void;
};

type Options = ReadLimits & {
  /** What a principal is called among processes. */
  readonly nameOf: (principal: string) => string;
  readonly http: Http;
  readonly scrubber: ProjectScrubber;
  /** In milliseconds, and never set back. */
  readonly now: () => number;
  readonly meter: Meter;
  readonly memory: Memory;
  readonly wariness: Wariness;
  /** Callers who wait at once, also those who wait for somebody else's request: all of them hold places that other projects need. */
  readonly callers: AllPlaces;
  /** The same for those who can be told what was known: without a place they are, at once. */
  readonly known: Places;
  /** Requests that were made for them and are under way, whether one of them still waits or not. Without a place none is made. */
  readonly refreshes: Places;
};

/** An answer, and where it came from. */
type Found = readonly [Held, ReadNote["from"]];

/** Nobody boards a flight that is under way for longer, in milliseconds: what holds it up may be over. */
const OVERDUE_MS = 3_000;

/** Makes the reads of one project. */
export function createReads({
  http,
  scrubber,
  now,
  meter,
  memory,
  callers,
  known,
  refreshes,
  cacheMs,
  staleMs,
  patienceMs,
  wariness,
  nameOf,
}: Options): Reads {
  const flights = createFlights();
  const waits = createWaits();
  const standIns = createStandIns({ staleMs, scrubber, now, nameOf });
  const patience = createPatience(http, wariness, now, patienceMs);
  let change = 0;
  const changed = (): void => void (change += 1);
  const recent = createRecent(scrubber, now, changed);

  /** Asks upstream. A copy of it that lags behind the project's own writes is not believed. */
  async function receive<T>(call: Call, read: Read<T>, before: Held | undefined): Promise<Answer> {
    const { operation, path, subject } = read;
    const decisive = call.fresh !== undefined || subject.ref === undefined;
    try {
      // Others may join: it must not end with the time of the one who asked first.
      const expected = before?.answer.expected;
      const body = await http.read({ ...call, deadline: undefined }, { method: "GET", operation, path, decisive, expected });
      return recent.newest(call, read, Answer.next(before?.answer, body, scrubber));
    } catch (error) {
      return recent.instead(read, toGatewayError(error));
    }
  }

  async function ask<T>(call: Call, read: Read<T>, remember: boolean): Promise<Held> {
    const { subject, form, name } = read;
    const asked = { askedAt: now(), change };
    const before = memory.peek(name);
    const isNewest = (): boolean => (memory.peek(name)?.askedAt ?? asked.askedAt) <= asked.askedAt;
    let answer: Answer;
    try {
      answer = await receive(call, read, before);
    } catch (error) {
      // What is gone is not to stand in for anything any more.
      if (subject.ref !== undefined && isGone(toGatewayError(error)) && isNewest()) memory.forget(name);
      throw error;
    }
    const held = { answer, ...asked, tookMs: now() - asked.askedAt, counted: 0, serial: nextSerial() };
    if (!remember || recent.lags(read, answer)) return held;
    // Before it is kept: what cannot be read must not take the place of what could.
    answer.read(form, call.fields, scrubber);
    if (isNewest()) memory.set(name, held);
    return held;
  }

  function depart<T>(call: Call, read: Read<T>, remember: boolean): Flight {
    const held = ask(call, read, remember);
    const flight: Flight = { change, held, startedAt: now(), waiting: undefined };
    const landed = flights.departed(read.name, flight);
    const land = (error?: unknown): void => {
      landed();
      patience.landed(now() - flight.startedAt, error === undefined ? undefined : toGatewayError(error));
    };
    held.then(() => land(), land);
    return flight;
  }

  /** A request made after the last change: one that is on its way, or a new one. */
  function board<T>(call: Call, read: Read<T>, make: () => Flight): [Flight, ReadNote["from"]] {
    const flight = flights.find(read.name);
    const joined = flight?.change === change && call.fresh !== "own" && now() - flight.startedAt < OVERDUE_MS;
    return joined ? [flight, "coalesced"] : [make(), "miss"];
  }

  /** A request for somebody who could be told what was known. */
  function refresh<T>(call: Call, read: Read<T>): Flight {
    enter(refreshes);
    const flight = depart({ ...call, spare: true }, read, true);
    flight.held.then(refreshes.leave, refreshes.leave);
    return flight;
  }

  async function fetch<T>(call: Call, read: Read<T>, remember: boolean): Promise<Found> {
    const [{ held }, from] = board(call, read, () => depart(call, read, remember));
    return [await inTime(held, call.deadline), from];
  }

  /** What lands by `until`, unless the deadline comes first, which is on the monotonic clock whatever `now` is. */
  function landedBy(flight: Flight, until: number, deadline = Number.POSITIVE_INFINITY): Promise<Held | undefined> {
    const [left, own] = [until - now(), deadline - performance.now()];
    if (own < left) return waits.within(flight.held, own, patience.ended);
    if (flight.waiting?.until !== until) flight.waiting = { until, landed: waits.within(flight.held, left, patience.ended) };
    return flight.waiting.landed;
  }

  /** A new answer if it comes while the caller has patience, else the one that stands in for it; the request goes on, for the others. */
  async function fetchUnlessLate<T>(call: Call, read: Read<T>, standIn: Held): Promise<Found> {
    const ms = patience.of(standIn);
    const make = (): Flight => refresh(call, read);
    const [boarded, from] = board(call, read, make);
    // One that is overdue, while others are answered, is not worth waiting for.
    const flight = from === "miss" || boarded.startedAt + ms > now() ? boarded : make();
    const landed = await landedBy(flight, flight.startedAt + ms, call.deadline);
    if (landed !== undefined) return [landed, flight === boarded ? from : "miss"];
    const stale = standIns.find(call, read, memory.get(read.name));
    return stale === undefined ? fetch(call, read, true) : [stale, "stale"];
  }

  /** Whether what is held is as good as new, and still the one with this number. */
  const isAsNew = (held: Held | undefined, serial = held?.serial): held is Held =>
    cacheMs > 0 && held?.change === change && held.serial === serial && now() - held.askedAt < cacheMs;

  /** What is read now, for whoever would read it again. It holds on to nothing. */
  function againOf(name: string, { serial }: Held): Again {
    const version = scrubber.version();
    const holds = (): boolean => isAsNew(memory.peek(name), serial) && scrubber.version() === version;
    return { holds, count: () => countUse(name, "hit") };
  }

  function countUse(name: string, from: ReadNote["from"]): void {
    if (from === "hit" || from === "stale") memory.get(name);
    meter.count("cache", { result: from });
  }

  async function find<T>(call: Call, read: Read<T>, held: Held | undefined): Promise<Found> {
    const standIn = standIns.find(call, read, held);
    if (standIn === undefined) return await inPlace(placesOfCall(callers, "GET", call), () => fetch(call, read, true));
    if (patience.troubled()) {
      if (patience.tryNow()) depart({ ...call, spare: true }, read, true);
      return [standIn, "stale"];
    }
    try {
      return await inPlace(known, () => fetchUnlessLate(call, read, standIn));
    } catch (error) {
      const stale = isTrouble(toGatewayError(error)) ? standIns.find(call, read, memory.get(read.name)) : undefined;
      if (stale === undefined) throw error;
      return [stale, "stale"];
    }
  }

  return {
    get: async (call, read) => {
      const started = now();
      const before = memory.peek(read.name);
      const tell = (from: ReadNote["from"], ageMs: number, again?: Again): void =>
        call.noted?.({ from, ageMs, ms: now() - started, again });
      let found: Found;
      try {
        found = call.fresh === undefined && isAsNew(before) ? [before, "hit"] : await find(call, read, before);
      } catch (error) {
        tell("failed", 0);
        throw error;
      }
      const [held, from] = found;
      countUse(read.name, from);
      tell(from, now() - held.askedAt, from === "hit" ? againOf(read.name, held) : undefined);
      const value = held.answer.read(read.form, call.fields, scrubber);
      memory.weigh(read.name, held);
      return value;
    },
    getMarked: async (call, read, mark) => {
      const [{ answer }, from] = await fetch(call, read, false);
      meter.count("cache", { result: from });
      const found = answer.mark();
      return { mark: found, value: found === mark ? undefined : answer.read(read.form, call.fields, scrubber) };
    },
    makeRoom: waits.cutShort,
    changed,
    wrote: ({ principal, subject, operation }, outcome) => {
      changed();
      if (principal !== undefined) standIns.wrote(principal, subject);
      recent.wrote(operation, subject.ref, outcome);
    },
    heard: ({ principal, subject, operation }, isOver) => {
      changed();
      if (principal !== undefined) standIns.heard(principal, subject);
      if (isOver) recent.wrote(operation, subject.ref, "gone");
    },
  };
}
