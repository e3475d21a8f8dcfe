import { randomUUID } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { expressionBuilder, type Transaction, type UpdateObject } from "kysely";
import { appendEvents } from "./append.ts";
import { inPieces } from "./batches.ts";
import type { Database } from "./database.ts";
import type { NewEvent } from "./event.ts";
import { isOver } from "./lease.ts";
import type { Tables } from "./tables.ts";

/** A project whose turn it is, held for a while by who asked. */
export type Watched = {
  readonly project: string;
  readonly lease: string;
  /** Whether a complete look was had before: without one, what is seen is a baseline and no news. */
  readonly baseline: boolean;
  readonly failures: number;
  readonly lastOkAt: number;
  readonly hotUntil: number;
  /** When it was due: another value later means that somebody asked for a look meanwhile. */
  readonly dueAt: number;
  /** Looks that were written down so far, by whomever. */
  readonly looks: number;
};

type Resource = { readonly typeId: string; readonly id: string };

/** What a look found of one resource: its state from now on, undefined when it is gone, and the events that tell how it came to that. All of it is kept, or nothing. */
export type Finding = Resource & { readonly state: string | undefined; readonly events: readonly NewEvent[] };

/** What a look brought. */
export type SweepResult = {
  readonly findings: readonly Finding[];
  /** What is to be told of the project itself, after all else. */
  readonly events: readonly NewEvent[];
  readonly dueAt: number;
  readonly hotUntil: number;
  /** Set when the look succeeded. */
  readonly okAt: number | undefined;
};

/** Resources of one transaction: what becomes of them, and what is owed of that, is written in a fraction of a second. */
const PART = 250;

