import { once } from "node:events";
import { createServer, get, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { buildSchema } from "graphql";
import { readFileSync } from "node:fs";
import { type Test, test } from "tap";
import { WebSocket, WebSocketServer } from "ws";
import { createFeed } from "../src/feed.ts";
import { createLimits, Session } from "../src/graphql/session.ts";
import { createSubscriptions } from "../src/graphql/stream.ts";
import { subscriptions } from "../src/graphql/subscriptions.ts";
import { createRounds } from "../src/long-lived.ts";
import { parseStrictJson } from "../src/plugins/strict-json.ts";
import { createAccess, PERMISSIONS, type Permission } from "../src/services/access.ts";
import { createEventService } from "../src/services/events.ts";
import type { Caller } from "../src/services/index.ts";
import { createStreams } from "../src/sse.ts";
import { createStore, type NewEvent, type Watched } from "../src/store/index.ts";
import { at } from "./helpers/gateway.ts";
import { connectTo, startUpstream } from "./helpers/upstream.ts";

const ID = "europe-west1.gcp:my-project";
const KILOBYTE = "x".repeat(1_000);

const callerWith = (...permissions: readonly Permission[]): Caller => ({
  subject: permissions.join(" "),
  grants: new Map([["my-project", new Set(permissions)]]),
  introspect: false,
  expiresAt: Date.now() + 3_600_000,
});
const ALL = callerWith(...PERMISSIONS);

/** A log, and the feed and service over it, without the rest of a gateway. */
async function startLog(t: Test) {
  const store = await createStore("sqlite::memory:");
  const feed = await createFeed(store);
  t.teardown(async () => (await feed.stop(), await store.close()));
  const upstream = await startUpstream(t);
  const service = createEventService(createAccess([connectTo(t, upstream.url)]), store, feed);
  await store.watches.ensure([ID], 0);
  let count = 0;
  const add = async (events: number, kilobytes: number, type = "deployment.created"): Promise<void> => {
    const more = Array.from({ length: events }, (): NewEvent => {
      count += 1;
      const body = JSON.stringify({
        id: `evt_${count}`,
        type,
        timestamp: "2026-11-01T00:00:00.000Z",
        data: { fill: KILOBYTE.repeat(kilobytes) },
      });
      return { id: `evt_${count}`, type, project: ID, resourceKey: undefined, deploymentType: undefined, at: Date.now(), body };
    });
    const watched = (await store.watches.claim([ID], Number.MAX_SAFE_INTEGER - 1e6, 1)) as Watched;
    await store.watches.commit(watched, { events: more, findings: [], dueAt: 0, hotUntil: 0, okAt: 0 });
    feed.notify();
  };
  return { store, service, add };
}

/** A server that streams the log to who asks; `?after=` names the cursor, `x-view` narrows what is seen. */
async function startStreams(t: Test, { service }: Awaited<ReturnType<typeof startLog>>) {
  const closing = new AbortController();
  const streams = createStreams(closing.signal);
  const rendered: number[] = [];
  const render = (events: readonly { cursor: string; body: string }[]) => {
    rendered.push(events.length);
    return Buffer.from(events.map(({ cursor, body }) => `id: ${cursor}\ndata: ${body}\n\n`).join(""));
  };
  const server = createServer((request, response) => {
    const after = new URL(request.url ?? "", "http://x").searchParams.get("after") ?? undefined;
    const caller = request.headers["x-view"] === undefined ? ALL : callerWith("view_connectors");
    void service.follow(caller, { after }).then(({ resync, join }) => {
      const words = { opening: `: ${resync?.type ?? "open"}\n\n`, closing: "event: end\n\n" };
      const stream = streams.open(response, { caller: { subject: "s", expiresAt: ALL.expiresAt }, headers: {}, ...words });
      if (stream === undefined) return response.writeHead(429).end();
      return stream.reads(join({ name: "test", render }, stream));
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => (server.closeAllConnections(), server.close()));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const open = async (query = "", headers = {}): Promise<IncomingMessage> => {
    const request = get(url + query, { agent: false, headers });
    request.on("error", () => undefined);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return response.on("error", () => undefined).setEncoding("utf8");
  };
  return { open, rendered, closing };
}

/** Reads until so many events have come; gives their cursors. */
async function cursorsOf(response: IncomingMessage, count: number): Promise<readonly number[]> {
  const cursors: number[] = [];
  for await (const chunk of response.iterator({ destroyOnReturn: false })) {
    for (const [, cursor] of String(chunk).matchAll(/^id: (\d+)$/gm)) cursors.push(Number(cursor));
    if (cursors.length >= count) break;
  }
  return cursors;
}

test("a page is made once for all who want the same, and for nobody who may not see it", async (t) => {
  const log = await startLog(t);
  const { open, rendered } = await startStreams(t, log);
  const [one, two, other] = [await open(), await open(), await open("", { "x-view": "connectors" })];
  await log.add(1, 1);
  await log.add(1, 1, "connector_staged.created");
  t.same(await cursorsOf(one, 2), [1, 2]);
  t.same(await cursorsOf(two, 2), [1, 2]);
  t.same(await cursorsOf(other, 1), [2], "deployments are not for who may see connectors alone");
  t.equal(rendered.length, 3, "two pages, of which one in two forms");
  const ahead = await open("?after=99");
  t.match(await once(ahead, "data"), [/^: resync/], "of a cursor that was never given nothing can be gone on from");
  const next = cursorsOf(ahead, 1);
  await log.add(1, 1);
  t.same(await next, [3], "but what is new comes");
});

test("old pages wait for a slow reader, and nothing of them is lost; live ones cut it off", async (t) => {
  const log = await startLog(t);
  const { open } = await startStreams(t, log);
  for (let n = 0; n < 4; n++) await log.add(500, 10);
  const slow = await open("?after=0");
  const quick = await open("?after=1999");
  t.same(await cursorsOf(quick, 1), [2_000], "while one waits, others read");
  t.same(
    await cursorsOf(slow, 2_000),
    Array.from({ length: 2_000 }, (_, n) => n + 1),
    "20 MB were more than may wait",
  );
  slow.pause();
  const ended = new Promise((resolve) => void slow.once("close", resolve));
  for (let n = 0; n < 10; n++) {
    await log.add(100, 100);
    t.equal((await cursorsOf(quick, 100)).length, 100, "the quick one has all");
  }
  slow.resume();
  await ended;
  t.notOk(slow.complete, "the slow one was cut off");
});

test("a sign of life cuts nobody off who reads a large page", async (t) => {
  const streams = createStreams(new AbortController().signal);
  const server = createServer((_request, response) => {
    const stream = streams.open(response, { caller: { subject: "s", expiresAt: 2 }, headers: {}, opening: "", closing: "event: end\n\n" });
    stream?.take(Buffer.alloc(8 * 1024 * 1024, "x"));
    stream?.look(1, true);
    stream?.look(2, true);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const text = await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).text();
  t.equal(text.length, 8 * 1024 * 1024 + "event: end\n\n".length);
});

test("a stream ends with its token, also where that is over before its time", async (t) => {
  const streams = createStreams(new AbortController().signal);
  const server = createServer((_request, response) => {
    const caller = { subject: "s", expiresAt: 9 };
    const stream = streams.open(response, { caller, headers: {}, opening: "a", closing: "z" });
    stream?.look(8, false);
    stream?.take(Buffer.from("b"));
    caller.expiresAt = 0;
    stream?.look(8, false);
    stream?.take(Buffer.from("c"));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  t.equal(await (await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)).text(), "abz");
});

test("who has left before the stream begins takes no place", async (t) => {
  const streams = createStreams(new AbortController().signal);
  const opened = Promise.withResolvers<unknown>();
  const server = createServer((_request, response) => {
    void once(response, "close").then(() =>
      opened.resolve(streams.open(response, { caller: { subject: "s", expiresAt: 2 }, headers: {}, opening: "", closing: "" })),
    );
    request.destroy();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const request = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`).on("error", () => undefined);
  t.equal(await opened.promise, undefined);
  t.equal(streams.total(), 0);
});

/** A server of sockets over the same log. */
async function startSockets(t: Test, { service }: Awaited<ReturnType<typeof startLog>>) {
  const schema = buildSchema(readFileSync("schema.graphql", "utf8"));
  for (const [name, field] of Object.entries(schema.getSubscriptionType()?.getFields() ?? {}))
    Object.assign(field, { subscribe: subscriptions[name] });
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, autoPong: false });
  const failures: unknown[] = [];
  const ports = {
    authenticate: async () => ALL,
    countFailure: async () => undefined,
    readJson: parseStrictJson,
    follow: service.follow,
    subscriptions: createSubscriptions(schema),
    rounds: createRounds(),
    limits: createLimits(),
    failed: (error: unknown) => void failures.push(error),
  };
  const server = createServer().listen(0, "127.0.0.1");
  server.on("upgrade", (request, stream, head) =>
    sockets.handleUpgrade(request, stream, head, (socket) => new Session(socket, { stream, ip: "", authorization: "x" }, ports)),
  );
  await once(server, "listening");
  t.teardown(() => (sockets.clients.forEach((each) => each.terminate()), server.close()));
  return async (): Promise<{ socket: WebSocket; next(): Promise<unknown>; closed: Promise<unknown[]> }> => {
    const socket = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, "graphql-transport-ws");
    const [messages, waiting] = [[] as unknown[], [] as ((message: unknown) => void)[]];
    socket.on("message", (data: Buffer) => {
      const message: unknown = JSON.parse(data.toString());
      const first = waiting.shift();
      if (first === undefined) messages.push(message);
      else first(message);
    });
    const closed = once(socket, "close");
    const next = (): Promise<unknown> =>
      messages.length > 0 ? Promise.resolve(messages.shift()) : new Promise((resolve) => void waiting.push(resolve));
    await once(socket, "open");
    socket.send('{"type":"connection_init"}');
    t.match(await next(), { type: "connection_ack" });
    return { socket, next, closed };
  };
}

const subscribe = (id: string, after?: string): string =>
  JSON.stringify({
    id,
    type: "subscribe",
    payload: { query: `subscription ($after: String) { events(after: $after) { cursor type } }`, variables: { after } },
  });

test("sockets share what they are sent, each under its own id", async (t) => {
  const log = await startLog(t);
  const open = await startSockets(t, log);
  await log.add(1, 1);
  const [one, two] = [await open(), await open()];
  one.socket.send(subscribe("a", "0"));
  one.socket.send(subscribe("b"));
  two.socket.send(subscribe('"quoted"', "99"));
  t.same(await one.next(), { id: "a", type: "next", payload: { data: { events: { cursor: "1", type: "deployment.created" } } } });
  t.match(
    await two.next(),
    { id: '"quoted"', type: "next", payload: { data: { events: { cursor: "1", type: "resync" } } } },
    "a cursor that was never given",
  );
  one.socket.send('{"type":"ping","payload":{"a":1}}');
  t.same(await one.next(), { type: "pong", payload: { a: 1 } });
  // Lengths of 7, 16 and 64 bits: the type is printed in each.
  for (const length of [1, 20, 200, 70_000]) await log.add(1, 0, `deployment.${"x".repeat(length)}`);
  for (const [cursor, length] of [
    [2, 1],
    [3, 20],
    [4, 200],
    [5, 70_000],
  ] as const) {
    const expected = { type: "next", payload: { data: { events: { cursor: String(cursor), type: `deployment.${"x".repeat(length)}` } } } };
    const both = [await one.next(), await one.next()] as { id: string }[];
    t.same(
      both.toSorted((x, y) => x.id.localeCompare(y.id)),
      [
        { id: "a", ...expected },
        { id: "b", ...expected },
      ],
    );
    t.same(await two.next(), { id: '"quoted"', ...expected });
  }
  one.socket.send('{"id":"a","type":"complete"}');
  one.socket.send('{"type":"ping"}');
  await one.next();
  await log.add(1, 0);
  t.match(await one.next(), { id: "b" }, "what was completed gets nothing more");
});

test("a socket that does not read is closed, one that floods as well", async (t) => {
  const log = await startLog(t);
  const open = await startSockets(t, log);
  const [slow, quick, flood, pings] = [await open(), await open(), await open(), await open()];
  for (const { socket } of [slow, quick]) socket.send(subscribe("1"));
  quick.socket.send('{"type":"ping"}');
  slow.socket.send('{"type":"ping"}');
  await Promise.all([quick.next(), slow.next()]);
  slow.socket.pause();
  for (let n = 0; n < 100; n++) {
    await log.add(1, 0, `deployment.${"x".repeat(200_000)}`);
    t.equal(at(await quick.next(), "type"), "next");
  }
  slow.socket.resume();
  t.equal((await slow.closed)[0], 1013, "too slow");
  for (let n = 0; n < 101; n++) flood.socket.send('{"type":"ping"}');
  t.equal((await flood.closed)[0], 1008, "too many messages");
  for (let n = 0; n < 101; n++) pings.socket.ping();
  t.equal((await pings.closed)[0], 1008, "too many pings");
  quick.socket.send('{"type":"ping"}');
  t.match(await quick.next(), { type: "pong" }, "the others stay");
});
