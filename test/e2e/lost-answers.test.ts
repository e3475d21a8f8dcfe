import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "tap";
import { createStore } from "../../src/store/index.ts";
import { environmentOf } from "../chaos/campaign.ts";
import { createReplica } from "../chaos/fleet.ts";
import { type Answer, PROJECT, read, startTestGateway } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";
import { answer, ID, startUpstream } from "../helpers/upstream.ts";
import {
  deployment,
  DEPLOYMENTS,
  draft,
  DRAFTS,
  keyed,
  REDEPLOY,
  refusal,
  REGION,
  type Say,
  say,
  script,
  start,
  told,
} from "../helpers/scripted.ts";

const DEEP = `${'{"a":'.repeat(100)}1${"}".repeat(100)}`;
/** What upstream may say after it did what it was asked to, without a word of what it did. */
const UNTOLD: Readonly<Record<string, Say>> = {
  "wrong types": (response, thing) => answer(response, 201, { ...thing, version: "one" }),
  "missing fields": say(201, { id: ID }),
  "a list": say(200, "[]"),
  null: say(200, "null"),
  HTML: say(200, "<html>"),
  nothing: say(204, ""),
  "a deep one": say(201, DEEP),
  "a redirect": (response) => response.writeHead(302, { location: "/elsewhere" }).end(),
  "408": say(408, "{}"),
  "408 in Connect's form": refusal(408, "RequestTimeout"),
  "a proxy's 400": say(400, "<html>"),
  "500": say(500, "{}"),
  "a reset": (response) => response.destroy(),
};

test("a write that was done and not told of is read back, and never done twice", async (t) => {
  const { gateway, things, says, posts, deletes } = await start(t);
  const { rest } = gateway;
  for (const [name, write] of Object.entries(UNTOLD)) {
    things.clear();
    const body = { region: REGION, connector: { key: "kk" }, configurations: [] };
    const staged = { name: "n", creator: { email: "a@b.example" }, repository: { url: "https://github.com/a/b.git", tag: "t" } };
    const asks: readonly (readonly [what: string, path: string, body: object])[] = [
      ["create", DEPLOYMENTS, { ...body, key: "first" }],
      ["create without a key", DEPLOYMENTS, body],
      ["redeploy", `${DEPLOYMENTS}/key=first`, { version: 1, ...REDEPLOY }],
      ["redeploy without a version", `${DEPLOYMENTS}/key=first`, REDEPLOY],
      ["create a draft", DRAFTS, { ...staged, key: "staged" }],
      ["create a draft without a key", DRAFTS, staged],
      ["update a draft", `${DRAFTS}/key=staged`, { actions: [{ action: "setName", name: "another" }] }],
    ];
    for (const [what, path, ask] of asks) {
      const before = posts();
      says.write = write;
      const key = keyed(`${what} ${name}`.replaceAll(/[^a-z0-9]/g, "-"));
      t.same(told(await rest("POST", path, ask, key)), [201, "ok", null], `${what}, ${name}`);
      t.same(told(await rest("POST", path, ask, key)), [201, "ok", "true"], `${what}, ${name}: again`);
      t.equal(posts() - before, 1, `${what}, ${name}: once`);
      says.write = say(201);
      // So that writes are not kept back, where one after the other fails.
      t.equal((await rest("POST", `${DEPLOYMENTS}/key=well`, { version: 1, ...REDEPLOY })).status, 201);
      await rest("GET", `${DEPLOYMENTS}/key=first`);
    }
    says.write = write;
    const before = deletes();
    const gone = await rest("DELETE", `${DEPLOYMENTS}/key=first`);
    t.match([gone.status, gone.body], [202, { key: "first", version: 3, status: "Undeploying" }], `undeploy, ${name}`);
    const away = await rest("DELETE", `${DRAFTS}/key=staged`);
    t.match([away.status, away.body], [200, { key: "staged", status: "Draft" }], `delete a draft, ${name}`);
    t.equal(deletes() - before, 2);
  }
});

