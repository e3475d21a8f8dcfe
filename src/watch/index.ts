import { randomUUID } from "node:crypto";
import type { Call, Connect, Page } from "../connect/index.ts";
import { toGatewayError } from "../errors.ts";
import { startLoop } from "../loop.ts";
import type { NewEvent, Store, SweepResult, Watched } from "../store/index.ts";
import { createBudget } from "./budget.ts";
import { diff } from "./diff.ts";
import { changeEvent, watchEvent } from "./event.ts";
import { connectorStagedState, deploymentState, inMotion, type State } from "./states.ts";

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

const PAGE = 500;
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
  const { store, connects, calmMs, hotMs, leaseMs, added, log, now = Date.now, random = Math.random } = options;
  const budgets = new Map(connects.map(({ project }) => [project.region, createBudget(CALLS_PER_SECOND, now)]));
  const ending = new AbortController();
  const byProject = new Map(connects.map((connect) => [idOf(connect), connect]));
  const projects = [...byProject.keys()];
  const okAt = new Map(projects.map((project) => [project, now()]));
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
    const result = await look(connect, watched).catch((error: unknown) => {
      const { code } = toGatewayError(error);
      log("look failed", { project: watched.project, code, failures: watched.failures + 1 });
      return failed(watched);
    });
    const kept = await store.watches.commit(watched, result);
    if (!kept) return log("look came too late", { project: watched.project });
    if (result.okAt !== undefined) okAt.set(watched.project, result.okAt);
    if (result.events.length === 0) return;
    connect.changed();
    added();
  }

  async function look(connect: Connect, watched: Watched): Promise<SweepResult> {
    const before = new Map(
      (await store.watches.snapshots(watched.project)).map((row) => [`${row.typeId} ${row.id}`, JSON.parse(row.state) as State]),
    );
    const started = now();
    const place = async (): Promise<void> => budgets.get(connect.project.region)?.take(ending.signal);
    const current = await listAll(connect, place);
    const events: NewEvent[] = [];
    const [saved, removed]: [SweepResult["saved"][number][], SweepResult["removed"][number][]] = [[], []];
    const observed = { notBefore: watched.lastOkAt, notAfter: started };
    const note = (was: State | undefined, is: State | undefined): void => {
      if (watched.baseline) for (const change of diff(was, is)) events.push(changeEvent(watched.project, change, observed));
    };
    for (const state of current) {
      const was = before.get(`${state.typeId} ${state.id}`);
      before.delete(`${state.typeId} ${state.id}`);
      note(was, state);
      const text = JSON.stringify(state);
      if (was === undefined || (state.version >= was.version && text !== JSON.stringify(was)))
        saved.push({ typeId: state.typeId, id: state.id, state: text });
    }
    for (const was of before.values()) {
      await place();
      if (!(await isGone(connect, was))) continue;
      note(was, undefined);
      removed.push({ typeId: was.typeId, id: was.id });
    }
    if (watched.failures >= DEGRADED) events.push(watchEvent(watched.project, "watch.recovered", watched.lastOkAt, started));
    const hot = current.some(inMotion) || watched.hotUntil > now();
    return { events, saved, removed, okAt: started, dueAt: now() + pause(hot), hotUntil: watched.hotUntil };
  }

  function failed(watched: Watched): SweepResult {
    const events = watched.failures + 1 === DEGRADED ? [watchEvent(watched.project, "watch.degraded", watched.lastOkAt, now())] : [];
    return { events, saved: [], removed: [], okAt: undefined, dueAt: now() + pause(false), hotUntil: watched.hotUntil };
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
  return {
    hint: (project) => {
      const wake = (): void => loop.wake();
      store.watches.hint(project, now(), now() + HOT_AFTER_WRITE_MS).then(wake, () => undefined);
    },
    lag: () => now() - Math.min(...okAt.values()),
    stop: () => {
      ending.abort();
      return loop.stop();
    },
  };
}

async function listAll(connect: Connect, place: () => Promise<void>): Promise<State[]> {
  const call: Call = { correlationId: `watch-${randomUUID()}`, fresh: "shared" };
  const states: State[] = [];
  const crawl = async <T>(page: (offset: number) => Promise<Page<T>>, toState: (row: T) => State): Promise<void> => {
    for (let offset = 0; offset <= 10_000; offset += PAGE) {
      await place();
      const { results, total } = await page(offset);
      states.push(...results.map(toState));
      if (offset + results.length >= total || results.length === 0) return;
    }
  };
  const query = (offset: number) => ({ limit: PAGE, offset });
  await crawl((offset) => connect.deployments.list(call, query(offset)), deploymentState);
  await crawl((offset) => connect.drafts.list(call, query(offset)), connectorStagedState);
  // A row that moved between two pages may stand on both: the newer one counts.
  const newest = new Map<string, State>();
  for (const state of states) {
    const held = newest.get(`${state.typeId} ${state.id}`);
    if (held === undefined || held.version <= state.version) newest.set(`${state.typeId} ${state.id}`, state);
  }
  return [...newest.values()];
}

/** Missing from a listing is no proof: only a 404 is. */
async function isGone(connect: Connect, { typeId, id }: State): Promise<boolean> {
  const call: Call = { correlationId: `watch-${randomUUID()}`, fresh: "shared" };
  try {
    await (typeId === "deployment" ? connect.deployments.get(call, { id }) : connect.drafts.get(call, { id }));
    return false;
  } catch (error) {
    if (toGatewayError(error).statusCode === 404) return true;
    throw error;
  }
}
