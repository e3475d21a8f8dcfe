import { readdirSync, readFileSync } from "node:fs";
import type { ServerResponse } from "node:http";
import { type Test, test } from "tap";
import { type Collector, type ReceivedSpan, startCollector } from "../helpers/collector.ts";
import { MIRROR, PROJECT, REGION, startTestGateway, type TestGateway } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";
import { connectorDraft } from "../helpers/tutorial.ts";
import { answer, startUpstream, type Upstream } from "../helpers/upstream.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const TRACE = "0af7651916cd43dd8448eb211c80319c";
const CALLER = "b7ad6b7169203331";
const [SERVER, CLIENT] = [2, 3];

type Traced = { readonly collector: Collector; readonly upstream: Upstream; readonly gateway: TestGateway };

async function startTraced(t: Test, env: Readonly<Record<string, string>> = {}): Promise<Traced> {
  const collector = await startCollector(t);
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url, env: { OTEL_EXPORTER_OTLP_ENDPOINT: `${collector.url}/`, ...env } });
  return { collector, upstream, gateway };
}

const withParent = (traceparent: string) => ({ headers: { traceparent } });

function find(spans: readonly ReceivedSpan[], kind: number, name: string): ReceivedSpan {
  const found = spans.find((span) => span.kind === kind && span.name === name);
  if (found === undefined) throw new Error(`no span ${name} among ${spans.map((span) => span.name).join(", ")}`);
  return found;
}

test("a caller's trace goes on through the gateway to upstream", async (t) => {
  const { collector, upstream, gateway } = await startTraced(t, {
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20collector-key,tenant=a",
  });
  await gateway.rest("GET", DEPLOYMENTS, undefined, withParent(`00-${TRACE}-${CALLER}-01`));
  await gateway.stop();

  const spans = collector.spans();
  t.equal(spans.length, 2, "one for the request and one for the call");
  const request = find(spans, SERVER, "GET /connect/:region/:projectKey/deployments");
  const call = find(spans, CLIENT, "deployments.list");
  t.match(request, { traceId: TRACE, parentSpanId: CALLER });
  t.match(call, { traceId: TRACE, parentSpanId: request.spanId });
  t.equal(upstream.requests[0]?.headers["traceparent"], `00-${TRACE}-${call.spanId}-01`, "upstream hears of the call's span");
  t.match(Object.keys(request.attributes).toSorted(), ["http.request.method", "http.response.status_code", "http.route"]);
  t.same(call.attributes, { "connect.operation": "deployments.list", "connect.region": REGION });
  t.match(collector.posts[0], { url: "/v1/traces", headers: { authorization: "Bearer collector-key", tenant: "a" } });
  t.notMatch(gateway.log(), /collector-key/);
});

test("GraphQL, writes and failures have spans too", async (t) => {
  const { collector, upstream, gateway } = await startTraced(t);
  await gateway.graphql("{ deployments { total } connectorsStaged { total } }", undefined, withParent(`00-${TRACE}-${CALLER}-01`));
  upstream.api((_request, response) => answer(response, 400, { message: "no", errors: [{ code: "MadeUp", message: "no" }] }));
  await gateway.rest("POST", `${MIRROR}/connectors/drafts`, connectorDraft);
  upstream.api((_request, response) => answer(response, 200, "<html>"));
  t.equal((await gateway.rest("GET", DEPLOYMENTS)).status, 502);
  await gateway.rest("GET", DEPLOYMENTS, undefined, { token: "none" });
  await gateway.rest("GET", "/secret-path");
  await gateway.stop();

  const spans = collector.spans();
  const graphql = find(spans, SERVER, "POST /graphql");
  for (const name of ["deployments.list", "connectorsStaged.list"])
    t.match(find(spans, CLIENT, name), { traceId: TRACE, parentSpanId: graphql.spanId }, name);
  t.match(
    find(spans, CLIENT, "connectorsStaged.create"),
    { status: 2, attributes: { "error.type": "refused" } },
    "codes of upstream's stay out",
  );
  const statuses = spans.filter(({ kind }) => kind === SERVER).map(({ attributes }) => Number(attributes["http.response.status_code"]));
  t.same(statuses, [200, 400, 502, 401, 404]);
  t.match(
    spans.find(({ attributes }) => attributes["http.response.status_code"] === 502),
    { status: 2 },
  );
  t.ok(find(spans, SERVER, "GET none"), "a path that is no route is not told");
});

