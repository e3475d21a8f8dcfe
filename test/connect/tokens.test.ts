import { test } from "tap";
import { createScopes } from "../../src/connect/scopes.ts";
import { MIRROR, PROJECT, startTestGateway } from "../helpers/gateway.ts";
import { answer, CALL, connectTo, startUpstream } from "../helpers/upstream.ts";

const MANY = 1_000;
/** So many calls, each for something else: the same would be asked for once. */
const many = <T>(run: (offset: number) => Promise<T>): Promise<PromiseSettledResult<T>[]> =>
  Promise.allSettled(Array.from({ length: MANY }, (_, offset) => run(offset)));
const good = (results: readonly PromiseSettledResult<unknown>[]): number => results.filter((each) => each.status === "fulfilled").length;
const codeOf = (error: unknown): unknown => (error as { code?: unknown }).code;

test("1,000 concurrent first requests make one token request", async (t) => {
  const upstream = await startUpstream(t);
  const { deployments } = connectTo(t, upstream.url);
  t.equal(good(await many((offset) => deployments.list(CALL, { offset }))), MANY);
  t.equal(upstream.tokens(), 1);
  t.equal(upstream.requests.length, MANY);
  t.ok(upstream.requests.every((request) => request.headers.authorization === "Bearer token-1"));
});

test("1,000 answers of 401 at once make one token request, and each call is tried once more", async (t) => {
  const upstream = await startUpstream(t);
  const { deployments } = connectTo(t, upstream.url);
  await deployments.list(CALL, {});
  upstream.api((request, response) => {
    if (request.headers.authorization === "Bearer token-1") answer(response, 401, { statusCode: 401, message: "invalid_token" });
    else answer(response, 200, { limit: 20, offset: 0, count: 0, total: 0, results: [] });
  });
  t.equal(good(await many((offset) => deployments.list(CALL, { offset }))), MANY);
  t.equal(upstream.tokens(), 2);
  t.equal(upstream.requests.length, 1 + 2 * MANY);
});

test("an upstream that never accepts a token is asked once a call and once more, and the auth host once", async (t) => {
  const upstream = await startUpstream(t);
  const { deployments } = connectTo(t, upstream.url);
  await deployments.list(CALL, {});
  upstream.api((_request, response) =>
    answer(response, 401, { statusCode: 401, message: "no", errors: [{ code: "invalid_token", message: "no" }] }),
  );
  const results = await many((offset) => deployments.list(CALL, { offset }));
  t.ok(results.every((each) => each.status === "rejected" && codeOf(each.reason) === "UpstreamAuthFailed"));
  t.equal(upstream.tokens(), 2);
  t.equal(upstream.requests.length, 1 + MANY + 1, "one tries the new token for all");
});

test("a token is renewed before its end, in the background, and thrown away at its end", async (t) => {
  const upstream = await startUpstream(t);
  let now = 1_000_000;
  const { deployments } = connectTo(t, upstream.url, { now: () => now });
  const used = async () => {
    await deployments.list(CALL, {});
    return upstream.requests.at(-1)?.headers.authorization;
  };
  upstream.oauth((_request, response) => answer(response, 200, { access_token: `token-${upstream.tokens()}`, expires_in: 100 }));
  t.equal(await used(), "Bearer token-1");
  now += 79_000;
  t.equal(await used(), "Bearer token-1", "for four fifths of its life nobody asks");
  t.equal(upstream.tokens(), 1);
  now += 2_000;
  t.equal(await used(), "Bearer token-1", "then it is renewed while it still serves");
  while ((await used()) !== "Bearer token-2");
  t.equal(upstream.tokens(), 2);
  upstream.oauth((_request, response) => response.destroy());
  now += 81_000;
  t.equal(await used(), "Bearer token-2", "the auth host is down, the token still good: business as usual");
  now += 20_000;
  await t.rejects(deployments.list(CALL, {}), { code: "UpstreamUnavailable" }, "after its end it is not used");
});

test("a failing auth host is left alone for a second", async (t) => {
  const upstream = await startUpstream(t);
  let now = 0;
  const { deployments } = connectTo(t, upstream.url, { now: () => now });
  upstream.oauth((_request, response) =>
    answer(response, 401, { statusCode: 401, message: "client-secret is wrong", error: "invalid_client" }),
  );
  const results = await many((offset) => deployments.list(CALL, { offset }));
  t.ok(results.every((each) => each.status === "rejected" && codeOf(each.reason) === "UpstreamAuthFailed"));
  t.equal(upstream.tokens(), 1);
  now += 999;
  await t.rejects(deployments.list(CALL, {}), { code: "UpstreamAuthFailed" });
  t.equal(upstream.tokens(), 1);
  now += 1;
  await t.rejects(deployments.list(CALL, {}), { code: "UpstreamAuthFailed" });
  t.equal(upstream.tokens(), 2);
  t.equal(upstream.requests.length, 0, "without a token the API hears nothing");
});

