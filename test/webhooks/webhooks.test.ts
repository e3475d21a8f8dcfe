import { join } from "node:path";
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";
import { test } from "tap";
import { verifyWebhook } from "../../src/webhooks/signature.ts";
import { at, type Json, MIRROR, PROJECT, REGION, rows, startBoth, startTestGateway, type TestGateway } from "../helpers/gateway.ts";
import { type Delivered, startReceiver } from "../helpers/receiver.ts";
import { CANARY, connectorDraft } from "../helpers/tutorial.ts";
import { tokenFor } from "../helpers/token.ts";

const FAST = { WATCH_INTERVAL_MS: "50", WATCH_HOT_INTERVAL_MS: "20", WEBHOOK_ALLOW: "127.0.0.1" };
const DEMO = `${MIRROR}/${PROJECT}/deployments/key=demo-shipping-deployment`;

const headersOf = ({ headers }: Delivered): Record<string, string> => ({
  "webhook-id": String(headers["webhook-id"]),
  "webhook-timestamp": String(headers["webhook-timestamp"]),
  "webhook-signature": String(headers["webhook-signature"]),
});

async function deliveriesUntil(gateway: TestGateway, id: string, fits: (row: Json) => boolean): Promise<Json> {
  for (;;) {
    const found = rows((await gateway.rest("GET", `/v1/webhooks/${id}/deliveries`)).body, "results").find(fits);
    if (found !== undefined) return found;
    await new Promise(setImmediate);
  }
}

test("a status change reaches a receiver, signed so that an independent library verifies it", async (t) => {
  const receiver = await startReceiver(t);
  const { emulator, gateway } = await startBoth(t, {}, FAST);
  const { rest } = gateway;
  while (!(await emulator.journal()).some((entry) => entry["path"] === "/connectors/drafts"));
  const made = await rest("POST", "/v1/webhooks", { url: receiver.url, types: ["deployment.*"], description: "Bot" });
  t.match(
    [made.status, made.body],
    [
      201,
      {
        id: /^wh_[0-9a-f]{32}$/,
        secret: /^whsec_[A-Za-z0-9+/]{43}=$/,
        status: "Healthy",
        projects: [`${REGION}:${PROJECT}`],
        types: ["deployment.*"],
      },
    ],
  );
  const [id, secret] = [String(made.body["id"]), String(made.body["secret"])];
  for (const shown of [await rest("GET", "/v1/webhooks"), await rest("GET", `/v1/webhooks/${id}`)])
    t.notMatch(shown.text, /secret|generation/, "the secret is shown once");

  await rest("POST", `${MIRROR}/connectors/drafts`, connectorDraft);
  await rest("POST", DEMO, {
    actions: [
      {
        action: "redeploy",
        configurationValues: [{ applicationName: "labels", securedConfiguration: [{ key: "CARRIER_API_KEY", value: CANARY }] }],
      },
    ],
  });
  await receiver.arrived(1);
  emulator.advance(4_000);
  await receiver.arrived(2);
  const bodies = receiver.delivered.map((each) => JSON.parse(each.body) as Json);
  t.match(bodies, [
    { type: "deployment.status_changed", data: { current: "Deploying" } },
    { type: "deployment.status_changed", data: { current: "Deployed", outcome: "succeeded" } },
  ]);
  t.same(bodies, rows((await rest("GET", "/v1/events?type=deployment.*")).body, "events"), "the same as in the log");
  for (const each of receiver.delivered) {
    t.equal(each.headers["webhook-id"], (JSON.parse(each.body) as Json)["id"]);
    t.ok(new Webhook(secret).verify(each.body, headersOf(each)), "verified by the library");
    t.ok(verifyWebhook(secret, each.headers, each.body), "and by our own");
    t.throws(() => new Webhook(secret).verify(each.body.replace("deployment", "deploymenu"), headersOf(each)));
    t.notOk(verifyWebhook(secret, each.headers, `${each.body} `));
    t.notOk(verifyWebhook(secret, { ...each.headers, "webhook-id": "evt_other" }, each.body));
    t.notOk(
      verifyWebhook(
        secret,
        { ...each.headers, "webhook-signature": String(each.headers["webhook-signature"]).replace("v1", "v0") },
        each.body,
      ),
    );
    t.notOk(verifyWebhook(secret, each.headers, each.body, Date.now() + 301_000), "an old one");
    t.notMatch(each.body, new RegExp(CANARY));
  }

  const rotated = await rest("POST", `/v1/webhooks/${id}/rotate-secret`);
  t.not(rotated.body["secret"], secret);
  const tested = await rest("POST", `/v1/webhooks/${id}/test`);
  await receiver.arrived(3);
  const test3 = receiver.delivered[2];
  t.match([tested.status, test3?.headers["webhook-id"]], [202, tested.body["eventId"]]);
  for (const each of [secret, String(rotated.body["secret"])])
    t.ok(test3 !== undefined && verifyWebhook(each, test3.headers, test3.body), "both secrets are good for a day");
  const replayed = await rest("POST", `/v1/webhooks/${id}/replay`, { after: "0" });
  t.match([replayed.status, replayed.body], [202, { replayed: 2 }]);
  await receiver.arrived(5);
  t.same(
    receiver.delivered
      .slice(3)
      .map((each) => each.body)
      .toSorted((a, b) => a.localeCompare(b)),
    receiver.delivered
      .slice(0, 2)
      .map((each) => each.body)
      .toSorted((a, b) => a.localeCompare(b)),
    "the same bytes",
  );
  t.equal((await rest("DELETE", `/v1/webhooks/${id}`)).status, 204);
  t.equal((await rest("GET", `/v1/webhooks/${id}`)).status, 404);
  for (const hidden of [secret, String(rotated.body["secret"])]) t.notOk(gateway.log().includes(hidden.slice(6)), "no secret in the log");
});

