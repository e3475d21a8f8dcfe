import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { appendEvents } from "./append.ts";
import type { Database } from "./database.ts";
import { type NewEvent, type StoredEvent, toEvent } from "./events.ts";
import { type DeliveryRow, type DeliveryState, owe, toWebhook, type WebhookRow, type WebhookStatus } from "./webhooks.ts";

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

/** What an attempt says of its endpoint, and the events that tell of it. */
export type Health = {
  readonly status: WebhookStatus;
  readonly failingSince: number | undefined;
  readonly events: readonly NewEvent[];
};

/** Events owed to endpoints. */
export function createDeliveries(database: Database) {
  const { db, engine } = database;
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
      if (owed.length === 0) return;
      await db
        .updateTable("delivery")
        .set({ lease_token: null, lease_until: 0 })
        .where(
          "id",
          "in",
          owed.map(({ id }) => id),
        )
        .where(
          "lease_token",
          "in",
          owed.map(({ lease }) => lease),
        )
        .execute();
    },

    /** Keeps what was taken until `until`, as far as it is still held. */
    async renew(leases: readonly string[], until: number): Promise<void> {
      if (leases.length > 0) await db.updateTable("delivery").set({ lease_until: until }).where("lease_token", "in", leases).execute();
    },

    /**
     * Writes down what an attempt brought, and in the same transaction what `judge` makes of the endpoint as it is then; undefined leaves it as it is.
     * False, and nothing is written, when the lease was lost meanwhile.
     */
    async conclude(owed: Owed, result: DeliveryResult, judge: (webhook: WebhookRow) => Health | undefined): Promise<boolean> {
      return db.transaction().execute(async (transaction) => {
        const held = await transaction
          .updateTable("delivery")
          .set({
            state: result.state,
            due_at: result.dueAt,
            last_status: result.status ?? null,
            last_reason: result.reason ?? null,
            lease_token: null,
            lease_until: 0,
            attempts: sql<number>`attempts + 1`,
          })
          .where("id", "=", owed.id)
          .where("lease_token", "=", owed.lease)
          .executeTakeFirst();
        if (held.numUpdatedRows === 0n) return false;
        // Attempts at one endpoint end side by side: each must see what the others made of it.
        const query = transaction.selectFrom("webhook").selectAll().where("id", "=", owed.webhookId);
        const row = await (engine === "postgres" ? query.forUpdate() : query).executeTakeFirst();
        const health = row === undefined ? undefined : judge(toWebhook(row));
        if (health === undefined) return true;
        const { status, failingSince, events } = health;
        await transaction
          .updateTable("webhook")
          .set({ status, failing_since: failingSince ?? null })
          .where("id", "=", owed.webhookId)
          .execute();
        await appendEvents(database, transaction, events);
        return true;
      });
    },

    /** When the next one is due that is not due yet, in milliseconds since 1970. What waits for another one, or for its endpoint, is not counted. */
    async nextDue(now: number): Promise<number | undefined> {
      const row = await db
        .selectFrom("delivery")
        .select(({ fn }) => fn.min("due_at").as("due"))
        .where("state", "=", "pending")
        .where("due_at", ">", now)
        .executeTakeFirst();
      return row?.due ?? undefined;
    },

    /** How many are still owed. */
    async owed(): Promise<number> {
      const row = await db
        .selectFrom("delivery")
        .select(({ fn }) => fn.countAll<number | string>().as("count"))
        .where("state", "=", "pending")
        .executeTakeFirst();
      return Number(row?.count ?? 0);
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
