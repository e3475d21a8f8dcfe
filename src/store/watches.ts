import { randomUUID } from "node:crypto";
import type { Transaction } from "kysely";
import { appendEvents } from "./append.ts";
import type { Database } from "./database.ts";
import type { NewEvent } from "./events.ts";
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

/** What a look brought: all of it is kept, or nothing. */
export type SweepResult = {
  readonly events: readonly NewEvent[];
  readonly saved: readonly (Resource & { readonly state: string })[];
  readonly removed: readonly Resource[];
  readonly dueAt: number;
  readonly hotUntil: number;
  /** Set when the look succeeded. */
  readonly okAt: number | undefined;
};

/** What was last seen of each project, and whose turn it is. */
export function createWatches(database: Database) {
  const { db, engine } = database;
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
            .where("lease_until", "<=", now)
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

    /** When the one of `projects` that waits longest had its last good look, by whomever; undefined when none is watched. */
    async lastOkAt(projects: readonly string[]): Promise<number | undefined> {
      const row = await db
        .selectFrom("watch")
        .where("project", "in", [...projects])
        .select(({ fn }) => fn.min("last_ok_at").as("at"))
        .executeTakeFirst();
      return row?.at ?? undefined;
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

    /** Keeps what a look brought, in one transaction; false, and nothing kept, when the lease is no longer held. */
    async commit({ project, lease, dueAt }: Watched, result: SweepResult): Promise<boolean> {
      return db.transaction().execute(async (transaction) => {
        const held = await transaction
          .updateTable("watch")
          .set(({ eb }) => ({
            lease_token: null,
            lease_until: 0,
            // A hint that came during the look is not lost.
            due_at: eb.case().when("due_at", "=", dueAt).then(result.dueAt).else(eb.ref("due_at")).end(),
            hot_until: eb.case().when("hot_until", ">", result.hotUntil).then(eb.ref("hot_until")).else(result.hotUntil).end(),
            looks: eb("looks", "+", 1),
            failures: result.okAt === undefined ? eb("failures", "+", 1) : 0,
            ...(result.okAt === undefined ? {} : { baseline: 1, last_ok_at: result.okAt }),
          }))
          .where("project", "=", project)
          .where("lease_token", "=", lease)
          .executeTakeFirst();
        if (held.numUpdatedRows === 0n) return false;
        await save(transaction, project, result);
        await appendEvents(database, transaction, result.events);
        return true;
      });
    },
  };
}

async function save(transaction: Transaction<Tables>, project: string, { saved, removed }: SweepResult): Promise<void> {
  for (const { typeId, id, state } of saved) {
    await transaction
      .insertInto("snapshot")
      .values({ project, type_id: typeId, id, state })
      .onConflict((conflict) => conflict.columns(["project", "type_id", "id"]).doUpdateSet({ state }))
      .execute();
  }
  for (const { typeId, id } of removed) {
    await transaction.deleteFrom("snapshot").where("project", "=", project).where("type_id", "=", typeId).where("id", "=", id).execute();
  }
}