test("what upstream refuses is told as it is, and what is about the moment may be asked again", async (t) => {
  const { gateway, things, says, posts } = await start(t);
  const { rest } = gateway;
  things.set("one", deployment("one"));
  const path = `${DEPLOYMENTS}/key=one`;
  const cases: readonly (readonly [say: Say, body: object, code: string, again: string])[] = [
    [refusal(400, "DeploymentInvalidStatusTransition"), REDEPLOY, "DeploymentInvalidStatusTransition", "ok"],
    [refusal(400, "DeploymentInvalidStatusTransition"), { version: 1, ...REDEPLOY }, "DeploymentInvalidStatusTransition", "ok"],
    [refusal(409, "ConcurrentModification"), REDEPLOY, "ConcurrentModification", "ok"],
    [refusal(409, "ConcurrentModification"), { version: 9, ...REDEPLOY }, "ConcurrentModification", "ConcurrentModification"],
    [refusal(400, "DeploymentInvalidType"), REDEPLOY, "DeploymentInvalidType", "DeploymentInvalidType"],
    [refusal(403, "access_denied"), REDEPLOY, "UpstreamAuthFailed", "ok"],
    [refusal(413, "PayloadTooLarge"), REDEPLOY, "PayloadTooLarge", "ok"],
  ];
  for (const [at, [write, body, code, again]] of cases.entries()) {
    says.write = write;
    t.equal(told(await rest("POST", path, body, keyed(`case-${at}`)))[1], code);
    says.write = say(201);
    const before = posts();
    t.equal(told(await rest("POST", path, body, keyed(`case-${at}`)))[1], again, `${code}, asked again`);
    t.equal(posts() - before, again === "ok" ? 1 : 0);
  }
  things.set("one", deployment("one", { status: "Deploying", version: 20 }));
  t.equal(told(await rest("POST", path, REDEPLOY, keyed("busy")))[1], "DeploymentInvalidStatusTransition");
  things.set("one", deployment("one", { version: 21 }));
  t.same(told(await rest("POST", path, REDEPLOY, keyed("busy"))), [201, "ok", null], "free by now");
  things.clear();
  const gone = [await rest("DELETE", path), await rest("DELETE", `${path}?version=1`)];
  says.write = refusal(404, "ResourceNotFound");
  gone.push(await rest("DELETE", path));
  t.same(
    gone.slice(1).map(({ status }) => status),
    [404, 404],
    "what was not there cannot be deleted",
  );
});

test("a fate that nobody can tell is looked up each time it is asked for, and then told as the first one", async (t) => {
  const { gateway, things, says, posts } = await start(t);
  const { rest } = gateway;
  things.set("one", deployment("one"));
  things.set("two", draft("two"));
  const asks: readonly (readonly [string, object])[] = [
    [`${DEPLOYMENTS}/key=one`, REDEPLOY],
    [`${DRAFTS}/key=two`, { actions: [{ action: "setName", name: "n" }] }],
    [DEPLOYMENTS, { region: REGION, connector: { key: "kk" }, configurations: [] }],
  ];
  for (const [at, [path, body]] of asks.entries()) {
    const before = posts();
    says.write = (response) => {
      says.read = say(400, "<html>");
      response.destroy();
    };
    const ask = () => rest("POST", path, body, keyed(`unknown-${at}`));
    t.same(told(await ask()), [504, "UpstreamOutcomeUnknown", null]);
    says.write = say(201);
    t.same(told(await ask()), [502, "UpstreamBadResponse", null], "not even that can be told");
    t.equal(told(await ask())[0], 502, "nor now");
    says.read = say(200);
    t.same(told(await ask()), [201, "ok", "true"], "found");
    t.same(told(await ask()), [201, "ok", "true"], "and remembered");
    t.equal(posts() - before, 1);
  }
  const before = posts();
  says.write = (response, thing) => {
    // It was lost on the way: nothing was done.
    things.set("one", { ...thing, version: Number(thing["version"]) - 1 });
    response.destroy();
  };
  const ask = () => rest("POST", `${DEPLOYMENTS}/key=one`, REDEPLOY, keyed("never-came"));
  t.same(told(await ask()), [504, "UpstreamOutcomeUnknown", null]);
  says.write = say(201);
  t.same(told(await ask()), [201, "ok", null], "done now, with the version of then");
  t.equal(posts() - before, 2);
  says.write = (response, thing) => {
    things.set("theirs", { ...thing, deployedRegion: "us-east-2.aws" });
    response.destroy();
  };
  const theirs = { key: "theirs", region: REGION, connector: { key: "kk" }, configurations: [] };
  for (const what of ["the first time", "and ever after"])
    t.equal(
      told(await rest("POST", DEPLOYMENTS, theirs, keyed("theirs")))[1],
      "UpstreamOutcomeUnknown",
      `of somebody else, perhaps: ${what}`,
    );
  t.equal(posts() - before, 3, "nothing is sent to where something stands");
});

