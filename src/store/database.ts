import { DatabaseSync, type DatabaseSyncOptions, type StatementSync } from "node:sqlite";
import { closeSync, openSync, readSync, statSync } from "node:fs";
import { dirname } from "node:path";
import { CompiledQuery, type Driver, Kysely, sql, SqliteDialect, type SqliteDatabase, type Transaction } from "kysely";
import { Migrator } from "kysely/migration";
import { makeFolder } from "../folder.ts";
import { migrations } from "./migrations.ts";
import { FOREIGN, MALFORMED, StoreUnusableError } from "./open-failure.ts";
import { onFile } from "./outage.ts";
import { openPostgres } from "./postgres.ts";
import type { Tables } from "./tables.ts";

/** The database, and the few things in which the engines differ. */
export type Database = {
  readonly db: Kysely<Tables>;
  readonly engine: "sqlite" | "postgres";
  /**
   * Makes others who append to the event log wait until this transaction is over: what is numbered later is also seen later. Whoever holds an endpoint's
   * row as well takes that first.
   */
  lockLog(transaction: Transaction<Tables>): Promise<void>;
  /** Tells other processes, after this transaction, that the log has grown. A hint: who misses it looks by itself. */
  tell(transaction: Transaction<Tables>): Promise<void>;
  /** Tells other processes of something, in 7,999 bytes at most, which is what PostgreSQL takes. A hint as well: it may be missed. */
  say(words: string): Promise<void>;
  /** Hears such hints from now on, its own as well. */
  listen(heard: Heard): void;
  close(): Promise<void>;
};

/** Hears what other processes tell. */
export type Heard = { readonly grown: () => void; readonly said: (words: string) => void };

/** The database file is held by another process. */
export class StoreInUseError extends Error {
  override readonly name = "StoreInUseError";
}

/** Opens `sqlite:path` or `postgres://…` and brings its tables up to date, under a lock. */
export async function openDatabase(url: string): Promise<Database> {
  return url.startsWith("sqlite:") ? openSqlite(url.slice("sqlite:".length)) : openPostgres(url);
}

async function openSqlite(path: string): Promise<Database> {
  if (path !== ":memory:") makeFolder(dirname(path));
  if (isCutOff(path)) throw new StoreUnusableError(MALFORMED);
  if (sizeOf(`${path}-wal`) > 0) on(path, { readOnly: true }, checkWhole).close();
  const raw = on(path, {}, (opened) => {
    // One process alone: a second one that opened the file would watch and deliver everything twice.
    opened.exec("PRAGMA locking_mode=EXCLUSIVE");
    refuseOthers(opened);
    opened.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; BEGIN IMMEDIATE; COMMIT");
  });
  const db = new Kysely<Tables>({ dialect: new ImmediateSqliteDialect(raw) });
  try {
    await prepare(db);
  } catch (error) {
    await db.destroy();
    throw error;
  }
  const alone = { lockLog: async () => {}, tell: async () => {}, say: async () => {}, listen: () => {} };
  return { db, engine: "sqlite", ...alone, close: () => db.destroy() };
}

/** Opens a file and does the first work on it; closes it when that fails. */
function on(path: string, options: DatabaseSyncOptions, work: (raw: DatabaseSync) => void): DatabaseSync {
  const raw = new DatabaseSync(path, { timeout: 250, ...options });
  try {
    work(raw);
    return raw;
  } catch (cause) {
    raw.close();
    if (/locked|busy/i.test(cause instanceof Error ? cause.message : ""))
      throw new StoreInUseError("The database file is in use by another process.", { cause });
    throw cause;
  }
}

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

/** Bytes of the header of a database file, and where in it the size of its pages and their number stand, as big-endian numbers. */
const [HEADER, PAGE_SIZE_AT, PAGES_AT] = [100, 16, 28];

/**
 * Whether the end of a file is missing, which SQLite would fill up: nothing would be left of what the log beside it holds, or some of its own pages. A file that whoever
 * had it before did not close has its log, and is looked through.
 */
