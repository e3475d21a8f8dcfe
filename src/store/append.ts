import type { Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { NewEvent } from "./events.ts";
import { owe } from "./owe.ts";
import type { Tables } from "./tables.ts";
import { toWebhook, wants } from "./webhooks.ts";

/** Adds events to the log, and what endpoints are owed of them, in the transaction of what they tell; a fact that is in the log already is left out. */
export async function appendEvents(database: Database, transaction: Transaction<Tables>, events: readonly NewEvent[]): Promise<void> {
  if (events.length === 0) return;
  await database.lockLog(transaction);
  const webhooks = (await transaction.selectFrom("webhook").selectAll().execute()).map(toWebhook);
  for (const event of events) {
    const seq = await append(transaction, event);
    if (seq === undefined) continue;
    for (const webhook of webhooks.filter((each) => wants(each, event))) await owe(transaction, webhook.id, seq, event);
  }
  await database.tell(transaction);
}

/** Adds an event to the log; undefined when this fact is in it already. */
async function append(transaction: Transaction<Tables>, event: NewEvent): Promise<number | undefined> {
  const { id, type, project, resourceKey, deploymentType, at, body } = event;
  const row = { id, type, project, resource_key: resourceKey ?? null, deployment_type: deploymentType ?? null, at, body };
  const added = await transaction
    .insertInto("event")
    .values(row)
    .onConflict((conflict) => conflict.column("id").doNothing())
    .returning("seq")
    .executeTakeFirst();
  return added?.seq;
}
