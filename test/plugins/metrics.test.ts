import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { type Test, test } from "tap";
import { createMetrics } from "../../src/plugins/metrics.ts";
import { METRICS, publicName } from "../../src/plugins/metrics-table.ts";
import { fastify } from "fastify";
import { MIRROR, PROJECT, REGION, rows, startBoth, startTestGateway, type TestGateway } from "../helpers/gateway.ts";
import { startReceiver } from "../helpers/receiver.ts";
import { tokenFor } from "../helpers/token.ts";
import { answer, startUpstream } from "../helpers/upstream.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;

/** The figures of a gateway by their series, such as `cache_total{result="hit"}`. */
async function figuresOf(gateway: Pick<TestGateway, "rest">): Promise<ReadonlyMap<string, number>> {
  return parse((await gateway.rest("GET", "/metrics")).text);
}

function parse(text: string): ReadonlyMap<string, number> {
  const lines = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(
    lines.map((line) => {
      const at = line.lastIndexOf(" ");
      return [line.slice(0, at).replace("connect_gateway_", ""), Number(line.slice(at + 1))];
    }),
  );
}

test("without the setting there is nothing", async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url });
  t.equal((await gateway.rest("GET", "/metrics")).status, 404);
});

test("the page is for who holds its token", async (t) => {
  const upstream = await startUpstream(t);
  const token = "figures-0123456789-0123456789-0123456789";
  const gateway = await startTestGateway(t, { upstream: upstream.url, env: { METRICS: "on", METRICS_TOKEN: token } });
  const read = (authorization: string) => gateway.rest("GET", "/metrics", undefined, { headers: { authorization } });
  const good = await read(`Bearer ${token}`);
  t.match([good.status, good.headers.get("content-type"), good.headers.get("cache-control")], [200, /^text\/plain/, "no-store"]);
  for (const wrong of ["", token, `Basic ${token}`, `Bearer ${token}x`, "Bearer ", `Bearer ${tokenFor(`manage_project:${PROJECT}`)}`]) {
    const refused = await read(wrong);
    t.match([refused.status, refused.headers.get("www-authenticate")], [401, "Bearer"], wrong.slice(0, 12));
    t.notMatch(refused.text, /process_/);
  }
  t.equal((await gateway.rest("GET", "/v1/projects", undefined, { token })).status, 401, "and opens nothing else");
  t.notMatch(gateway.log(), /figures-0123/);
});

test("figures tell what happened", async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url, env: { METRICS: "on", CACHE_TTL_MS: "60000" } });
  await gateway.rest("GET", DEPLOYMENTS);
  await gateway.rest("GET", DEPLOYMENTS);
  await gateway.graphql("{ deployments(limit: 3) { total } }");
  await gateway.rest("GET", `/nothing/${"x".repeat(30)}`);
  const calm = await figuresOf(gateway);
  const route = `face="connect",route="GET /connect/:region/:projectKey/deployments"`;
  for (const [series, value] of [
    [`requests_total{${route},status="2xx"}`, 2],
    [`request_seconds_count{${route}}`, 2],
    [`requests_total{face="graphql",route="POST /graphql",status="2xx"}`, 1],
    [`requests_total{face="none",route="none",status="4xx"}`, 1],
    [`cache_total{result="hit"}`, 1],
    [`cache_total{result="miss"}`, 2],
    [`upstream_calls_total{operation="deployments.list",outcome="ok"}`, 2],
    [`token_requests_total{outcome="ok"}`, 1],
    [`breakers_open{region="${REGION}"}`, 0],
    ["in_flight", 0],
    ["deliveries_owed", 0],
  ] as const)
    t.equal(calm.get(series), value, series);
  t.ok((calm.get("nodejs_eventloop_lag_p99_seconds") ?? -1) >= 0 && (calm.get("process_resident_memory_bytes") ?? 0) > 0);

  upstream.api((_request, response) =>
    answer(response, 400, { message: "no", errors: [{ code: `made-up-${Date.now()}`, message: "no" }] }),
  );
  await gateway.rest("GET", `${DEPLOYMENTS}?limit=4`);
  upstream.api((_request, response) => answer(response, 503, {}));
  for (let at = 0; at < 10; at++) await gateway.rest("GET", `${DEPLOYMENTS}?limit=1${at}`);
  const trouble = await figuresOf(gateway);
  t.equal(trouble.get(`upstream_calls_total{operation="deployments.list",outcome="refused"}`), 1, "codes that upstream makes up are one");
  t.ok((trouble.get(`upstream_calls_total{operation="deployments.list",outcome="UpstreamUnavailable"}`) ?? 0) > 0);
  t.ok((trouble.get(`upstream_retries_total{operation="deployments.list"}`) ?? 0) > 0);
  t.equal(trouble.get(`breakers_open{region="${REGION}"}`), 1);
  t.equal(trouble.get("figures_ignored_total"), 0);
});

