import { test } from "tap";
import { MIRROR, PROJECT, REGION, startTestGateway } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";
import { answer, startUpstream } from "../helpers/upstream.ts";
import { Timing } from "../../src/timing.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const QUERY = "{ deployments(limit: 7) { total } connectorsStaged(limit: 7) { total } }";

/** The header with its numbers taken out. */
const shape = (headers: Headers): string | undefined => headers.get("server-timing")?.replaceAll(/\d+\.\d\b/g, "n");

test("answers tell where their time went", async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url, env: { CACHE_TTL_MS: "60000" } });
  const rest = async (limit: number) => shape((await gateway.rest("GET", `${DEPLOYMENTS}?limit=${limit}`)).headers);
  t.equal(await rest(1), "cache;desc=miss, upstream;dur=n, total;dur=n");
  t.equal(await rest(1), "cache;desc=hit, total;dur=n");
  const waiting = Promise.withResolvers<() => void>();
  upstream.api((_request, response) =>
    waiting.resolve(() => answer(response, 200, { limit: 2, offset: 0, count: 0, total: 0, results: [] })),
  );
  const both = [rest(2), rest(2)];
  (await waiting.promise)();
  t.same(
    new Set(await Promise.all(both)),
    new Set(["miss", "coalesced"].map((source) => `cache;desc=${source}, upstream;dur=n, total;dur=n`)),
  );
  upstream.api((_request, response) => answer(response, 200, { limit: 7, offset: 0, count: 0, total: 0, results: [] }));
  const shapes: (string | undefined)[] = [];
  // From the third time on the query is prepared, and then answered from the same reads.
  for (let at = 0; at < 4; at++) shapes.push(shape((await gateway.graphql(QUERY)).headers));
  t.same(shapes, ["cache;desc=miss, upstream;dur=n, total;dur=n", ...Array.from({ length: 3 }, () => "cache;desc=hit, total;dur=n")]);
  upstream.api((_request, response) => answer(response, 400, { message: "no", errors: [] }));
  t.equal(await rest(9), "upstream;dur=n, total;dur=n", "also those that failed");
  t.equal(shape((await gateway.rest("POST", DEPLOYMENTS, { nothing: 1 })).headers), "total;dur=n", "and those that asked for nothing");
  const headers = { accept: "text/event-stream" };
  const leaving = new AbortController();
  const token = tokenFor(`manage_project:${PROJECT}`);
  const stream = await fetch(`${gateway.url}/v1/events`, {
    headers: { ...headers, authorization: `Bearer ${token}` },
    signal: leaving.signal,
  });
  t.equal(shape(stream.headers), "total;dur=n", "streams until they begin");
  leaving.abort();
});

test("what is hidden looks like what is missing, and strangers are told nothing", async (t) => {
  const upstream = await startUpstream(t);
  const other = {
    region: REGION,
    projectKey: "other-project",
    clientId: "c",
    clientSecret: "s",
    authUrl: upstream.url,
    connectUrl: upstream.url,
  };
  const own = { ...other, projectKey: PROJECT };
  const gateway = await startTestGateway(t, {
    upstream: upstream.url,
    env: {
      PROJECTS_FILE: "/p.json",
      CTP_REGION: "",
      CTP_PROJECT_KEY: "",
      CTP_CLIENT_ID: "",
      CTP_CLIENT_SECRET: "",
      CTP_AUTH_URL: "",
      CTP_CONNECT_URL: "",
    },
    files: { "/p.json": JSON.stringify([own, other]) },
  });
  const asOther = { token: tokenFor("manage_project:other-project") };
  await gateway.rest("GET", `${MIRROR}/other-project/deployments`, undefined, asOther);
  for (const project of ["other-project", "missing-project"]) {
    const { status, headers } = await gateway.rest("GET", `${MIRROR}/${project}/deployments`);
    t.same([status, shape(headers)], [404, "total;dur=n"], project);
    const asked = await gateway.graphql(`{ deployments(project: "${REGION}:${project}") { total } }`);
    t.same(shape(asked.headers), "total;dur=n", `GraphQL, ${project}`);
  }
  t.equal(shape((await gateway.rest("GET", DEPLOYMENTS, undefined, { token: "none" })).headers), undefined);
  t.equal(shape((await gateway.rest("GET", "/livez")).headers), undefined);
});

test("waits side by side count once, and the dearest source is told", (t) => {
  const timing = new Timing();
  t.equal(timing.print(), "");
  timing.add({ from: "hit", ms: 0 });
  t.equal(timing.print(), "cache;desc=hit");
  timing.add({ from: "stale", ms: 1 });
  for (let at = 0; at < 1_000; at++) timing.add({ from: "miss", ms: 1 });
  const [, source, ms] = /^cache;desc=(\w+), upstream;dur=(\d+\.\d)$/.exec(timing.print()) ?? [];
  t.equal(source, "stale");
  t.ok(Number(ms) < 500, `${ms} ms`);
  timing.add({ from: "write", ms: 0 });
  t.match(timing.print(), /^cache;desc=stale/);
  t.end();
});

test("an answer holds as long as all do that it was made from, and that is all", (t) => {
  const noted: string[] = [];
  const of = (name: string, holds: () => boolean) => ({ from: "hit", ms: 0, again: { holds, count: () => void noted.push(name) } });
  let isNew = true;
  const timing = new Timing();
  timing.add(of("first", () => true));
  t.equal(timing.again(), undefined, "it may be made from more");
  timing.isAll = true;
  timing.add(of("second", () => isNew));
  const again = timing.again();
  t.equal(again?.holds(), true);
  t.same(noted, [], "to look counts nothing");
  again?.count();
  t.same(noted, ["first", "second"]);
  isNew = false;
  t.equal(again?.holds(), false);
  timing.add({ from: "miss", ms: 1 });
  t.equal(timing.again(), undefined, "what was asked for would be asked for again");
  const none = new Timing();
  none.isAll = true;
  t.equal(none.again(), undefined);
  t.end();
});
