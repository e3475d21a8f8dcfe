/**
 * `npm run bench:soak [-- --minutes 10]`: memory under a steady load of all kinds (reads that are remembered, the same again and again, reads that are not, writes, streams that come and
 * go, upstream that fails now and then), by tenths of the time, and after a rest. Flat is the second half as the first.
 */
import { parseArgs } from "node:util";
import { Pool } from "undici";
import { createEmulator, SEED } from "../src/emulator/index.ts";
import { tokenFor } from "../test/helpers/token.ts";
import { residentKilobytes, startProcess } from "./process.ts";
import { PROJECT } from "./work.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });
const ms = Number(values.minutes) * 60_000;
const emulator = await createEmulator({ timings: { deployMs: 500 } });
const control = (path: string, body: object) =>
  fetch(`${emulator.url}/_emulator/${path}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
await control("seed", { connectors: 5, deployments: 200 });
const gateway = await startProcess(["src/main.ts"], {
  CTP_AUTH_URL: emulator.url,
  CTP_CONNECT_URL: emulator.url,
  DATABASE_URL: "sqlite::memory:",
  WATCH_INTERVAL_MS: "1000",
  WATCH_HOT_INTERVAL_MS: "500",
  STALE_IF_ERROR_MS: "20000",
});
const authorization = `Bearer ${tokenFor(`manage_project:${PROJECT}`)}`;
const headers = { authorization, "content-type": "application/json" };
const deployments = `${gateway.url}/connect/${SEED.region}/${PROJECT}/deployments`;
const query =
  "query ($limit: Int) { deployments(limit: $limit) { results { id key status applications { securedConfiguration { key value } } } } }";
/** Nothing else is asked on it. */
const alone = new Pool(gateway.url, { connections: 1 });
const ended = performance.now() + ms;
let answers = 0;

type Work = (turn: number) => Promise<Response>;
const works: readonly Work[] = [
  (turn) => fetch(`${deployments}?limit=${(turn % 400) + 1}`, { headers }),
  (turn) =>
    fetch(`${gateway.url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables: { limit: (turn % 20) + 1 } }) }),
  (turn) => fetch(`${deployments}/key=seeded-deployment-${turn % 200}`, { headers }),
  async () =>
    new Response(
      await alone.request({ method: "GET", path: `${new URL(deployments).pathname}?limit=8`, headers }).then(({ body }) => body.bytes()),
    ),
  (turn) => {
    const body = JSON.stringify({ actions: [{ action: "redeploy" }] });
    return fetch(`${deployments}/key=seeded-deployment-${turn % 200}`, {
      method: "POST",
      headers: { ...headers, "idempotency-key": `soak-${turn}-key` },
      body,
    });
  },
  () => fetch(`${gateway.url}/v1/events`, { headers: { ...headers, accept: "text/event-stream" }, signal: AbortSignal.timeout(300) }),
  (turn) => control("faults", { kind: turn % 2 === 0 ? "status" : "html", status: 503, match: { path: "/deployments" }, times: 3 }),
];
const shares = [1, 1, 1, 1, 20, 50, 400];

/** One caller, again and again; each kind of work has its own pace. */
async function call(work: Work, every: number, from: number): Promise<void> {
  for (let turn = from; performance.now() < ended; turn += 7) {
    await work(turn)
      .then((response) => response.arrayBuffer())
      .catch(() => undefined);
    answers += 1;
    await new Promise((resolve) => void setTimeout(resolve, every * 5));
  }
}
const calling = works.flatMap((work, at) => Array.from({ length: 4 }, (_none, from) => call(work, shares[at] ?? 1, from)));
const memory: number[] = [];
for (let tenth = 1; tenth <= 10; tenth++) {
  await new Promise((resolve) => void setTimeout(resolve, ms / 10));
  memory.push(residentKilobytes(gateway) / 1_024);
  process.stderr.write(`\r  ${tenth} of 10, ${answers} answers, ${memory.at(-1)?.toFixed(0)} MB   `);
}
await Promise.all(calling);
await new Promise((resolve) => void setTimeout(resolve, 45_000));
const middle = (list: readonly number[]): number => list.toSorted((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;
const [first, second] = [middle(memory.slice(2, 6)), middle(memory.slice(6))];
process.stdout.write(
  `\n${answers} answers in ${values.minutes} minutes; memory by tenths: ${memory.map((each) => each.toFixed(0)).join(", ")} MB\n`,
);
process.stdout.write(
  `second half : first half ${(second / first).toFixed(2)}; after a rest ${(residentKilobytes(gateway) / 1_024).toFixed(0)} MB\n`,
);
gateway.child.kill("SIGKILL");
process.exit(0);