test("an auth host that asks to wait is left alone for as long, within reason", async (t) => {
  for (const [status, asked, seconds] of [
    [429, "4", 4],
    [429, "3600", 10],
    [429, "soon", 1],
    [503, "4", 1],
  ] as const) {
    const upstream = await startUpstream(t);
    let now = 0;
    const { deployments } = connectTo(t, upstream.url, { now: () => now });
    upstream.oauth((_request, response) => answer(response, status, "", { "retry-after": asked }));
    await t.rejects(deployments.list(CALL, {}), { code: "UpstreamUnavailable", retryAfter: seconds });
    now += seconds * 1_000 - 1;
    await t.rejects(deployments.list(CALL, {}), { code: "UpstreamUnavailable" });
    t.equal(upstream.tokens(), 1, `${status}, ${asked}: not asked before`);
    now += 1;
    await t.rejects(deployments.list(CALL, {}), { code: "UpstreamUnavailable" });
    t.equal(upstream.tokens(), 2);
  }
});

test("what the token endpoint may say", async (t) => {
  const cases: readonly (readonly [said: unknown, status: number, code: string | undefined])[] = [
    [{ access_token: "t", expires_in: "3600" }, 200, undefined],
    [{ access_token: "t", expires_in: -1 }, 200, undefined],
    [{ access_token: "t", expires_in: 1e30 }, 200, undefined],
    [{ access_token: "t" }, 200, undefined],
    [{ access_token: "two words", expires_in: 1 }, 200, "UpstreamBadResponse"],
    [{ access_token: 7 }, 200, "UpstreamBadResponse"],
    ["<html>", 200, "UpstreamBadResponse"],
    [{}, 503, "UpstreamUnavailable"],
    [{}, 429, "UpstreamUnavailable"],
    [{}, 302, "UpstreamUnavailable"],
    [{ error: "invalid_scope" }, 400, "UpstreamAuthFailed"],
  ];
  for (const [said, status, code] of cases) {
    const upstream = await startUpstream(t);
    const { deployments } = connectTo(t, upstream.url, { scope: "a b" });
    upstream.oauth((request, response) => {
      t.match(
        [request.method, request.body, request.headers.authorization],
        ["POST", "grant_type=client_credentials&scope=a+b", `Basic ${btoa("client:client-secret")}`],
      );
      answer(response, status, said, { location: upstream.url });
    });
    const result = deployments.list(CALL, {});
    if (code === undefined) t.match(await result, { total: 0 }, JSON.stringify(said));
    else await t.rejects(result, { code }, `${status} ${JSON.stringify(said)}`);
    t.equal(upstream.tokens(), 1);
  }
});

test("a client that lacks scopes is told of, until it has them", async (t) => {
  const upstream = await startUpstream(t);
  let scope: unknown = `manage_project:${PROJECT}`;
  upstream.oauth((_request, response) => answer(response, 200, { access_token: "tok-of-few-scopes", expires_in: 60, scope }));
  const asked = `manage_project:${PROJECT} view_audit_log:${PROJECT}`;
  const gateway = await startTestGateway(t, {
    upstream: upstream.url,
    env: { CTP_SCOPE: asked, CACHE_TTL_MS: "0", WATCH_INTERVAL_MS: "0" },
  });
  const health = async () => (await gateway.rest("GET", "/readyz?verbose")).text;
  const list = () => gateway.rest("GET", `${MIRROR}/${PROJECT}/deployments`);
  t.match(await health(), /"name":"scopes","status":"ok"/, "nobody has asked for a token yet");
  t.equal((await list()).status, 200);
  t.match(await health(), /"name":"scopes","status":"degraded","reason":"the clients of 1 of 1 projects lack scopes; the log says which"/);
  t.equal((await gateway.rest("GET", "/readyz")).status, 200);
  t.match(gateway.log(), new RegExp(`"level":"warn".*"missing":\\["view_audit_log:${PROJECT}"\\].*lacks scopes`));
  t.notMatch(gateway.log(), /tok-of-few/);
});

test("which scopes are missing", (t) => {
  const told: (readonly string[])[] = [];
  const of = (asked: string | undefined) => createScopes({ asked, projectKey: "shop", lacks: (missing) => void told.push(missing) });
  const [some, all] = [of("a:shop  b:shop"), of(undefined)];
  for (const scope of ["b:shop", "b:shop", "b:shop a:shop", "", undefined, 5]) some.granted(scope);
  t.same(told.splice(0), [["a:shop"], ["a:shop", "b:shop"]], "once, until it is well");
  t.same(some.missing(), [], "who says nothing grants what was asked for");
  for (const scope of ["view_connectors:shop", "manage_project:shopping"]) all.granted(scope);
  t.same(told, [["manage_project:shop"]], "a client of another project");
  t.end();
});
