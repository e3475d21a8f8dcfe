import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";

/** The steps that bring an empty or older database up to date, in order; a step that was released is never changed. */
export function migrations(engine: "sqlite" | "postgres"): Record<string, Migration> {
  return {
    "2026-11-events": { up: (db: Kysely<unknown>) => createEvents(db, engine) },
    "2026-11-webhooks": { up: createWebhooks },
    "2026-11-webhooks-order": { up: orderDeliveries },
    "2026-11-x-idempotency": { up: createIdempotency },
    "2026-11-y-looks": { up: countLooks },
    "2026-11-z-idempotency-version": { up: noteVersions },
    "2026-12-deliveries": { up: (db: Kysely<unknown>) => fairDeliveries(db, engine) },
    "2026-12-orphans": { up: dropOrphans },
  };
}

async function createEvents(db: Kysely<unknown>, engine: "sqlite" | "postgres"): Promise<void> {
  await db.schema
    .createTable("watch")
    .addColumn("project", "text", (column) => column.primaryKey())
    .addColumn("due_at", "bigint", (column) => column.notNull())
    .addColumn("hot_until", "bigint", (column) => column.notNull())
    .addColumn("lease_token", "text")
    .addColumn("lease_until", "bigint", (column) => column.notNull())
    .addColumn("baseline", "integer", (column) => column.notNull())
    .addColumn("failures", "integer", (column) => column.notNull())
    .addColumn("last_ok_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("snapshot")
    .addColumn("project", "text", (column) => column.notNull())
    .addColumn("type_id", "text", (column) => column.notNull())
    .addColumn("id", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("snapshot_key", ["project", "type_id", "id"])
    .execute();
  // Numbers are never used twice, also after the newest rows are gone: a cursor stays where it is.
  const seq = engine === "sqlite" ? sql`integer primary key autoincrement` : sql`bigint generated always as identity primary key`;
  await sql`create table event (seq ${seq}, id text not null unique, type text not null, project text not null,
    resource_key text, deployment_type text, at bigint not null, body text not null)`.execute(db);
  await db.schema.createIndex("event_project").on("event").columns(["project", "seq"]).execute();
  await db.schema.createIndex("event_at").on("event").column("at").execute();
}

async function createWebhooks(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("webhook")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("url", "text", (column) => column.notNull())
    .addColumn("description", "text")
    .addColumn("types", "text")
    .addColumn("projects", "text", (column) => column.notNull())
    .addColumn("deployment_types", "text")
    .addColumn("keys", "text")
    .addColumn("status", "text", (column) => column.notNull())
    .addColumn("generation", "integer", (column) => column.notNull())
    .addColumn("previous_until", "bigint", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .addColumn("failing_since", "bigint")
    .execute();
  await db.schema
    .createTable("delivery")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("webhook_id", "text", (column) => column.notNull())
    .addColumn("seq", "bigint", (column) => column.notNull())
    .addColumn("event_id", "text", (column) => column.notNull())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("resource", "text", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("attempts", "integer", (column) => column.notNull())
    .addColumn("due_at", "bigint", (column) => column.notNull())
    .addColumn("last_status", "integer")
    .addColumn("last_reason", "text")
    .addColumn("lease_token", "text")
    .addColumn("lease_until", "bigint", (column) => column.notNull())
    .addUniqueConstraint("delivery_event", ["webhook_id", "seq"])
    .execute();
  await db.schema.createIndex("delivery_due").on("delivery").columns(["state", "due_at"]).execute();
}

/** The oldest delivery that is still owed, of each endpoint and resource, is found without a walk through all. */
async function orderDeliveries(db: Kysely<unknown>): Promise<void> {
  await sql`create index delivery_order on delivery (webhook_id, resource, seq) where state = 'pending'`.execute(db);
}

async function createIdempotency(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("idempotency")
    .addColumn("id", "text", (column) => column.primaryKey())
    .addColumn("fingerprint", "text", (column) => column.notNull())
    .addColumn("outcome", "text")
    .addColumn("lease", "text", (column) => column.notNull())
    .addColumn("lease_until", "bigint", (column) => column.notNull())
    .addColumn("created_at", "bigint", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("idempotency_age").on("idempotency").column("created_at").execute();
}

async function noteVersions(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("idempotency").addColumn("version", "bigint").execute();
}

async function countLooks(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("watch")
    .addColumn("looks", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
}

async function fairDeliveries(db: Kysely<unknown>, engine: "sqlite" | "postgres"): Promise<void> {
  const number = sql`bigint not null default 0`;
  await sql`alter table webhook add column previous text`.execute(db);
  await sql`alter table webhook add column held_until ${number}`.execute(db);
  await sql`update webhook set previous = '[{"generation":' || (generation - 1) || ',"until":' || previous_until || '}]'
    where previous_until > 0`.execute(db);
  await sql`alter table delivery add column created_at ${number}`.execute(db);
  await sql`update delivery set created_at = coalesce((select e.at from event e where e.id = delivery.event_id),
    case when seq < 0 then -seq else due_at end)`.execute(db);
  // The order of a resource was kept by its key, which others may have as well, or none.
  const [project, typeId, id] = [["project"], ["resource", "typeId"], ["resource", "id"]].map((path) =>
    engine === "sqlite"
      ? sql`json_extract(body, ${sql.lit(["$", "data", ...path].join("."))})`
      : sql`(body::json #>> ${sql.lit(`{${["data", ...path].join(",")}}`)})`,
  );
  await sql`update delivery set resource = coalesce(${project} || ' ' || ${typeId} || ':' || ${id}, event_id) where state = 'pending'`.execute(
    db,
  );
  // What is due at an endpoint is found without a look at the others, above all at those that get nothing.
  await sql`create index delivery_waiting on delivery (webhook_id, due_at, seq) where state = 'pending'`.execute(db);
  await sql`create index delivery_listed on delivery (webhook_id, created_at, seq)`.execute(db);
}

/** What was owed to an endpoint while it was removed stayed, and nobody was shown it. */
async function dropOrphans(db: Kysely<unknown>): Promise<void> {
  await sql`delete from delivery where webhook_id not in (select id from webhook)`.execute(db);
}
