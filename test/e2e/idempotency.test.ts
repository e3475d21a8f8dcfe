import { join } from "node:path";
import { type Test, test } from "tap";
import { createReplica } from "../chaos/fleet.ts";
import { environmentOf } from "../chaos/campaign.ts";
import {
  type Answer,
  at,
  type Json,
  MIRROR,
  PROJECT,
  read,
  rows,
  startBoth,
  startTestEmulator,
  startTestGateway,
} from "../helpers/gateway.ts";
import { noPostgres, startPostgres } from "../helpers/postgres.ts";
import { tokenFor } from "../helpers/token.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const DEMO = `${DEPLOYMENTS}/key=demo-shipping-deployment`;
const CANARY = "idempotent-canary";
const draft = {
  connector: { key: "demo-shipping-connector" },
  region: "europe-west1.gcp",
  type: "sandbox",
  configurations: [
    { applicationName: "labels", securedConfiguration: [{ key: "CARRIER_API_KEY", value: CANARY }] },
    { applicationName: "order-events" },
    { applicationName: "tracking-sync" },
    {
      applicationName: "shipping-settings",
      standardConfiguration: [
        { key: "CUSTOM_APPLICATION_ID", value: "app" },
        { key: "ENTRY_POINT_URI_PATH", value: "path" },
      ],
    },
    { applicationName: "label-assets" },
  ],
  globalConfiguration: { standardConfiguration: [{ key: "CLOUD_IDENTIFIER", value: "gcp-eu" }] },
};
const keyed = (key: string) => ({ headers: { "idempotency-key": key } });
type Both = Awaited<ReturnType<typeof startBoth>>;
const posts = async ({ emulator }: Pick<Both, "emulator">): Promise<number> =>
  (await emulator.journal()).filter(({ method, path }) => method === "POST" && path !== "/oauth/token").length;
const codeOf = ({ status, body }: Answer): unknown[] => [status, at(body, "errors.0.code")];
const total = async ({ emulator }: Pick<Both, "emulator">): Promise<unknown> =>
  (await emulator.api("GET", `/${PROJECT}/deployments`)).body["total"];

test("a request that comes again under its key is answered as the first time", async (t) => {
  const both = await startBoth(t);
  const { rest, graphql } = both.gateway;
  const first = await rest("POST", DEPLOYMENTS, draft, keyed("one"));
  t.match([first.status, first.headers.get("idempotency-replayed")], [201, null]);
  const again = await rest("POST", DEPLOYMENTS, draft, keyed("one"));
  t.match([again.status, again.text, again.headers.get("idempotency-replayed")], [201, first.text, "true"]);
  t.equal(again.headers.get("etag"), first.headers.get("etag"));
  t.match(first.body["key"], /^gateway-[0-9a-f]{40}$/, "it was given a key, by which it would have been found");
  t.same(codeOf(await rest("POST", DEPLOYMENTS, { ...draft, type: "preview" }, keyed("one"))), [422, "IdempotencyKeyReused"]);
  const other = structuredClone(draft);
  const [secured] = other.configurations[0]?.securedConfiguration ?? [];
  if (secured !== undefined) secured.value = "another";
  t.same(codeOf(await rest("POST", DEPLOYMENTS, other, keyed("one"))), [422, "IdempotencyKeyReused"], "a secured value counts");
  const somebody = { ...keyed("one"), token: tokenFor(`manage_project:${PROJECT}`, "somebody-else") };
  t.equal((await rest("POST", DEPLOYMENTS, draft, somebody)).headers.get("idempotency-replayed"), null, "a key is its caller's own");
  t.equal(await posts(both), 2);
  t.equal(await total(both), 3);

  const redeploy = { version: 1, actions: [{ action: "redeploy" }] };
  const refused = [await rest("POST", DEMO, redeploy, keyed("two")), await rest("POST", DEMO, redeploy, keyed("two"))];
  t.same(refused.map(codeOf), [
    [409, "ConcurrentModification"],
    [409, "ConcurrentModification"],
  ]);
  t.equal(refused[1]?.headers.get("idempotency-replayed"), "true", "what upstream refused stays refused");
  t.equal(await posts(both), 3);
  for (const key of ["", "a b", "x".repeat(256), "é"])
    t.equal((await rest("POST", DEPLOYMENTS, draft, keyed(key)).catch(() => ({ status: 400 }))).status, 400, JSON.stringify(key));

  const mutation =
    "mutation($draft: DeploymentDraft!) { createDeployment(draft: $draft) { id applications { securedConfiguration { value } } } }";
  const fields = [await graphql(mutation, { draft }, keyed("three")), await graphql(mutation, { draft }, keyed("three"))];
  t.equal(fields[0]?.text, fields[1]?.text);
  t.same(
    fields.map(({ headers }) => headers.get("idempotency-replayed")),
    [null, "true"],
  );
  t.equal(await posts(both), 4);
  t.notMatch([first.text, again.text, both.gateway.log()].join(""), CANARY);
});

