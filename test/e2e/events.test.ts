import { join } from "node:path";
import { test } from "tap";
import {
  at,
  type Json,
  MIRROR,
  PROJECT,
  REGION,
  rows,
  startBoth,
  startTestEmulator,
  startTestGateway,
  type TestGateway,
  WEBHOOK_SECRET,
} from "../helpers/gateway.ts";
import { noPostgres, startPostgres } from "../helpers/postgres.ts";
import { CANARY, connectorDraft, DEPLOYMENT_KEY, deploymentDraft, DRAFT_KEY } from "../helpers/tutorial.ts";
import { signToken, tokenFor } from "../helpers/token.ts";

const FAST = { WATCH_INTERVAL_MS: "50", WATCH_HOT_INTERVAL_MS: "20" };
const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const DRAFT = `${MIRROR}/connectors/drafts/key=${DRAFT_KEY}`;
const ALL = `manage_project:${PROJECT}`;

/** Reads the log until an event fits. */
async function until(gateway: TestGateway, fits: (event: Json) => boolean, query = ""): Promise<readonly Json[]> {
  for (;;) {
    const events = rows((await gateway.rest("GET", `/v1/events?limit=500${query}`)).body, "events");
    if (events.some(fits)) return events;
    await new Promise(setImmediate);
  }
}
const is =
  (type: string, current?: unknown) =>
  (event: Json): boolean =>
    event["type"] === type && (current === undefined || at(event, "data.current") === current);

type Frame = { readonly id: string | undefined; readonly event: string | undefined; readonly data: Json };

/** Frames of a stream, as they come. */
async function* frames(
  gateway: TestGateway,
  query = "",
  headers: Record<string, string> = {},
  token = tokenFor(ALL),
): AsyncGenerator<Frame> {
  const response = await fetch(`${gateway.url}/v1/events${query}`, {
    headers: { accept: "text/event-stream", authorization: `Bearer ${token}`, ...headers },
  });
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString();
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = Object.fromEntries(
        text
          .slice(0, end)
          .split("\n")
          .map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
      text = text.slice(end + 2);
      if (lines["event"] !== undefined) yield { id: lines["id"], event: lines["event"], data: JSON.parse(lines["data"] ?? "{}") as Json };
    }
  }
}

test("what happens upstream becomes an event, whoever did it", async (t) => {
  const { emulator, gateway } = await startBoth(t, {}, FAST);
  const { rest } = gateway;
  t.same((await rest("GET", "/v1/events")).body, { events: [], next: "0" }, "the first look is a baseline, not news");
  while (!(await emulator.journal()).some((entry) => entry["path"] === "/connectors/drafts"));
  await rest("POST", `${MIRROR}/connectors/drafts`, connectorDraft);
  await until(gateway, is("connector_staged.created"));
  await emulator.api("POST", `/connectors/drafts/key=${DRAFT_KEY}`, { version: 1, actions: [{ action: "updatePreviewable" }] });
  await until(gateway, is("connector_staged.previewable_changed", "pending"));
  emulator.advance(2_000);
  await until(gateway, is("connector_staged.previewable_changed", "true"));
  await rest("POST", DEPLOYMENTS, deploymentDraft);
  await until(gateway, is("deployment.created"));
  emulator.advance(4_000);
  const events = await until(gateway, is("deployment.status_changed", "Deployed"));
  const deployed = events.find(is("deployment.status_changed", "Deployed"));
  t.match(deployed, {
    id: /^evt_[0-9a-f]{32}$/,
    data: {
      project: `${REGION}:${PROJECT}`,
      resource: { typeId: "deployment", key: DEPLOYMENT_KEY },
      resourceVersion: 11,
      previous: "Deploying",
      current: "Deployed",
      outcome: "succeeded",
      report: { errors: 0, warnings: 0 },
      connector: { version: 7 },
      applications: [{ applicationName: "event" }, { applicationName: "service", url: /^https:/ }],
    },
  });
  t.ok(String(at(deployed, "data.observed.notBefore")) <= String(at(deployed, "data.observed.notAfter")));
  await rest("POST", DRAFT, { actions: [{ action: "publish", certification: true }] });
  await until(gateway, is("connector_staged.status_changed", "Processing"));
  emulator.advance(4_000);
  await until(gateway, is("connector_staged.certification_comment_added", 1));
  await rest("DELETE", `${DEPLOYMENTS}/key=${DEPLOYMENT_KEY}`);
  await until(gateway, is("deployment.status_changed", "Undeploying"));
  emulator.advance(2_000);
  const all = await until(gateway, is("deployment.deleted"));
  t.match(all.find(is("deployment.deleted")), { data: { previous: "Undeploying", current: null, outcome: "succeeded" } });
  t.equal(new Set(all.map((event) => event["id"])).size, all.length, "no event twice");
  t.notMatch(JSON.stringify(all), new RegExp(`${CANARY}|CTP_|Configuration`), "no configuration at all");

  const first = await rest("GET", "/v1/events?limit=2");
  const second = await rest("GET", `/v1/events?limit=500&after=${String(first.body["next"])}`);
  t.same([...rows(first.body, "events"), ...rows(second.body, "events")], all, "pages join without a gap");
  t.same(rows((await rest("GET", "/v1/events?key=nobody")).body, "events"), []);
  const onlyDrafts = await rest("GET", "/v1/events?type=connector_staged.*", undefined, {
    token: tokenFor(`view_connectors_deployments:${PROJECT}`),
  });
  t.same(rows(onlyDrafts.body, "events"), [], "who may not read drafts does not read of them");
  t.same((await rest("GET", "/v1/events", undefined, { token: tokenFor("manage_project:other") })).body, { events: [], next: "0" });
  for (const query of ["after=x", "limit=0", "limit=501", "type=Nonsense", "project=nowhere"])
    t.match((await rest("GET", `/v1/events?${query}`)).status, /4\d\d/, query);
  const mistyped = await rest("GET", "/v1/events?type=deployment.status_change");
  t.match(mistyped.body, {
    errors: [
      { code: "InvalidQueryParam", message: /deployment\.created, .*webhook\.\*, watch\.\*; did you mean deployment\.status_changed\?/ },
    ],
  });
  for (const field of ['events(types: ["deployment.status_change"]) { next }', "events(types: []) { next }", 'events(key: "a b") { next }'])
    t.match((await gateway.graphql(`{ ${field} }`)).body, { errors: [{ extensions: { code: "InvalidQueryParam" } }] }, field);
});