test("a receiver that fails is tried again, told of, and left alone when it asks for that", async (t) => {
  const receiver = await startReceiver(t);
  const { gateway } = await startBoth(t, {}, FAST);
  const { rest } = gateway;
  const make = async () => String((await rest("POST", "/v1/webhooks", { url: receiver.url, types: ["deployment.*"] })).body["id"]);
  const [failing, moved, gone, waiting] = [await make(), await make(), await make(), await make()];
  const cases = [
    [failing, 500, {}, { state: "pending", attempts: 1, lastStatus: 500, lastReason: "status 500" }, "TemporaryError"],
    [moved, 302, { location: "http://127.0.0.1:1/" }, { state: "pending", lastReason: "redirect" }, "TemporaryError"],
    [gone, 410, {}, { state: "pending", lastStatus: 410 }, "ConfigurationErrorDeliveryStopped"],
    [waiting, 503, { "retry-after": "3600" }, { state: "pending", lastStatus: 503 }, "TemporaryError"],
  ] as const;
  for (const [id, status, headers, expected, health] of cases) {
    receiver.answer((response) => void response.writeHead(status, headers).end("secret things of the receiver"));
    await rest("POST", `/v1/webhooks/${id}/test`);
    const row = await deliveriesUntil(gateway, id, (each) => Number(each["attempts"]) > 0);
    t.match(row, expected);
    while ((await rest("GET", `/v1/webhooks/${id}`)).body["status"] !== health);
    t.notMatch(JSON.stringify(row), /secret things/);
    if (id === waiting) t.ok(Date.parse(String(row["nextAttempt"])) > Date.now() + 3_000_000, "it asked for an hour");
  }
  const told = await rest("GET", "/v1/events?type=webhook.*");
  t.match(rows(told.body, "events"), [
    { type: "webhook.disabled", data: { project: `${REGION}:${PROJECT}`, webhook: gone, reason: "gone" } },
  ]);
  t.same(
    rows((await rest("GET", "/v1/events", undefined, { token: tokenFor(`view_connectors_deployments:${PROJECT}`) })).body, "events"),
    [],
    "who may not manage webhooks does not read of them",
  );
  receiver.answer((response) => void response.writeHead(200).end());
  t.match((await rest("POST", `/v1/webhooks/${gone}/resume`)).body, { status: "Healthy" });
  const count = receiver.delivered.length;
  await rest("POST", `/v1/webhooks/${failing}/suspend`);
  await rest("POST", `/v1/webhooks/${failing}/test`);
  await rest("POST", `/v1/webhooks/${gone}/test`);
  await receiver.arrived(count + 2);
  t.match(await deliveriesUntil(gateway, gone, (each) => each["attempts"] === 2 && each["state"] === "succeeded"), { lastStatus: 200 });
  await deliveriesUntil(gateway, gone, (each) => each["attempts"] === 1 && each["state"] === "succeeded");
  t.equal(
    rows((await rest("GET", `/v1/webhooks/${failing}/deliveries`)).body, "results").filter((each) => each["attempts"] === 0).length,
    1,
    "a suspended one waits",
  );
});