test("an outcome that cannot be kept is told all the same, and found again", async (t) => {
  const file = join(t.testdir(), "gateway.db");
  const DATABASE_URL = `sqlite:${file}`;
  await (await createStore(DATABASE_URL)).close();
  const statement = (sql: string): void => {
    const database = new DatabaseSync(file);
    database.exec(sql);
    database.close();
  };
  statement(
    "create trigger full before update on idempotency when new.outcome is not null begin select raise(abort, 'database or disk is full'); end",
  );
  const { upstream, gateway, things, posts } = await start(t, { DATABASE_URL });
  things.set("one", deployment("one"));
  const body = { region: REGION, connector: { key: "kk" }, configurations: [] };
  t.same(told(await gateway.rest("POST", DEPLOYMENTS, body, keyed("full"))), [201, "ok", null]);
  t.same(told(await gateway.rest("POST", `${DEPLOYMENTS}/key=one`, REDEPLOY, keyed("full-too"))), [201, "ok", null]);
  t.same(told(await gateway.rest("POST", DEPLOYMENTS, body, keyed("full"))), [201, "ok", "true"], "by the process that knows it");
  t.match(gateway.log(), /"level":"warn"[^\n]*was not kept/);
  await gateway.stop();
  statement("drop trigger full");
  const next = await startTestGateway(t, { upstream: upstream.url, env: { DATABASE_URL } });
  t.same(told(await next.rest("POST", DEPLOYMENTS, body, keyed("full"))), [201, "ok", "true"]);
  t.same(told(await next.rest("POST", `${DEPLOYMENTS}/key=one`, REDEPLOY, keyed("full-too"))), [201, "ok", "true"]);
  t.equal(posts(), 2);
});

test("killed after upstream did it, and asked again", async (t) => {
  const upstream = await startUpstream(t);
  const { things, says, posts } = script(upstream);
  things.set("one", deployment("one", { version: 7 }));
  things.set("two", draft("two", { version: 7 }));
  const replica = await createReplica({
    env: { ...environmentOf(), WATCH_INTERVAL_MS: "0" },
    databaseUrl: `sqlite:${join(t.testdir(), "gateway.db")}`,
    upstream: upstream.url,
  });
  t.teardown(() => replica.close());
  await replica.start(60_000);
  const asks: readonly (readonly [string, object])[] = [
    [`${DEPLOYMENTS}/key=one`, REDEPLOY],
    [`${DRAFTS}/key=two`, { actions: [{ action: "setName", name: "n" }] }],
    [DEPLOYMENTS, { region: REGION, connector: { key: "kk" }, configurations: [] }],
  ];
  const token = tokenFor(`manage_project:${PROJECT}`);
  const ask = async ([path, body]: readonly [string, object], key: number): Promise<Answer> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json", "idempotency-key": `killed-${key}` };
    return read(await fetch(replica.url() + path, { method: "POST", headers, body: JSON.stringify(body) }));
  };
  const all = Promise.withResolvers<void>();
  says.write = () => void (posts() === asks.length && all.resolve());
  const first = asks.map((each, key) => ask(each, key).catch(() => undefined));
  await all.promise;
  await replica.kill();
  await Promise.all(first);
  await replica.start(60_000);
  for (const [key, each] of asks.entries()) t.same(told(await ask(each, key)), [201, "ok", "true"]);
  t.equal(posts(), asks.length);
});

test("the same draft is the same, in any order of its members and by any protocol", async (t) => {
  const { gateway, posts } = await start(t);
  const secured = { applicationName: "a", securedConfiguration: [{ key: "K", value: "v" }] };
  const one = { key: "one", region: REGION, connector: { key: "kk" }, configurations: [secured] };
  const other = { configurations: [{ securedConfiguration: [{ value: "v", key: "K" }], applicationName: "a" }], connector: { key: "kk" } };
  t.same(told(await gateway.rest("POST", DEPLOYMENTS, one, keyed("same"))), [201, "ok", null]);
  const moved = { ...other, region: REGION, key: "one" };
  t.same(told(await gateway.rest("POST", DEPLOYMENTS, moved, keyed("same"))), [201, "ok", "true"]);
  const mutation = "mutation ($draft: DeploymentDraft!) { createDeployment(draft: $draft) { key } }";
  const variables = { draft: { ...one, type: null } };
  const graph = await gateway.graphql(mutation, variables, keyed("same"));
  t.match([graph.text, graph.headers.get("idempotency-replayed")], [/"key":"one"/, "true"]);
  const path = `${DEPLOYMENTS}/key=one`;
  t.same(told(await gateway.rest("POST", path, { version: 1, ...REDEPLOY }, keyed("again"))), [201, "ok", null]);
  const redeploy = 'mutation { updateDeployment(key: "one", version: 1, actions: [{ redeploy: {} }]) { version } }';
  const redone = await gateway.graphql(redeploy, {}, keyed("again"));
  t.match([redone.text, redone.headers.get("idempotency-replayed")], [/"version":2/, "true"]);
  const changed = { ...one, configurations: [{ ...secured, securedConfiguration: [{ key: "K", value: "w" }] }] };
  t.equal(told(await gateway.rest("POST", DEPLOYMENTS, changed, keyed("same")))[1], "IdempotencyKeyReused");
  t.equal(posts(), 2);
});
