import type { Connect } from "../connect/index.ts";
import { toGatewayError } from "../errors.ts";
import type { Tell } from "../log.ts";
import type { Meter } from "../meter.ts";
import type { Store, SweepResult, Watched } from "../store/index.ts";
import { createBudget } from "./budget.ts";
import { watchEvent } from "./event.ts";
import { nameOf } from "./listing.ts";
import { type Found, type Known, look, type Memory } from "./look.ts";
import type { Checks } from "./missing.ts";
import type { State } from "./states.ts";

type Options = {
  readonly store: Store;
  readonly byProject: ReadonlyMap<string, Connect>;
  readonly calmMs: number;
  readonly hotMs: number;
  readonly leaseMs: number;
  readonly added: () => void;
  readonly log: Tell;
  readonly meter: Meter;
  readonly now: () => number;
  readonly random: () => number;
  /** Aborted when the watch stops: the look under way is given up and its project given back. */
  readonly ending: AbortSignal;
};

/** Looks at projects that were claimed, and writes down what each look brought. */
export type Sweeper = {
  sweep(watched: Watched): Promise<void>;
  /** Whether of some project Connect lists only a part, as far as this process has seen. */
  cut(): boolean;
};

/** Calls to one region in a second, over all of its projects. */
const CALLS_PER_SECOND = 50;
/** After a failed look the next one comes so soon, in milliseconds, unless it is to come sooner anyway. */
const AFTER_FAILURE_MS = 5_000;
/** Pauses are a tenth shorter or longer, so that projects and replicas do not look in step. */
const LEAST_JITTER = 0.9;
export const MOST_JITTER = 1.1;
/** Failed looks in a row that are told. */
const DEGRADED = 3;

/** What a look brought, and what to remember of it when it was a good one. */
type Looked = { readonly result: SweepResult; readonly memory?: Memory };

