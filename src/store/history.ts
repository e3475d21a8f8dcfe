import { inBatches } from "./batches.ts";
import type { Database } from "./database.ts";
import type { StoredEvent } from "./event.ts";
import { toEvent } from "./events.ts";
import { freshAt, owe } from "./owe.ts";
import { type DeliveryRow, type DeliveryState, holdWebhook } from "./webhooks.ts";

/** A place in the list of an endpoint's deliveries. */
export type DeliveryPlace = Pick<DeliveryRow, "createdAt" | "seq">;

/** What was owed to endpoints, and is owed again. */
export function createHistory(database: Database) {
  const { db } = database;
  return {
    /** The newest deliveries of an endpoint, those before a place when one is named. */
    async list(webhookId: string, limit: number, before?: DeliveryPlace): Promise<DeliveryRow[]> {
      let query = db.selectFrom("delivery").selectAll().where("webhook_id", "=", webhookId);
      if (before !== undefined)
        query = query.where(({ eb, or, and }) =>
          or([eb("created_at", "<", before.createdAt), and([eb("created_at", "=", before.createdAt), eb("seq", "<", before.seq)])]),
        );
      const rows = await query.orderBy("created_at", "desc").orderBy("seq", "desc").limit(limit).execute();
      return rows.map((row) => ({
        webhookId: row.webhook_id,
        seq: row.seq,
        eventId: row.event_id,
        type: row.type,
        state: row.state as DeliveryState,
        attempts: row.attempts,
        createdAt: row.created_at,
        dueAt: row.due_at,
        lastStatus: row.last_status ?? undefined,
        lastReason: row.last_reason ?? undefined,
      }));
    },

    /** Owes these events to an endpoint, once more if it had them; false, and nothing done, when there is no such endpoint any more. */
    async add(webhookId: string, events: readonly StoredEvent[], now: number): Promise<boolean> {
      return db.transaction().execute(async (transaction) => {
        if ((await holdWebhook(database, transaction, webhookId)) === undefined) return false;
        const again = events.map((event) => ({ event: { ...event, at: now }, webhookIds: [webhookId] }));
        await owe(transaction, again);
        return true;
      });
    },

    /** Owes an endpoint once more what it was owed before, whether it is in the log still or not; false when it never was. */
    async again(webhookId: string, eventId: string, now: number): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable("delivery")
        .set(freshAt(now))
        .where("webhook_id", "=", webhookId)
        .where("event_id", "=", eventId)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },

    /** The event with this id. */
    async event(id: string): Promise<StoredEvent | undefined> {
      const row = await db.selectFrom("event").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : toEvent(row);
    },

    /** Drops what arrived or was given up, and was owed before a moment. What is still owed stays. */
    async prune(before: number): Promise<void> {
      await inBatches((limit) =>
        db
          .deleteFrom("delivery")
          .where("id", "in", (query) =>
            query
              .selectFrom("delivery")
              .select("id")
              .where("webhook_id", "in", (webhooks) => webhooks.selectFrom("webhook").select("webhook.id"))
              .where("created_at", "<", before)
              .where("state", "in", ["succeeded", "dead"])
              .limit(limit),
          )
          .executeTakeFirst(),
      );
    },
  };
}