function isCutOff(path: string): boolean {
  const [size, log] = [sizeOf(path), sizeOf(`${path}-wal`)];
  if (log > 0) return size === 0;
  if (size < HEADER) return false;
  const header = headerOf(path);
  if (!header.toString("latin1").startsWith("SQLite format 3")) return false;
  // 1 stands for 65,536.
  const pageSize = header.readUInt16BE(PAGE_SIZE_AT) === 1 ? 65_536 : header.readUInt16BE(PAGE_SIZE_AT);
  return size % pageSize !== 0 || size < header.readUInt32BE(PAGES_AT) * pageSize;
}

function headerOf(path: string): Buffer {
  const header = Buffer.alloc(HEADER);
  try {
    const file = openSync(path, "r");
    readSync(file, header);
    closeSync(file);
  } catch {
    // SQLite itself says what is wrong with a file that cannot be read.
  }
  return header;
}

/** Refuses a file that is the database of another application: it has tables, and not the one in which steps of the schema are noted. */
function refuseOthers(raw: DatabaseSync): void {
  const tables = raw.prepare("select name from sqlite_master where type = 'table'").all();
  if (tables.length > 0 && !tables.some(({ name }) => name === "kysely_migration")) throw new StoreUnusableError(FOREIGN);
}

/** Refuses a file that holds what no database holds. Only read, it keeps the log beside it, so that the next start finds it as this one did. */
function checkWhole(raw: DatabaseSync): void {
  const found = raw.prepare("PRAGMA quick_check(1)").get();
  if (found?.["quick_check"] !== "ok") throw new StoreUnusableError(MALFORMED, { cause: found });
}

/** Brings the tables of a file up to date. */
async function prepare(db: Kysely<Tables>): Promise<void> {
  await db.connection().execute(async (connection) => {
    await sql`begin immediate`.execute(connection);
    const { error } = await new Migrator({
      db: connection,
      provider: { getMigrations: async () => migrations("sqlite") },
      disableTransactions: true,
    }).migrateToLatest();
    await (error === undefined ? sql`commit` : sql`rollback`).execute(connection);
    if (error !== undefined) throw error;
  });
  // This process is alone with the file: whoever held a lease is gone.
  await db.updateTable("watch").set({ lease_token: null, lease_until: 0 }).execute();
  await db.updateTable("delivery").set({ lease_token: null, lease_until: 0 }).execute();
  await db.updateTable("idempotency").set({ lease_until: 0 }).execute();
}

/** Begins every transaction as a writing one: SQLite would else find out too late that another was faster. */
class ImmediateSqliteDialect extends SqliteDialect {
  readonly #raw: DatabaseSync;

  constructor(raw: DatabaseSync) {
    super({ database: adapt(raw) });
    this.#raw = raw;
  }

  override createDriver(): Driver {
    const driver = super.createDriver();
    const run = async (connection: Parameters<Driver["beginTransaction"]>[0], text: string): Promise<void> =>
      void (await connection.executeQuery(CompiledQuery.raw(text)));
    driver.beginTransaction = (connection) => run(connection, "begin immediate");
    // A full disk ends the transaction by itself: what is told is that, and not that there is nothing to roll back.
    driver.rollbackTransaction = async (connection) => (this.#raw.isTransaction ? run(connection, "rollback") : undefined);
    return driver;
  }
}

/** Prepared statements that are kept; one that is longer is of many rows, and seldom the same twice. */
const KEPT = 200;
const LONGEST_KEPT = 4_000;

/** Node's own SQLite in the form that Kysely asks for. */
function adapt(raw: DatabaseSync): SqliteDatabase {
  const prepared = new Map<string, StatementSync>();
  const statementFor = (text: string): StatementSync => {
    const held = prepared.get(text) ?? onFile(() => raw.prepare(text));
    if (prepared.size < KEPT && text.length <= LONGEST_KEPT) prepared.set(text, held);
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
        all: (parameters) => onFile(() => statement.all({}, ...(parameters as Parameters))),
        run: (parameters) => onFile(() => statement.run({}, ...(parameters as Parameters))),
        iterate: (parameters) => raw.prepare(text).iterate({}, ...(parameters as Parameters)),
      };
    },
  };
}
