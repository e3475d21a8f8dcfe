import { type Test, test } from "tap";
import { MIRROR, PROJECT, rows, startBoth } from "../helpers/gateway.ts";
import { noPostgres, startPostgres } from "../helpers/postgres.ts";
import { startReceiver } from "../helpers/receiver.ts";
import { connectorDraft } from "../helpers/tutorial.ts";

const FAST = { WATCH_INTERVAL_MS: "50", WATCH_HOT_INTERVAL_MS: "20", WEBHOOK_ALLOW: "127.0.0.1" };
const DEMO = `${MIRROR}/${PROJECT}/deployments/key=demo-shipping-deployment`;

/** Ten endpoints that never answer and are owed much, ninety that do, all at one origin. */
async function hungAndGood(t: Test, env: Readonly<Record<string, string>>): Promise<void> {
  const receiver = await startReceiver(t);
  const { emulator, gateway } = await startBoth(t, {}, { ...FAST, ...env });
  const { rest } = gateway;
  while (!(await emulator.journal()).some((entry) => entry["path"] === "/connectors/drafts"));
  const origin = `http://127.0.0.1:${receiver.port}`;
  receiver.answer((response, { path }) => (path.startsWith("/hung") ? undefined : void response.writeHead(204).end()));
  for (let n = 0; n < 10; n++) await rest("POST", "/v1/webhooks", { url: `${origin}/hung/${n}`, types: ["connector_staged.*"] });
  for (let n = 0; n < 90; n++) await rest("POST", "/v1/webhooks", { url: `${origin}/good/${n}`, types: ["deployment.*"] });
  t.match(
    (await rest("POST", "/v1/webhooks", { url: origin })).body,
    { errors: [{ code: "LimitExceeded" }] },
    "a project may have a hundred",
  );
  for (let n = 0; n < 20; n++) await rest("POST", `${MIRROR}/connectors/drafts`, { ...connectorDraft, key: `draft-${n}` });
  await receiver.arrived(40);
  t.ok(
    receiver.delivered.every(({ path }) => path.startsWith("/hung")),
    "four places of each are taken",
  );
  await rest("POST", DEMO, { actions: [{ action: "redeploy" }] });
  await receiver.arrived(130);
  const arrived = Date.now();
  const good = receiver.delivered.filter(({ path }) => path.startsWith("/good"));
  t.equal(new Set(good.map(({ path }) => path)).size, 90);
  const { timestamp } = JSON.parse(good[0]?.body ?? "") as { timestamp: string };
  t.ok(arrived - Date.parse(timestamp) < 2_000, `${arrived - Date.parse(timestamp)} ms from the change to the last of them`);
  // What hangs is let go, else the gateway waits for it when it stops.
  receiver.answer((response) => void response.writeHead(204).end());
  receiver.hangUp();
}

test("those that hang keep nobody waiting, SQLite", (t) => hungAndGood(t, { DATABASE_URL: `sqlite:${t.testdir()}/gateway.db` }));

test("those that hang keep nobody waiting, PostgreSQL", { skip: noPostgres }, async (t) => {
  await hungAndGood(t, { DATABASE_URL: await startPostgres(t), WEBHOOK_SECRET: "w".repeat(32) });
});

test("a receiver that asks to be left alone is, for everything that it is owed", async (t) => {
  const receiver = await startReceiver(t);
  const { gateway } = await startBoth(t, {}, { WEBHOOK_ALLOW: "127.0.0.1" });
  const { rest } = gateway;
  const make = async () => String((await rest("POST", "/v1/webhooks", { url: receiver.url })).body["id"]);
  const [busy, other] = [await make(), await make()];
  const deliveries = async () => rows((await rest("GET", `/v1/webhooks/${busy}/deliveries`)).body, "results");
  receiver.answer((response) => void response.writeHead(429, { "retry-after": "3600" }).end());
  await rest("POST", `/v1/webhooks/${busy}/test`);
  while ((await deliveries())[0]?.["attempts"] !== 1);
  receiver.answer((response) => void response.writeHead(204).end());
  await rest("POST", `/v1/webhooks/${busy}/test`);
  await rest("POST", `/v1/webhooks/${other}/test`);
  await receiver.arrived(2);
  await rest("POST", `/v1/webhooks/${other}/test`);
  await receiver.arrived(3);
  const waiting = await deliveries();
  t.match(waiting, [
    { attempts: 0, state: "pending" },
    { attempts: 1, lastStatus: 429, state: "pending" },
  ]);
  t.ok(waiting.every((each) => Date.parse(String(each["nextAttempt"])) > Date.now() + 3_000_000));
  await rest("POST", `/v1/webhooks/${busy}/resume`);
  await receiver.arrived(5);
  while ((await deliveries()).some((each) => each["state"] !== "succeeded"));
  t.pass("resumed by hand, it gets everything at once");
});

test("the list of deliveries has pages, and every test event in its place", async (t) => {
  const receiver = await startReceiver(t);
  const { gateway } = await startBoth(t, {}, { WEBHOOK_ALLOW: "127.0.0.1" });
  const { rest, graphql } = gateway;
  const id = String((await rest("POST", "/v1/webhooks", { url: receiver.url })).body["id"]);
  const path = `/v1/webhooks/${id}/deliveries`;
  const tests: string[] = [];
  for (let n = 0; n < 5; n++) tests.unshift(String((await rest("POST", `/v1/webhooks/${id}/test`)).body["eventId"]));
  await receiver.arrived(5);
  const seen: unknown[] = [];
  let next = "";
  do {
    const { body } = await rest("GET", `${path}?limit=2${next}`);
    seen.push(...rows(body, "results").map((each) => each["eventId"]));
    next = typeof body["next"] === "string" ? `&before=${body["next"]}` : "";
  } while (next !== "");
  t.same(seen, tests, "the newest first");
  const list = async (more: string) =>
    rows((await graphql(`{ webhookDeliveries(id: "${id}", limit: 2${more}) { eventId cursor } }`)).body, "data.webhookDeliveries");
  const first = await list("");
  const second = await list(`, before: "${String(first[1]?.["cursor"])}"`);
  t.same(
    [...first, ...second].map((each) => each["eventId"]),
    tests.slice(0, 4),
  );
  t.equal((await rest("GET", `${path}?before=x`)).status, 400);
  const replayed = await rest("POST", `/v1/webhooks/${id}/replay`, { eventId: tests[4] });
  t.match([replayed.status, replayed.body], [202, { replayed: 1 }], "what stands in no log can be sent again");
  await receiver.arrived(6);
  t.equal(receiver.delivered[5]?.headers["webhook-id"], tests[4]);
});