test("the span of a caller who goes before the answer says so", async (t) => {
  const { collector, upstream, gateway } = await startTraced(t);
  const asked = Promise.withResolvers<ServerResponse>();
  upstream.api((_request, response) => asked.resolve(response));
  const gone = new AbortController();
  const headers = { authorization: `Bearer ${tokenFor(`manage_project:${PROJECT}`)}` };
  const waiting = fetch(gateway.url + DEPLOYMENTS, { headers, signal: gone.signal }).catch(() => "gone");
  const held = await asked.promise;
  gone.abort();
  t.equal(await waiting, "gone");
  answer(held, 400, {});
  // They come when their time has come: a gateway that stops might do so before it hears of it.
  await collector.arrived(1);
  const { attributes, status } = find(collector.spans(), SERVER, "GET /connect/:region/:projectKey/deployments");
  t.same([attributes["error.type"], attributes["http.response.status_code"], status], ["aborted", undefined, 2]);
});

test("a trace begins here when the caller names none that can be read, and is left out as asked", async (t) => {
  const { collector, upstream, gateway } = await startTraced(t);
  const broken = ["", "00-xyz", `00-${"0".repeat(32)}-${CALLER}-01`, `00-${TRACE}-${"0".repeat(16)}-01`, `01-${TRACE}-${CALLER}-01`];
  for (const traceparent of broken) await gateway.rest("GET", DEPLOYMENTS, undefined, withParent(traceparent));
  await gateway.rest("GET", DEPLOYMENTS, undefined, withParent(`00-${TRACE}-${CALLER}-00`));
  await gateway.stop();
  t.equal(collector.spans().length, broken.length * 2);
  t.notOk(collector.spans().some((span) => span.traceId === TRACE || (span.kind === SERVER && span.parentSpanId !== undefined)));
  t.match(upstream.requests.at(-1)?.headers["traceparent"], new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`), "which upstream hears as well");

  const none = await startTraced(t, { OTEL_TRACES_SAMPLER_ARG: "0" });
  await none.gateway.rest("GET", DEPLOYMENTS);
  await none.gateway.rest("GET", DEPLOYMENTS, undefined, withParent(`00-${TRACE}-${CALLER}-01`));
  await none.gateway.stop();
  t.equal(none.collector.spans().length, 2, "only of the trace that its caller keeps");
});

test("where nothing is traced here, a trace goes on to upstream as it came, if it is one", async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url });
  const zero = "0".repeat(32);
  for (const [traceparent, passed] of [
    [`00-${TRACE}-${CALLER}-01`, true],
    [`00-${zero}-${CALLER}-01`, false],
    [`00-${TRACE}-${zero.slice(16)}-01`, false],
    [`ff-${TRACE}-${CALLER}-01`, false],
    [`00-${TRACE.toUpperCase()}-${CALLER}-01`, false],
  ] as const) {
    await gateway.rest("GET", DEPLOYMENTS, undefined, withParent(traceparent));
    t.equal(upstream.requests.at(-1)?.headers["traceparent"], passed ? traceparent : undefined, traceparent);
  }
  t.equal(upstream.requests.length, 5);
});

test("a collector that is gone, fails or stays silent harms nobody", async (t) => {
  const { collector, gateway } = await startTraced(t, { METRICS: "on" });
  collector.answer((response) => response.writeHead(400).end("no"));
  await gateway.rest("GET", DEPLOYMENTS);
  await collector.arrived(1);
  const told = async (): Promise<string> => (await gateway.rest("GET", "/metrics")).text;
  while (!(await told()).includes('trace_exports_total{outcome="failed"} 1'));
  // From now on it takes what is sent, and says nothing.
  collector.answer(() => undefined);
  const answers = await Promise.all(Array.from({ length: 60 }, () => gateway.rest("GET", DEPLOYMENTS)));
  t.ok(answers.every(({ status }) => status === 200));
  const started = performance.now();
  await gateway.stop();
  t.ok(performance.now() - started < 3_000, "the stop waits a second for it and no longer");

  const upstream = await startUpstream(t);
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9", OTEL_EXPORTER_OTLP_HEADERS: "a=b" };
  const alone = await startTestGateway(t, { upstream: upstream.url, env });
  t.equal((await alone.rest("GET", DEPLOYMENTS)).status, 200);
  await alone.stop();
});

test("what is turned off is not loaded", (t) => {
  const names = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));
  const heavy = /^import (?!type )[^;]*"(\.\/|\.\.\/plugins\/)(metrics|tracing)\.ts"/m;
  t.same(
    names.filter((name) => heavy.test(readFileSync(`src/${name}`, "utf8"))),
    [],
    "figures and spans come by import() alone",
  );
  t.end();
});