/** What was last seen of each project, and whose turn it is. */
export function createWatches(database: Database) {
  const { db, engine } = database;

  /** Writes what was found and what becomes of the watch in one transaction; false, and nothing written, when the lease is no longer held. */
  async function keep(
    { project, lease }: Watched,
    becomes: UpdateObject<Tables, "watch">,
    findings: readonly Finding[],
    events: readonly NewEvent[],
  ): Promise<boolean> {
    return db.transaction().execute(async (transaction) => {
      const held = await transaction
        .updateTable("watch")
        .set(becomes)
        .where("project", "=", project)
        .where("lease_token", "=", lease)
        .executeTakeFirst();
      if (held.numUpdatedRows === 0n) return false;
      await save(transaction, project, findings);
      await appendEvents(database, transaction, [...findings.flatMap((each) => each.events), ...events]);
      return true;
    });
  }

  return {
    /** Makes sure that every project is watched, from now on. */
    async ensure(projects: readonly string[], now: number): Promise<void> {
      const fresh = { due_at: now, hot_until: 0, lease_token: null, lease_until: 0, baseline: 0, failures: 0, last_ok_at: now, looks: 0 };
      for (const project of projects) {
        await db
          .insertInto("watch")
          .values({ project, ...fresh })
          .onConflict((conflict) => conflict.column("project").doNothing())
          .execute();
      }
    },

    /** Takes a project that is due among `projects`, for `leaseMs`; undefined when none is. */
    async claim(projects: readonly string[], now: number, leaseMs: number): Promise<Watched | undefined> {
      const lease = randomUUID();
      const row = await db
        .updateTable("watch")
        .set({ lease_token: lease, lease_until: now + leaseMs })
        .where("project", "in", (query) => {
          const due = query
            .selectFrom("watch")
            .select("project")
            .where("project", "in", [...projects])
            .where("due_at", "<=", now)
            .where(isOver("lease_until", now, leaseMs))
            .orderBy("due_at")
            .limit(1);
          return engine === "postgres" ? due.forUpdate().skipLocked() : due;
        })
        .returningAll()
        .executeTakeFirst();
      if (row === undefined) return undefined;
      const { project, baseline, failures, looks, last_ok_at: lastOkAt, hot_until: hotUntil, due_at: dueAt } = row;
      return { project, lease, baseline: baseline === 1, failures, lastOkAt, hotUntil, dueAt, looks };
    },

    /** Keeps a project that was taken until `until`; false when it is somebody else's meanwhile. */
    async renew({ project, lease }: Watched, until: number): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable("watch")
        .set({ lease_until: until })
        .where("project", "=", project)
        .where("lease_token", "=", lease)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /** When the next of `projects` is due or becomes free, in milliseconds since 1970; undefined when none is watched. */
    async nextDue(projects: readonly string[]): Promise<number | undefined> {
      const row = await db
        .selectFrom("watch")
        .where("project", "in", [...projects])
        .select(({ fn, eb }) =>
          fn.min(eb.case().when("lease_until", ">", eb.ref("due_at")).then(eb.ref("lease_until")).else(eb.ref("due_at")).end()).as("due"),
        )
        .executeTakeFirst();
      return row?.due ?? undefined;
    },

    /**
     * Milliseconds since the last good look, by whomever, at the one of `projects` that waits longest; 0 when none is watched. A look that lies ahead is of
     * before the clock was set back, and the further ahead the longer nobody has looked.
     */
    async unwatchedMs(projects: readonly string[], now: number): Promise<number> {
      const row = await db
        .selectFrom("watch")
        .where("project", "in", [...projects])
        .select(({ fn, eb }) => fn.max(fn<number>("abs", [eb("last_ok_at", "-", now)])).as("ms"))
        .executeTakeFirst();
      return row?.ms ?? 0;
    },

    /** Makes due what lies further ahead than a next look, or the end of frequent looks, is ever put: the clock was set back since. */
    async hasten(projects: readonly string[], now: number, furthest: { readonly due: number; readonly hot: number }): Promise<void> {
      await db
        .updateTable("watch")
        .set({ due_at: now, hot_until: 0 })
        .where("project", "in", [...projects])
        .where(({ eb, or }) => or([eb("due_at", ">", now + furthest.due), eb("hot_until", ">", now + furthest.hot)]))
        .execute();
    },

    /** Gives back what was taken, undone: it is due as it was. */
    async release({ project, lease }: Watched): Promise<void> {
      await db
        .updateTable("watch")
        .set({ lease_token: null, lease_until: 0 })
        .where("project", "=", project)
        .where("lease_token", "=", lease)
        .execute();
    },

    /** Asks for a look at once, and for frequent ones until `hotUntil`. */
    async hint(project: string, now: number, hotUntil: number): Promise<void> {
      await db.updateTable("watch").set({ due_at: now, hot_until: hotUntil }).where("project", "=", project).execute();
    },

    /** What was last seen, as it was saved, by type and id. */
    async snapshots(project: string): Promise<{ typeId: string; id: string; state: string }[]> {
      const rows = await db.selectFrom("snapshot").select(["type_id as typeId", "id", "state"]).where("project", "=", project).execute();
      return rows;
    },

    /**
     * Keeps what a look brought; false when the lease is no longer held. A large one is kept some resources at a time, so that neither the event loop nor
     * others who append wait for all of it: what is not kept when that ends early is found by the next look.
     */
    async commit(watched: Watched, { findings, events, ...result }: SweepResult): Promise<boolean> {
      // From the first part on, what other processes remember of the project is old.
      const looks = watched.looks + 1;
      let left = findings;
      for (; left.length > PART; left = left.slice(PART)) {
        if (!(await keep(watched, { looks }, left.slice(0, PART), []))) return false;
        await setImmediate();
      }
      const eb = expressionBuilder<Tables, "watch">();
      const over = {
        looks,
        lease_token: null,
        lease_until: 0,
        // A hint that came during the look is not lost.
        due_at: eb.case().when("due_at", "=", watched.dueAt).then(result.dueAt).else(eb.ref("due_at")).end(),
        hot_until: eb.case().when("hot_until", ">", result.hotUntil).then(eb.ref("hot_until")).else(result.hotUntil).end(),
        failures: result.okAt === undefined ? eb("failures", "+", 1) : 0,
        // Half a baseline is none: what is missing of it would be told as news.
        ...(result.okAt === undefined ? {} : { baseline: 1, last_ok_at: result.okAt }),
      };
      return keep(watched, over, left, events);
    },
  };
}

async function save(transaction: Transaction<Tables>, project: string, findings: readonly Finding[]): Promise<void> {
  const saved = findings.flatMap(({ typeId, id, state }) => (state === undefined ? [] : [{ project, type_id: typeId, id, state }]));
  for await (const rows of inPieces(saved))
    await transaction
      .insertInto("snapshot")
      .values(rows)
      .onConflict((conflict) => conflict.columns(["project", "type_id", "id"]).doUpdateSet(({ ref }) => ({ state: ref("excluded.state") })))
      .execute();
  const removed = findings.filter(({ state }) => state === undefined);
  for (const [typeId, gone] of Map.groupBy(removed, (each) => each.typeId))
    await transaction
      .deleteFrom("snapshot")
      .where("project", "=", project)
      .where("type_id", "=", typeId)
      .where(
        "id",
        "in",
        gone.map(({ id }) => id),
      )
      .execute();
}