test("where writes alone fail that is told, and what is kept back counts as no call", async (t) => {
  const upstream = await startUpstream(t);
  upstream.api(({ method }, response) => answer(response, method === "GET" ? 404 : 503, { message: "no", statusCode: 404 }));
  const gateway = await startTestGateway(t, { upstream: upstream.url, env: { METRICS: "on" } });
  const draft = { region: "us-central1.gcp", connector: { key: "kk" }, configurations: [] };
  for (let at = 0; at < 13; at++) await gateway.rest("POST", DEPLOYMENTS, { ...draft, key: `key-${at}` });
  const figures = await figuresOf(gateway);
  const sent = [...figures].filter(([series]) => series.startsWith(`upstream_calls_total{operation="deployments.create"`));
  t.same(
    sent.map(([, value]) => value),
    [upstream.requests.filter(({ method }) => method === "POST").length],
  );
  t.equal(figures.get(`upstream_calls_kept_back_total{operation="deployments.create"}`), 13 - (sent[0]?.[1] ?? 0));
  t.equal(figures.get(`upstream_call_seconds_count{operation="deployments.create"}`), sent[0]?.[1]);
  t.equal(figures.get(`breakers_open{region="${REGION}"}`), 1);
  const { body } = await gateway.rest("GET", "/readyz?verbose");
  t.match(
    rows(body, "checks").find(({ name }) => name === "upstream"),
    { status: "degraded", reason: /writes alone of 1 of 1/ },
  );
});

test("what waits and what is turned away is told", async (t) => {
  const upstream = await startUpstream(t);
  const arrived = Promise.withResolvers<() => void>();
  upstream.api((_request, response) => arrived.resolve(() => answer(response, 404, {})));
  const env = { METRICS: "on", MAX_IN_FLIGHT: "1", MAX_QUEUED: "1", QUEUE_WAIT_MS: "50" };
  const gateway = await startTestGateway(t, { upstream: upstream.url, env });
  const held = gateway.rest("GET", DEPLOYMENTS);
  const release = await arrived.promise;
  t.equal((await figuresOf(gateway)).get("in_flight"), 1);
  const refused = await Promise.all([gateway.rest("GET", DEPLOYMENTS), gateway.rest("GET", DEPLOYMENTS)]);
  t.same(
    refused.map(({ status }) => status),
    [503, 503],
  );
  release();
  await held;
  const figures = await figuresOf(gateway);
  for (const reason of ["full", "late"]) t.equal(figures.get(`admission_refusals_total{reason="${reason}"}`), 1, reason);
});

test("looks, streams and deliveries are told, and no figure is off the table", async (t) => {
  const receiver = await startReceiver(t);
  const env = { METRICS: "on", WATCH_INTERVAL_MS: "20", WATCH_HOT_INTERVAL_MS: "20", WEBHOOK_ALLOW: "127.0.0.0/8" };
  const { gateway } = await startBoth(t, {}, env);
  const made = await gateway.rest("POST", "/v1/webhooks", { url: receiver.url });
  const stream = new AbortController();
  const headers = { authorization: `Bearer ${tokenFor(`manage_project:${PROJECT}`)}`, accept: "text/event-stream" };
  await fetch(`${gateway.url}/v1/events`, { headers, signal: stream.signal });
  t.equal((await figuresOf(gateway)).get(`subscribers{transport="rest_sse"}`), 1);
  await gateway.rest("POST", `/v1/webhooks/${String(made.body["id"])}/test`);
  await receiver.arrived(1);
  await until(t, gateway, (figures) => figures.get(`deliveries_total{outcome="succeeded"}`) === 1);
  await until(t, gateway, (figures) => (figures.get(`looks_total{outcome="ok"}`) ?? 0) > 0);
  const figures = await figuresOf(gateway);
  t.equal(figures.get("change_to_delivery_seconds_count"), 1);
  t.ok((figures.get("watch_lag_seconds_count") ?? 0) >= 1 && (figures.get("unwatched_seconds") ?? -1) >= 0);
  t.equal(figures.get("figures_ignored_total"), 0);
  stream.abort();
  await until(t, gateway, (now) => now.get(`subscribers{transport="rest_sse"}`) === 0);
});

