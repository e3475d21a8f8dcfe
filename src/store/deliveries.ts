import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import type { Database } from "./database.ts";
import { type StoredEvent, toEvent } from "./events.ts";
import { type DeliveryRow, type DeliveryState, owe } from "./webhooks.ts";

/** A delivery that is due, held for a while by who asked. */
export type Owed = {
  readonly id: string;
  readonly webhookId: string;
  readonly eventId: string;
  readonly body: string;
  readonly attempts: number;
  readonly lease: string;
};

export type DeliveryResult = {
  readonly state: DeliveryState;
  readonly dueAt: number;
  readonly status: number | undefined;
  readonly reason: string | undefined;
};

/** Events owed to endpoints. */
export function createDeliveries({ db, engine }: Database) {
  return {
    /**
     * Takes deliveries that are due, at most `limit`, and of one endpoint and resource only the oldest that is still owed, so that each resource's
     * events arrive in order. Suspended endpoints and those in `busy` get nothing.
     */
    async claim(now: number, leaseMs: number, limit: number, busy: readonly string[]): Promise<Owed[]> {
      const lease = randomUUID();
      const rows = await db
        .updateTable("delivery")
        .set({ lease_token: lease, lease_until: now + leaseMs })
        .where("id", "in", (query) => {
          const due = query
            .selectFrom("delivery as d")
            .select("d.id")
            .where("d.state", "=", "pending")
            .where("d.due_at", "<=", now)
            .where("d.lease_until", "<=", now)
            .where("d.webhook_id", "not in", ["", ...busy])
            .where(({ exists, selectFrom }) =>
              exists(
                selectFrom("webhook as w")
                  .select("w.id")
                  .whereRef("w.id", "=", "d.webhook_id")
                  .where("w.status", "in", ["Healthy", "TemporaryError"]),
              ),
            )
            .where(({ not, exists, selectFrom }) =>
              not(
                exists(
                  selectFrom("delivery as e")
                    .select("e.id")
                    .whereRef("e.webhook_id", "=", "d.webhook_id")
                    .whereRef("e.resource", "=", "d.resource")
                    .where("e.state", "=", "pending")
                    .whereRef("e.seq", "<", "d.seq"),
                ),
              ),
            )
            .orderBy("d.due_at")
            .limit(limit);
          return engine === "postgres" ? due.forUpdate().skipLocked() : due;
        })
        .returning(["id", "webhook_id as webhookId", "event_id as eventId", "body", "attempts"])
        .execute();
      return rows.map((row) => ({ ...row, lease }));
    },

    /** Gives back what was taken and could not be begun. */
    async release(owed: readonly Owed[]): Promise<void> {
      for (const { id, lease } of owed) {
        await db
          .updateTable("delivery")
          .set({ lease_token: null, lease_until: 0 })
          .where("id", "=", id)
          .where("lease_token", "=", lease)
          .execute();
      }
    },

    /** Writes down what an attempt brought; nothing when the lease was lost meanwhile. */
    async conclude({ id, lease }: Owed, { state, dueAt, status, reason }: DeliveryResult): Promise<void> {
      await db
        .updateTable("delivery")
        .set({
          state,
          due_at: dueAt,
          last_status: status ?? null,
          last_reason: reason ?? null,
          lease_token: null,
          lease_until: 0,
          attempts: sql<number>`attempts + 1`,
        })
        .where("id", "=", id)
        .where("lease_token", "=", lease)
        .execute();
    },

    /** When the next one is due, in milliseconds since 1970. */
    async nextDue(): Promise<number | undefined> {
      const row = await db
        .selectFrom("delivery")
        .select(({ fn }) => fn.min("due_at").as("due"))
        .where("state", "=", "pending")
        .executeTakeFirst();
      return row?.due ?? undefined;
    },

    /** The newest deliveries of an endpoint. */
    async list(webhookId: string, limit: number): Promise<DeliveryRow[]> {
      const rows = await db
        .selectFrom("delivery")
        .selectAll()
        .where("webhook_id", "=", webhookId)
        .orderBy("seq", "desc")
        .limit(limit)
        .execute();
      return rows.map((row) => ({
        webhookId: row.webhook_id,
        seq: row.seq,
        eventId: row.event_id,
        type: row.type,
        state: row.state as DeliveryState,
        attempts: row.attempts,
        dueAt: row.due_at,
        lastStatus: row.last_status ?? undefined,
        lastReason: row.last_reason ?? undefined,
      }));
    },

    /** Owes these events to an endpoint, once more if it had them. */
    async add(webhookId: string, events: readonly StoredEvent[], now: number): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        for (const event of events) await owe(transaction, webhookId, event.seq, { ...event, at: now });
      });
    },

    /** The event with this id. */
    async event(id: string): Promise<StoredEvent | undefined> {
      const row = await db.selectFrom("event").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : toEvent(row);
    },
  };
}
