import { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient, sql, type Transaction } from "kysely";
import { Migrator } from "kysely/migration";
import pg from "pg";
import type { Database, Heard } from "./database.ts";
import { migrations } from "./migrations.ts";
import { isLost, isServerState, OutageError } from "./outage.ts";
import type { Tables } from "./tables.ts";

/** Any number: all who append take the same lock. */
const LOG_LOCK = 7_268_374;
const GROWN = "gateway_events";
const SAID = "gateway_hints";
const LISTEN_AGAIN_MS = 5_000;

/** A call waits so long for the server's answer, the wait for a connection included; a server that is only slow ends the statement itself before. */
const ANSWER_MS = 1_800;
const CONNECT_MS = 1_300;
const SERVER_LIMITS = { statement_timeout: 1_700, lock_timeout: 1_500, idle_in_transaction_session_timeout: 10_000 };
/** Connections that the server does not end are cut after so long. */
const CLOSE_MS = 1_500;

/** Opens `postgres://…` and brings its tables up to date. */
export async function openPostgres(url: string): Promise<Database> {
  // Counts and numbers of events stay far below 2^53.
  pg.types.setTypeParser(pg.types.builtins.INT8, Number);
  await migrate(url);
  const sockets = new Set<Socket>();
  const connection = { connectionString: url, connectionTimeoutMillis: CONNECT_MS, query_timeout: ANSWER_MS, keepAlive: true };
  const stream = (): Socket => {
    const socket = new Socket();
    sockets.add(socket.once("close", () => sockets.delete(socket)));
    return socket;
  };
  const pool = new pg.Pool({ ...connection, ...SERVER_LIMITS, stream, max: 10 });
  // A connection that breaks fails the query on it, or is replaced at the next use; without listeners it would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: bounded(pool) }) });
  const lockLog = async (transaction: Transaction<Tables>): Promise<void> => {
    await sql`select pg_advisory_xact_lock(${LOG_LOCK})`.execute(transaction);
  };
  const tell = async (transaction: Transaction<Tables>): Promise<void> => void (await sql`notify ${sql.raw(GROWN)}`.execute(transaction));
  const say = async (words: string): Promise<void> => void (await sql`select pg_notify(${SAID}, ${words})`.execute(db));
  const ear = createEar(() => new pg.Client({ ...connection, stream }));
  async function close(): Promise<void> {
    // A server that is gone never says goodbye.
    const cut = setTimeout(() => sockets.forEach((socket) => socket.destroy()), CLOSE_MS);
    await Promise.all([ear.close(), db.destroy()]);
    clearTimeout(cut);
  }
  return { db, engine: "postgres", lockLog, tell, say, listen: ear.listen, close };
}

/** By connections of its own: a step may take longer than any other work. */
async function migrate(url: string): Promise<void> {
  const pool = new pg.Pool({ connectionString: url, connectionTimeoutMillis: 5_000, max: 2 });
  pool.on("error", () => undefined);
  const db = new Kysely<unknown>({ dialect: new PostgresDialect({ pool }) });
  try {
    // The migrator takes a lock of its own here: several processes may start at once.
    const { error } = await new Migrator({ db, provider: { getMigrations: async () => migrations("postgres") } }).migrateToLatest();
    if (error !== undefined) throw error;
  } finally {
    await db.destroy();
  }
}

/** The pool, with an end to every wait: a connection whose server did not answer is thrown away, and nothing more is asked of it. */
function bounded(pool: pg.Pool): PostgresPool {
  return {
    options: pool.options,
    end: () => pool.end(),
    connect: async () => {
      const since = performance.now();
      const client = await pool.connect().catch((error: unknown) => {
        throw new OutageError(error);
      });
      return boundedClient(client, since);
    },
  };
}

function boundedClient(client: pg.PoolClient, since: number): PostgresPoolClient {
  let fault: OutageError | undefined;
  let lost = false;
  // The wait for the connection counts against the first answer.
  let left = Math.max(Math.round(ANSWER_MS - (performance.now() - since)), 1);
  const query = async (text: string, values: readonly unknown[]): Promise<unknown> => {
    if (fault !== undefined) throw fault;
    const asked = { text, values: values.map(storable), query_timeout: left };
    left = ANSWER_MS;
    try {
      return await client.query(asked);
    } catch (error) {
      if (error instanceof TypeError) throw error;
      if (!(error instanceof pg.DatabaseError)) throw (fault = new OutageError(error));
      lost ||= isLost(error.code);
      throw isServerState(error.code) ? new OutageError(error) : error;
    }
  };
  return {
    query: query as PostgresPoolClient["query"],
    release: (destroy = false) => client.release(destroy || lost || fault !== undefined),
  };
}

/** PostgreSQL takes every character but one; a text of upstream that holds it is kept, and found again, with the usual stand-in. */
function storable(value: unknown): unknown {
  return typeof value === "string" ? value.replaceAll("\0", "\uFFFD") : value;
}

/** A connection of its own for hints; a broken one is replaced after a while. */
function createEar(open: () => pg.Client): { listen(heard: Heard): void; close(): Promise<void> } {
  let client: pg.Client | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function listen(heard: Heard): Promise<void> {
    const fresh = open();
    const again = (): void => {
      if (closed || client !== fresh) return;
      client = undefined;
      timer = setTimeout(() => void listen(heard), LISTEN_AGAIN_MS);
      timer.unref();
      // Whoever did not answer may hold the connection for ever.
      fresh.end().catch(() => undefined);
    };
    client = fresh;
    fresh.on("error", again).on("end", again);
    fresh.on("notification", ({ channel, payload = "" }) => (channel === SAID ? heard.said(payload) : heard.grown()));
    try {
      await fresh.connect();
      await fresh.query(`listen ${GROWN}; listen ${SAID}`);
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