/** Asks for the figures again until they are as wanted; the test's own time limit ends it. */
async function until(t: Test, gateway: TestGateway, wanted: (figures: ReadonlyMap<string, number>) => boolean): Promise<void> {
  while (!wanted(await figuresOf(gateway)));
  t.pass("the figures came to it");
}

test("what is not in the table is left out, and never throws", async (t) => {
  const app = fastify();
  t.teardown(() => app.close());
  const { meter, register } = createMetrics(["a.gcp"]);
  register.call({ meter, register }, app, () => true);
  meter.gauge("deliveries_owed", () => Promise.reject(new Error("the store is gone")));
  meter.gauge("breakers_open", () => 1, { region: "a.gcp" });
  meter.gauge("breakers_open", () => 1, { region: "a.gcp" });
  const wrong: readonly (() => void)[] = [
    () => meter.count("no-such-name"),
    () => meter.count("cache"),
    () => meter.count("cache", { result: "other" }),
    () => meter.count("cache", { result: "hit", key: "x" }),
    () => meter.count("cache", { result: "hit" }, -1),
    () => meter.count("cache", { result: "hit" }, Number.NaN),
    () => meter.count("__proto__"),
    () => meter.count("upstream_call", { operation: "deployments.get" }),
    () => meter.observe("upstream_call", Number.NaN, { operation: "deployments.get" }),
    () => meter.observe("upstream_call", 1, { operation: "/etc/passwd" }),
    () => meter.observe("cache", 1, { result: "hit" }),
    () => meter.gauge("breakers_open", () => 1, { region: "b.gcp" }),
    () => meter.gauge("cache", () => 1),
  ];
  for (const call of wrong) call();
  const figures = parse((await app.inject("/metrics")).body);
  t.equal(figures.get("figures_ignored_total"), wrong.length);
  t.equal(figures.get(`breakers_open{region="a.gcp"}`), 2, "several sources are added up");
  t.notOk(figures.has("deliveries_owed"), "a source that fails is left out");
  t.ok(figures.has("in_flight"), "and the others are there");
});

const WORDS = ["GET", "POST", "DELETE", "PUT", "PATCH", "OPTIONS", "HEAD"];

