import type { Connect } from "../connect/index.ts";
import { toGatewayError } from "../errors.ts";
import { startLoop } from "../loop.ts";
import { type Meter, NO_METER } from "../meter.ts";
import type { Store, SweepResult, Watched } from "../store/index.ts";
import { createBudget } from "./budget.ts";
import { watchEvent } from "./event.ts";
import { nameOf } from "./listing.ts";
import { type Known, look, type Memory } from "./look.ts";
import type { State } from "./states.ts";

export type WatchOptions = {
  readonly store: Store;
  readonly connects: readonly Connect[];
  /** Milliseconds between two looks at a project where nothing happens, and where something does. */
  readonly calmMs: number;
  readonly hotMs: number;
  /** For so many milliseconds a project stays with a process that died; one that lives renews it. */
  readonly leaseMs: number;
  /** Hears that events were added. */
  readonly added: () => void;
  readonly log: (message: string, fields: object) => void;
  readonly meter?: Meter;
  readonly now?: () => number;
  readonly random?: () => number;
};

/** Compares what upstream has with what was last seen, project by project, for as long as the process lives. */
export type Watch = {
  /** Something was just done to the project: look now, and often for a while. Never throws. */
  hint(project: string): void;
  /** Milliseconds since the last good look at the project that waits longest. */
  lag(): number;
  stop(): Promise<void>;
};

/** Frequent looks go on for so long after a write. */
const HOT_AFTER_WRITE_MS = 30_000;
/** Calls to one region in a second, over all of its projects. */
const CALLS_PER_SECOND = 50;
/** Events are kept for 30 days, and at most a million of them. */
const KEPT_MS = 30 * 86_400_000;
const KEPT_EVENTS = 1_000_000;
const PRUNE_EVERY_MS = 3_600_000;
/** Failed looks in a row that are told. */
const DEGRADED = 3;

const idOf = ({ project }: Connect): string => `${project.region}:${project.projectKey}`;

/** Starts the watch over every project. */
export async function startWatch(options: WatchOptions): Promise<Watch> {
  const { store, connects, calmMs, hotMs, leaseMs, added, log, meter = NO_METER, now = Date.now, random = Math.random } = options;
  const budgets = new Map(connects.map(({ project }) => [project.region, createBudget(CALLS_PER_SECOND, now)]));
  const ending = new AbortController();
  const byProject = new Map(connects.map((connect) => [idOf(connect), connect]));
  const projects = [...byProject.keys()];
  const okAt = new Map(projects.map((project) => [project, now()]));
  const memories = new Map<string, Memory>();
  await store.watches.ensure(projects, now());

  async function sweep(watched: Watched): Promise<void> {
    const connect = byProject.get(watched.project);
    if (connect === undefined) return;
    const renewing = setInterval(() => void store.watches.renew(watched, now() + leaseMs).catch(() => undefined), leaseMs / 3);
    try {
      await sweepHeld(connect, watched);
    } finally {
      clearInterval(renewing);
    }
  }

  async function sweepHeld(connect: Connect, watched: Watched): Promise<void> {
    const { project } = watched;
    const startedAt = now();
    const { result, memory } = await tryLook(connect, watched, startedAt);
    const kept = await store.watches.commit(watched, result);
    meter.count("looks", { outcome: kept ? (result.okAt === undefined ? "failed" : "ok") : "late" });
    meter.observe("look", now() - startedAt);
    if (!kept || memory === undefined) memories.delete(project);
    else memories.set(project, memory);
    if (!kept) return log("look came too late", { project });
    if (result.okAt !== undefined) okAt.set(project, result.okAt);
    if (result.events.length === 0) return undefined;
    connect.changed();
    return added();
  }

  async function tryLook(connect: Connect, watched: Watched, startedAt: number): Promise<{ result: SweepResult; memory?: Memory }> {
    const { project, hotUntil } = watched;
    const held = memories.get(project);
    try {
      const { events, saved, removed, memory } = await look({
        connect,
        watched,
        memory: held?.looks === watched.looks ? held : undefined,
        load: () => load(project),
        place: async () => budgets.get(connect.project.region)?.take(ending.signal),
        startedAt,
      });
      meter.observe("watch_lag", startedAt - watched.lastOkAt);
      const back = watched.failures >= DEGRADED ? [watchEvent(project, "watch.recovered", watched.lastOkAt, startedAt)] : [];
      const dueAt = now() + pause(memory.moving || hotUntil > now());
      return { result: { events: [...events, ...back], saved, removed, okAt: startedAt, dueAt, hotUntil }, memory };
    } catch (error) {
      log("look failed", { project, code: toGatewayError(error).code, failures: watched.failures + 1 });
      const events = watched.failures + 1 === DEGRADED ? [watchEvent(project, "watch.degraded", watched.lastOkAt, now())] : [];
      return { result: { events, saved: [], removed: [], okAt: undefined, dueAt: now() + pause(false), hotUntil } };
    }
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

  /** A tenth more or less, so that projects and replicas do not look in step. */
  const pause = (hot: boolean): number => Math.round((hot ? hotMs : calmMs) * (0.9 + 0.2 * random()));

  let pruneAt = now();
  const claim = (): Promise<Watched | undefined> => store.watches.claim(projects, now(), leaseMs);

  const loop = startLoop({
    afterFailure: 1_000,
    failed: (error) => log("watch failed", { code: toGatewayError(error).code, reason: error instanceof Error ? error.name : "unknown" }),
    run: async () => {
      if (now() >= pruneAt) {
        await store.events.prune(now() - KEPT_MS, KEPT_EVENTS);
        pruneAt = now() + PRUNE_EVERY_MS;
      }
      for (let next = await claim(); next !== undefined; next = await claim()) await sweep(next);
      return Math.min(Math.max(((await store.watches.nextDue()) ?? now() + calmMs) - now(), 10), 1_000);
    },
  });
  const lag = (): number => now() - Math.min(...okAt.values());
  meter.gauge("unwatched_seconds", () => lag() / 1_000);
  return {
    hint: (project) => {
      const wake = (): void => loop.wake();
      store.watches.hint(project, now(), now() + HOT_AFTER_WRITE_MS).then(wake, () => undefined);
    },
    lag,
    stop: () => {
      ending.abort();
      return loop.stop();
    },
  };
}