test("one key is for all mutations of a document, each of which is done once", async (t) => {
  const both = await startBoth(t);
  const two = "mutation($draft: DeploymentDraft!) { a: createDeployment(draft: $draft) { id } b: createDeployment(draft: $draft) { id } }";
  const { key: _key, ...unnamed } = draft as typeof draft & { key?: string };
  const answers = [];
  for (let n = 0; n < 2; n++) answers.push(await both.gateway.graphql(two, { draft: unnamed }, keyed("both")));
  t.equal(answers[0]?.text, answers[1]?.text);
  t.same(
    answers.map(({ headers }) => headers.get("idempotency-replayed")),
    [null, "true"],
  );
  t.not(at(answers[0]?.body, "data.a.id"), at(answers[0]?.body, "data.b.id"));
  t.equal(await posts(both), 2);
});

test("fifty at once under one key are one request", async (t) => {
  const both = await startBoth(t);
  const answers = await Promise.all(Array.from({ length: 50 }, () => both.gateway.rest("POST", DEPLOYMENTS, draft, keyed("at-once"))));
  t.equal(await posts(both), 1);
  t.ok(answers.every(({ status }) => status === 201 || status === 409));
  const waiting = answers.find(({ status }) => status === 409);
  if (waiting !== undefined) t.match([...codeOf(waiting), waiting.headers.get("retry-after")], [409, "IdempotencyKeyInUse", "1"]);
  t.equal((await both.gateway.rest("POST", DEPLOYMENTS, draft, keyed("at-once"))).status, 201);
  t.equal(await posts(both), 1);
});

test("failures of the moment are not remembered", async (t) => {
  const both = await startBoth(t);
  const { rest } = both.gateway;
  await both.emulator.control("POST", "faults", { kind: "status", status: 429, match: { method: "POST", path: "/deployments" } });
  t.same(codeOf(await rest("POST", DEPLOYMENTS, draft, keyed("later"))), [503, "UpstreamThrottled"]);
  const denied = { ...keyed("later"), token: tokenFor(`view_connectors_deployments:${PROJECT}`) };
  t.same(codeOf(await rest("POST", DEPLOYMENTS, draft, denied)), [403, "AuthorizationError"]);
  const done = await rest("POST", DEPLOYMENTS, draft, keyed("later"));
  t.match([done.status, done.headers.get("idempotency-replayed")], [201, null]);
});

