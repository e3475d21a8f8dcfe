import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type Test, test } from "tap";
import { MIRROR, PROJECT, startTestGateway, type TestGateway } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";
import { answer, DEPLOYMENT, startUpstream } from "../helpers/upstream.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const ROUTE = "/connect/:region/:projectKey/deployments";
const HEAD = `Host: 127.0.0.1\r\nAuthorization: Bearer ${tokenFor(`manage_project:${PROJECT}`)}\r\n`;
const BODY = JSON.stringify({ key: "dep", connector: { key: "conn" }, region: "europe-west1.gcp", configurations: [] });

const post = (length: number, ...more: string[]): string =>
  `POST ${DEPLOYMENTS} HTTP/1.1\r\n${[...more, HEAD].join("\r\n")}Content-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`;

function callerOf(t: Test, gateway: TestGateway): Socket {
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1").on("error", () => undefined);
  t.teardown(() => socket.destroy());
  return socket;
}

type Line = { readonly method: string; readonly route: string; readonly status: number; readonly correlationId: string };

/** The lines of requests to deployments, or of what is no request, once there are so many. */
async function lines(gateway: TestGateway, count: number): Promise<readonly Line[]> {
  for (;;) {
    const all = gateway
      .log()
      .split("\n")
      .filter((line) => line.includes(`"msg":"request"`))
      .map((line) => JSON.parse(line) as Line);
    const found = all.filter(({ route }) => !/^\/(livez|metrics)$/.test(route));
    if (found.length >= count) return found;
    await gateway.rest("GET", "/livez");
  }
}

async function figures(gateway: TestGateway): Promise<readonly string[]> {
  const { text } = await gateway.rest("GET", "/metrics");
  return text
    .split("\n")
    .toSorted()
    .filter((line) => /^connect_gateway_request(s_total|_seconds_count)/.test(line) && !/livez|metrics/.test(line));
}

const figure = (method: string, status: string, count: number): string =>
  `connect_gateway_requests_total{face="connect",route="${method} ${ROUTE}",status="${status}"} ${count}`;

test("a write whose caller does not wait for its answer is logged and counted once", async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url, env: { METRICS: "on" } });
  const asked = Promise.withResolvers<() => void>();
  upstream.api((_request, response) => asked.resolve(() => answer(response, 400, {})));
  const socket = callerOf(t, gateway);
  socket.write(post(BODY.length, "X-Correlation-ID: left-before-the-end") + BODY);
  const release = await asked.promise;
  socket.destroy();
  const [line] = await lines(gateway, 1);
  t.match(line, { method: "POST", route: ROUTE, status: 499, correlationId: "left-before-the-end" });
  release();
  // Once upstream was heard of the work is over: what it would have said of it is said.
  while (!gateway.log().includes("upstream call")) await gateway.rest("GET", "/livez");
  t.equal((await lines(gateway, 1)).length, 1);
  t.same(await figures(gateway), [figure("POST", "4xx", 1)], "and was in no time that callers waited for an answer");
});

test("a body that is broken off is told with its route", async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url, env: { METRICS: "on" } });
  for (const [at, status, leave] of [
    [1, 499, (socket: Socket) => socket.resetAndDestroy()],
    [2, 400, (socket: Socket) => socket.end()],
    [3, 400, (socket: Socket) => socket.end("0\r\n\r\n")],
  ] as const) {
    const socket = callerOf(t, gateway);
    // Of the third the head already says two lengths: it is no request.
    socket.write(post(BODY.length, "Expect: 100-continue", ...(at === 3 ? ["Transfer-Encoding: chunked"] : [])));
    if (at < 3) await once(socket, "data");
    socket.write("{");
    const chunks: Buffer[] = [];
    socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
    leave(socket);
    const line = (await lines(gateway, at)).at(-1);
    t.match(line, at === 3 ? { method: "-", route: "-", status } : { method: "POST", route: ROUTE, status });
    if (status === 499) continue;
    if (!socket.closed) await once(socket, "close");
    t.match(Buffer.concat(chunks).toString(), `x-correlation-id: ${line?.correlationId}\r\n`);
  }
  t.equal((await lines(gateway, 3)).length, 3, "each once");
  t.same(await figures(gateway), [
    `connect_gateway_request_seconds_count{face="connect",route="POST ${ROUTE}"} 1`,
    figure("POST", "4xx", 2),
    `connect_gateway_requests_total{face="none",route="none",status="4xx"} 1`,
  ]);
  t.equal(upstream.requests.length, 0);
});