test("what is owed outlives the process, and its secret is in no file but its own", async (t) => {
  const receiver = await startReceiver(t);
  const folder = t.testdir();
  const env = { ...FAST, DATABASE_URL: `sqlite:${join(folder, "gateway.db")}` };
  const { emulator, gateway } = await startBoth(t, {}, env);
  while (!(await emulator.journal()).some((entry) => entry["path"] === "/connectors/drafts"));
  const made = await gateway.rest("POST", "/v1/webhooks", { url: receiver.url, types: ["deployment.*"] });
  const secret = String(made.body["secret"]);
  const next = String((await gateway.rest("POST", `/v1/webhooks/${String(made.body["id"])}/rotate-secret`)).body["secret"]);
  await gateway.rest("POST", `/v1/webhooks/${String(made.body["id"])}/suspend`);
  const securedConfiguration = [{ key: "CARRIER_API_KEY", value: CANARY }];
  await gateway.rest("POST", DEMO, {
    actions: [{ action: "redeploy", configurationValues: [{ applicationName: "labels", securedConfiguration }] }],
  });
  while (rows((await gateway.rest("GET", "/v1/events")).body, "events").length === 0);
  const bytes = ["gateway.db", "gateway.db-wal"].map((name) => readFileSync(join(folder, name)).toString("latin1")).join("");
  t.ok(bytes.includes("deployment.status_changed"));
  for (const each of [secret, next]) t.notOk(bytes.includes(each.slice(6, 30)), "no secret is in the database or its log");
  t.notOk(bytes.includes(CANARY), "nor is a secured value");
  await gateway.stop();
  const again = await startTestGateway(t, { upstream: emulator.url, env });
  await again.rest("POST", `/v1/webhooks/${String(made.body["id"])}/resume`);
  await receiver.arrived(1);
  const [first] = receiver.delivered;
  for (const each of [secret, next]) t.ok(first !== undefined && verifyWebhook(each, first.headers, first.body), "signed as before");
});

/** Filters that no event ever passes, and what is too much. */
const NEVER: readonly (readonly [field: string, value: unknown, expected: RegExp])[] = [
  ["types", ["deployments.*"], /at \/types: each must be one of deployment\.created, .*; did you mean deployment\.\*\?/],
  ["types", ["deployment.status_change"], /did you mean deployment\.status_changed\?/],
  ["types", ["*"], /each must be one of/],
  ["types", [], /at \/types: /],
  ["deploymentTypes", ["prod"], /at \/deploymentTypes: each must be one of preview, sandbox, production/],
  ["deploymentTypes", [], /at \/deploymentTypes: /],
  ["keys", [""], /at \/keys: each must be a key/],
  ["keys", ["a"], /each must be a key/],
  ["keys", ["no spaces"], /each must be a key/],
  ["keys", Array.from({ length: 101 }, (_, n) => `key-${n}`), /at \/keys: /],
  ["projects", [PROJECT], /at \/projects: each must be \{region\}:\{projectKey\}, such as/],
  ["projects", [], /at \/projects: /],
  ["description", "x".repeat(1_001), /at \/description: must NOT have more than 1000 characters/],
];

