import { Secret } from "../secret.ts";
import type { Reader } from "./index.ts";

const MODES = ["disable", "prefer", "require", "verify-ca", "verify-full", "no-verify"];

/** Reads `DATABASE_URL`; of an address of PostgreSQL also its parts, which the driver would blame on the server, or pass over. */
export function readDatabaseUrl({ get, problem }: Reader, readFile: (path: string) => string): Secret {
  const text = get("DATABASE_URL") ?? "sqlite:./data/gateway.db";
  if (!/^(sqlite:.+|postgres(ql)?:\/\/.+)$/.test(text)) problem("DATABASE_URL must start with sqlite: or postgres://.");
  else if (!text.startsWith("sqlite:")) checkPostgres(text, problem, readFile);
  return new Secret(text);
}

function checkPostgres(text: string, problem: (text: string) => void, readFile: (path: string) => string): void {
  // Without a host, which the query may name as well, the driver takes a user all the same.
  const url = URL.parse(text) ?? URL.parse(text.replace("@/", "@host/"));
  if (url === null) return problem(`DATABASE_URL: ${faultOf(text)}.`);
  const mode = url.searchParams.get("sslmode");
  if (mode !== null && !MODES.includes(mode)) problem(`DATABASE_URL: sslmode must be one of ${MODES.join(", ")}.`);
  for (const name of ["sslcert", "sslkey", "sslrootcert"]) {
    const path = url.searchParams.get(name);
    if (path === null || path === "") continue;
    try {
      readFile(path);
    } catch {
      problem(`DATABASE_URL: ${name} names a file that cannot be read.`);
    }
  }
  return undefined;
}

function faultOf(text: string): string {
  const port = /^[^/]*\/\/(?:[^/?#]*@)?(?:\[[^\]]*\]|[^:/?#]*):(?<port>[^/?#]*)/.exec(text)?.groups?.["port"];
  return port !== undefined && !(/^\d{0,5}$/.test(port) && Number(port) <= 65_535)
    ? "the port must be a whole number up to 65535, and what is special in a password URL-encoded"
    : "it must look like postgres://user:password@host:5432/database, with what is special in the password URL-encoded";
}
