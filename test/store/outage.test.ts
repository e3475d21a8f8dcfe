import pg from "pg";
import { test } from "tap";
import { createDoor } from "../../src/store/door.ts";
import { OutageError } from "../../src/store/outage.ts";
import { leaks } from "../helpers/canary.ts";
import { type Answer, at, MIRROR, PROJECT, read, startBoth, type TestGateway, WEBHOOK_SECRET } from "../helpers/gateway.ts";
import { noPostgres, startPostgresServer } from "../helpers/postgres.ts";
import { CANARY, deploymentDraft } from "../helpers/tutorial.ts";

const HOOK = { url: "https://receiver.example/hook" };
const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const UNAVAILABLE = { statusCode: 503, errors: [{ code: "StorageUnavailable" }] };
/** Two seconds, and what this machine needs beside. */
const AT_MOST_MS = 2_400;

type Timed = { readonly answer: Answer; readonly ms: number };

async function timed(call: Promise<Answer>): Promise<Timed> {
  const since = performance.now();
  const answer = await call;
  return { answer, ms: performance.now() - since };
}

const secured = [{ key: "BASIC_AUTH_SECRET", value: CANARY }];
const draft = { ...deploymentDraft, configurations: [{ applicationName: "service", securedConfiguration: secured }] };

/** Everything that asks the store, at once. */
const asks = ({ rest }: TestGateway): Promise<readonly Timed[]> =>
  Promise.all(
    [
      rest("GET", "/v1/events"),
      rest("GET", "/v1/webhooks"),
      rest("POST", "/v1/webhooks", { ...HOOK, description: CANARY }),
      rest("POST", DEPLOYMENTS, draft, { headers: { "idempotency-key": CANARY.replaceAll(/\W/g, "") } }),
    ].map(timed),
  );

async function storeOf({ url }: TestGateway): Promise<unknown> {
  const { status, body } = await read(await fetch(`${url}/readyz?verbose`));
  return [status, (at(body, "checks") as { name: string; status: string }[]).find(({ name }) => name === "store")?.status];
}

test("a PostgreSQL that does not answer", { skip: noPostgres }, async (t) => {
  const server = await startPostgresServer(t);
  const { emulator, gateway } = await startBoth(t, {}, { DATABASE_URL: server.url, WEBHOOK_SECRET });
  const { rest, graphql } = gateway;
  t.equal((await rest("GET", "/v1/events")).status, 200);
  t.same(await storeOf(gateway), [200, "ok"]);
  const sent = async () =>
    (await emulator.journal()).filter((entry) => entry["method"] === "POST" && entry["path"] !== "/oauth/token").length;

  await t.test("a table that somebody else has locked", async (t) => {
    const other = new pg.Client({ connectionString: server.url });
    await other.connect();
    await other.query("begin; lock table event, webhook, idempotency");
    for (const { answer, ms } of await asks(gateway)) {
      t.match([answer.status, answer.body], [503, UNAVAILABLE]);
      t.ok(ms < AT_MOST_MS, `${ms} ms`);
    }
    await other.query("rollback");
    await other.end();
    t.equal((await rest("GET", "/v1/events")).status, 200);
    t.equal((await rest("POST", "/v1/webhooks", HOOK)).status, 201);
  });

  await t.test("a server that is frozen", async (t) => {
    server.freeze();
    for (let n = 0; n < 3; n++)
      for (const { answer, ms } of await asks(gateway)) {
        t.match([answer.status, answer.body, answer.headers.get("retry-after")], [503, UNAVAILABLE, "1"]);
        t.same(leaks(answer.text), []);
        t.ok(ms < AT_MOST_MS, `${ms} ms`);
      }
    const { answer, ms } = await timed(graphql("{ webhooks { id } }"));
    t.match(answer.body, { errors: [{ extensions: { code: "StorageUnavailable", statusCode: 503, retryAfter: 1 } }] });
    t.ok(ms < AT_MOST_MS, `${ms} ms`);
    t.equal(await sent(), 0, "nothing went upstream for a key that could not be claimed");
    t.equal((await rest("GET", DEPLOYMENTS)).status, 200, "the mirror reads on");
    t.same(await storeOf(gateway), [200, "degraded"]);
    server.thaw();
    while ((await rest("GET", "/v1/events")).status !== 200);
    t.same(leaks(gateway.log()), [], "and nothing of it is in the log");
  });

  await t.test("a server that is no longer the one to write to", async (t) => {
    const other = new pg.Client({ connectionString: server.url });
    await other.connect();
    // Connections from now on read only, as those to a primary that became a replica.
    await other.query("alter role postgres set default_transaction_read_only = on");
    await other.query("select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname is not null");
    while ((await rest("GET", "/v1/events")).status !== 200);
    t.match((await rest("POST", "/v1/webhooks", HOOK)).body, UNAVAILABLE);
    await other.query("set default_transaction_read_only = off; alter role postgres set default_transaction_read_only = off");
    for (let count = 0; count < 20; count++) await rest("POST", "/v1/webhooks", HOOK);
    t.equal((await rest("POST", "/v1/webhooks", HOOK)).status, 201, "and what is connected anew finds the new one");
    await other.end();
  });

  await t.test("the gateway stops all the same", async (t) => {
    server.freeze();
    const since = performance.now();
    await gateway.stop();
    t.ok(performance.now() - since < 6_000, `${performance.now() - since} ms`);
  });
});

test("what failed is remembered until it succeeds, or for ten seconds", async (t) => {
  let time = 0;
  let fault: Error | undefined;
  const { through, well } = createDoor(() => time);
  const act = async (): Promise<void> => {
    if (fault !== undefined) throw fault;
  };
  const { read: reading, write } = through("room", { read: act, write: act });
  t.ok(well());
  fault = new Error("a mistake of ours");
  await t.rejects(write(), { message: "a mistake of ours" });
  t.ok(well(), "which says nothing of the database");
  fault = new OutageError(new Error("disk full"));
  await t.rejects(write(), { code: "StorageUnavailable", statusCode: 503, retryAfter: 1, cause: { message: "disk full" } });
  fault = undefined;
  await reading();
  t.notOk(well(), "reads succeed on a full disk");
  await write();
  t.ok(well());
  fault = new OutageError(new Error("disk full"));
  await t.rejects(write());
  time = 10_001;
  t.ok(well());
});
