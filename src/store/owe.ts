import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import { inPieces } from "./batches.ts";
import type { StoredEvent } from "./event.ts";
import type { Tables } from "./tables.ts";

/** Written out: an index over what is pending alone is used only where the statement says so itself. */
export const PENDING = sql.lit("pending");

/** An event, and the endpoints that are to have it. */
type Debt = { readonly event: StoredEvent; readonly webhookIds: readonly string[] };

/** Writes down deliveries; one that was there already is due again. */
export async function owe(transaction: Transaction<Tables>, debts: readonly Debt[]): Promise<void> {
  for await (const rows of inPieces(debts.flatMap(rowsOf)))
    await transaction
      .insertInto("delivery")
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(["webhook_id", "seq"])
          .doUpdateSet(({ ref }) => ({ ...FRESH, created_at: ref("excluded.created_at"), due_at: ref("excluded.due_at") })),
      )
      .execute();
}

function rowsOf({ event, webhookIds }: Debt) {
  const { id, seq, type, body, at } = event;
  const row = { seq, event_id: id, type, resource: orderOf(event), body, ...freshAt(at) };
  return webhookIds.map((webhookId) => ({ id: randomUUID(), webhook_id: webhookId, ...row }));
}

const FRESH = { state: "pending", attempts: 0, last_status: null, last_reason: null, lease_token: null, lease_until: 0 };

/** A delivery that was never tried, owed at a moment. */
export const freshAt = (at: number) => ({ ...FRESH, created_at: at, due_at: at });

/**
 * Deliveries with the same order wait for each other. That is so for one resource, by its id: another one may have had the same key, and many have none.
 * Events about no resource wait for nobody.
 */
function orderOf({ id, project, body }: StoredEvent): string {
  const { data } = JSON.parse(body) as { data?: { resource?: { typeId: string; id: string } } };
  return data?.resource === undefined ? id : `${project} ${data.resource.typeId}:${data.resource.id}`;
}
