import type { Insertable, Selectable, Transaction } from "kysely";
import type { Database } from "./database.ts";
import type { NewEvent } from "./event.ts";
import { isAmong } from "./events.ts";
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

type Change = Partial<Pick<WebhookRow, "url" | "description" | "types" | "projects" | "deploymentTypes" | "keys">>;

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

function fromWebhook(row: WebhookRow): Insertable<Tables["webhook"]> {
  return {
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
    failing_since: row.failingSince ?? null,
  };
}

/** What an endpoint is that never failed. */
const HEALTHY = { status: "Healthy", failingSince: undefined, heldUntil: 0 } as const;

/** An endpoint as it is: nobody else changes or removes it until the transaction is over. */
export async function holdWebhook({ engine }: Database, transaction: Transaction<Tables>, id: string): Promise<WebhookRow | undefined> {
  const query = transaction.selectFrom("webhook").selectAll().where("id", "=", id);
  const row = await (engine === "postgres" ? query.forUpdate() : query).executeTakeFirst();
  return row === undefined ? undefined : toWebhook(row);
}

/** Endpoints that are told of events. */
export function createWebhooks(database: Database) {
  const { db, lockLog } = database;

  /** Whether each of the projects has fewer than `most` endpoints beside this one; that stays so until the transaction is over. */
  async function hasRoom(transaction: Transaction<Tables>, id: string, projects: readonly string[], most: number): Promise<boolean> {
    await lockLog(transaction);
    const rows = await transaction.selectFrom("webhook").select("projects").where("id", "!=", id).execute();
    const others = rows.map((row) => list(row.projects) ?? []);
    return projects.every((project) => others.filter((each) => each.includes(project)).length < most);
  }

  return {
    /** Adds an endpoint; false, and nothing done, when one of its projects has `most` already. */
    async create(row: WebhookRow, most: number): Promise<boolean> {
      return db.transaction().execute(async (transaction) => {
        if (!(await hasRoom(transaction, row.id, row.projects, most))) return false;
        await transaction.insertInto("webhook").values(fromWebhook(row)).execute();
        return true;
      });
    },
    async list(): Promise<WebhookRow[]> {
      return (await db.selectFrom("webhook").selectAll().orderBy("created_at").orderBy("id").execute()).map(toWebhook);
    },
    async get(id: string): Promise<WebhookRow | undefined> {
      const row = await db.selectFrom("webhook").selectAll().where("id", "=", id).executeTakeFirst();
      return row === undefined ? undefined : toWebhook(row);
    },
    /**
     * Changes what is named of an endpoint. A new address begins as one that never failed: all that it is owed is due at `now`. False, and nothing done,
     * when one of its new projects has `most` already.
     */
    async change(id: string, change: Change, { now, most }: { readonly now: number; readonly most: number }): Promise<boolean> {
      return db.transaction().execute(async (transaction) => {
        const held = await holdWebhook(database, transaction, id);
        if (held === undefined) return true;
        if (change.projects !== undefined && !(await hasRoom(transaction, id, change.projects, most))) return false;
        const moved = change.url !== undefined && change.url !== held.url;
        // One that was stopped or suspended stays so.
        const begins = held.status === "TemporaryError" ? HEALTHY : { ...HEALTHY, status: held.status };
        await transaction
          .updateTable("webhook")
          .set(fromWebhook({ ...held, ...change, ...(moved ? begins : {}) }))
          .where("id", "=", id)
          .execute();
        if (moved) await makeDue(transaction, id, now);
        return true;
      });
    },
    async suspend(id: string): Promise<void> {
      await db.updateTable("webhook").set({ status: "ManuallySuspended" }).where("id", "=", id).execute();
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
        await makeDue(transaction, id, now);
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

/** Makes all due that an endpoint is owed. */
async function makeDue(transaction: Transaction<Tables>, id: string, now: number): Promise<void> {
  await transaction
    .updateTable("delivery")
    .set({ due_at: now })
    .where("webhook_id", "=", id)
    .where("state", "=", PENDING)
    .where("due_at", ">", now)
    .execute();
}

/** Whether an endpoint asked for an event. */
export function wants({ types, projects, deploymentTypes, keys }: WebhookFilter, event: NewEvent): boolean {
  const kind = deploymentTypes === undefined || event.deploymentType === undefined || deploymentTypes.includes(event.deploymentType);
  const named = keys === undefined || (event.resourceKey !== undefined && keys.includes(event.resourceKey));
  return isAmong(types, event.type) && kind && named && projects.includes(event.project);
}
