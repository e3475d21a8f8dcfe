import { DatabaseSync, type StatementSync } from "node:sqlite";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { CompiledQuery, type Driver, Kysely, PostgresDialect, sql, SqliteDialect, type SqliteDatabase, type Transaction } from "kysely";
import { Migrator } from "kysely/migration";
import pg from "pg";
import { migrations } from "./migrations.ts";
import type { Tables } from "./tables.ts";

/** The database, and the few things in which the engines differ. */
export type Database = {
  readonly db: Kysely<Tables>;
  readonly engine: "sqlite" | "postgres";
  /** Makes others who append to the event log wait until this transaction is over: what is numbered later is also seen later. */
  lockLog(transaction: Transaction<Tables>): Promise<void>;
  /** Tells other processes, after this transaction, that the log has grown. A hint: who misses it looks by itself. */
  tell(transaction: Transaction<Tables>): Promise<void>;
  /** Hears such hints from now on. */
  listen(heard: () => void): void;
  close(): Promise<void>;
};

/** The database file is held by another process. */
export class StoreInUseError extends Error {
  override readonly name = "StoreInUseError";
}

/** Any number: all who append take the same lock. */
const LOG_LOCK = 7_268_374;

/** Opens `sqlite:path` or `postgres://…` and brings its tables up to date, under a lock. */
export async function openDatabase(url: string): Promise<Database> {
  return url.startsWith("sqlite:") ? openSqlite(url.slice("sqlite:".length)) : openPostgres(url);
}

async function openSqlite(path: string): Promise<Database> {
  if (path !== ":memory:") mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const raw = new DatabaseSync(path, { timeout: 250 });
  try {
    // One process alone: a second one that opened the file would watch and deliver everything twice.
    raw.exec(
      "PRAGMA locking_mode=EXCLUSIVE; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; BEGIN IMMEDIATE; COMMIT",
    );
  } catch (cause) {
    raw.close();
    if (/locked|busy/i.test(cause instanceof Error ? cause.message : ""))
      throw new StoreInUseError("The database file is in use by another process.", { cause });
    throw cause;
  }
  const db = new Kysely<Tables>({ dialect: new ImmediateSqliteDialect({ database: adapt(raw) }) });
  try {
    await prepare(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  return { db, engine: "sqlite", lockLog: async () => {}, tell: async () => {}, listen: () => {}, close: () => db.destroy() };
}

/** Brings the tables of a file up to date. */
async function prepare(db: Kysely<Tables>): Promise<void> {
  await db.connection().execute(async (connection) => {
    await sql`begin immediate`.execute(connection);
    const { error } = await new Migrator({ db: connection, provider: provider("sqlite"), disableTransactions: true }).migrateToLatest();
    await (error === undefined ? sql`commit` : sql`rollback`).execute(connection);
    if (error !== undefined) throw error;
  });
  // This process is alone with the file: whoever held a lease is gone.
  await db.updateTable("watch").set({ lease_token: null, lease_until: 0 }).execute();
  await db.updateTable("delivery").set({ lease_token: null, lease_until: 0 }).execute();
  await db.updateTable("idempotency").set({ lease_until: 0 }).execute();
}

async function openPostgres(url: string): Promise<Database> {
  // Counts and numbers of events stay far below 2^53.
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  const pool = new pg.Pool({
    connectionString: url,
    max: 10,
    connectionTimeoutMillis: 2_000,
    statement_timeout: 10_000,
    idle_in_transaction_session_timeout: 10_000,
  });
  // A connection that breaks fails the query on it, or is replaced at the next use; without listeners it would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  // The migrator takes a lock of its own here: several processes may start at once.
  const { error } = await new Migrator({ db, provider: provider("postgres") }).migrateToLatest();
  if (error !== undefined) {
    await db.destroy();
    throw error;
  }
  const lockLog = async (transaction: Transaction<Tables>): Promise<void> => {
    await sql`select pg_advisory_xact_lock(${LOG_LOCK})`.execute(transaction);
  };
  const tell = async (transaction: Transaction<Tables>): Promise<void> => void (await sql`notify ${sql.raw(CHANNEL)}`.execute(transaction));
  const ear = createEar(url);
  const close = async (): Promise<void> => void (await Promise.all([ear.close(), db.destroy()]));
  return { db, engine: "postgres", lockLog, tell, listen: ear.listen, close };
}

const CHANNEL = "gateway_events";
const LISTEN_AGAIN_MS = 5_000;

/** A connection of its own for hints; a broken one is replaced after a while. */
function createEar(url: string): { listen(heard: () => void): void; close(): Promise<void> } {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function listen(heard: () => void): Promise<void> {
    const fresh = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    const again = (): void => {
      if (closed || client !== fresh) return;
      client = undefined;
      timer = setTimeout(() => void listen(heard), LISTEN_AGAIN_MS);
      timer.unref();
    };
    client = fresh;
    fresh.on("error", again).on("end", again).on("notification", heard);
    try {
      await fresh.connect();
      await fresh.query(`listen ${CHANNEL}`);
    } catch {
      again();
    }
  }

  return {
    listen: (heard) => void listen(heard),
    close: async () => {
      closed = true;
      clearTimeout(timer);
      await client?.end();
    },
  };
}

const provider = (engine: "sqlite" | "postgres") => ({ getMigrations: async () => migrations(engine) });

/** Begins every transaction as a writing one: SQLite would else find out too late that another was faster. */
class ImmediateSqliteDialect extends SqliteDialect {
  override createDriver(): Driver {
    const driver = super.createDriver();
    driver.beginTransaction = async (connection) => void (await connection.executeQuery(CompiledQuery.raw("begin immediate")));
    return driver;
  }
}

/** Prepared statements that are kept. */
const KEPT = 200;

/** Node's own SQLite in the form that Kysely asks for. */
function adapt(raw: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, StatementSync>();
  const statementFor = (text: string): StatementSync => {
    const held = prepared.get(text) ?? raw.prepare(text);
    if (prepared.size < KEPT) prepared.set(text, held);
    return held;
  };
  // A leading empty object keeps Node from taking the first parameter for named ones.
  type Parameters = (string | number | null)[];
  return {
    close: () => raw.close(),
    prepare: (text) => {
      const statement = statementFor(text);
      return {
        reader: statement.columns().length > 0,
        all: (parameters) => statement.all({}, ...(parameters as Parameters)),
        run: (parameters) => statement.run({}, ...(parameters as Parameters)),
        iterate: (parameters) => raw.prepare(text).iterate({}, ...(parameters as Parameters)),
      };
    },
  };
}
