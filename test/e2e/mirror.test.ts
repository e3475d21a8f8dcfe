import { connect } from "node:net";
import { once } from "node:events";
import { test } from "tap";
import { at, MIRROR, PROJECT, rows, startBoth, startTestEmulator, startTestGateway } from "../helpers/gateway.ts";
import { connectorDraft, DRAFT_KEY } from "../helpers/tutorial.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const KEY = "demo-shipping-deployment";

test("the mirror answers like the Connect API", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  const { rest } = gateway;
  const byKey = await rest("GET", `${DEPLOYMENTS}/key=${KEY}`);
  t.match([byKey.status, byKey.headers.get("etag"), byKey.body["version"]], [200, '"11"', 11]);
  t.equal((await rest("GET", `${DEPLOYMENTS}/key%3D${KEY}`)).text, byKey.text, "an encoded = is the same");
  t.equal((await rest("GET", `${DEPLOYMENTS}/${String(byKey.body["id"])}`)).text, byKey.text, "and so is the id");
  const direct = await emulator.api("GET", `/${PROJECT}/deployments/key=${KEY}`);
  t.equal(
    byKey.text.replaceAll(/"\*+"/g, '"***"'),
    direct.text.replaceAll(/"\*+"/g, '"***"'),
    "byte for byte upstream's, but for the masks",
  );

  const search = `${MIRROR}/connectors/search`;
  for (const [query, total, count] of [
    ["limit=0", 1, 0],
    ["creator.company=Demo+Vendor", 1, 1],
    ["creator.company=Nobody", 0, 0],
    ["key=demo-shipping-connector&key=other", 1, 1],
    ["text=LABELS&integrationTypes=tax&integrationTypes=shipping", 1, 1],
    ["private=true", 0, 0],
    ["sort=name+asc&sort=key%20desc&limit=500&offset=10000", 1, 0],
  ] as const) {
    const { body } = await rest("GET", `${search}?${query}`);
    t.match([body["total"], body["count"]], [total, count], query);
  }

  const options = { headers: { "x-correlation-id": "my-correlation-id", traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` } };
  const traced = await rest("GET", DEPLOYMENTS, undefined, options);
  t.equal(traced.headers.get("x-correlation-id"), "my-correlation-id");
  t.match((await emulator.journal()).at(-1), { correlationId: "my-correlation-id", userAgent: /^connect-gateway\// });
  t.match(
    (await rest("GET", DEPLOYMENTS, undefined, { headers: { "x-correlation-id": "bad id" } })).headers.get("x-correlation-id") ?? "",
    /^[0-9a-f-]{36}$/,
  );
  const logs = await rest("GET", `${DEPLOYMENTS}/key=${KEY}/logs?applicationName=labels`);
  t.match(
    [logs.status, logs.headers.get("deprecation"), logs.headers.get("sunset")],
    [200, "@1793923200", "Sun, 31 Jan 2027 23:59:59 GMT"],
  );
});

test("versions: If-Match, a version on DELETE, and one replay after a conflict", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  const { rest } = gateway;
  await rest("POST", `${MIRROR}/connectors/drafts`, connectorDraft);
  const draft = `${MIRROR}/connectors/drafts/key=${DRAFT_KEY}`;
  const rename = (name: string) => ({ actions: [{ action: "setName", name }] });
  const stale = await rest("POST", draft, rename("a"), { headers: { "if-match": '"7"' } });
  t.match([stale.status, at(stale.body, "errors.0")], [412, { code: "PreconditionFailed", currentVersion: 1 }]);
  t.match((await rest("POST", draft, rename("b"), { headers: { "if-match": '"1"' } })).body, { version: 2, name: "b" });
  t.match((await rest("POST", draft, { version: 2, ...rename("c") })).headers.get("etag"), '"3"');
  t.equal((await rest("DELETE", `${draft}?version=2`)).status, 409);
  t.equal((await rest("DELETE", draft, undefined, { headers: { "if-match": '"2"' } })).status, 412);

  const conflict = { code: "ConcurrentModification", message: "Version mismatch.", currentVersion: 3 };
  const fault = {
    kind: "status",
    status: 409,
    body: { statusCode: 409, message: conflict.message, errors: [conflict] },
    match: { method: "POST" },
  };
  await emulator.control("POST", "faults", fault);
  t.match(
    (await rest("POST", draft, rename("d"))).body,
    { version: 4, name: "d" },
    "without a version, a conflict is read and sent once more",
  );
  await emulator.control("POST", "faults", fault);
  t.equal((await rest("POST", draft, { version: 4, ...rename("e") })).status, 409, "a version that the caller named is never replaced");
  t.equal((await rest("DELETE", `${draft}?version=4`)).status, 200);
  t.equal((await rest("GET", draft)).status, 404);
});

test("a stop finishes what is under way and refuses what comes after", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  await gateway.rest("GET", DEPLOYMENTS);
  await emulator.control("POST", "faults", { kind: "slow", delayMs: 300, match: { path: "/deployments" } });
  const underWay = gateway.rest("GET", DEPLOYMENTS);
  // The fault is used up at the moment when the request has reached upstream.
  while (rows((await emulator.control("GET", "faults")).body, "results").length > 0);
  const stopped = gateway.stop();
  t.equal((await underWay).status, 200);
  await stopped;
  await t.rejects(fetch(`${gateway.url}/livez`), "nobody listens any more");
});

test("a caller can go away at any time", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  await emulator.control("POST", "faults", { kind: "hang", times: 3 });
  const leaving = new AbortController();
  const left = fetch(`${gateway.url}${DEPLOYMENTS}`, { signal: leaving.signal });
  leaving.abort();
  await t.rejects(left);
  t.equal((await gateway.rest("GET", "/v1/projects")).status, 200);

  const { port } = new URL(gateway.url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.end("BROKEN\r\n\r\n");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
  await once(socket, "close");
  t.match(Buffer.concat(chunks).toString(), /^HTTP\/1\.1 400 /);
});

test("a region that Connect adds is served on every way", async (t) => {
  const emulator = await startTestEmulator(t);
  for (const region of ["cn-north1.tencent", "eu-1.gov-2"]) {
    const { rest, graphql } = await startTestGateway(t, { upstream: emulator.url, env: { CTP_REGION: region } });
    const project = `${region}:${PROJECT}`;
    t.equal((await rest("GET", `/connect/${region}/${PROJECT}/deployments`)).status, 200, `REST, ${region}`);
    t.equal((await rest("GET", `/connect/${region}/connectors/search`)).status, 200, "without a project");
    t.match((await graphql(`{ deployments(project: "${project}") { total } }`)).body, { data: { deployments: { total: 1 } } }, "GraphQL");
    t.equal((await rest("POST", "/v1/webhooks", { url: "https://bot.example", projects: [project] })).status, 201, "a webhook");
    const draft = { region, connector: { key: "demo-shipping-connector" }, configurations: [] };
    const created = await rest("POST", `/connect/${region}/${PROJECT}/deployments`, draft);
    t.notMatch(created.text, /has the wrong form/, "only Connect knows where it runs applications");
  }
});
