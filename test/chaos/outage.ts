import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { Test } from "tap";
import { SEED } from "../../src/emulator/index.ts";
import { start } from "../helpers/command.ts";
import { type Answer, at, type Json, MIRROR, PROJECT, read, rows, startTestEmulator, type TestEmulator } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";
import { environmentOf } from "./campaign.ts";
import { type Mode, MODES, startFront } from "./front.ts";

/** What came of an outage. */
export type Report = {
  /** Reads of what had been read before, and how many of them were answered. */
  readonly reads: number;
  readonly answered: number;
  /** Milliseconds of the slowest read, and of the slowest write. */
  readonly slowestMs: readonly [number, number];
  /** Requests of callers during the outage, and those of them that reached upstream. */
  readonly asked: number;
  readonly seen: number;
  /** Milliseconds from upstream's return until every read was new and a write was done. */
  readonly backMs: number;
  /** Deployments that were created, each with how often upstream was asked to. */
  readonly creations: readonly number[];
  /** Megabytes before and after. */
  readonly memory: readonly [number, number];
};

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const READ_EVERY_MS = 20;
const WRITE_EVERY_MS = 1_000;
const SEEDED = 40;
const QUERY = "query ($limit: Int) { deployments(limit: $limit) { total results { id key status } } }";

/** One outage of so many minutes, in every mode one after the other, while callers read and create deployments. */
export async function outage(t: Test, minutes: number, progress: (text: string) => void): Promise<Report> {
  const emulator = await startTestEmulator(t, { now: Date.now });
  await emulator.control("POST", "seed", { connectors: 1, deployments: SEEDED });
  const front = await startFront(t, emulator.url);
  const gateway = await startGateway(t, front.url);
  const callers = createCallers(gateway.url);

  // As many reads as will follow: memory is compared with that of a process that has worked for as long.
  for (let round = 0; round < minutes * 60; round++) await callers.readAll();
  const [before, seenBefore] = [gateway.megabytes(), front.seen()];
  const load = startLoad(callers);
  for (const mode of MODES) {
    const { answered, reads } = load.figures();
    progress(`${mode}, ${answered} of ${reads} reads answered`);
    await front.mode(mode);
    await sleep((minutes * 60_000) / MODES.length);
  }
  await load.end();
  const seen = front.seen() - seenBefore;

  progress("upstream is back");
  const { writes, ...figures } = load.figures();
  const backMs = await untilBack(front.mode, callers, writes);
  // Whoever was not told what became of a write asks again, with the same key.
  const statuses = new Set<number>();
  for (let n = 0; n <= writes; n++) statuses.add((await callers.create(n)).status);
  t.same([...statuses], [201], "all are done in the end");
  t.equal((await emulator.journal()).filter(isCreation).length, writes + 1, "each was asked of upstream once");
  const keys = await keysOf(emulator);
  const creations = Array.from({ length: writes + 1 }, (_none, n) => keys.filter((key) => key === `outage-${n}`).length);
  // What V8 has put by is given back after half a minute of quiet.
  await sleep(Math.min(45_000, (minutes * 60_000) / 4));
  return { ...figures, seen, backMs, creations, memory: [before, gateway.megabytes()] };
}

type Callers = {
  /** What is read, in turn. */
  readonly readings: readonly (() => Promise<Answer>)[];
  readAll(): Promise<readonly Answer[]>;
  create(n: number): Promise<Answer>;
};

function createCallers(url: string): Callers {
  const send = async (method: string, path: string, body?: object, more: object = {}, subject = "reader"): Promise<Answer> => {
    const headers = { authorization: `Bearer ${tokenFor(`manage_project:${PROJECT}`, subject)}`, "content-type": "application/json" };
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    return read(await fetch(url + path, { method, headers: { ...headers, ...more }, ...text }));
  };
  const readings: readonly (() => Promise<Answer>)[] = [
    ...Array.from({ length: SEEDED }, (_none, n) => () => send("GET", `${DEPLOYMENTS}/key=seeded-deployment-${n}`)),
    ...[5, 20].flatMap((limit) => [
      () => send("GET", `${DEPLOYMENTS}?limit=${limit}`),
      () => send("POST", "/graphql", { query: QUERY, variables: { limit } }),
    ]),
  ];
  return {
    readings,
    readAll: () => Promise.all(readings.map((reading) => reading())),
    create: (n) => send("POST", DEPLOYMENTS, draft(n), { "idempotency-key": `outage-${n}` }, "writer"),
  };
}

