import type { ServerResponse } from "node:http";
import { type Test, test } from "tap";
import { SEED } from "../../src/emulator/index.ts";
import { at, MIRROR, PROJECT, REGION, startTestGateway } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";
import { answer, DEPLOYMENT, startUpstream, type Upstream } from "../helpers/upstream.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
/** It names a version, so that none is read for it. */
const REDEPLOY = { version: 1, actions: [{ action: "redeploy" }] };
const pageOf = (...results: readonly object[]) => ({ limit: 500, offset: 0, count: results.length, total: results.length, results });

/** A gateway over three projects, two of them of one upstream, and a token for all. */
async function startThree(t: Test, settings: Readonly<Record<string, string>>) {
  const [silent, well] = [await startUpstream(t), await startUpstream(t)];
  const { clientId, clientSecret } = SEED;
  const project = (projectKey: string, url: string) => ({
    region: REGION,
    projectKey,
    clientId,
    clientSecret,
    authUrl: url,
    connectUrl: url,
  });
  const projects = JSON.stringify([project("silent", silent.url), project("silent-too", silent.url), project("well", well.url)]);
  const none = { CTP_REGION: "", CTP_PROJECT_KEY: "", CTP_CLIENT_ID: "", CTP_CLIENT_SECRET: "", CTP_AUTH_URL: "", CTP_CONNECT_URL: "" };
  const env = { ...none, PROJECTS_FILE: "/projects", ...settings };
  const gateway = await startTestGateway(t, { upstream: well.url, env, files: { "/projects": projects } });
  const token = tokenFor("manage_project:silent manage_project:silent-too manage_project:well");
  const rest = (path: string, body?: object) => gateway.rest(body === undefined ? "GET" : "POST", path, body, { token });
  return { silent, well, rest };
}

test("projects whose upstream is silent take no place that the others need", async (t) => {
  const { silent, rest } = await startThree(t, { MAX_IN_FLIGHT: "16", MAX_QUEUED: "4", QUEUE_WAIT_MS: "50" });
  const ask = (key: string, query = "") => rest(`/connect/${REGION}/${key}/deployments${query}`);
  for (const key of ["silent", "silent-too", "well"]) t.equal((await ask(key)).status, 200);

  const held: (() => void)[] = [];
  const answered: string[] = [];
  silent.api((_request, response) => void held.push(() => answer(response, 503, "")));
  const waiting = ["silent", "silent-too"].flatMap((key) =>
    Array.from({ length: 40 }, (_none, n) => ask(key, `?limit=${(n % 2) + 1}`).then((each) => (answered.push(key), each))),
  );
  // The others were turned away at once.
  while (held.length < 3 || answered.length < waiting.length - 15) await new Promise(setImmediate);
  const others = [];
  for (let n = 0; n < 30; n++) others.push((await ask("well", `?limit=${n + 1}`)).status);
  t.same([...new Set(others)], [200], "the neighbour is served all the time");
  t.equal((await ask("silent")).status, 200, "and what was known of the silent one is told");
  for (const respond of held) respond();
  silent.api((_request, response) => answer(response, 503, ""));
  const statuses = (await Promise.all(waiting)).map(({ status }) => status);
  t.same([...new Set(statuses)], [503]);
});

test("of several projects, too, those who can be told what was known leave places to those who cannot", async (t) => {
  const { silent: slow, rest } = await startThree(t, { MAX_IN_FLIGHT: "12", MAX_QUEUED: "24", CACHE_TTL_MS: "0" });
  const deployments = `/connect/${REGION}/silent/deployments`;
  const ask = (limit: number) => rest(`${deployments}?limit=${limit}`);
  for (let limit = 1; limit <= 20; limit++) t.equal((await ask(limit)).status, 200);
  const aged = async () =>
    (await Promise.all(Array.from({ length: 8 }, (_none, n) => ask(n + 1)))).filter(({ headers }) => headers.get("age") !== null);
  t.same(await aged(), [], "as long as it is quick all are given what is new");
  slow.api((_request, response) => void setTimeout(() => answer(response, 200, pageOf()), 600));
  await ask(1);

  const held: (() => void)[] = [];
  slow.api(({ method }, response) => void held.push(() => answer(response, 200, method === "GET" ? pageOf() : DEPLOYMENT)));
  const told: (string | null)[] = [];
  const known = Array.from({ length: 20 }, (_none, n) => ask(n + 1).then((each) => (told.push(each.headers.get("age")), each)));
  // Those who found no place have their answers, and the others wait.
  while (held.length + told.length < 20) await new Promise(setImmediate);
  const before = held.length;
  t.ok(before >= 4, `${before} of them wait for what is new`);
  const others = [ask(21), rest(`${deployments}/key=kk`, REDEPLOY)];
  while (held.length < before + 2) await new Promise(setImmediate);
  for (const go of held) go();
  const answers = await Promise.all([...known, ...others]);
  t.same([...new Set(answers.map(({ status }) => Math.floor(status / 100)))], [2], "nobody is turned away");
});