/** One request of a hostile caller: names, paths, headers and bodies are new each time. */
function randomRequest(at: number, token: string): string {
  const word = (): string => Math.random().toString(36).slice(2) + at;
  const paths = [
    `/${word()}`,
    `/connect/${word()}/${word()}/deployments/${word()}`,
    `/v1/${word()}/${word()}?${word()}=${word()}`,
    `/v1/webhooks/${word()}`,
    `${DEPLOYMENTS}/key=${word()}?${word()}`,
    `/connect/${REGION}/connectors/drafts/${word()}`,
    "/graphql",
    "/livez",
  ];
  const body = JSON.stringify({ query: `query ${word()} { ${word()} }`, operationName: word(), [word()]: word() });
  const head = `${WORDS[at % WORDS.length]} ${paths[Math.floor(at / WORDS.length) % paths.length]} HTTP/1.1\r\nhost: 127.0.0.1\r\n`;
  const authorization = `authorization: Bearer ${at % 3 === 0 ? word() : token}\r\n`;
  const more = `x-project-key: ${word()}\r\nx-${word()}: ${word()}\r\ntraceparent: ${word()}\r\nx-correlation-id: ${word()}-${word()}\r\n`;
  return `${head}${authorization}${more}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
}

test("a hundred thousand random requests make fewer than 2,000 series", async (t) => {
  const upstream = await startUpstream(t);
  upstream.api((_request, response) => answer(response, 404, {}));
  const env = { METRICS: "on", LOG_LEVEL: "silent", MAX_IN_FLIGHT: "1000" };
  const gateway = await startTestGateway(t, { upstream: upstream.url, env });
  const token = tokenFor(`manage_project:${PROJECT}`);
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  t.teardown(() => socket.destroy());
  await once(socket, "connect");
  let answered = 0;
  let rest = "";
  const batches: Promise<void>[] = [];
  let batch = Promise.withResolvers<void>();
  const [SIZE, TOTAL] = [500, 100_000];
  socket.on("data", (chunk: Buffer) => {
    const text = rest + chunk.toString("latin1");
    answered += text.split("HTTP/1.1 ").length - 1;
    rest = /H[TP/1. ]*$/.exec(text.slice(-8))?.[0] ?? "";
    if (answered % SIZE === 0) batch.resolve();
  });
  for (let at = 0; at < TOTAL; at += SIZE) {
    batch = Promise.withResolvers();
    batches.push(batch.promise);
    socket.write(Array.from({ length: SIZE }, (_none, index) => randomRequest(at + index, token)).join(""));
    await batch.promise;
  }
  t.equal(answered, TOTAL);
  const figures = await figuresOf(gateway);
  const counted = [...figures].filter(([name]) => name.startsWith("requests_total")).reduce((sum, [, value]) => sum + value, 0);
  t.ok(counted >= TOTAL, `${counted} requests were counted`);
  t.ok(figures.size < 2_000, `${figures.size} series`);
  const most = worstCase(await routesOf(gateway));
  t.ok(most < 2_000, `nor can there ever be more than ${most}`);
  t.equal(figures.get("figures_ignored_total"), 0);
});

async function routesOf(gateway: TestGateway): Promise<number> {
  const { paths } = (await gateway.rest("GET", "/openapi.json")).body as { paths: Record<string, object> };
  // Those of operations and of GraphQL are not in the document.
  return Object.values(paths).reduce((sum, methods) => sum + Object.keys(methods).length, 0) + 20;
}

/** The number of series when every label had every one of its values, with so many routes and the figures of the process. */
function worstCase(routes: number): number {
  const sizeOf = (name: string, values: readonly string[] | string): number => {
    // Each route belongs to one face.
    if (name === "face") return 1;
    return typeof values === "string" ? (values === "routes" ? routes : 1) : values.length;
  };
  return METRICS.reduce((sum, { kind, labels, buckets = [] }) => {
    const rows = Object.entries(labels).reduce((product, [name, values]) => product * sizeOf(name, values), 1);
    return sum + rows * (kind === "histogram" ? buckets.length + 3 : 1);
  }, 120);
}

test("rooms, table and README name the same figures", (t) => {
  const sources = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const texts = sources.map((name) => readFileSync(`src/${name}`, "utf8"));
  const used = texts.flatMap((text) => [...text.matchAll(/\bmeter\??\.(count|observe|gauge)\("(\w+)"/g)]);
  const KINDS = { count: "counter", observe: "histogram", gauge: "gauge" };
  const wanted = new Set(METRICS.map(({ name, kind }) => `${kind} ${name}`));
  t.same(
    new Set(used.map(([, way, name]) => `${KINDS[way as keyof typeof KINDS]} ${name}`)),
    new Set([...wanted].filter((name) => name !== "counter figures_ignored")),
  );
  t.equal(wanted.size, METRICS.length, "no name twice");
  const rows = METRICS.map((metric) => {
    const labels = Object.keys(metric.labels).map((label) => `\`${label}\``);
    return `| \`${publicName(metric)}\` | ${metric.kind} | ${labels.join(", ") || "–"} | ${metric.help} |\n`;
  });
  t.ok(readFileSync("README.md", "utf8").includes(`|---|---|---|---|\n${rows.join("")}\n`), "the README shows the table");
  t.end();
});
