import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { appendEvents } from "./append.ts";
import type { Database } from "./database.ts";
import type { NewEvent } from "./event.ts";
import { isOver } from "./lease.ts";
import { PENDING } from "./owe.ts";
import { type DeliveryState, holdWebhook, type WebhookRow, type WebhookStatus } from "./webhooks.ts";

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
  /** Set when nothing may be sent to it before. */
  readonly heldUntil?: number;
  readonly events: readonly NewEvent[];
};

/** What becomes of a delivery, and of its endpoint; without `health` that stays as it is. */
export type Judgement = { readonly result: DeliveryResult; readonly health?: Health | undefined };

/** Milliseconds. */
type Furthest = { readonly pauses: readonly number[]; readonly hold: number };

/** Events owed to endpoints. */
export function createDeliveries(database: Database) {
  const { db, engine } = database;
  return {
    /** Endpoints at which something may be due: those that are suspended, or asked to be left alone for a while, are not among them. */
    async waiting(now: number, leaseMs: number): Promise<{ readonly id: string; readonly status: WebhookStatus }[]> {
      const rows = await db
        .selectFrom("webhook as w")
        .select(["w.id", "w.status"])
        .where("w.status", "in", ["Healthy", "TemporaryError"])
        .where("w.held_until", "<=", now)
        .where(({ exists, selectFrom }) =>
          exists(
            selectFrom("delivery as d")
              .select("d.id")
              .whereRef("d.webhook_id", "=", "w.id")
              .where("d.state", "=", PENDING)
              .where("d.due_at", "<=", now)
              .where(isOver("d.lease_until", now, leaseMs)),
          ),
        )
        .orderBy("w.id")
        .execute();
      return rows as { id: string; status: WebhookStatus }[];
    },

    /** Takes deliveries of one endpoint that are due, at most `limit`; of one resource only the oldest that is still owed, so that its events arrive in order. */
    async claim(webhookId: string, now: number, leaseMs: number, limit: number): Promise<Owed[]> {
      const lease = randomUUID();
      const rows = await db
        .updateTable("delivery")
        .set({ lease_token: lease, lease_until: now + leaseMs })
        .where("id", "in", (query) => {
          const due = query
            .selectFrom("delivery as d")
            .select("d.id")
            .where("d.webhook_id", "=", webhookId)
            .where("d.state", "=", PENDING)
            .where("d.due_at", "<=", now)
            .where(isOver("d.lease_until", now, leaseMs))
            .where(({ not, exists, selectFrom }) =>
              not(
                exists(
                  selectFrom("delivery as e")
                    .select("e.id")
                    .whereRef("e.webhook_id", "=", "d.webhook_id")
                    .whereRef("e.resource", "=", "d.resource")
                    .where("e.state", "=", PENDING)
                    .whereRef("e.seq", "<", "d.seq"),
                ),
              ),
            )
            .orderBy("d.due_at")
            .orderBy("d.seq")
            .limit(limit);
          return engine === "postgres" ? due.forUpdate().skipLocked() : due;
        })
        .returning(["id", "webhook_id as webhookId", "event_id as eventId", "body", "attempts"])
        .execute();
      return rows.map((row) => ({ ...row, lease }));
    },

    /** Gives back what was taken, as it was. */
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

    /** Keeps what was taken until `until`, as far as it is still held. */
    async renew(leases: readonly string[], until: number): Promise<void> {
      if (leases.length > 0) await db.updateTable("delivery").set({ lease_until: until }).where("lease_token", "in", leases).execute();
    },

    /**
     * Writes down what `judge` makes of an attempt and of the endpoint as it is then, undefined when it was removed, in one transaction. False, and nothing is
     * written, when the lease was lost meanwhile.
     */
    async conclude(owed: Owed, judge: (webhook: WebhookRow | undefined) => Judgement): Promise<boolean> {
      return db.transaction().execute(async (transaction) => {
        // Attempts at one endpoint end side by side: each must see what the others made of it.
        const { result, health } = judge(await holdWebhook(database, transaction, owed.webhookId));
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
        if (health === undefined) return true;
        const { status, failingSince, heldUntil, events } = health;
        await transaction
          .updateTable("webhook")
          .set({ status, failing_since: failingSince ?? null, ...(heldUntil === undefined ? {} : { held_until: heldUntil }) })
          .where("id", "=", owed.webhookId)
          .execute();
        await appendEvents(database, transaction, events);
        return true;
      });
    },

    /**
     * Makes due what lies further ahead than it is ever put: the clock was set back since. `pauses` are the longest ones, by the number of attempts, and
     * `hold` is the longest for which an endpoint may ask to be left alone.
     */
    async hasten(now: number, { pauses, hold }: Furthest): Promise<void> {
      await db
        .updateTable("delivery")
        .set({ due_at: now })
        .where("state", "=", PENDING)
        .where("due_at", ">", now + Math.min(...pauses))
        .where(({ eb, or, and }) =>
          or(pauses.map((pause, attempts) => and([eb("attempts", "=", attempts), eb("due_at", ">", now + pause)]))),
        )
        .execute();
      await db
        .updateTable("webhook")
        .set({ held_until: 0 })
        .where("held_until", ">", now + hold)
        .execute();
    },

    /** When the next one is due that is not due yet, in milliseconds since 1970. What waits for another one, or for its endpoint, is not counted. */
    async nextDue(now: number): Promise<number | undefined> {
      const row = await db
        .selectFrom("delivery")
        .select(({ fn }) => fn.min("due_at").as("due"))
        .where("state", "=", PENDING)
        .where("due_at", ">", now)
        .executeTakeFirst();
      return row?.due ?? undefined;
    },

    /** How many are still owed. */
    async owed(): Promise<number> {
      const row = await db
        .selectFrom("delivery")
        .select(({ fn }) => fn.countAll<number | string>().as("count"))
        .where("state", "=", PENDING)
        .executeTakeFirst();
      return Number(row?.count ?? 0);
    },
  };
}
