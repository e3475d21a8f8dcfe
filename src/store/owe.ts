import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import type { NewEvent } from "./events.ts";
import type { Tables } from "./tables.ts";

/** Written out: an index over what is pending alone is used only where the statement says so itself. */
export const PENDING = sql.lit("pending");

/** Writes down one delivery; one that was there already is due again. */
export async function owe(transaction: Transaction<Tables>, webhookId: string, seq: number, event: NewEvent): Promise<void> {
  const fresh = freshAt(event.at);
  await transaction
    .insertInto("delivery")
    .values({
      id: randomUUID(),
      webhook_id: webhookId,
      seq,
      event_id: event.id,
      type: event.type,
      resource: orderOf(event),
      body: event.body,
      ...fresh,
    })
    .onConflict((conflict) => conflict.columns(["webhook_id", "seq"]).doUpdateSet(fresh))
    .execute();
}

/** A delivery that was never tried, owed at a moment. */
export const freshAt = (at: number) => ({
  state: "pending",
  attempts: 0,
  created_at: at,
  due_at: at,
  last_status: null,
  last_reason: null,
  lease_token: null,
  lease_until: 0,
});

/**
 * Deliveries with the same order wait for each other. That is so for one resource, by its id: another one may have had the same key, and many have none.
 * Events about no resource wait for nobody.
 */
function orderOf({ id, project, body }: NewEvent): string {
  const { data } = JSON.parse(body) as { data?: { resource?: { typeId: string; id: string } } };
  return data?.resource === undefined ? id : `${project} ${data.resource.typeId}:${data.resource.id}`;
}
