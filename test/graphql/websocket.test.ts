import { once } from "node:events";
import { createClient } from "graphql-ws";
import { type Test, test } from "tap";
import { WebSocket } from "ws";
import { at, type Json, MIRROR, PROJECT, startBoth, type TestGateway } from "../helpers/gateway.ts";
import { signToken, tokenFor } from "../helpers/token.ts";

const FAST = { WATCH_INTERVAL_MS: "50", WATCH_HOT_INTERVAL_MS: "20" };
const DEMO = `${MIRROR}/${PROJECT}/deployments/key=demo-shipping-deployment`;
const ALL = `manage_project:${PROJECT}`;
const bearer = (token = tokenFor(ALL)): string => `Bearer ${token}`;
const addressOf = (gateway: TestGateway): string => `${gateway.url.replace("http", "ws")}/graphql`;

type Raw = { readonly socket: WebSocket; send(message: unknown): void; next(): Promise<Json>; closed(): Promise<number> };

/** A socket without a library between, to say what no client would. */
async function raw(
  t: Test,
  gateway: TestGateway,
  options: { readonly protocol?: string; readonly headers?: Record<string, string> } = {},
): Promise<Raw> {
  const socket = new WebSocket(addressOf(gateway), options.protocol ?? "graphql-transport-ws", { headers: options.headers ?? {} });
  t.teardown(() => socket.readyState === WebSocket.OPEN && socket.terminate());
  const messages: Json[] = [];
  let heard = Promise.withResolvers<void>();
  socket.on("message", (data: Buffer) => {
    messages.push(JSON.parse(data.toString()) as Json);
    heard.resolve();
    heard = Promise.withResolvers();
  });
  const closed = new Promise<number>((resolve) => void socket.on("close", resolve));
  await once(socket, "open");
  socket.on("error", () => undefined);
  return {
    socket,
    send: (message) => socket.send(typeof message === "string" || Buffer.isBuffer(message) ? message : JSON.stringify(message)),
    next: async () => {
      while (messages.length === 0) await heard.promise;
      return messages.shift() ?? {};
    },
    closed: () => closed,
  };
}

const init = (token?: string) => ({ type: "connection_init", payload: { authorization: bearer(token) } });
const subscribe = (id: string, query: string) => ({ id, type: "subscribe", payload: { query } });

test("the graphql-ws client follows changes", async (t) => {
  const { emulator, gateway } = await startBoth(t, {}, FAST);
  while (!(await emulator.journal()).some((entry) => entry["path"] === "/connectors/drafts"));
  const client = createClient({
    url: addressOf(gateway),
    webSocketImpl: WebSocket,
    connectionParams: { authorization: bearer() },
    retryAttempts: 0,
  });
  t.teardown(() => client.dispose());
  const results = client.iterate({ query: 'subscription { deploymentChanged(after: "0") { type data } }' });
  const next = results.next();
  await gateway.rest("POST", DEMO, { actions: [{ action: "redeploy" }] });
  t.match(at((await next).value, "data.deploymentChanged"), { type: "deployment.status_changed", data: { current: "Deploying" } });
  emulator.advance(4_000);
  t.match(at((await results.next()).value, "data.deploymentChanged.data"), { current: "Deployed" });
});

test("a socket is told once, in the log and in the figures", async (t) => {
  const { gateway } = await startBoth(t, {}, { METRICS: "on" });
  const { socket, send, next } = await raw(t, gateway);
  send(init());
  t.equal((await next())["type"], "connection_ack");
  socket.terminate();
  const [code] = (await once(new WebSocket(addressOf(gateway)), "close")) as [number];
  t.equal(code, 4406, "also one that speaks no protocol of ours");
  t.match(gateway.log().match(/"level":"info".*"status":101,"msg":"upgraded"/g), { length: 2 });
  const { text } = await gateway.rest("GET", "/metrics");
  t.match(text, `requests_total{face="graphql",route="GET /graphql",status="1xx"} 2\n`);
  t.match(text, "figures_ignored_total 0\n");
});