test("a write whose answer is lost is found by reading back, and never sent again", async (t) => {
  const both = await startBoth(t);
  const { rest } = both.gateway;
  const lose = async (method: string, kind = "lost"): Promise<void> => {
    await both.emulator.control("DELETE", "journal");
    await both.emulator.control("POST", "faults", { kind, match: { method, path: "^/(my-|connectors|[a-z-]+/deployments)" } });
  };
  const writes = async (method: string): Promise<number> =>
    (await both.emulator.journal()).filter((entry) => entry["method"] === method).length;
  await rest("GET", DEPLOYMENTS);
  for (const kind of ["lost", "after-commit"]) {
    await lose("POST", kind);
    const created = await rest("POST", DEPLOYMENTS, { ...draft, key: `with-key-${kind}` });
    t.match([created.status, created.body["key"]], [201, `with-key-${kind}`], `create, ${kind}`);
    t.equal(await writes("POST"), 1);
  }
  await lose("POST");
  const nameless = await rest("POST", DEPLOYMENTS, draft);
  t.same(codeOf(nameless), [504, "UpstreamOutcomeUnknown"], "without any key nobody can look");
  t.equal(await writes("POST"), 1);
  await lose("POST");
  const named = await rest("POST", DEPLOYMENTS, draft, keyed("lost-one"));
  t.equal(named.status, 201, "an Idempotency-Key is enough");
  t.equal((await rest("POST", DEPLOYMENTS, draft, keyed("lost-one"))).text, named.text);
  t.equal(await writes("POST"), 1);

  const version = (await rest("GET", DEMO)).body["version"];
  await lose("POST");
  const redeployed = await rest("POST", DEMO, { version, actions: [{ action: "redeploy" }] });
  t.match([redeployed.status, redeployed.body["status"]], [201, /Queued|Deploying/]);
  t.equal(await writes("POST"), 1);

  await both.emulator.control("POST", "seed", { connectors: 0, deployments: 1 });
  await lose("DELETE");
  const gone = await rest("DELETE", `${DEPLOYMENTS}/key=seeded-deployment-0`);
  t.match([gone.status, gone.body["status"]], [202, "Undeploying"]);
  t.equal(await writes("DELETE"), 1);

  const connector = {
    key: "lost-draft",
    name: "n",
    creator: { email: "a@b.example" },
    repository: { url: "https://github.com/example/connect-shipping-labels.git", tag: "v2.3.0" },
  };
  await lose("POST");
  const staged = await rest("POST", `${MIRROR}/connectors/drafts`, connector);
  t.match([staged.status, staged.body["key"]], [201, "lost-draft"]);
  await lose("POST");
  const update = { version: staged.body["version"], actions: [{ action: "setName", name: "other" }, { action: "updatePreviewable" }] };
  t.match((await rest("POST", `${MIRROR}/connectors/drafts/key=lost-draft`, update)).body, { name: "other", isPreviewable: "pending" });
  await both.emulator.control("POST", "faults", { kind: "reset", match: { method: "POST", path: "drafts" } });
  const never = await rest("POST", `${MIRROR}/connectors/drafts/key=lost-draft`, { actions: [{ action: "setName", name: "never" }] });
  t.same(codeOf(never), [504, "UpstreamOutcomeUnknown"], "no effect to be seen: it may still come");
  await lose("DELETE");
  const away = await rest("DELETE", `${MIRROR}/connectors/drafts/key=lost-draft`);
  t.match([away.status, away.body["key"]], [200, "lost-draft"], "gone, as it was asked for");
});

test("an unknown fate is settled by the next request with the key", async (t) => {
  const both = await startBoth(t);
  const { rest } = both.gateway;
  await rest("GET", DEPLOYMENTS);
  await both.emulator.control("POST", "faults", { kind: "lost", match: { method: "POST", path: "/deployments" } });
  await both.emulator.control("POST", "faults", {
    kind: "status",
    status: 500,
    times: 3,
    match: { method: "GET", path: "/deployments/key=" },
  });
  t.same(codeOf(await rest("POST", DEPLOYMENTS, draft, keyed("unknown"))), [504, "UpstreamOutcomeUnknown"], "reading back failed as well");
  const settled = await rest("POST", DEPLOYMENTS, draft, keyed("unknown"));
  t.match([settled.status, settled.body["status"]], [201, /Queued|Deploying|Deployed/]);
  t.equal(await posts(both), 1);
});

test("a page that somebody on the way answers with is no word of Connect's that nothing was done", async (t) => {
  const both = await startBoth(t);
  const { rest } = both.gateway;
  const page = (status: number) =>
    both.emulator.control("POST", "faults", {
      kind: "after-commit",
      status,
      body: "<html>no</html>",
      match: { method: "POST", path: "/deployments" },
    });
  for (const status of [401, 403, 404, 429]) {
    await page(status);
    t.equal((await rest("POST", DEPLOYMENTS, draft, keyed(`looked-up-${status}`))).status, 201, `${status}: looked up`);
  }
  await both.emulator.control("POST", "faults", {
    kind: "html",
    status: 500,
    times: 3,
    match: { method: "GET", path: "/deployments/key=" },
  });
  await page(429);
  t.same(codeOf(await rest("POST", DEPLOYMENTS, draft, keyed("page-429"))), [504, "UpstreamOutcomeUnknown"]);
  let { status } = await rest("POST", DEPLOYMENTS, draft, keyed("page-429"));
  // Who names no time asks to wait for a second.
  while (status === 503) ({ status } = await rest("POST", DEPLOYMENTS, draft, keyed("page-429")));
  t.equal(status, 201, "looked up before it would be sent again");
  t.equal(await posts(both), 5);
  t.equal(await total(both), 6, "one was there, and each was made once");
});

