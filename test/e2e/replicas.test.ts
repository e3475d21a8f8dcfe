import pg from "pg";
import { type Test, test } from "tap";
import { at, MIRROR, PROJECT, startTestEmulator, startTestGateway, WEBHOOK_SECRET } from "../helpers/gateway.ts";
import { noPostgres, startPostgres } from "../helpers/postgres.ts";
import { tokenFor } from "../helpers/token.ts";
import { connectorDraft, DRAFT_KEY } from "../helpers/tutorial.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const DEMO = `${DEPLOYMENTS}/key=demo-shipping-deployment`;
const DRAFTS = `${MIRROR}/connectors/drafts`;
const CANARY = "replicated-canary";
const REDEPLOY = {
  actions: [
    {
      action: "redeploy",
      configurationValues: [{ applicationName: "labels", securedConfiguration: [{ key: "CARRIER_API_KEY", value: CANARY }] }],
    },
  ],
};

/** Two gateways that share a database, both of which hear of each other, and what they tell. */
async function startTwo(t: Test) {
  const url = await startPostgres(t);
  const emulator = await startTestEmulator(t);
  const env = { DATABASE_URL: url, CACHE_TTL_MS: "1000000", WEBHOOK_SECRET };
  const [here, there] = [
    await startTestGateway(t, { upstream: emulator.url, env }),
    await startTestGateway(t, { upstream: emulator.url, env }),
  ];
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  t.teardown(() => client.end());
  const said: string[] = [];
  client.on("notification", ({ payload = "" }) => void said.push(payload));
  await client.query("listen gateway_hints");
  const ears = async () => Number((await client.query("select count(*) from pg_stat_activity where query like 'listen %'")).rows[0].count);
  while ((await ears()) < 2) await new Promise(setImmediate);
  const versionAt = async (gateway: typeof here, path: string, token?: string) => {
    const { status, headers, body } = await gateway.rest("GET", path, undefined, token === undefined ? {} : { token });
    return [status, at(body, "version"), headers.get("cache-status")];
  };
  return { emulator, here, there, said, versionAt };
}

/** Asks until it is so, which must not take longer than anything is remembered by itself. */
async function soon(isSo: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 5_000;
  while (!(await isSo())) if (performance.now() > end) throw new Error("it is not so within five seconds");
}

test("what is written through one process is old in the other", { skip: noPostgres }, async (t) => {
  const { here, there, said, versionAt } = await startTwo(t);
  const [, before] = await versionAt(there, DEMO);
  t.equal((await here.rest("POST", DEMO, REDEPLOY)).status, 201);
  // An answer would be remembered for a quarter of an hour.
  await soon(async () => (await versionAt(there, DEMO))[1] !== before);
  t.ok(said.length > 0);
  for (const secret of [CANARY, "tester"]) t.notMatch(said.join(), secret);
  t.match(JSON.parse(said[0] ?? ""), { write: { operation: "deployments.update" }, isOver: false });

  t.equal((await there.rest("POST", DRAFTS, connectorDraft)).status, 201);
  t.equal((await here.rest("DELETE", `${DRAFTS}/key=${DRAFT_KEY}`)).status, 200);
  // What was answered to the creation would be told for ten seconds.
  await soon(async () => (await versionAt(there, `${DRAFTS}/key=${DRAFT_KEY}`))[0] === 404);
});

test("while upstream is down a process tells nobody what is older than their write through the other", { skip: noPostgres }, async (t) => {
  const { emulator, here, there, versionAt } = await startTwo(t);
  const other = tokenFor(`manage_project:${PROJECT}`, "another");
  const [, before] = await versionAt(there, DEMO);
  t.equal((await here.rest("POST", DEMO, REDEPLOY)).status, 201);
  await emulator.control("POST", "faults", { kind: "status", status: 503, times: 1_000 });
  await soon(async () => (await versionAt(there, DEMO))[0] === 503);
  t.same(await versionAt(there, DEMO, other), [200, before, "connect-gateway; hit; fwd=stale"], "others are told with its age");
});