/** Callers who ask whether answers come or not. */
function startLoad({ readings, create }: Callers) {
  let [reads, answered, writes] = [0, 0, 0];
  const slowestMs: [number, number] = [0, 0];
  const open = new Set<Promise<unknown>>();
  async function timed(call: Promise<Answer>, kind: 0 | 1): Promise<Answer> {
    const began = performance.now();
    open.add(call);
    const answer = await call;
    open.delete(call);
    slowestMs[kind] = Math.max(slowestMs[kind], performance.now() - began);
    return answer;
  }
  const reading = setInterval(() => {
    const next = readings[reads++ % readings.length];
    if (next !== undefined) void timed(next(), 0).then((answer) => (answered += isGood(answer) ? 1 : 0));
  }, READ_EVERY_MS);
  const writing = setInterval(() => void timed(create(writes++), 1), WRITE_EVERY_MS);
  return {
    figures: () => ({ reads, answered, slowestMs, asked: reads + writes, writes }),
    end: async () => {
      clearInterval(reading);
      clearInterval(writing);
      await Promise.all(open);
    },
  };
}

/** The keys of all deployments there are. */
async function keysOf(emulator: TestEmulator): Promise<unknown[]> {
  const keys: unknown[] = [];
  for (;;) {
    const { body } = await emulator.api("GET", `/${PROJECT}/deployments?limit=500&offset=${keys.length}`);
    keys.push(...rows(body, "results").map(({ key }) => key));
    if (keys.length >= Number(body["total"])) return keys;
  }
}

const isGood = ({ status, body }: Answer): boolean => status === 200 && body["errors"] === undefined;
const isCreation = ({ kind, method, path }: Json): boolean => kind === "request" && method === "POST" && path === `/${PROJECT}/deployments`;
const isNew = (answer: Answer): boolean =>
  isGood(answer) && answer.headers.get("age") === null && at(answer.body, "extensions.stale") === undefined;

/** Milliseconds until everything works again. */
async function untilBack(mode: (mode: Mode) => Promise<void>, callers: Callers, n: number): Promise<number> {
  await mode("pass");
  const began = performance.now();
  const until = async (done: () => Promise<boolean>): Promise<void> => {
    while (!(await done()) && performance.now() - began < 30_000) await sleep(20);
  };
  await until(async () => (await callers.create(n)).status === 201);
  await until(async () => (await callers.readAll()).every(isNew));
  return performance.now() - began;
}

const plain = (applicationName: string) => ({ applicationName });
/** One more deployment of the demo's connector. */
const draft = (n: number) => ({
  key: `outage-${n}`,
  connector: { key: "demo-shipping-connector" },
  region: SEED.region,
  type: "sandbox",
  configurations: [
    { applicationName: "labels", securedConfiguration: [{ key: "CARRIER_API_KEY", value: "outage-canary" }] },
    ...["order-events", "tracking-sync", "label-assets"].map(plain),
    {
      applicationName: "shipping-settings",
      standardConfiguration: [
        { key: "CUSTOM_APPLICATION_ID", value: "app" },
        { key: "ENTRY_POINT_URI_PATH", value: "path" },
      ],
    },
  ],
  globalConfiguration: { standardConfiguration: [{ key: "CLOUD_IDENTIFIER", value: "gcp-eu" }] },
});

async function startGateway(t: Test, upstream: string) {
  const more = { WATCH_INTERVAL_MS: "0", DATABASE_URL: "sqlite::memory:", CTP_AUTH_URL: upstream, CTP_CONNECT_URL: upstream };
  const env = { ...environmentOf(), ...more };
  const gateway = await start(t, "node", ["src/main.ts"], env, /GraphQL {5}http:\S+\/graphql/);
  const megabytes = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.child.pid ?? 0}/status`, "utf8"))?.[1]) / 1_024;
  return { url: /GraphQL {5}(http:\S+)\/graphql/.exec(gateway.output())?.[1] ?? "", megabytes };
}

/** What anyone may expect of an outage. */
export function judge(t: Test, report: Report): void {
  const { reads, answered, slowestMs, asked, seen, backMs, creations, memory } = report;
  t.ok(answered >= reads * 0.999, `${answered} of ${reads} reads were answered`);
  t.ok(
    slowestMs.every((ms) => ms < 16_000),
    `the slowest read took ${slowestMs[0].toFixed(0)} ms, the slowest write ${slowestMs[1].toFixed(0)}`,
  );
  t.ok(seen <= asked * 1.1, `${asked} requests of callers, ${seen} reached upstream`);
  t.ok(backMs < 10_000, `full service ${backMs.toFixed(0)} ms after upstream's return`);
  t.same([...new Set(creations)], [1], `each of ${creations.length} deployments is there once`);
  const [before, after] = memory;
  t.ok(after < before * 1.2 + 16, `${before.toFixed(0)} MB before, ${after.toFixed(0)} MB after`);
}
