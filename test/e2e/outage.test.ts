import { test } from "tap";
import { startFaultProxy } from "../helpers/fault-proxy.ts";
import { at, MIRROR, PROJECT, startTestEmulator, startTestGateway } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const DEMO = `${DEPLOYMENTS}/key=demo-shipping-deployment`;
const QUERY = '{ deployment(key: "demo-shipping-deployment") { id version status liveConnector { name } } }';

test("while upstream is down, reads are answered with what was known, marked with its age", async (t) => {
  const emulator = await startTestEmulator(t);
  const proxy = await startFaultProxy(t, emulator.url);
  const gateway = await startTestGateway(t, { upstream: proxy.url });
  const { rest, graphql } = gateway;
  const other = { token: tokenFor(`manage_project:${PROJECT}`, "somebody-else") };
  const known = await rest("GET", DEMO);
  const answers = [await graphql(QUERY), await graphql(QUERY), await graphql(QUERY), await graphql(QUERY)];
  t.match([known.status, known.headers.get("age"), known.headers.get("cache-status")], [200, null, null]);
  t.ok(answers.every(({ text }) => text === answers[0]?.text && !text.includes("extensions")));

  await proxy.refuse();
  const stale = await rest("GET", DEMO);
  t.match([stale.status, stale.text], [200, known.text]);
  t.match([stale.headers.get("age"), stale.headers.get("cache-status")], [/^\d+$/, "connect-gateway; hit; fwd=stale"]);
  const field = await graphql(QUERY);
  t.same(field.body["data"], answers[0]?.body["data"]);
  t.type(at(field.body, "extensions.stale.age"), "number");
  const reads = await Promise.all(Array.from({ length: 50 }, async () => (await rest("GET", DEMO)).status));
  t.same([...new Set(reads)], [200]);
  t.match([(await rest("GET", `${DEPLOYMENTS}?limit=3`)).status], [503], "what was never read cannot be told");
  t.equal((await rest("GET", DEMO, undefined, { token: tokenFor("manage_project:another-project") })).status, 404, "rights come first");

  const write = await rest("POST", DEMO, { version: 1, actions: [{ action: "redeploy" }] });
  t.match([write.status, at(write.body, "errors.0.code")], [503, "UpstreamUnavailable"]);
  t.equal((await rest("GET", DEMO)).status, 200, "that one never left, so nothing changed");

  await proxy.listen();
  while ((await rest("GET", DEMO)).headers.get("age") !== null);
  proxy.fault("silent");
  const lost = await rest("POST", DEMO, { version: 1, actions: [{ action: "redeploy" }] });
  t.match([lost.status, at(lost.body, "errors.0.code")], [504, "UpstreamOutcomeUnknown"]);
  await proxy.refuse();
  t.equal((await rest("GET", DEMO)).status, 503, "after one's own write nothing older is given");
  t.equal((await rest("GET", DEMO, undefined, other)).status, 200, "to others it is");

  await proxy.listen();
  proxy.fault("none");
  let back = await rest("GET", DEMO);
  const since = performance.now();
  while (back.status !== 200 || back.headers.get("age") !== null) back = await rest("GET", DEMO);
  t.ok(performance.now() - since < 10_000, "back in service");
  t.match([back.text, back.headers.get("age")], [known.text, null]);
});

test("within a second many callers cost one request, and a write shows at once", async (t) => {
  const emulator = await startTestEmulator(t);
  const gateway = await startTestGateway(t, { upstream: emulator.url, env: { CACHE_TTL_MS: "60000" } });
  const { rest, graphql } = gateway;
  const seen = async (): Promise<number> =>
    (await emulator.journal()).filter(({ method, path }) => method === "GET" && path !== "/oauth/token").length;
  const before = await rest("GET", DEMO);
  for (let count = 0; count < 20; count++) await graphql('{ deployment(key: "demo-shipping-deployment") { version } }');
  await Promise.all(Array.from({ length: 20 }, () => rest("GET", DEMO)));
  t.equal(await seen(), 1);
  t.equal(
    (await rest("GET", DEMO, undefined, { token: tokenFor(`view_connectors:${PROJECT}`) })).status,
    403,
    "rights come before what is remembered",
  );
  const changed = await rest("POST", DEMO, { actions: [{ action: "redeploy" }] });
  t.equal(changed.status, 201);
  const after = await rest("GET", DEMO);
  t.not(after.body["version"], before.body["version"]);
  const field = await graphql('{ deployment(key: "demo-shipping-deployment") { version } }');
  t.equal(at(field.body, "data.deployment.version"), after.body["version"]);
});
