import { randomBytes } from "node:crypto";
import { closeSync, fsyncSync, linkSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { makeFolder } from "./folder.ts";
import { Secret } from "./secret.ts";

const LEAST_BYTES = 32;

/** A key file that cannot be used; the message is a sentence for an operator. */
export class KeyFileError extends Error {
  override readonly name = "KeyFileError";
}

/**
 * The key beside a database file, made at the first start; only its owner may read it. A database in memory has one for its own life.
 * Throws {@link KeyFileError} for a file that holds less than a key: whatever was derived from it could be guessed.
 */
export function keepSecret(databaseUrl: string): Secret {
  if (databaseUrl === "sqlite::memory:") return new Secret(randomBytes(LEAST_BYTES).toString("base64url"));
  const path = `${databaseUrl.slice("sqlite:".length)}.key`;
  const key = read(path) ?? create(path);
  if (Buffer.byteLength(key) >= LEAST_BYTES) return new Secret(key);
  throw new KeyFileError(
    `The key file ${path} holds less than ${LEAST_BYTES} bytes: put it back from a backup, or delete it for a new key, with which every webhook gets another signing secret.`,
  );
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

/** Whole or not at all: a process or a machine that stops in the middle leaves no half of a key. Of two that start at once, the first one's key stands. */
function create(path: string): string {
  const key = randomBytes(LEAST_BYTES).toString("base64url");
  makeFolder(dirname(path));
  const draft = `${path}.${process.pid}.${randomBytes(4).toString("hex")}`;
  try {
    const file = openSync(draft, "wx", 0o600);
    try {
      writeFileSync(file, key);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    linkSync(draft, path);
    syncFolder(dirname(path));
    return key;
  } catch (error) {
    if (isCode(error, "EEXIST")) return readFileSync(path, "utf8");
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Windows opens no folders. */
function syncFolder(path: string): void {
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  fsyncSync(folder);
  closeSync(folder);
}

const isCode = (error: unknown, code: string): boolean => error instanceof Error && "code" in error && error.code === code;
