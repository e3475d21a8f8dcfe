import type { Selectable } from "kysely";
import type { Database } from "./database.ts";
import { isAmong, type NewEvent } from "./events.ts";
import { PENDING } from "./owe.ts";
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

export type OldSecret = { readonly generation: number; readonly until: number };

export type WebhookRow = WebhookFilter & {
  readonly id: string;
  readonly url: string;
  readonly description: string | undefined;
  readonly status: WebhookStatus;
  /** Counts the secrets that it had. */
  readonly generation: number;
  /** Secrets before that are good as well, each until its end. */
  readonly previous: readonly OldSecret[];
  /** Nothing is sent before: the receiver asked for that. */
  readonly heldUntil: number;
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
  readonly createdAt: number;
  readonly dueAt: number;
  readonly lastStatus: number | undefined;
  readonly lastReason: string | undefined;
};

type Change = Partial<Pick<WebhookRow, "url" | "description" | "types" | "projects" | "deploymentTypes" | "keys" | "status" | "heldUntil">>;

const list = (text: string | null): string[] | undefined => (text === null ? undefined : (JSON.parse(text) as string[]));
const json = (value: readonly string[] | undefined): string | null => (value === undefined ? null : JSON.stringify(value));

const secretsBefore = (previous: readonly OldSecret[]) => ({
  previous: previous.length === 0 ? null : JSON.stringify(previous),
  previous_until: previous.at(-1)?.until ?? 0,
});

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
    previous: row.previous === null ? [] : (JSON.parse(row.previous) as OldSecret[]),
    heldUntil: row.held_until,
    createdAt: row.created_at,
    failingSince: row.failing_since ?? undefined,
  };
}

/** Endpoints that are told of events. */
export function createWebhooks({ db, lockLog }: Database) {
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
          ...secretsBefore(row.previous),
          held_until: row.heldUntil,
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
        ...("heldUntil" in change ? { held_until: change.heldUntil } : {}),
      };
      if (Object.keys(set).length > 0) await db.updateTable("webhook").set(set).where("id", "=", id).execute();
    },
    /** Gives a webhook a new secret, of the next generation; false, and nothing done, when that was done meanwhile. */
    async rotate({ id, generation }: WebhookRow, previous: readonly OldSecret[]): Promise<boolean> {
      const { numUpdatedRows } = await db
        .updateTable("webhook")
        .set({ generation: generation + 1, ...secretsBefore(previous) })
        .where("id", "=", id)
        .where("generation", "=", generation)
        .executeTakeFirst();
      return numUpdatedRows > 0n;
    },
    /** Makes a webhook well again, and everything due that it is owed. */
    async resume(id: string, now: number): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        await transaction
          .updateTable("webhook")
          .set({ status: "Healthy", failing_since: null, held_until: 0 })
          .where("id", "=", id)
          .execute();
        await transaction
          .updateTable("delivery")
          .set({ due_at: now })
          .where("webhook_id", "=", id)
          .where("state", "=", PENDING)
          .where("due_at", ">", now)
          .execute();
      });
    },
    async remove(id: string): Promise<void> {
      await db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom("webhook").where("id", "=", id).execute();
        // Whoever appends just now has seen it still: what it is owed of that goes with the rest.
        await lockLog(transaction);
        await transaction.deleteFrom("delivery").where("webhook_id", "=", id).execute();
      });
    },
  };
}

/** Whether an endpoint asked for an event. */
export function wants({ types, projects, deploymentTypes, keys }: WebhookFilter, event: NewEvent): boolean {
  const kind = deploymentTypes === undefined || event.deploymentType === undefined || deploymentTypes.includes(event.deploymentType);
  const named = keys === undefined || (event.resourceKey !== undefined && keys.includes(event.resourceKey));
  return isAmong(types, event.type) && kind && named && projects.includes(event.project);
}
