import type { Transaction } from "kysely";
import { inPieces } from "./batches.ts";
import type { Database } from "./database.ts";
import type { NewEvent, StoredEvent } from "./event.ts";
import { owe } from "./owe.ts";
import type { Tables } from "./tables.ts";
import { toWebhook, wants } from "./webhooks.ts";

/** Adds events to the log, and what endpoints are owed of them, in the transaction of what they tell; a fact that is in the log already is left out. */
export async function appendEvents(database: Database, transaction: Transaction<Tables>, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await database.lockLog(transaction);
  const webhooks = (await transaction.selectFrom("webhook").selectAll().execute()).map(toWebhook);
  const wantedBy = (event: StoredEvent): string[] => webhooks.filter((each) => wants(each, event)).map(({ id }) => id);
  for await (const some of inPieces(events)) {
    const added = await append(transaction, some);
    await owe(
      transaction,
      added.map((event) => ({ event, webhookIds: wantedBy(event) })),
    );
  }
  await database.tell(transaction);
}

/** Adds events to the log, numbered in their order; gives those that were not in it already. */
async function append(transaction: Transaction<Tables>, events: readonly NewEvent[]): Promise<StoredEvent[]> {
  // Of a fact that is there twice the first one counts.
  const byId = new Map(events.toReversed().map((event) => [event.id, event]));
  const rows = events.map(({ id, type, project, resourceKey, deploymentType, at, body }) => ({
    id,
    type,
    project,
    resource_key: resourceKey ?? null,
    deployment_type: deploymentType ?? null,
    at,
    body,
  }));
  const added = await transaction
    .insertInto("event")
    .values(rows)
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returning(["id", "seq"])
    .execute();
  return added.flatMap(({ id, seq }) => {
    const event = byId.get(id);
    return event === undefined ? [] : [{ ...event, seq }];
  });
}