test("a stream brings events as they happen, resumes where it was, and ends with the token or the gateway", async (t) => {
  const { emulator, gateway } = await startBoth(t, {}, FAST);
  const path = `${DEPLOYMENTS}/key=demo-shipping-deployment`;
  while (!(await emulator.journal()).some((entry) => entry["path"] === "/connectors/drafts"));
  const live = frames(gateway, "?type=deployment.status_changed");
  const next = live.next();
  await gateway.rest("POST", path, { actions: [{ action: "redeploy" }] });
  const { value: deploying } = (await next) as { value: Frame };
  t.match(deploying, { event: "deployment.status_changed", id: /^\d+$/, data: { data: { current: "Deploying" } } });
  await live.return(undefined);
  emulator.advance(4_000);
  await until(gateway, is("deployment.status_changed", "Deployed"));
  const resumed = frames(gateway, "", { "last-event-id": String(deploying.id) });
  t.match(((await resumed.next()) as { value: Frame }).value.data, { data: { current: "Deployed" } }, "what came meanwhile comes first");
  await resumed.return(undefined);
  const ahead = frames(gateway, "?after=999999");
  t.match(((await ahead.next()) as { value: Frame }).value, { event: "resync" }, "a cursor that this log never gave");
  await ahead.return(undefined);

  const now = Math.floor(Date.now() / 1_000);
  const short = frames(gateway, "", {}, signToken({ sub: "x", scope: ALL, iat: now, exp: now + 1 }));
  t.match(((await short.next()) as { value: Frame }).value.event, "end", "the token's end is the stream's end");
  const last = frames(gateway, "?after=0");
  const known = rows((await gateway.rest("GET", "/v1/events?limit=500")).body, "events");
  for (const event of known) t.same(((await last.next()) as { value: Frame }).value.data, event, "from the oldest on");
  const ending = last.next();
  await gateway.stop();
  t.match(((await ending) as { value: Frame }).value.event, "end", "and so is the gateway's");
});

test("the log outlives the process, and what changed meanwhile is found", async (t) => {
  const DATABASE_URL = `sqlite:${join(t.testdir(), "gateway.db")}`;
  const { emulator, gateway } = await startBoth(t, {}, { ...FAST, DATABASE_URL });
  while (!(await emulator.journal()).some((entry) => entry["path"] === "/connectors/drafts"));
  await gateway.rest("POST", `${MIRROR}/connectors/drafts`, connectorDraft);
  const [created] = await until(gateway, is("connector_staged.created"));
  await t.rejects(startTestGateway(t, { upstream: emulator.url, env: { DATABASE_URL } }), /in use by another process/);
  await gateway.stop();
  await emulator.api("DELETE", `/connectors/drafts/key=${DRAFT_KEY}`);
  const again = await startTestGateway(t, { upstream: emulator.url, env: { ...FAST, DATABASE_URL } });
  const events = await until(again, is("connector_staged.deleted"));
  t.same(events[0], created, "the same bytes as before");
  t.equal(events.length, 2);
});

