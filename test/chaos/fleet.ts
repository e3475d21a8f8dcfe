import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type FSWatcher, watch } from "node:fs";
import { basename, dirname } from "node:path";
import { environment } from "../helpers/command.ts";
import { type Relay, relayHttp, relaySql } from "./relays.ts";

/** A place for a gateway process, which is killed and started again there. */
export type Replica = {
  /** Where its process listens; empty while there is none that is ready. */
  url(): string;
  /** Starts a process and waits at most `patienceMs` until it is ready. */
  start(patienceMs: number): Promise<void>;
  /** Ends it like a power cut. */
  kill(): Promise<void>;
  /** Kills it at the end of a series of moments, or stops it for a while; gives a promise of that. An empty series never comes. */
  trap(moments: readonly string[], signal?: "SIGKILL" | "SIGSTOP"): Promise<void>;
  /** Lets a stopped process go on. */
  wake(): void;
  /** All that the process has printed. */
  output(): string;
  /** Tells of a moment that something else has seen. */
  notice(moment: string): boolean;
  close(): Promise<void>;
};

export type FleetOptions = { readonly env: Record<string, string>; readonly databaseUrl: string; readonly upstream: string };

/** Makes a replica, with relays of its own to upstream and to the database, so that what it does is seen from outside. */
export async function createReplica({ env, databaseUrl, upstream }: FleetOptions): Promise<Replica> {
  let child: ChildProcess | undefined;
  let ended: Promise<unknown> = Promise.resolve();
  let url = "";
  let trap: { moments: readonly string[]; signal: "SIGKILL" | "SIGSTOP"; sprung: () => void } | undefined;
  let output = "";

  function notice(moment: string): boolean {
    if (trap !== undefined && moment === trap.moments[0]) {
      trap.moments = trap.moments.slice(1);
      if (trap.moments.length === 0) {
        const { signal, sprung } = trap;
        trap = undefined;
        child?.kill(signal);
        sprung();
        return signal !== "SIGKILL";
      }
    }
    return true;
  }

  const relays: Relay[] = [await relayHttp(upstream, notice)];
  const all: Record<string, string> = { ...env, CTP_AUTH_URL: upstream, CTP_CONNECT_URL: `http://127.0.0.1:${relays[0]?.port}` };
  const sqlite = databaseUrl.startsWith("sqlite:");
  let file: FSWatcher | undefined;
  if (sqlite) {
    all["DATABASE_URL"] = databaseUrl;
    const log = `${databaseUrl.slice("sqlite:".length)}-wal`;
    // The folder: the file is another one after each start, also after one that nobody waited for.
    file = watch(dirname(log), (_, name) => name === basename(log) && notice("database written"));
  } else {
    const target = new URL(databaseUrl);
    const relay = await relaySql(target, notice);
    relays.push(relay);
    all["DATABASE_URL"] = databaseUrl.replace(target.host, `127.0.0.1:${relay.port}`);
  }

  async function start(patienceMs: number): Promise<void> {
    const started = spawn("node", ["src/main.ts"], { env: environment(all), stdio: ["ignore", "pipe", "pipe"] });
    child = started;
    ended = once(started, "close");
    // The one before may have come to tell its address while it was killed.
    [output, url] = ["", ""];
    const ready = new Promise<void>((resolve) => {
      started.stdout.setEncoding("utf8").on("data", (text: string) => {
        output += text;
        if (url !== "" || !/OpenAPI {5}http/.test(output)) return;
        url = /GraphQL {5}(http:\S+)\/graphql/.exec(output)?.[1] ?? "";
        resolve();
      });
    });
    started.stderr.resume();
    await Promise.race([ready, ended, new Promise((resolve) => void setTimeout(resolve, patienceMs).unref())]);
  }

  async function kill(): Promise<void> {
    url = "";
    trap = undefined;
    child?.kill("SIGKILL");
    await ended;
  }

  return {
    url: () => url,
    start,
    kill,
    notice,
    trap: (moments, signal = "SIGKILL") => new Promise((sprung) => void (trap = { moments, signal, sprung })),
    wake: () => void child?.kill("SIGCONT"),
    output: () => output,
    close: async () => {
      await kill();
      file?.close();
      for (const relay of relays) relay.close();
    },
  };
}
