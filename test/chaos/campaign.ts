import type { Test } from "tap";
import { createEmulator, SEED } from "../../src/emulator/index.ts";
import { at, emulatorToken, type Json, PROJECT, read, rows } from "../helpers/gateway.ts";
import { startReceiver } from "../helpers/receiver.ts";
import { JWT_SECRET, tokenFor } from "../helpers/token.ts";
import { faultsOfJournal, faultsOfLog } from "./check.ts";
import { createReplica, type Replica } from "./fleet.ts";
import { type Journal, startFollowers } from "./journals.ts";

export type CampaignOptions = {
  readonly databaseUrl: string;
  readonly cycles: number;
  /** Processes that run at once. */
  readonly replicas: number;
  readonly random: () => number;
  readonly progress?: (cycle: number) => void;
};

/** What a campaign found, and how often each point was hit. */
export type Report = {
  readonly events: readonly Json[];
  readonly faults: readonly string[];
  readonly hits: Readonly<Record<string, number>>;
};

const TIMINGS = { previewMs: 50, processingMs: 50, reviewQueueMs: 50, reviewMs: 50, deployMs: 120, undeployMs: 50 };
const KEYS = ["demo-shipping-deployment", "seeded-deployment-0", "seeded-deployment-1"];

/** Where gateways are killed: by the moments that lead there, as they are seen from outside. */
const POINTS: Readonly<Record<string, readonly string[]>> = {
  "at any instant": [],
  "during a listing": ["deployments asked"],
  "between two listings, with the project in hand": ["deployments answered", "drafts asked"],
  "a delivery has arrived and is not answered": ["delivery arrived"],
};
const SQLITE: typeof POINTS = { ...POINTS, "while what was found is written": ["drafts answered", "database written"] };
const POSTGRES: typeof POINTS = {
  ...POINTS,
  "before an event is inserted": ["event inserted"],
  "before the commit of events": ["events committing"],
  "after the commit of events, which the process never hears of": ["events committed"],
  "after a delivery, before it is recorded": ["delivery recorded"],
};
/** A point that is not reached in this time is passed by. */
const PATIENCE_MS = 2_500;
const WHOLE_MS = 60_000;

const after = (ms: number): Promise<"over"> => new Promise((resolve) => void setTimeout(resolve, ms, "over").unref());

async function send(url: string, method: string, path: string, token: string, body?: object): Promise<Json> {
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  return (await read(await fetch(url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }))).body;
}

/** Settings of a gateway that looks often and lets go soon. */
export const environmentOf = (): Record<string, string> => ({
  PORT: "0",
  LOG_LEVEL: "error",
  JWT_SECRET,
  CTP_REGION: SEED.region,
  CTP_PROJECT_KEY: PROJECT,
  CTP_CLIENT_ID: SEED.clientId,
  CTP_CLIENT_SECRET: SEED.clientSecret,
  WATCH_INTERVAL_MS: "40",
  WATCH_HOT_INTERVAL_MS: "20",
  LEASE_MS: "500",
  RATE_PER_SECOND: "0",
  WEBHOOK_ALLOW: "127.0.0.1",
  WEBHOOK_SECRET: "chaos-webhook-key-of-more-than-32-bytes",
});

