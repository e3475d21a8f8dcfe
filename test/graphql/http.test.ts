import { fastify } from "fastify";
import { getIntrospectionQuery } from "graphql";
import { serverAudits } from "graphql-http";
import { type Test, test } from "tap";
import { registerGraphql } from "../../src/graphql/index.ts";
import { createFeed } from "../../src/feed.ts";
import { createStore } from "../../src/store/index.ts";
import { Secret } from "../../src/secret.ts";
import { createServices } from "../../src/services/index.ts";
import { at, read, startBoth } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";

/** Recorded choice: nothing is executed by GET. The suite gives a notice for each thing that a GET may do. */
const BY_GET = new Set(["5A70", "D6D5", "6A70"]);

test("the audit suite of GraphQL over HTTP passes entirely", async (t) => {
  const { gateway } = await startBoth(t);
  const token = tokenFor("manage_project:composable-product-dev-sandbox");
  const fetchFn = (url: string, init: RequestInit = {}) => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    return fetch(url, { ...init, headers });
  };
  const audits = serverAudits({ url: `${gateway.url}/graphql`, fetchFn });
  t.ok(audits.length > 50);
  for (const audit of audits) {
    const result = await audit.fn();
    if (BY_GET.has(audit.id)) {
      t.equal(result.status, "notice", `${audit.id}: a recorded choice`);
      continue;
    }
    t.equal(result.status, "ok", `${audit.id} ${audit.name}${result.status === "ok" ? "" : `: ${result.reason}`}`);
  }
});

const fields = (count: number, make: (at: number) => string): string => Array.from({ length: count }, (_, at) => make(at)).join(" ");
const deep = (levels: number): string => {
  // deployments > results > liveConnector > deployments > results > ...: two levels each, `id` is the last one.
  let inner = "id";
  for (let level = levels - 1; level > 2; level--)
    inner = level % 3 === 0 ? `liveConnector { ${inner} }` : level % 3 === 2 ? `results { ${inner} }` : `deployments { ${inner} }`;
  return `{ deployments { results { ${inner} } } }`;
};

test("every limit holds at its value and one past it", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  const ask = async (query: string, variables?: object) => {
    const { status, body } = await gateway.graphql(query, variables);
    return body["errors"] === undefined ? "ok" : `${status} ${String(at(body, "errors.0.extensions.code"))}`;
  };
  const refused = "400 LimitExceeded";
  t.equal(await ask(`{ projects { ${fields(15, (n) => `a${n}: id`)} } }`), "ok", "15 aliases");
  t.equal(await ask(`{ projects { ${fields(16, (n) => `a${n}: id`)} } }`), refused, "16 aliases");
  t.equal(await ask(`{ ${fields(10, (n) => `a${n}: projects { id }`)} }`), "ok", "10 root fields");
  t.equal(await ask(`{ ${fields(11, (n) => `a${n}: projects { id }`)} }`), refused, "11 root fields");
  t.equal(
    await ask(`query { ...R } fragment R on Query { ${fields(11, (n) => `a${n}: projects { id }`)} }`),
    refused,
    "11 root fields in a fragment",
  );
  t.equal(await ask(`{ connectors(ids: [${fields(988, () => '"a"')}]) { total } }`), "ok", "1,000 tokens");
  t.equal(await ask(`{ connectors(ids: [${fields(989, () => '"a"')}]) { total } }`), refused, "1,001 tokens");
  t.equal(await ask(`{ projects { ${fields(990, () => "id")} } }`), refused, "one field so often that comparing its uses takes long");
  const padded = (bytes: number): string => `{ projects { id } } #${"x".repeat(bytes - 21)}`;
  t.equal(await ask(padded(20 * 1024)), "ok", "20 KiB");
  t.equal(await ask(padded(20 * 1024 + 1)), refused, "one byte more");
  t.equal(await ask("{ deployments(limit: 500, offset: 10000) { total } }"), "ok");
  t.equal(await ask("{ deployments(limit: 501) { total } }"), "200 LimitExceeded");
  t.equal(await ask("{ deployments(offset: 10001) { total } }"), "200 LimitExceeded");
  t.equal(await ask("{ deployments(limit: -1) { total } }"), "200 LimitExceeded");
  const searchFor = (characters: number) => ask("query ($t: String) { connectors(text: $t) { total } }", { t: "x".repeat(characters) });
  const rest = "?text=&limit=20&offset=0".length;
  t.equal(await searchFor(8 * 1024 + 1 - rest), "ok", "8,192 characters in an address, and its question mark");
  t.equal(await searchFor(8 * 1024 + 2 - rest), "200 LimitExceeded");

  t.equal(await ask(getIntrospectionQuery()), "ok", "the usual question for the schema");
  const spiral = (levels: number): string => `{ __schema { types { ${"fields { type { ".repeat(levels)}name${" } }".repeat(levels)} } } }`;
  t.equal(await ask(spiral(9)), "400 InvalidJsonInput", "an unusual one");
  await emulator.control("DELETE", "journal");
  t.equal(await ask(deep(10)), "ok", "10 levels");
  t.equal(await ask(deep(11)), refused, "11 levels");
  t.equal(
    await ask(
      `query { deployments { results { ...F } } } fragment F on Deployment { ${deep(11).slice("{ deployments { results { ".length, -6)} }`,
    ),
    refused,
    "11 levels through a fragment",
  );
  t.equal(
    await ask(`query { deployments { results { ... on Deployment { ${deep(11).slice("{ deployments { results { ".length, -6)} } } } }`),
    refused,
    "11 levels through an inline fragment",
  );
  t.equal(
    await ask("query { ...A } fragment A on Query { ...B } fragment B on Query { ...A }"),
    "400 InvalidJsonInput",
    "a circle of fragments",
  );
  t.equal(await ask(`{ projects ${fields(11, () => "@include(if: true)")} { id } }`), refused, "11 directives");
  t.equal(await ask(`{ projects { ${fields(900, (n) => `x${n}`)} } }`), "400 InvalidJsonInput", "900 unknown fields");
  t.ok((await gateway.graphql(`{ projects { ${fields(900, (n) => `x${n}`)} } }`)).text.length < 4_000, "do not earn 900 errors");
});

