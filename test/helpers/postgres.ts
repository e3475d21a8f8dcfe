import { spawnSync } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";

const BIN = ["/usr/lib/postgresql/17/bin", "/usr/lib/postgresql/16/bin", "/usr/lib/postgresql/15/bin"].find((path) =>
  existsSync(join(path, "initdb")),
);
const root = process.getuid?.() === 0;
const user = (flag: string): number => Number(spawnSync("id", [flag, "postgres"], { encoding: "utf8" }).stdout);

/** Why there is no PostgreSQL to test with; false when there is. */
export const noPostgres: string | false =
  BIN === undefined ? "no PostgreSQL on this machine: install Debian's package postgresql to include it" : false;

/** A PostgreSQL server; while it is frozen, its connections stay open and nothing answers. */
export type PostgresServer = { readonly url: string; freeze(): void; thaw(): void };

/** Starts a PostgreSQL server of its own, which goes with the test, and gives its address. */
export async function startPostgres(t: Test): Promise<string> {
  return (await startPostgresServer(t)).url;
}

/** Starts one that can be frozen. */
export async function startPostgresServer(t: Test): Promise<PostgresServer> {
  const folder = mkdtempSync(join(tmpdir(), "pg-"));
  if (root) chownSync(folder, user("-u"), user("-g"));
  const data = join(folder, "data");
  // The server refuses to run as root.
  const run = (command: string): void => {
    const [program, ...args] = root ? ["su", "postgres", "-c", command] : ["sh", "-c", command];
    const { status, stderr } = spawnSync(program ?? "", args, { encoding: "utf8", cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
    if (status !== 0) throw new Error(stderr);
  };
  run(`${BIN}/initdb -D ${data} -A trust -U postgres`);
  const port = await freePort();
  run(`${BIN}/pg_ctl -D ${data} -o "-p ${port} -k ${folder} -h 127.0.0.1" -l ${folder}/log -w start`);
  const main = Number(readFileSync(join(data, "postmaster.pid"), "utf8").split("\n")[0]);
  const signal = (name: "SIGSTOP" | "SIGCONT"): void => {
    const { stdout } = spawnSync("ps", ["-o", "pid=", "--ppid", String(main)], { encoding: "utf8" });
    for (const pid of [main, ...stdout.trim().split(/\s+/).map(Number)]) tryKill(pid, name);
  };
  t.teardown(() => {
    signal("SIGCONT");
    run(`${BIN}/pg_ctl -D ${data} -m immediate -w stop`);
    rmSync(folder, { recursive: true });
  });
  return { url: `postgres://postgres@127.0.0.1:${port}/postgres`, freeze: () => signal("SIGSTOP"), thaw: () => signal("SIGCONT") };
}

function tryKill(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It ended meanwhile.
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
