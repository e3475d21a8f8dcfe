/**
 * `npm run bench:latency [-- --changes N]`: the time from a change upstream to each kind of subscriber, with the gateway's own intervals. Changes come
 * from outside the gateway, at any moment of the interval, while something is under way (hot) and while nothing is (calm). The promise: one interval and
 * half a second. The calm interval is 2 s here, so that the run is short (`--calm 30000` is the gateway's own).
 */
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { parseArgs } from "node:util";
import { startFollowers, type Told } from "../test/chaos/journals.ts";
import { tokenFor } from "../test/helpers/token.ts";
import { emulatorToken, type Json, PROJECT, read, rows } from "../test/helpers/gateway.ts";
import { createEmulator, SEED } from "../src/emulator/index.ts";
import { startProcess } from "./process.ts";

const { values } = parseArgs({ options: { changes: { type: "string", default: "20" }, calm: { type: "string", default: "2000" } } });
const CHANGES = Number(values.changes);
const HOT_MS = 2_000;
const PATH = `/${PROJECT}/deployments/key=demo-shipping-deployment`;

type Arrival = { readonly channel: string; readonly version: number; readonly at: number };
const arrivals: Arrival[] = [];
let heard = Promise.withResolvers<void>();
const arrive = (channel: string, body: string): void => {
  const { data } = JSON.parse(body) as { data: Json };
  arrivals.push({ channel, version: Number(data["resourceVersion"]), at: Date.now() });
  heard.resolve();
  heard = Promise.withResolvers();
};

const emulator = await createEmulator({ timings: { deployMs: 3_000 } });
const upstreamToken = await emulatorToken(emulator.url, SEED);
const api = async (method: string, path: string, body?: object): Promise<Json> => {
  const headers = { authorization: `Bearer ${upstreamToken}`, "content-type": "application/json" };
  return (await read(await fetch(emulator.url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })))
    .body;
};
const receiver = createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (text: string) => void (body += text));
  request.on("end", () => (arrive("webhook", body), response.writeHead(204).end()));
}).listen(0, "127.0.0.1");
await once(receiver, "listening");

const gateway = await startProcess(["src/main.ts"], {
  CTP_AUTH_URL: emulator.url,
  CTP_CONNECT_URL: emulator.url,
  DATABASE_URL: "sqlite::memory:",
  WATCH_INTERVAL_MS: values.calm,
  WATCH_HOT_INTERVAL_MS: String(HOT_MS),
  WEBHOOK_ALLOW: "127.0.0.1",
});
const token = tokenFor(`manage_project:${PROJECT}`);
const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/`;
await fetch(`${gateway.url}/v1/webhooks`, {
  method: "POST",
  headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
  body: JSON.stringify({ url, types: ["deployment.status_changed"] }),
});
const followers = startFollowers({ find: () => gateway.url, token, heard: () => undefined }).map((each) => {
  const told = each.told as Told[];
  const push = told.push.bind(told);
  told.push = (...entries) => (entries.forEach((entry) => arrive(each.name, entry.body)), push(...entries));
  return each;
});

const figures = new Map<string, number[]>();
for (let n = 0; n < CHANGES; n++) {
  // Anywhere within the interval.
  await new Promise((resolve) => void setTimeout(resolve, Math.random() * HOT_MS));
  const { version } = await api("GET", PATH);
  const begun = await api("POST", PATH, { version, actions: [{ action: "redeploy" }] });
  const changedAt = Date.now();
  const first = Number(begun["version"]);
  const of = (last: boolean): readonly Arrival[] =>
    arrivals.filter((each) => (last ? each.version > first + 8 : each.version >= first && each.version <= first + 8));
  while (of(true).length < 4) await heard.promise;
  const last = arrivals.findLast((each) => each.version > first + 8)?.version;
  const steps = rows(await api("GET", "/_emulator/journal"), "results").filter(
    (each) => each["kind"] === "transition" && each["version"] === last,
  );
  const endedAt = Date.parse(String(steps.at(-1)?.["at"]));
  for (const [phase, since, last] of [
    ["calm", changedAt, false],
    ["hot", endedAt, true],
  ] as const)
    for (const { channel, at } of of(last)) {
      const name = `${phase}, ${channel}`;
      figures.set(name, [...(figures.get(name) ?? []), at - since]);
    }
  arrivals.length = 0;
  process.stderr.write(`\r${n + 1} of ${CHANGES} changes   `);
}
process.stderr.write("\r                     \r");
const share = (list: readonly number[], part: number): number =>
  list.toSorted((a, b) => a - b)[Math.ceil(list.length * part) - 1] ?? Number.NaN;
for (const [name, list] of [...figures].toSorted(([a], [b]) => a.localeCompare(b)))
  process.stdout.write(
    `${name.padEnd(32)} p50 ${String(share(list, 0.5)).padStart(5)} ms   p95 ${String(share(list, 0.95)).padStart(5)} ms   of ${list.length}\n`,
  );
const worst = Math.max(...[...figures].filter(([name]) => name.startsWith("hot")).map(([, list]) => share(list, 0.95)));
process.stdout.write(`worst p95 while something is under way: ${worst} ms; promised: ${HOT_MS + 500} ms\n`);
for (const each of followers) each.stop();
gateway.child.kill();
process.exit(0);
