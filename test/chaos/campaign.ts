import { spawn } from "node:child_process";
import { once } from "node:events";
import { createEmulator, SEED } from "../../src/emulator/index.ts";
import type { Test } from "tap";
import { emulatorToken, type Json, PROJECT, read, rows } from "../helpers/gateway.ts";
import { environment } from "../helpers/command.ts";
import { startReceiver } from "../helpers/receiver.ts";
import { JWT_SECRET, tokenFor } from "../helpers/token.ts";

export type CampaignOptions = {
  readonly databaseUrl: string;
  readonly cycles: number;
  /** Processes that run at once and are killed in turn. */
  readonly replicas: number;
  readonly random: () => number;
  readonly progress?: (cycle: number) => void;
};

/** What a campaign found. */
export type Report = { readonly events: readonly Json[]; readonly faults: readonly string[] };

type Process = { readonly url: string; kill(): Promise<void> };

const TIMINGS = { previewMs: 50, processingMs: 50, reviewQueueMs: 50, reviewMs: 50, deployMs: 120, undeployMs: 50 };
const KEYS = ["demo-shipping-deployment", "seeded-deployment-0", "seeded-deployment-1"];

/** Starts the gateway as a process of its own, waits at most `patienceMs` for it to be ready, and gives a way to kill it like a power cut. */
async function startProcess(env: Record<string, string>, patienceMs: number): Promise<Process> {
  const child = spawn("node", ["src/main.ts"], { env: environment(env), stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  let output = "";
  const ready = new Promise<void>((resolve) => {
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (/OpenAPI {5}http/.test(output)) resolve();
    });
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (output += text));
  await Promise.race([ready, ended, new Promise((resolve) => void setTimeout(resolve, patienceMs).unref())]);
  return {
    url: /GraphQL {5}(http:\S+)\/graphql/.exec(output)?.[1] ?? "",
    kill: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

/** Kills gateways at random instants while deployments change, and checks what the log and a receiver have in the end. */
export async function campaign(t: Test, { databaseUrl, cycles, replicas, random, progress }: CampaignOptions): Promise<Report> {
  const emulator = await createEmulator({ timings: TIMINGS });
  t.teardown(() => emulator.close());
  const receiver = await startReceiver(t);
  const send = async (url: string, method: string, path: string, token: string, body?: object) =>
    read(
      await fetch(url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  await send(emulator.url, "POST", "/_emulator/seed", "", { connectors: 0, deployments: 2 });
  const upstreamToken = await emulatorToken(emulator.url, SEED);
  const token = tokenFor(`manage_project:${PROJECT}`);
  const env = {
    PORT: "0",
    LOG_LEVEL: "error",
    JWT_SECRET,
    CTP_REGION: SEED.region,
    CTP_PROJECT_KEY: PROJECT,
    CTP_CLIENT_ID: SEED.clientId,
    CTP_CLIENT_SECRET: SEED.clientSecret,
    CTP_AUTH_URL: emulator.url,
    CTP_CONNECT_URL: emulator.url,
    DATABASE_URL: databaseUrl,
    WATCH_INTERVAL_MS: "40",
    WATCH_HOT_INTERVAL_MS: "20",
    WEBHOOK_ALLOW: "127.0.0.1",
    WEBHOOK_SECRET: "chaos-webhook-key-of-more-than-32-bytes",
  };
  const whole = 60_000;
  const fleet = await Promise.all(Array.from({ length: replicas }, () => startProcess(env, whole)));
  t.teardown(() => Promise.all(fleet.map((each) => each.kill())));
  const first = fleet[0]?.url ?? "";
  await send(first, "POST", "/v1/webhooks", token, { url: receiver.url });
  // The first look is a baseline: changes count from the moment when it is over.
  for (let journal = ""; !journal.includes("/connectors/drafts");)
    journal = (await send(emulator.url, "GET", "/_emulator/journal", "")).text;

  for (let cycle = 0; cycle < cycles; cycle++) {
    progress?.(cycle);
    const key = KEYS[cycle % KEYS.length] ?? "";
    const path = `/${PROJECT}/deployments/key=${key}`;
    const { body } = await send(emulator.url, "GET", path, upstreamToken);
    await send(emulator.url, "POST", path, upstreamToken, { version: body["version"], actions: [{ action: "redeploy" }] });
    const victim = cycle % replicas;
    await new Promise((resolve) => void setTimeout(resolve, random() * 300));
    await fleet[victim]?.kill();
    fleet[victim] = await startProcess(env, random() < 0.3 ? random() * 600 : whole);
  }
  for (const [at, each] of fleet.entries()) {
    await each.kill();
    fleet[at] = await startProcess(env, whole);
  }
  return check(
    fleet[0]?.url ?? "",
    receiver.delivered,
    (url) => send(url, "GET", "/v1/events?limit=500", token),
    async (key) => (await send(emulator.url, "GET", `/${PROJECT}/deployments/key=${key}`, upstreamToken)).body,
  );
}

type Delivered = readonly { readonly body: string; readonly headers: Readonly<Record<string, unknown>> }[];

/** Waits until the log has caught up with upstream and the receiver with the log, and looks for what is lost, reordered, or twice with other bytes. */
async function check(
  url: string,
  delivered: Delivered,
  log: (url: string) => Promise<{ body: Json }>,
  upstream: (key: string) => Promise<Json>,
): Promise<Report> {
  const faults: string[] = [];
  let events: readonly Json[] = [];
  const lastOf = (key: string): unknown =>
    events.findLast((event) => Reflect.get(Object(Reflect.get(Object(event["data"]), "resource")), "key") === key);
  const caughtUp = async (): Promise<boolean> => {
    events = rows((await log(url)).body, "events");
    const got = new Set(delivered.map((each) => each.headers["webhook-id"]));
    const states = await Promise.all(
      KEYS.map(async (key) => ({
        is: (await upstream(key))["status"],
        told: Reflect.get(Object(Reflect.get(Object(lastOf(key)), "data")), "current"),
      })),
    );
    return (
      events.length > 0 &&
      events.every((event) => got.has(event["id"])) &&
      states.every(({ is, told }) => is === "Deployed" && (told === is || typeof told === "number"))
    );
  };
  const deadline = Date.now() + 90_000;
  while (!(await caughtUp())) if (Date.now() > deadline) return { events, faults: ["the log or the receiver never caught up"] };

  for (const key of KEYS) {
    const own = events.filter((event) => (lastOf(key), Reflect.get(Object(Reflect.get(Object(event["data"]), "resource")), "key") === key));
    const moves = own.filter((event) => event["type"] === "deployment.status_changed").map((event) => event["data"] as Json);
    for (const [at, move] of moves.entries())
      if (at > 0 && move["previous"] !== moves[at - 1]?.["current"])
        faults.push(`${key}: ${String(move["previous"])} does not follow ${String(moves[at - 1]?.["current"])}`);
    const versions = own.map((event) => Number((event["data"] as Json)["resourceVersion"]));
    if (versions.some((version, at) => at > 0 && version < (versions[at - 1] ?? 0))) faults.push(`${key}: versions fall in the log`);
    const ids = own.map((event) => event["id"]);
    const arrived = [...new Set(delivered.map((each) => each.headers["webhook-id"]))].filter((id) => ids.includes(id));
    if (JSON.stringify(arrived) !== JSON.stringify(ids)) faults.push(`${key}: deliveries came in another order than the events`);
  }
  const bodies = new Map<unknown, string>();
  for (const { headers, body } of delivered) {
    const held = bodies.get(headers["webhook-id"]);
    if (held !== undefined && held !== body) faults.push(`${String(headers["webhook-id"])} came twice with other bytes`);
    bodies.set(headers["webhook-id"], body);
  }
  if (new Set(events.map((event) => event["id"])).size !== events.length) faults.push("an event is in the log twice");
  return { events, faults };
}