test("each fault of the protocol has its close code", async (t) => {
  const { gateway } = await startBoth(t);
  const closedAfter = async (...messages: unknown[]): Promise<number> => {
    const socket = await raw(t, gateway);
    for (const message of messages) socket.send(message);
    return socket.closed();
  };
  const query = "subscription { events { id } }";
  t.equal(await closedAfter(subscribe("1", query)), 4401, "subscribe before init");
  t.equal(await closedAfter(init("a.b.c")), 4403, "a bad token");
  t.equal(await closedAfter({ type: "connection_init" }), 4403, "no token");
  t.equal(await closedAfter(), 4408, "no init for three seconds");
  t.equal(await closedAfter(init(), init()), 4429, "two inits");
  t.equal(await closedAfter("{"), 4400, "no JSON");
  t.equal(await closedAfter({ type: "nonsense" }), 4400);
  t.equal(await closedAfter(Buffer.from("{}")), 4400, "a binary frame");
  t.equal(await closedAfter(`"${"x".repeat(65 * 1024)}"`), 1009, "a frame that is too big");
  t.equal(await closedAfter({ type: "ping", payload: { x: "x".repeat(17_000) } }), 1009, "a message that is long for somebody unknown");
  const named = await raw(t, gateway);
  named.send(init());
  t.match(await named.next(), { type: "connection_ack" });
  named.send(subscribe("i".repeat(257), query));
  t.equal(await named.closed(), 4400, "an id that is long");
  const twice = await raw(t, gateway);
  twice.send(init());
  t.match(await twice.next(), { type: "connection_ack" });
  twice.send(subscribe("1", query));
  twice.send(subscribe("1", query));
  t.equal(await twice.closed(), 4409, "an id twice");
  const now = Math.floor(Date.now() / 1_000);
  t.equal(await closedAfter(init(signToken({ sub: "s", scope: ALL, iat: now, exp: now + 1 }))), 4401, "the token's end");
  await t.rejects(raw(t, gateway, { protocol: "graphql-ws" }), "the old protocol");
  for (const headers of [{ origin: "https://evil.example" }, { host: "evil.example" }])
    await t.rejects(raw(t, gateway, { headers }), JSON.stringify(headers));
  const last = await raw(t, gateway);
  last.send(init());
  await last.next();
  await gateway.stop();
  t.equal(await last.closed(), 1001, "the gateway's end");
});

test("the rules of queries hold on sockets, and caps of their own", async (t) => {
  const { gateway } = await startBoth(t);
  const socket = await raw(t, gateway, { headers: { "x-role": "admin", authorization: bearer(tokenFor(`view_connectors:${PROJECT}`)) } });
  socket.send({ ...init(), payload: { ...init().payload, "x-role": "admin" } });
  t.match(await socket.next(), { type: "connection_ack" });
  const refused = async (id: string, query: string): Promise<unknown> => {
    socket.send(subscribe(id, query));
    const { type, payload } = await socket.next();
    return [type, at(payload, "0.extensions.code") ?? at(payload, "errors.0.extensions.code")];
  };
  t.same(await refused("a", "{ projects { id } }"), ["error", "InvalidJsonInput"], "queries stay with HTTP");
  t.same(await refused("b", "subscription { events(bogus: 1) { nofield } }"), ["error", "InvalidJsonInput"]);
  t.same(await refused("c", "subscription { events { id } deploymentChanged { id } }"), ["error", "InvalidJsonInput"]);
  t.same(await refused("d", `subscription { events { ${Array.from({ length: 16 }, (_, n) => `a${n}: id`).join(" ")} } }`), [
    "error",
    "LimitExceeded",
  ]);
  t.same(await refused("e", `subscription { events { id } } #${"x".repeat(21_000)}`), ["error", "LimitExceeded"]);
  t.same(await refused("f", 'subscription { events(after: "x") { id } }'), ["error", "InvalidQueryParam"], "a source that cannot be had");
  for (let n = 0; n < 20; n++) socket.send(subscribe(`s${n}`, "subscription { events { id } }"));
  t.same(await refused("one-more", "subscription { events { id } }"), ["error", "LimitExceeded"], "the 21st");
  const others = await Promise.all(Array.from({ length: 10 }, () => raw(t, gateway)));
  for (const each of others) each.send(init());
  const codes = await Promise.race(others.map((each) => each.closed()));
  t.equal(codes, 4403, "the eleventh socket of a principal");
  socket.send({ id: "s0", type: "complete" });
  socket.send({ type: "ping" });
  t.same(await socket.next(), { type: "pong" }, "and the socket stays");
  for (const x of ["x".repeat(900), "x".repeat(17_000)]) socket.send({ type: "ping", payload: { x } });
  t.same(await socket.next(), { type: "pong", payload: { x: "x".repeat(900) } });
  t.same(await socket.next(), { type: "pong" }, "what is long is not sent back");
});