test("an answer that is cut off in the middle is told, and a stream that is left is none", async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url, env: { METRICS: "on" } });
  // Three are more than a connection on one machine holds.
  const results = Array.from({ length: 350 }, (_, n) => ({ ...DEPLOYMENT, id: String(n), more: "m".repeat(20_000) }));
  upstream.api((_request, response) => answer(response, 200, { limit: 500, offset: 0, count: 350, total: 350, results }));
  const socket = callerOf(t, gateway).pause();
  socket.write(`GET ${DEPLOYMENTS}?limit=500 HTTP/1.1\r\n${HEAD}\r\n`.repeat(3));
  await once(socket, "readable");
  socket.resetAndDestroy();
  const statuses = (await lines(gateway, 3)).map(({ status }) => status);
  t.match([statuses.length, statuses.at(-1)], [3, 499]);
  const cut = statuses.filter((status) => status === 499).length;
  t.ok((await figures(gateway)).includes(figure("GET", "4xx", cut)), "those that the connection had taken whole are no part of it");

  const reader = callerOf(t, gateway);
  reader.write(`GET /v1/events HTTP/1.1\r\n${HEAD}Accept: text/event-stream\r\n\r\n`);
  await once(reader, "data");
  reader.destroy();
  t.match((await lines(gateway, 4)).slice(3), [{ method: "GET", route: "/v1/events", status: 200 }]);
  t.ok((await figures(gateway)).includes(`connect_gateway_requests_total{face="gateway",route="GET /v1/events",status="2xx"} 1`));
});

test("requests behind another one on a connection that ends are told as well", async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url, env: { METRICS: "on" } });
  const asked = Promise.withResolvers<void>();
  upstream.api(() => void (upstream.requests.length === 2 && asked.resolve()));
  const socket = callerOf(t, gateway);
  const livez = `GET /livez HTTP/1.1\r\n${HEAD}\r\n`;
  // What breaks the form of HTTP behind them is told by itself, and hides none of them.
  socket.write((post(BODY.length) + BODY).repeat(2) + livez);
  await asked.promise;
  socket.write("NO HTTP\r\n\r\n");
  t.match(await lines(gateway, 1), [{ method: "-", status: 400 }]);
  socket.destroy();
  t.match((await lines(gateway, 3)).map(({ method, status }) => `${method} ${status}`).toSorted(), ["- 400", "POST 499", "POST 499"]);
  t.same(await figures(gateway), [figure("POST", "4xx", 2), `connect_gateway_requests_total{face="none",route="none",status="4xx"} 1`]);
  const { text } = await gateway.rest("GET", "/metrics");
  t.match(text, `requests_total{face="operations",route="GET /livez",status="4xx"} 1\n`, "also the one whose answer was made already");
});

const UPGRADE = `GET /graphql HTTP/1.1\r\n${HEAD}Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
const EVENTS = `GET /v1/events HTTP/1.1\r\n${HEAD}Accept: text/event-stream\r\n\r\n`;

test("whatever stands behind streams on a connection that ends, they keep no place", async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url, env: { METRICS: "on" } });
  const results = [{ ...DEPLOYMENT, more: "m".repeat(20_000) }];
  upstream.api((_request, response) => answer(response, 200, { limit: 20, offset: 0, count: 1, total: 1, results }));
  const held = async (): Promise<readonly (string | undefined)[]> => {
    const { text } = await gateway.rest("GET", "/metrics");
    return [/_in_flight (\d+)/.exec(text)?.[1], /_subscribers\{transport="rest_sse"\} (\d+)/.exec(text)?.[1]];
  };
  for (const last of [UPGRADE, UPGRADE.replace("/graphql", "/nope"), "CONNECT elsewhere:443 HTTP/1.1\r\nHost: elsewhere\r\n\r\n"]) {
    const socket = callerOf(t, gateway).resume();
    socket.write(`${EVENTS.repeat(2)}GET ${DEPLOYMENTS} HTTP/1.1\r\n${HEAD}\r\n`);
    while ((await held()).join(" ") !== "1 2" || !gateway.log().includes("upstream call"));
    const count = (await lines(gateway, 0)).length;
    socket.write(last);
    await once(socket, "close");
    t.match((await lines(gateway, count + 3)).slice(count), { length: 3 });
    t.same(await held(), ["0", "0"], last.slice(0, 20));
  }
});

test("a caller who leaves is in the access log alone", async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url });
  const socket = callerOf(t, gateway);
  socket.write(`${EVENTS}GET /nope HTTP/1.1\r\n${HEAD}\r\n`);
  await once(socket, "data");
  socket.destroy();
  t.match(
    (await lines(gateway, 2)).map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 499],
  );
  t.notMatch(gateway.log(), /"level":"(warn|error)"/);
});
