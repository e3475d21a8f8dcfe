/** Measures of the gateway as a whole, without peers or with one of their own: subscribers, looks, tokens, start, sizes. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createEmulator, SEED } from "../src/emulator/index.ts";
import { read, rows } from "../test/helpers/gateway.ts";
import { JWT_SECRET, tokenFor } from "../test/helpers/token.ts";
import { startProcess } from "./process.ts";
import { say, under } from "./table.ts";
import { PROJECT } from "./work.ts";

type Measures = Readonly<Record<string, () => Promise<void>>>;

/** The measures P6 to P10; `told` hears of progress. */
export function whole(told: (text: string) => void): Measures {
  return {
    P6: async () => {
      const output = await run(["bench/subscribers.ts"], told);
      under("P6", "10,000 subscribers by WebSocket, memory of each", figure(output, /gateway .*? ([\d.]+) kB each/), 15, "kB");
      under("P6", "the same, time to the last : a plain ws server", figure(output, /in memory, ([\d.]+) in time/), 2, "");
    },
    P7: async () => {
      const output = await run(["bench/watch.ts"], told);
      under("P7", "a look at 10,000 deployments, processor time", figure(output, /: (\d+) ms of processor time/), 150, "ms");
      under("P7", "the same, calls to upstream", figure(output, /and ([\d.]+) calls a look/), 21.5, "");
      say(`P7  ${output.trim().split("\n").at(-1) ?? ""}`);
    },
    P8: tokens,
    P9: starts,
    P10: async () => {
      for (const line of (await run(["bench/sizes.ts"], told)).trim().split("\n")) say(`P10 ${line}`);
    },
  };
}

/** Runs a script of this folder; what it prints. */
async function run(args: readonly string[], told: (text: string) => void): Promise<string> {
  told(args.join(" "));
  const child = spawn("node", args, { stdio: ["ignore", "pipe", "inherit"] });
  let output = "";
  for await (const text of child.stdout.setEncoding("utf8")) output += String(text);
  return output;
}

const figure = (output: string, pattern: RegExp): number => Number(pattern.exec(output)?.[1]);

/** A thousand first requests at once cost one token. */
async function tokens(): Promise<void> {
  const emulator = await createEmulator();
  const upstream = { CTP_AUTH_URL: emulator.url, CTP_CONNECT_URL: emulator.url };
  const limits = { MAX_IN_FLIGHT: "2000", MAX_QUEUED: "2000", WATCH_INTERVAL_MS: "0", DATABASE_URL: "sqlite::memory:" };
  const { url, child } = await startProcess(["src/main.ts"], { ...upstream, ...limits });
  const headers = { authorization: `Bearer ${tokenFor(`manage_project:${PROJECT}`)}` };
  const ask = (n: number) => fetch(`${url}/connect/${SEED.region}/${PROJECT}/deployments?limit=${(n % 500) + 1}`, { headers });
  await Promise.all(Array.from({ length: 1_000 }, async (_none, n) => (await ask(n)).text()));
  const journal = rows((await read(await fetch(`${emulator.url}/_emulator/journal`))).body, "results");
  child.kill("SIGKILL");
  await emulator.close();
  under("P8", "1,000 first requests at once, token requests", journal.filter(({ path }) => path === "/oauth/token").length, 1.5, "");
}

/** From the start of the process to the first good answer. */
async function starts(): Promise<void> {
  if (existsSync("dist/main.js"))
    under("P9", "start to first answer, node dist/main.js", await startMs("node", ["dist/main.js"]), 1_500, "ms");
  else say("P9  node dist/main.js: run npm run build first");
  under("P9", "start to first answer, npm start", await startMs("npm", ["start"]), 3_000, "ms");
}

async function startMs(program: string, args: readonly string[]): Promise<number> {
  const PORT = "4979";
  const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "", PORT, JWT_SECRET, DATABASE_URL: "sqlite::memory:" };
  const headers = { authorization: `Bearer ${tokenFor(`manage_project:${PROJECT}`)}` };
  const began = performance.now();
  const child = spawn(program, args, { env, stdio: "ignore", detached: true });
  try {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${PORT}/connect/${SEED.region}/${PROJECT}/deployments`, { headers }).catch(
        () => undefined,
      );
      if (answer?.status === 200) return performance.now() - began;
    }
  } finally {
    process.kill(-(child.pid ?? 0), "SIGKILL");
  }
}