/** Kills gateways at named points and random instants while deployments change, and checks what the log and every channel have in the end. */
export async function campaign(t: Test, { databaseUrl, cycles, replicas, random, progress }: CampaignOptions): Promise<Report> {
  const emulator = await createEmulator({ timings: TIMINGS });
  t.teardown(() => emulator.close());
  await send(emulator.url, "POST", "/_emulator/seed", "", { connectors: 0, deployments: 2 });
  const upstreamToken = await emulatorToken(emulator.url, SEED);
  const upstream = (key: string): Promise<Json> => send(emulator.url, "GET", `/${PROJECT}/deployments/key=${key}`, upstreamToken);
  const token = tokenFor(`manage_project:${PROJECT}`);
  const options = { env: environmentOf(), databaseUrl, upstream: emulator.url };
  const fleet = await Promise.all(Array.from({ length: replicas }, () => createReplica(options)));
  t.teardown(() => Promise.all(fleet.map((each) => each.close())));
  await Promise.all(fleet.map((each) => each.start(WHOLE_MS)));
  const alive = (): readonly string[] => fleet.map((each) => each.url()).filter((url) => url !== "");

  let heard = Promise.withResolvers<void>();
  const hear = (): void => {
    heard.resolve();
    heard = Promise.withResolvers();
  };
  const receiver = await startReceiver(t);
  receiver.answer((response) => {
    hear();
    // Whoever sent it: the point is reached when one of them dies.
    if (fleet.map((each) => each.notice("delivery arrived")).every(Boolean)) response.writeHead(204).end();
    else response.destroy();
  });
  const find = (): string | undefined => alive()[Math.floor(random() * alive().length)];
  await send(alive()[0] ?? "", "POST", "/v1/webhooks", token, { url: receiver.url });
  // The first look is a baseline: changes count from the moment when it is over.
  while (!rows(await send(emulator.url, "GET", "/_emulator/journal", ""), "results").some((each) => each["path"] === "/connectors/drafts"));
  const followers = startFollowers({ find, token, heard: hear });
  t.teardown(() => followers.forEach((each) => each.stop()));

  const points = Object.entries(databaseUrl.startsWith("sqlite:") ? SQLITE : POSTGRES);
  const hits: Record<string, number> = Object.fromEntries(points.map(([name]) => [name, 0]));
  for (let cycle = 0; cycle < cycles; cycle++) {
    progress?.(cycle);
    const [name = "", moments = []] = points[cycle % points.length] ?? [];
    const key = KEYS[cycle % KEYS.length] ?? "";
    const sprung = Promise.race(fleet.map(async (each) => (await each.trap(moments), each)));
    const { version } = await upstream(key);
    await send(emulator.url, "POST", `/${PROJECT}/deployments/key=${key}`, upstreamToken, { version, actions: [{ action: "redeploy" }] });
    const victim = await Promise.race([sprung, after(moments.length === 0 ? random() * 300 : PATIENCE_MS)]);
    if (victim !== "over" || moments.length === 0) hits[name] = (hits[name] ?? 0) + 1;
    for (const each of fleet) each.trap([]).catch(() => undefined);
    const killed = victim === "over" ? (fleet[cycle % replicas] as Replica) : victim;
    await killed.kill();
    await killed.start(random() < 0.3 ? random() * 600 : WHOLE_MS);
  }
  for (const each of fleet) {
    await each.kill();
    await each.start(WHOLE_MS);
  }

  const journals = (): readonly Journal[] => [
    ...followers,
    {
      name: "receiver",
      told: receiver.delivered.map(({ headers, body }) => ({ id: String(headers["webhook-id"]), body, cursor: undefined })),
    },
  ];
  const deadline = after(90_000);
  for (;;) {
    const events = await readLog(alive()[0] ?? "", token);
    const told = journals().map((each) => new Set(each.told.map(({ id }) => id)));
    const settled = await Promise.all(KEYS.map(async (key) => isTold(events, key, await upstream(key))));
    const all = events.length > 0 && events.every((event) => told.every((ids) => ids.has(String(event["id"]))));
    if (all && settled.every(Boolean))
      return { events, hits, faults: [...faultsOfLog(events), ...journals().flatMap((each) => faultsOfJournal(events, each))] };
    const next = heard.promise;
    if (
      (await Promise.race([next, deadline, after(1_000)])) === "over" &&
      (await Promise.race([deadline, after(0).then(() => "on")])) === "over"
    )
      return {
        events,
        hits,
        faults: ["the log or a channel never caught up", ...journals().flatMap((each) => faultsOfJournal(events, each))],
      };
  }
}

/** Whether the last event of a deployment tells what upstream has, and it is at rest. */
function isTold(events: readonly Json[], key: string, { status }: Json): boolean {
  const last = events.findLast((event) => at(event, "data.resource.key") === key);
  const current = at(last, "data.current");
  return status === "Deployed" && (current === status || typeof current === "number");
}

async function readLog(url: string, token: string): Promise<readonly Json[]> {
  const events: Json[] = [];
  for (let cursor = "0"; ;) {
    const page = await send(url, "GET", `/v1/events?limit=500&after=${cursor}`, token);
    const found = rows(page, "events");
    events.push(...found);
    if (found.length === 0) return events;
    cursor = String(page["next"]);
  }
}