test("who may, and what is refused", async (t) => {
  const { gateway } = await startBoth(t, {}, { WEBHOOK_ALLOW: "" });
  const { rest } = gateway;
  const url = "https://receiver.example/hook";
  const manage = tokenFor(`manage_webhooks:${PROJECT}`);
  const made = await rest("POST", "/v1/webhooks", { url }, { token: manage });
  t.equal(made.status, 201);
  const path = `/v1/webhooks/${String(made.body["id"])}`;
  const other = tokenFor(`manage_connectors:${PROJECT} manage_webhooks:other`);
  for (const [method, more] of [
    ["GET", ""],
    ["DELETE", ""],
    ["POST", "/test"],
    ["POST", "/rotate-secret"],
    ["GET", "/deliveries"],
    ["POST", "/suspend"],
  ] as const)
    t.equal(
      (await rest(method, path + more, undefined, { token: other })).text,
      (await rest(method, `/v1/webhooks/wh_none${more}`, undefined, { token: other })).text,
      `${method} ${more}: byte for byte a missing one`,
    );
  t.same((await rest("GET", "/v1/webhooks", undefined, { token: other })).body, { results: [] });
  t.equal((await rest("POST", "/v1/webhooks", { url, projects: [`${REGION}:${PROJECT}`] }, { token: other })).status, 403);
  t.equal((await rest("POST", "/v1/webhooks", { url }, { token: tokenFor("") })).status, 400);
  const lacking = await rest("POST", "/v1/webhooks", { url: "https://10.0.0.1/" }, { token: tokenFor(`view_connectors:${PROJECT}`) });
  t.match([lacking.status, lacking.text], [403, `manage_webhooks:${PROJECT}`], "nor is anything told of addresses");
  for (const body of [{ url, types: ["Nonsense"] }, { url, secret: "mine" }, { url, projects: [] }, {}, { url: 7 }])
    t.equal((await rest("POST", "/v1/webhooks", body)).status, 400, JSON.stringify(body));
  for (const body of [{ createdBy: "me" }, { status: "Healthy" }, { secret: "x" }, {}])
    t.equal((await rest("PATCH", path, body)).status, 400, JSON.stringify(body));
  const changed = await rest("PATCH", path, { keys: ["key-a"], description: "Bot", url: "https://other.example/" });
  t.match(changed.body, { keys: ["key-a"], description: "Bot", url: "https://other.example/" });
  const cleared = await rest("PATCH", path, { keys: null, description: null, projects: null });
  t.match(cleared.body, { url: "https://other.example/", projects: [`${REGION}:${PROJECT}`] });
  t.notOk("keys" in cleared.body || "description" in cleared.body, "null clears");
  for (const [field, value, expected] of NEVER) {
    for (const answer of [await rest("POST", "/v1/webhooks", { url, [field]: value }), await rest("PATCH", path, { [field]: value })])
      t.match([answer.status, answer.body], [400, { message: expected }], `${field} ${JSON.stringify(value).slice(0, 40)}`);
  }
  t.equal((await rest("POST", `${path}/replay`, {})).status, 400);
  t.equal((await rest("POST", `${path}/replay`, { eventId: "evt_none" })).status, 404);
  t.equal(at((await rest("POST", "/v1/webhooks", { url: "http://127.0.0.1:4000/" })).body, "errors.0.code"), "InvalidJsonInput");
});

test("deliveries by hand are few, and tell refused from unreachable to nobody", async (t) => {
  const receiver = await startReceiver(t);
  const { gateway } = await startBoth(t, {}, { WEBHOOK_ALLOW: "127.0.0.1" });
  const { rest, graphql } = gateway;
  const make = async (url: string) => `/v1/webhooks/${String((await rest("POST", "/v1/webhooks", { url })).body["id"])}`;
  // On the first nobody listens; the second is a name that leads where no webhook may go, or nowhere at all.
  const paths = [
    await make(receiver.url.replace(/:\d+/, ":1")),
    await make("http://localhost.localdomain:8080/"),
    await make(receiver.url),
  ];
  for (const path of paths.slice(0, 2)) {
    await rest("POST", `${path}/test`);
    const failed = async () => rows((await rest("GET", `${path}/deliveries`)).body, "results").find((each) => each["attempts"] === 1);
    while ((await failed()) === undefined) await new Promise(setImmediate);
    t.match(await failed(), { lastReason: "unreachable", state: "pending" });
    t.notOk("lastStatus" in ((await failed()) ?? {}));
  }
  const [, , path = ""] = paths;
  for (let n = 2; n < 9; n++) t.equal((await rest("POST", `${path}/test`)).status, 202);
  t.equal((await rest("POST", `${path}/replay`, { after: "0" })).status, 202, "the tenth");
  for (const [method, body] of [
    ["test", undefined],
    ["replay", { after: "0" }],
  ] as const) {
    const refused = await rest("POST", `${path}/${method}`, body);
    t.match([refused.status, refused.body], [429, { errors: [{ code: "RateLimited" }] }]);
    t.match(Number(refused.headers.get("retry-after")), /^[1-9]\d?$/);
  }
  const id = path.slice("/v1/webhooks/".length);
  t.match((await graphql(`mutation { testWebhook(id: "${id}") }`)).body, {
    errors: [{ extensions: { code: "RateLimited", statusCode: 429 } }],
  });
});