test("what one process finds is old for every other", { skip: noPostgres }, async (t) => {
  const emulator = await startTestEmulator(t);
  const env = { DATABASE_URL: await startPostgres(t), WEBHOOK_SECRET, CACHE_TTL_MS: "600000" };
  await startTestGateway(t, { upstream: emulator.url, env: { ...env, ...FAST } });
  while (!(await emulator.journal()).some((entry) => entry["path"] === "/connectors/drafts"));
  const other = await startTestGateway(t, { upstream: emulator.url, env: { ...env, WATCH_INTERVAL_MS: "0" } });
  const events = frames(other, "?after=0");
  const demo = `${DEPLOYMENTS}/key=demo-shipping-deployment`;
  const before = await other.rest("GET", demo);
  await emulator.api("POST", `/${PROJECT}/deployments/key=demo-shipping-deployment`, {
    version: before.body["version"],
    actions: [{ action: "redeploy" }],
  });
  const told = await events.next();
  t.match((await other.rest("GET", demo)).body, { version: at(told.value, "data.data.resourceVersion") });
  await events.return(undefined);
});

test("an upstream that fails is told once, and its recovery too; a partial listing deletes nothing", async (t) => {
  const { emulator, gateway } = await startBoth(t, {}, FAST);
  while (!(await emulator.journal()).some((entry) => entry["path"] === "/connectors/drafts"));
  await emulator.control("POST", "faults", { kind: "status", status: 500, times: 9, match: { path: "/deployments" } });
  await until(gateway, is("watch.degraded"));
  const events = await until(gateway, is("watch.recovered"));
  t.same(
    events.map((event) => event["type"]),
    ["watch.degraded", "watch.recovered"],
  );
  await emulator.control("POST", "faults", {
    kind: "status",
    status: 200,
    times: 3,
    match: { path: "/deployments\\?" },
    body: { limit: 500, offset: 0, count: 0, total: 0, results: [] },
  });
  while (rows((await emulator.control("GET", "faults")).body, "results").length > 0);
  const after = await gateway.rest("GET", "/v1/events?limit=500");
  t.notOk(rows(after.body, "events").some(is("deployment.deleted")), "missing from a listing is no proof");
});

test("a look that fails just after a write does not end the frequent ones", async (t) => {
  const { gateway, emulator } = await startBoth(t, {}, { WATCH_INTERVAL_MS: "900000", WATCH_HOT_INTERVAL_MS: "20" });
  const looked = async () => (await emulator.journal()).some(({ path }) => path === "/connectors/drafts");
  while (!(await looked())) await new Promise(setImmediate);
  await emulator.control("POST", "faults", { kind: "status", status: 500, times: 6, match: { method: "GET", path: "/deployments\\?" } });
  t.equal((await gateway.rest("DELETE", `${MIRROR}/${PROJECT}/deployments/key=demo-shipping-deployment`)).status, 202);
  await until(gateway, is("deployment.status_changed", "Undeploying"));
  t.same(rows((await emulator.control("GET", "faults")).body, "results"), [], "two looks failed before");
});

test("10,000 deployments cost 21 calls a look", async (t) => {
  const emulator = await startTestEmulator(t);
  await emulator.control("POST", "seed", { connectors: 0, deployments: 9_999 });
  const gateway = await startTestGateway(t, { upstream: emulator.url, env: { WATCH_INTERVAL_MS: "900000" } });
  const calls = async () =>
    (await emulator.journal()).filter((entry) => entry["kind"] === "request" && !String(entry["path"]).startsWith("/oauth"));
  while ((await calls()).length < 21) await new Promise(setImmediate);
  const { body } = await gateway.rest("GET", "/readyz?verbose");
  t.match(body, {
    status: "ok",
    checks: [
      { name: "accepting-requests" },
      { name: "event-loop", status: "ok" },
      { name: "store", status: "ok" },
      { name: "watch", status: "ok" },
    ],
  });
  t.equal((await calls()).length, 21, "20 pages of deployments and one of staged connectors");
});
