/** The database cannot do its work at the moment: it is gone, full, locked or does not answer. The cause is the driver's own error. */
export class OutageError extends Error {
  override readonly name = "OutageError";

  constructor(cause: unknown) {
    super("The database cannot be used at the moment.", { cause });
  }
}

/**
 * Classes of SQLSTATE that tell of the server and not of the statement: connection, credentials and database, read-only, conflicts between transactions,
 * resources, locks and limits of time, operator, disk, and damage.
 */
const SERVER = /^(08|28|3D|25006|25P03|40|53|55|57|58|F0|XX)/;

/** Whether a code of PostgreSQL tells of an outage. */
export function isServerState(code: string | undefined): boolean {
  return code !== undefined && SERVER.test(code);
}

/** Those that tell of the connection, or of a server that is none to write to any more: behind another connection there may be a better one. */
const ELSEWHERE = /^(08|25006|57P|58|XX)/;

/** Whether a connection that gave this code is better not used again. */
export function isLost(code: string | undefined): boolean {
  return code !== undefined && ELSEWHERE.test(code);
}

/** SQLite's primary result codes of the same kind: busy, locked, memory, read-only, disk, damage, full, cannot open, protocol, not a database. */
const FILE = new Set([5, 6, 7, 8, 10, 11, 13, 14, 15, 26]);

/** Runs work on a SQLite file; what tells of the file and not of the statement becomes an {@link OutageError}. */
export function onFile<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    // Extended codes hold the primary one in their last byte.
    if (error instanceof Error && "errcode" in error && FILE.has(Number(error.errcode) & 0xff)) throw new OutageError(error);
    throw error;
  }
}
