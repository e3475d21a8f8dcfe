import { randomUUID } from "node:crypto";
import type { Selectable, Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { NewEvent } from "./events.ts";
import type { Tables } from "./tables.ts";

/** Which events an endpoint wants: all where nothing is named. */
export type WebhookFilter = {
  readonly types: readonly string[] | undefined;
  /** Always named: what its maker may manage. */
  readonly projects: readonly string[];
  readonly deploymentTypes: readonly string[] | undefined;
  readonly keys: readonly string[] | undefined;
};

export type WebhookStatus = "Healthy" | "TemporaryError" | "ConfigurationErrorDeliveryStopped" | "ManuallySuspended";

export type WebhookRow = WebhookFilter & {
  readonly id: string;
  readonly url: string;
  readonly description: string | undefined;
  readonly status: WebhookStatus;
  /** Counts the secrets that it had. */
  readonly generation: number;
  /** Until when the secret before is good as well. */
  readonly previousUntil: number;
  readonly createdAt: number;
  /** Since when it has failed without a break. */
  readonly failingSince: number | undefined;
};

export type DeliveryState = "pending" | "succeeded" | "dead";
export type DeliveryRow = {
  readonly webhookId: string;
  readonly seq: number;
  readonly eventId: string;
  readonly type: string;
  readonly state: DeliveryState;
  readonly attempts: number;
  readonly dueAt: number;
  readonly lastStatus: number | undefined;
  readonly lastReason: string | undefined;
};

type Change = Partial<
  Pick<
    WebhookRow,
    "url" | "description" | "types" | "projects" | "deploymentTypes" | "keys" | "status" | "generation" | "previousUntil" | "failingSince"
  >
>;

const list = (text: string | null): string[] | undefined => (text === null ? undefined : (JSON.parse(text) as string[]));
const json = (value: readonly string[] | undefined): string | null => (value === undefined ? null : JSON.stringify(value));

/** A row as the rest of the gateway knows it. */
export function toWebhook(row: Selectable<Tables["webhook"]>): WebhookRow {
  return {
    id: row.id,
    url: row.url,
    description: row.description ?? undefined,
    types: list(row.types),
    projects: list(row.projects) ?? [],
    deploymentTypes: list(row.deployment_types),
    keys: list(row.keys),
    status: row.status as WebhookStatus,
    generation: row.generation,
    previousUntil: row.previous_until,
    createdAt: row.created_at,
    failingSince: row.failing_since ?? undefined,
  };
}

/** Endpoints that are told of events. */
export function createWebhooks({ db }: Database) {
  return {
    async create(row: WebhookRow): Promise<void> {
      await db
        .insertInto("webhook")
        .values({
          id: row.id,
          url: row.url,
          description: row.description ?? null,
          types: json(row.types),
          projects: JSON.stringify(row.projects),
          deployment_types: json(row.deploymentTypes),
          keys: json(row.keys),
          status: row.status,
          generation: row.generation,
          previous_until: row.previousUntil,
          created_at: row.createdAt,
          failing_since: null,
        })
        .execute();
    },
    async list(): Promise<WebhookRow[]> {
      return (await db.selectFrom("webhook").selectAll().orderBy("created_at").orderBy("id").execute()).map(toWebhook);
    },
    async get(id: string): Promise<WebhookRow | undefined> {
      const row = await db.selectFrom("webhook").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : toWebhook(row);
    },
    async change(id: string, change: Change): Promise<void> {
      const set = {
        ...("url" in change ? { url: change.url } : {}),
        ...("description" in change ? { description: change.description ?? null } : {}),
        ...("types" in change ? { types: json(change.types) } : {}),
        ...("projects" in change ? { projects: JSON.stringify(change.projects) } : {}),
        ...("deploymentTypes" in change ? { deployment_types: json(change.deploymentTypes) } : {}),
        ...("keys" in change ? { keys: json(change.keys) } : {}),
        ...("status" in change ? { status: change.status } : {}),
        ...("generation" in change ? { generation: change.generation } : {}),
        ...("previousUntil" in change ? { previous_until: change.previousUntil } : {}),
        ...("failingSince" in change ? { failing_since: change.failingSince ?? null } : {}),
      };
      if (Object.keys(set).length > 0) await db.updateTable("webhook").set(set).where("id", "=", id).execute();
    },
    async remove(id: string): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom("delivery").where("webhook_id", "=", id).execute();
        await transaction.deleteFrom("webhook").where("id", "=", id).execute();
      });
    },
  };
}

/** Writes down which endpoints are owed an event, in the transaction that adds it. */
export async function oweDeliveries(transaction: Transaction<Tables>, seq: number, event: NewEvent): Promise<void> {
  const webhooks = (await transaction.selectFrom("webhook").selectAll().execute()).map(toWebhook);
  for (const webhook of webhooks.filter((each) => wants(each, event))) await owe(transaction, webhook.id, seq, event);
}

/** Writes down one delivery; one that was there already is due again. */
export async function owe(transaction: Transaction<Tables>, webhookId: string, seq: number, event: NewEvent): Promise<void> {
  const fresh = {
    state: "pending",
    attempts: 0,
    due_at: event.at,
    last_status: null,
    last_reason: null,
    lease_token: null,
    lease_until: 0,
  };
  await transaction
    .insertInto("delivery")
    .values({
      id: randomUUID(),
      webhook_id: webhookId,
      seq,
      event_id: event.id,
      type: event.type,
      resource: `${event.project} ${event.resourceKey ?? ""}`,
      body: event.body,
      ...fresh,
    })
    .onConflict((conflict) => conflict.columns(["webhook_id", "seq"]).doUpdateSet(fresh))
    .execute();
}

/** Whether an endpoint asked for an event. */
export function wants({ types, projects, deploymentTypes, keys }: WebhookFilter, event: NewEvent): boolean {
  const typed =
    types === undefined || types.some((type) => type === event.type || (type.endsWith(".*") && event.type.startsWith(type.slice(0, -1))));
  const kind = deploymentTypes === undefined || event.deploymentType === undefined || deploymentTypes.includes(event.deploymentType);
  const named = keys === undefined || (event.resourceKey !== undefined && keys.includes(event.resourceKey));
  return typed && kind && named && projects.includes(event.project);
}
