import type { Connect } from "../connect/index.ts";
import { toGatewayError } from "../errors.ts";
import { projectId } from "../identifiers.ts";
import type { Tell } from "../log.ts";
import { every, startLoop } from "../loop.ts";
import { type Meter, NO_METER } from "../meter.ts";
import type { Store, Watched } from "../store/index.ts";
import { createSweeper, MOST_JITTER } from "./sweep.ts";

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
  readonly log: Tell;
  readonly meter?: Meter;
  readonly now?: () => number;
  readonly random?: () => number;
};

/** Compares what upstream has with what was last seen, each project by itself, for as long as the process lives. */
export type Watch = {
  /** Something was just done to the project: look now, and often for a while. Never throws. */
  hint(project: string): void;
  /** What is not well, in words; undefined when all is. It names no project. */
  fault(): Promise<string | undefined>;
  /** Looks at nothing any more: the look under way is given up, and its project given back. */
  stop(): Promise<void>;
};

/** Frequent looks go on for so long after a write. */
const HOT_AFTER_WRITE_MS = 30_000;
/** Projects that are looked at at the same time: one whose upstream hangs must not hold up the others. */
const LOOKS_AT_ONCE = 64;
/** Events are kept for 30 days, and at most a million of them. */
const KEPT_MS = 30 * 86_400_000;
const KEPT_EVENTS = 1_000_000;
const PRUNE_EVERY_MS = 3_600_000;
/** A clock that was set back is noticed at once, or, when it was by less, after so long. */
const HASTEN_EVERY_MS = 60_000;
/** Beyond three pauses, a project may be without a good look for so long before that is a fault. */
const LATE_MS = 60_000;

/** Starts the watch over every project. */
export async function startWatch(options: WatchOptions): Promise<Watch> {
  const { store, connects, calmMs, hotMs, leaseMs, log, meter = NO_METER, now = Date.now, random = Math.random } = options;
  const ending = new AbortController();
  const byProject = new Map(connects.map((connect) => [projectId(connect.project), connect]));
  // A project that was taken out of the settings keeps its row, and nobody looks at it.
  const projects = [...byProject.keys()];
  await store.watches.ensure(projects, now());
  const { sweep, cut } = createSweeper({ ...options, byProject, meter, now, random, ending: ending.signal });

  const timeToPrune = every(PRUNE_EVERY_MS, now);
  const timeToHasten = every(HASTEN_EVERY_MS, now);
  // Other processes may put it by clocks that are ahead, by less than a lease.
  const furthest = { due: Math.ceil(Math.max(calmMs, hotMs) * MOST_JITTER) + leaseMs, hot: HOT_AFTER_WRITE_MS + leaseMs };
  const claim = async (): Promise<Watched | undefined> =>
    ending.signal.aborted ? undefined : store.watches.claim(projects, now(), leaseMs);

  const failed = (error: unknown): void =>
    log("watch failed", { code: toGatewayError(error).code, reason: error instanceof Error ? error.name : "unknown" });
  const looks = new Set<Promise<void>>();
  function begin(watched: Watched): void {
    const looking = sweep(watched)
      .catch(failed)
      .finally(() => {
        looks.delete(looking);
        loop.wake();
      });
    looks.add(looking);
  }

  const loop = startLoop({
    afterFailure: 1_000,
    failed,
    run: async () => {
      if (timeToPrune()) await store.events.prune(now() - KEPT_MS, KEPT_EVENTS);
      if (timeToHasten()) await store.watches.hasten(projects, now(), furthest);
      while (looks.size < LOOKS_AT_ONCE) {
        const next = await claim();
        if (next === undefined) break;
        begin(next);
      }
      // The end of a look is another reason to see who is next, and the only one while there are too many.
      if (looks.size >= LOOKS_AT_ONCE) return 1_000;
      return Math.min(Math.max(((await store.watches.nextDue(projects)) ?? now() + calmMs) - now(), 10), 1_000);
    },
  });

  /** Milliseconds since the last good look at the project that waits longest, whichever process had it. */
  const lag = (): Promise<number> => store.watches.unwatchedMs(projects, now());
  meter.gauge("unwatched_seconds", async () => (await lag()) / 1_000);
  return {
    hint: (project) => {
      const wake = (): void => loop.wake();
      // The next look comes all the same, only later.
      const missed = (error: unknown): void => log("a look could not be asked for", { project, err: error }, "debug");
      store.watches.hint(project, now(), now() + HOT_AFTER_WRITE_MS).then(wake, missed);
    },
    fault: async () => {
      if ((await lag()) >= 3 * calmMs + LATE_MS) return "a project could not be looked at for too long";
      return cut() ? "Connect lists only the first 10,500 deployments or staged connectors of a project" : undefined;
    },
    stop: async () => {
      ending.abort();
      await loop.stop();
      await Promise.all(looks);
    },
  };
}