/** Makes the sweeper of one process. */
export function createSweeper(options: Options): Sweeper {
  const { store, byProject, calmMs, hotMs, leaseMs, added, log, meter, now, random, ending } = options;
  const budgets = new Map([...byProject.values()].map(({ project }) => [project.region, createBudget(CALLS_PER_SECOND, now)]));
  const checks = new Map<string, Checks>([...byProject.keys()].map((project) => [project, new Map()]));
  const memories = new Map<string, Memory>();
  const cut = new Map<string, Found["cut"]>();
  /** Projects of which more is missing than is asked for at once. */
  const lacking = new Set<string>();

  async function sweep(watched: Watched): Promise<void> {
    const connect = byProject.get(watched.project);
    if (connect === undefined) return;
    const lost = new AbortController();
    const renewing = setInterval(() => void renew(watched, lost), leaseMs / 3);
    try {
      await sweepHeld(connect, watched, AbortSignal.any([ending, lost.signal]));
    } finally {
      clearInterval(renewing);
    }
  }

  /** Keeps the project. When it is somebody else's meanwhile, because this process stood still, the look at it is for nothing: it is `lost`. */
  async function renew(watched: Watched, lost: AbortController): Promise<void> {
    try {
      if (!(await store.watches.renew(watched, now() + leaseMs))) lost.abort();
    } catch (error) {
      // There are two more tries before the lease is over.
      log("a lease could not be renewed", { project: watched.project, err: error }, "debug");
    }
  }

  function tellLate(project: string): void {
    meter.count("looks", { outcome: "late" });
    memories.delete(project);
    log("look came too late", { project });
  }

  async function sweepHeld(connect: Connect, watched: Watched, ended: AbortSignal): Promise<void> {
    const { project } = watched;
    const startedAt = now();
    const looked = await unless(ended, tryLook(connect, watched, startedAt, ended));
    if (looked === undefined) return ending.aborted ? store.watches.release(watched) : tellLate(project);
    const { findings, events } = looked.result;
    const told = events.length > 0 || findings.some((each) => each.events.length > 0);
    // Who hears of it must not read what was remembered before.
    if (told) connect.changed();
    const { kept, ok } = await keep(watched, looked);
    meter.observe("look", now() - startedAt);
    if (!kept) return tellLate(project);
    meter.count("looks", { outcome: ok ? "ok" : "failed" });
    if (!ok || looked.memory === undefined) memories.delete(project);
    else memories.set(project, looked.memory);
    if (told) added();
  }

  /** Writes down what a look brought. What the store does not take makes the look one that failed, which is told of its project like any other. */
  async function keep(watched: Watched, { result }: Looked): Promise<{ readonly kept: boolean; readonly ok: boolean }> {
    try {
      return { kept: await store.watches.commit(watched, result), ok: result.okAt !== undefined };
    } catch (error) {
      const { result: failed } = failedLook(watched, error);
      // Of a store that takes nothing at all nobody can be told by events; the project is free when its lease is over.
      return { kept: await store.watches.commit(watched, failed).catch(() => true), ok: false };
    }
  }

  function failedLook({ project, failures, lastOkAt, hotUntil }: Watched, error: unknown): Looked {
    log("look failed", { project, code: toGatewayError(error).code, failures: failures + 1 });
    const events = failures + 1 === DEGRADED ? [watchEvent(project, "watch.degraded", lastOkAt, now())] : [];
    // What moved before it moves on unseen, and what happens meanwhile is to be told soon after: while upstream fails it is asked little anyway.
    const hot = memories.get(project)?.moving === true || hotUntil > now();
    const dueAt = now() + pause(Math.min(calmMs, hot ? hotMs : AFTER_FAILURE_MS));
    return { result: { findings: [], events, okAt: undefined, dueAt, hotUntil } };
  }

  async function tryLook(connect: Connect, watched: Watched, startedAt: number, ended: AbortSignal): Promise<Looked> {
    const { project, hotUntil } = watched;
    const held = memories.get(project);
    try {
      const found = await look({
        connect,
        watched,
        memory: held?.looks === watched.looks ? held : undefined,
        checks: checks.get(project) ?? new Map(),
        load: () => load(project),
        place: () => place(connect, ended),
        ended,
        now,
        startedAt,
      });
      tell(project, found);
      meter.observe("watch_lag", startedAt - watched.lastOkAt);
      const { findings, memory } = found;
      const events = watched.failures >= DEGRADED ? [watchEvent(project, "watch.recovered", watched.lastOkAt, startedAt)] : [];
      const dueAt = now() + pause(memory.moving || found.soon || hotUntil > now() ? hotMs : calmMs);
      return { result: { findings, events, okAt: startedAt, dueAt, hotUntil }, memory };
    } catch (error) {
      // Nobody waits for what was given up.
      if (ended.aborted) throw error;
      return failedLook(watched, error);
    }
  }

  async function place({ project }: Connect, ended: AbortSignal): Promise<void> {
    await budgets.get(project.region)?.take(ended);
    ended.throwIfAborted();
  }

  /** What a good look could not see is said aloud; what lasts is said once. */
  function tell(project: string, { failures, waiting, cut: kinds }: Found): void {
    if (waiting === 0) lacking.delete(project);
    else if (!lacking.has(project)) log("many are missing from a listing: they are asked for some at a time", { project, count: waiting });
    if (waiting > 0) lacking.add(project);
    if (failures.length > 0) log("resources that are missing cannot be asked for", { project, count: failures.length, code: failures[0] });
    for (const typeId of kinds.difference(cut.get(project) ?? new Set()))
      log("Connect lists the first 10,500 of a kind only: the others are not watched", { project, typeId });
    cut.set(project, kinds);
  }

  async function load(project: string): Promise<ReadonlyMap<string, Known>> {
    const rows = await store.watches.snapshots(project);
    return new Map(
      rows.map(({ state: text }) => {
        const { told, ...state } = JSON.parse(text) as State & { told: number };
        return [nameOf(state), { state, told }];
      }),
    );
  }

  const pause = (ms: number): number => Math.round(ms * (LEAST_JITTER + (MOST_JITTER - LEAST_JITTER) * random()));

  return { sweep, cut: () => cut.values().some((kinds) => kinds.size > 0) };
}

/** What `work` brings; undefined when `signal` comes first, and then nobody waits for the work any more. */
async function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T | undefined> {
  const { promise: ended, resolve } = Promise.withResolvers<undefined>();
  const end = (): void => resolve(undefined);
  signal.addEventListener("abort", end);
  if (signal.aborted) end();
  try {
    return await Promise.race([ended, work]);
  } finally {
    signal.removeEventListener("abort", end);
  }
}
