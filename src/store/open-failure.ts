import { OutageError } from "./outage.ts";

/** The database cannot be used; the message says why, in a sentence for who runs the gateway. */
export class StoreUnusableError extends Error {
  override readonly name = "StoreUnusableError";
}

export const MALFORMED = "The database file is malformed. It is left as it is: restore a backup, or name another file in DATABASE_URL.";
export const FOREIGN = "The file that DATABASE_URL names is the database of another application. It is left as it is.";

/** SQLite's primary result codes. */
const SQLITE: Readonly<Record<number, string>> = {
  8: "The database file may not be written.",
  10: "The database file cannot be read or written: the disk fails, or may only be read.",
  11: MALFORMED,
  13: "The disk of the database file is full.",
  14: "The database file cannot be opened: DATABASE_URL must name a file, in a folder that can be written to.",
  26: "The file that DATABASE_URL names is not a database. It is left as it is.",
};

const NEWER = "The database is of a newer version of the gateway: start that one, or name another database in DATABASE_URL.";

const POSTGRES: Readonly<Record<string, string>> = {
  "28000": "The PostgreSQL server refuses the login of DATABASE_URL.",
  "28P01": "The PostgreSQL server refuses the login of DATABASE_URL.",
  "3D000": "The PostgreSQL server has no database of the name in DATABASE_URL.",
  "42501": "The login of DATABASE_URL may not make tables in the PostgreSQL database.",
};

/** What went wrong when the database was opened, as a {@link StoreUnusableError} where there is a sentence for it. */
export function explainOpening(error: unknown): unknown {
  const cause = error instanceof OutageError ? error.cause : error;
  if (!(cause instanceof Error)) return error;
  const text = sentenceFor(cause);
  return text === undefined ? error : new StoreUnusableError(text, { cause: error });
}

function sentenceFor(error: Error): string | undefined {
  const { code, errcode, syscall } = error as { code?: unknown; errcode?: unknown; syscall?: unknown };
  if (typeof errcode === "number") return SQLITE[errcode & 0xff];
  if (/^corrupted migrations: previously executed migration .* is missing/.test(error.message)) return NEWER;
  if (typeof code === "string" && code in POSTGRES) return POSTGRES[code];
  if (syscall === "mkdir") return undefined;
  const unreachable =
    typeof code === "string" ? /^E[A-Z_]+$/.test(code) : /connection terminated|timeout exceeded|timeout expired/i.test(error.message);
  return unreachable
    ? `The PostgreSQL server of DATABASE_URL cannot be reached (${typeof code === "string" ? code : "time-out"}).`
    : undefined;
}