test("pages of 404 from somebody who has lost Connect prove nothing", async (t) => {
  const both = await startBoth(t);
  const { rest } = both.gateway;
  await both.emulator.control("POST", "seed", { connectors: 0, deployments: 1 });
  const [one, other] = [DEMO, `${DEPLOYMENTS}/key=seeded-deployment-0`];
  const redeploy = { version: (await rest("GET", other)).body["version"], actions: [{ action: "redeploy" }] };
  const pages = (match: object) => both.emulator.control("POST", "faults", { kind: "html", status: 404, times: 1_000, match });
  const well = () => both.emulator.control("DELETE", "faults");

  await pages({ path: "/deployments" });
  t.same(codeOf(await rest("DELETE", one)), [504, "UpstreamOutcomeUnknown"], "what cannot be seen may still be there");
  t.same(codeOf(await rest("POST", one, { actions: redeploy.actions }, keyed("begun-in-pages"))), [502, "UpstreamBadResponse"]);
  await well();
  t.equal((await rest("GET", one)).body["status"], "Deployed");
  const begun = await rest("POST", one, { actions: redeploy.actions }, keyed("begun-in-pages"));
  t.match([begun.status, begun.headers.get("idempotency-replayed")], [201, null], "that was no refusal to be kept");

  const before = await posts(both);
  await both.emulator.control("POST", "faults", { kind: "lost", match: { method: "POST", path: "/deployments" } });
  await pages({ method: "GET", path: "/deployments" });
  t.same(codeOf(await rest("POST", other, redeploy, keyed("done-in-pages"))), [504, "UpstreamOutcomeUnknown"], "nobody could look");
  await well();
  const found = await rest("POST", other, redeploy, keyed("done-in-pages"));
  t.match([found.status, found.headers.get("idempotency-replayed")], [201, "true"]);
  t.equal(await posts(both), before + 1, "redeployed once");
});

/** A gateway is killed while upstream works on its request, and started again. */
async function killed(t: Test, databaseUrl: string): Promise<void> {
  const emulator = await startTestEmulator(t);
  const replica = await createReplica({ env: { ...environmentOf(), WATCH_INTERVAL_MS: "0" }, databaseUrl, upstream: emulator.url });
  t.teardown(() => replica.close());
  await replica.start(60_000);
  const token = tokenFor(`manage_project:${PROJECT}`);
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": "killed" };
  const create = async (): Promise<Answer> =>
    read(await fetch(replica.url() + DEPLOYMENTS, { method: "POST", headers, body: JSON.stringify(draft) }));
  await emulator.control("POST", "faults", { kind: "slow", delayMs: 200, match: { method: "POST", path: "/deployments" } });
  const first = create().catch(() => undefined);
  while (rows((await emulator.control("GET", "faults")).body, "results").length > 0);
  await replica.kill();
  await first;
  while ((await total({ emulator })) !== 2);
  await replica.start(60_000);
  let second: Answer;
  do second = await create();
  while (second.status === 409);
  t.equal(second.status, 201);
  t.equal(await total({ emulator }), 2, "deployed once");
  const upstream = (await emulator.journal()).filter((entry: Json) => entry["method"] === "POST" && entry["path"] !== "/oauth/token");
  t.equal(upstream.length, 1);
}

test("killed between the claim and the outcome, on SQLite", async (t) => killed(t, `sqlite:${join(t.testdir(), "gateway.db")}`));

test("two replicas on one PostgreSQL", { skip: noPostgres }, async (t) => {
  const url = await startPostgres(t);
  const emulator = await startTestEmulator(t);
  const env = { DATABASE_URL: url, WEBHOOK_SECRET: "one-key-for-all-of-more-than-32-bytes" };
  const gateways = [await startTestGateway(t, { upstream: emulator.url, env }), await startTestGateway(t, { upstream: emulator.url, env })];
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => gateways[n % 2]?.rest("POST", DEPLOYMENTS, draft, keyed("shared"))),
  );
  t.ok(answers.every((answer) => answer?.status === 201 || answer?.status === 409));
  t.equal(await total({ emulator }), 2);
  const last = await Promise.all(gateways.map(({ rest }) => rest("POST", DEPLOYMENTS, draft, keyed("shared"))));
  t.same(
    last.map(({ status, headers }) => [status, headers.get("idempotency-replayed")]),
    [
      [201, "true"],
      [201, "true"],
    ],
  );
  t.equal(last[0]?.text, last[1]?.text);
});