test("the callers of a single project who wait for its upstream leave a place to those who can be told what was known", async (t) => {
  const upstream = await startUpstream(t);
  const env = { MAX_IN_FLIGHT: "9", QUEUE_WAIT_MS: "500", CACHE_TTL_MS: "0" };
  const { rest } = await startTestGateway(t, { upstream: upstream.url, env });
  const ask = (limit: number) => rest("GET", `${DEPLOYMENTS}?limit=${limit}`);
  for (let limit = 1; limit <= 20; limit++) t.equal((await ask(limit)).status, 200);

  const held: (() => void)[] = [];
  upstream.api((_request, response) => void held.push(() => answer(response, 200, pageOf())));
  const waiting = Array.from({ length: 8 }, (_none, n) => ask(n + 1));
  while (held.length < 8) await new Promise(setImmediate);
  const others = await Promise.all(Array.from({ length: 12 }, (_none, n) => ask(n + 9)));
  t.same(
    others.map(({ status, headers }) => [status, headers.get("cache-status")]),
    others.map(() => [200, "connect-gateway; hit; fwd=stale"]),
  );
  t.equal(held.length, 8, "nobody waited for more");
  for (const go of held) go();
  t.same([...new Set((await Promise.all(waiting)).map(({ status }) => status))], [200]);
});

test("callers who can be told what was known leave their places to callers who cannot", async (t) => {
  const upstream = await startUpstream(t);
  const { rest } = await startTestGateway(t, { upstream: upstream.url, env: { MAX_IN_FLIGHT: "4", QUEUE_WAIT_MS: "400" } });
  const ask = (limit: number) => rest("GET", `${DEPLOYMENTS}?limit=${limit}`);
  for (const limit of [1, 2]) t.equal((await ask(limit)).status, 200);

  const held: (() => void)[] = [];
  upstream.api(({ method }, response) => void held.push(() => answer(response, 200, method === "GET" ? pageOf() : DEPLOYMENT)));
  const known = [1, 2, 1, 2].map(ask);
  while (held.length < 2) await new Promise(setImmediate);
  const others = [ask(3), rest("POST", `${DEPLOYMENTS}/key=kk`, REDEPLOY), ask(1)];
  // Long before anybody's patience ends: the first two have to leave for them.
  while (held.length < 4) await new Promise(setImmediate);
  for (const go of held) go();
  const answers = await Promise.all([...known, ...others]);
  t.same([...new Set(answers.map(({ status }) => Math.floor(status / 100)))], [2], "nobody is turned away");
  t.ok(
    answers.some(({ headers }) => headers.get("age") !== null),
    "some were told what was known",
  );
});

test("reads that nobody waits for any more take no place from a write", async (t) => {
  const upstream = await startUpstream(t);
  const { rest } = await startTestGateway(t, { upstream: upstream.url, env: { MAX_IN_FLIGHT: "8" } });
  const ask = (limit: number) => rest("GET", `${DEPLOYMENTS}?limit=${limit}`);
  for (const limit of [1, 2, 3, 4]) t.equal((await ask(limit)).status, 200);

  const held: (() => void)[] = [];
  upstream.api(({ method }, response) =>
    method === "GET" ? void held.push(() => answer(response, 200, pageOf())) : answer(response, 200, DEPLOYMENT),
  );
  const known = await Promise.all([1, 2, 3, 4].map(ask));
  t.ok(known.every(({ headers }) => headers.get("age") !== null));
  const others = [ask(5), ask(6)];
  while (held.length < 6) await new Promise(setImmediate);
  t.equal((await ask(7)).status, 503, "reads have a quarter of the places");
  t.equal((await rest("POST", `${DEPLOYMENTS}/key=kk`, REDEPLOY)).status, 201);
  for (const go of held) go();
  t.same([...new Set((await Promise.all(others)).map(({ status }) => status))], [200]);
});

test("a project whose upstream is silent holds up nobody else's news", async (t) => {
  const { silent, well, rest } = await startThree(t, { WATCH_INTERVAL_MS: "100" });
  const looked = (upstream: Upstream): boolean => upstream.requests.some(({ url }) => url.startsWith("/connectors/drafts"));
  while (!looked(silent) || !looked(well)) await new Promise(setImmediate);
  const held: ServerResponse[] = [];
  silent.api((_request, response) => void held.push(response));
  while (held.length === 0) await new Promise(setImmediate);
  well.api(({ url }, response) => answer(response, 200, url.startsWith("/well/deployments") ? pageOf(DEPLOYMENT) : pageOf()));
  let event: unknown;
  while (event === undefined) event = at((await rest("/v1/events?limit=1")).body, "events.0");
  t.match(event, { type: "deployment.created", data: { project: `${REGION}:well` } });
  t.notOk(held[0]?.destroyed, "the look at the silent one has not ended");
  for (const response of held) answer(response, 503, "");
});
