import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SEED } from "../src/emulator/index.ts";
import { JWT_SECRET } from "../test/helpers/token.ts";
import { PROJECT } from "./work.ts";

/** A server under measurement. */
export type Contender = {
  readonly name: string;
  readonly url: string;
  /** Processor time that it has used so far, in milliseconds. */
  spent(): number;
  stop(): void;
};

/** Why a peer does not take part. */
export class MissingPeer extends Error {}

const TASKSET = "/usr/bin/taskset";
/** The cores that this process may use, such as `0-1`, and each of them. */
const ALLOWED = existsSync("/proc/self/status")
  ? (/Cpus_allowed_list:\s*(\S+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "")
  : "";
const [OURS, THEIRS] = ALLOWED.split(",").flatMap((range) => {
  const [from = 0, to = from] = range.split("-").map(Number);
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
});
const APART = existsSync(TASKSET) && THEIRS !== undefined;

/**
 * Puts this process, which is the load, and what it starts from now on where contenders are not, or anywhere. Upstream and the load share a core, and contenders
 * have another, where that can be had: else they are measured while they push each other aside.
 */
export function stand(where: "apart" | "anywhere"): void {
  if (APART) execFileSync(TASKSET, ["-acp", where === "apart" ? String(OURS) : ALLOWED, String(process.pid)], { stdio: "ignore" });
}

/** A command that runs on the contenders' core. */
const onCore = (command: string, ...args: readonly string[]): readonly string[] =>
  APART ? [TASKSET, "-c", String(THEIRS), command, ...args] : [command, ...args];

async function startNode(name: string, command: readonly string[], env: Readonly<Record<string, string>>): Promise<Contender> {
  const [program = "", ...args] = command;
  const child = spawn(program, args, { env: { PATH: process.env["PATH"] ?? "", ...env }, stdio: ["ignore", "pipe", "inherit"] });
  const url = await listening(child);
  // Lines of the log are read and thrown away, as a collector would read them.
  child.stdout.resume();
  return { name, url, spent: () => processorMs([child.pid ?? 0]), stop: () => void child.kill("SIGKILL") };
}

/** Waits until the process prints its address. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.once("close", () => reject(new MissingPeer(output.slice(-300))));
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output = (output + text).slice(-10_000);
      const found = /(?:listening |OpenAPI {5})(http:\/\/[^/\s]+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
}

function processorMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /, "")
      .split(" ");
    return sum + (Number(fields[11]) + Number(fields[12])) * 10;
  }, 0);
}

/** Starts the stand-in upstream. */
export const startUpstream = (env: Readonly<Record<string, string>> = {}): Promise<Contender> =>
  startNode("upstream", ["node", "bench/upstream.ts"], env);

/** Starts the same where contenders are, to be asked directly: beside the load it would have to wait for it. */
export const startDirect = (env: Readonly<Record<string, string>>): Promise<Contender> =>
  startNode("upstream itself", onCore("node", "bench/upstream.ts"), env);

/** Starts a peer of the folder `peers`. */
export const startPeer = (name: string, file: string, upstream: string): Promise<Contender> =>
  startNode(name, onCore("node", `bench/peers/${file}.ts`), { UPSTREAM: upstream });

/** Starts the gateway as anyone would run it: with rights, masking and its log on. Only shares and places are out of the way. */
export function startGateway(name: string, upstream: string, env: Readonly<Record<string, string>> = {}): Promise<Contender> {
  return startNode(name, onCore("node", "src/main.ts"), {
    PORT: "0",
    JWT_SECRET,
    DATABASE_URL: "sqlite::memory:",
    WATCH_INTERVAL_MS: "0",
    RATE_PER_SECOND: "0",
    MAX_IN_FLIGHT: "10000",
    CTP_REGION: SEED.region,
    CTP_PROJECT_KEY: PROJECT,
    CTP_CLIENT_ID: SEED.clientId,
    CTP_CLIENT_SECRET: SEED.clientSecret,
    CTP_AUTH_URL: upstream,
    CTP_CONNECT_URL: upstream,
    ...env,
  });
}

const NGINX = "/usr/sbin/nginx";

/** Starts nginx in front of upstream, with the header that upstream asks for, if it is installed. */
export async function startNginx(upstream: string, port: number): Promise<Contender> {
  if (!existsSync(NGINX)) throw new MissingPeer("nginx is not installed: Debian's package nginx-light includes it");
  const folder = mkdtempSync(join(tmpdir(), "bench-nginx-"));
  const { host } = new URL(upstream);
  const config = `daemon off; master_process off; pid ${folder}/pid; error_log /dev/null; events { worker_connections 1024; }
    http { access_log off; keepalive_requests 1000000;
      client_body_temp_path ${folder}; proxy_temp_path ${folder}; fastcgi_temp_path ${folder}; uwsgi_temp_path ${folder}; scgi_temp_path ${folder};
      upstream connect { server ${host}; keepalive 64; keepalive_requests 1000000; }
      server { listen 127.0.0.1:${port}; location / { proxy_pass http://connect; proxy_http_version 1.1;
        proxy_set_header connection ""; proxy_set_header authorization "Bearer token"; } } }`;
  writeFileSync(join(folder, "nginx.conf"), config);
  const [program = "", ...args] = onCore(NGINX, "-c", join(folder, "nginx.conf"), "-p", folder);
  const child = spawn(program, args, { stdio: "ignore" });
  const url = `http://127.0.0.1:${port}`;
  while (
    child.exitCode === null &&
    !(await fetch(url).then(
      () => true,
      () => false,
    ))
  );
  if (child.exitCode !== null) throw new MissingPeer("nginx did not start");
  const stop = (): void => {
    child.kill();
    rmSync(folder, { recursive: true });
  };
  return { name: "nginx", url, spent: () => processorMs([child.pid ?? 0]), stop };
}