/** The services of a gateway without projects. */
async function noServices(t: Test) {
  const store = await createStore("sqlite::memory:");
  const feed = await createFeed(store);
  t.teardown(() => feed.stop());
  return createServices({
    connects: [],
    store,
    feed,
    webhooks: { checkUrl: String, secretOf: () => new Secret("none"), bothSecretsMs: 0, wake: () => {} },
    secret: new Secret("none"),
    written: () => {},
    log: () => {},
  });
}

test("in production the schema is read by those with the scope for it", async (t) => {
  const open = await startBoth(t);
  const asks = [
    "{ __schema { types { name } } }",
    '{ __type(name: "Query") { name } }',
    "query { ...F } fragment F on Query { __schema { description } }",
  ];
  for (const query of asks) t.equal((await open.gateway.graphql(query)).status, 200, "in development to all");
  const closed = fastify();
  t.teardown(() => closed.close());
  closed.decorateRequest("caller");
  let introspect = false;
  closed.addHook("onRequest", async (request) => {
    request.caller = { subject: "x", grants: new Map(), introspect, expiresAt: 0 };
  });
  await registerGraphql(closed, {
    services: await noServices(t),
    openSchema: false,
    closing: new AbortController().signal,
    authenticate: async () => undefined,
    countFailure: async () => undefined,
    readJson: () => undefined,
    refusalOf: () => undefined,
  });
  const url = await closed.listen({ host: "127.0.0.1", port: 0 });
  const ask = async (query: string) =>
    read(
      await fetch(`${url}/graphql`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ query }) }),
    );
  for (const query of asks) t.match([(await ask(query)).status, (await ask(query)).text], [400, "introspect"]);
  t.equal((await ask("{ __typename projects { __typename } }")).status, 200, "__typename is no secret");
  t.equal((await ask('{ connector(key: "__schema") { id } }')).status, 200, "nor is a text that looks like it");
  introspect = true;
  for (const query of asks) t.equal((await ask(query)).status, 200, "with the scope");
});

test("messages neither quote nor suggest", async (t) => {
  const { gateway } = await startBoth(t);
  for (const query of [
    "{ deploymnts { total } }",
    "{ deployments(limt: 1) { total } }",
    "query ($a: Deploymnt) { projects { id } }",
    "{ deployments(deploymentType: previw) { total } }",
    "{ projects { idd } }",
    "mutation { createDeployment(draft: { regoin: 1 }) { id } }",
  ]) {
    const { status, text } = await gateway.graphql(query);
    t.equal(status, 400);
    t.notMatch(text, /Did you mean|deploymnts|limt|Deploymnt|previw|idd|regoin|DeploymentType|Int/i.source.replace("idd", "\\bidd\\b"));
  }
});
