import type { Selectable } from "kysely";
import { inBatches } from "./batches.ts";
import type { Database } from "./database.ts";
import type { StoredEvent } from "./event.ts";
import type { Tables } from "./tables.ts";

export type EventQuery = {
  /** Only events with a higher number. */
  readonly after: number;
  readonly limit: number;
  readonly projects: readonly string[];
  /** Exact types, or groups such as `deployment.*`. */
  readonly types?: readonly string[] | undefined;
  readonly key?: string | undefined;
};

/** A row as the rest of the gateway knows it. */
export function toEvent({ resource_key: key, deployment_type: kind, ...row }: Selectable<Tables["event"]>): StoredEvent {
  return { ...row, resourceKey: key ?? undefined, deploymentType: kind ?? undefined };
}

/** Whether a type is among some, exact ones or groups such as `deployment.*`; all are where none is named. */
export function isAmong(types: readonly string[] | undefined, type: string): boolean {
  return types === undefined || types.some((each) => each === type || (each.endsWith(".*") && type.startsWith(each.slice(0, -1))));
}

/** Reads the event log. */
export function createEvents({ db }: Database) {
  return {
    /** Events by ascending number. */
    async list({ after, limit, projects, types, key }: EventQuery): Promise<StoredEvent[]> {
      if (projects.length === 0) return [];
      let query = db
        .selectFrom("event")
        .selectAll()
        .where("seq", ">", after)
        .where("project", "in", [...projects]);
      if (key !== undefined) query = query.where("resource_key", "=", key);
      if (types !== undefined) {
        query = query.where(({ eb, or }) =>
          or(types.map((type) => (type.endsWith(".*") ? eb("type", "like", `${type.slice(0, -1)}%`) : eb("type", "=", type)))),
        );
      }
      return (await query.orderBy("seq").limit(limit).execute()).map(toEvent);
    },

    /** Everything after a number, whoever it concerns. */
    async tail(after: number, limit: number): Promise<StoredEvent[]> {
      return (await db.selectFrom("event").selectAll().where("seq", ">", after).orderBy("seq").limit(limit).execute()).map(toEvent);
    },

    /** The numbers of the oldest and the newest event that are kept; 0 when there is none. */
    async range(): Promise<{ oldest: number; newest: number }> {
      const { oldest, newest } = await db
        .selectFrom("event")
        .select(({ fn }) => [fn.min("seq").as("oldest"), fn.max("seq").as("newest")])
        .executeTakeFirstOrThrow();
      return { oldest: oldest ?? 0, newest: newest ?? 0 };
    },

    /** Drops events that are older than `before`, and the oldest beyond `keep`; never the newest, by which the log knows what numbers it gave. */
    async prune(before: number, keep: number): Promise<void> {
      const { newest } = await db
        .selectFrom("event")
        .select(({ fn }) => fn.max("seq").as("newest"))
        .executeTakeFirstOrThrow();
      if (newest === null) return;
      await inBatches((limit) =>
        db
          .deleteFrom("event")
          .where("seq", "in", (query) =>
            query.selectFrom("event").select("seq").where("at", "<", before).where("seq", "<", newest).limit(limit),
          )
          .executeTakeFirst(),
      );
      const edge = await db.selectFrom("event").select("seq").orderBy("seq", "desc").offset(keep).limit(1).executeTakeFirst();
      if (edge === undefined) return;
      await inBatches((limit) =>
        db
          .deleteFrom("event")
          .where("seq", "in", (query) => query.selectFrom("event").select("seq").where("seq", "<=", edge.seq).limit(limit))
          .executeTakeFirst(),
      );
    },
  };
}
