import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fastify } from "fastify";
import { type Test, test } from "tap";
import { registerConnections } from "../../src/plugins/connections.ts";
import { start } from "../helpers/command.ts";
import { MIRROR, PROJECT, settingsFor, startTestEmulator, type TestEmulator } from "../helpers/gateway.ts";
import { JWT_SECRET, tokenFor } from "../helpers/token.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;

/** A gateway that may have so many files and connections open. */
async function startWith(t: Test, emulator: TestEmulator, files: number) {
  const env = {
    PORT: "0",
    JWT_SECRET,
    DATABASE_URL: "sqlite::memory:",
    WATCH_INTERVAL_MS: "50",
    CACHE_TTL_MS: "0",
    ...settingsFor(emulator.url),
  };
  const gateway = await start(t, "sh", ["-c", `ulimit -n ${files} && exec node src/main.ts`], env, /OpenAPI {5}http/);
  const url = /GraphQL {5}(http:\S+)\/graphql/.exec(gateway.output())?.[1] ?? "";
  const headers = { authorization: `Bearer ${tokenFor(`manage_project:${PROJECT}`)}` };
  return { url, headers, gateway };
}

test("callers who keep connections without asking anything do not keep the gateway from upstream", async (t) => {
  const emulator = await startTestEmulator(t);
  const { url, headers, gateway } = await startWith(t, emulator, 128);

  /** Sends a text on a connection of its own, which stays. */
  async function say(text: string): Promise<void> {
    const socket: Socket = connect(Number(new URL(url).port), "127.0.0.1");
    t.teardown(() => socket.destroy());
    socket.on("error", () => undefined);
    socket.write(text);
    await Promise.race([once(socket, "connect"), once(socket, "close")]);
  }

  for (const text of ["GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", "GET /livez HTTP/1.1\r\nHo"]) {
    await Promise.all(Array.from({ length: 300 }, () => say(text)));
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, n) => fetch(`${url}${DEPLOYMENTS}?limit=${n + 1}`, { headers: { ...headers, connection: "close" } })),
    );
    t.same(
      answers.map(({ status }) => status),
      answers.map(() => 200),
      JSON.stringify(text),
    );
  }
  t.notMatch(gateway.output(), /EMFILE/);
});

test("a process that has no file left goes on with what it has", async (t) => {
  const emulator = await startTestEmulator(t);
  const { url, headers, gateway } = await startWith(t, emulator, 40);
  await emulator.control("POST", "faults", { kind: "slow", delayMs: 1_500, times: 500, match: { path: "limit=" } });
  const answers = await Promise.allSettled(
    Array.from({ length: 60 }, (_, n) => fetch(`${url}${DEPLOYMENTS}?limit=${n + 1}`, { headers: { ...headers, connection: "close" } })),
  );
  t.ok(answers.some((each) => each.status === "fulfilled" && each.value.status === 200));
  await emulator.control("DELETE", "faults");
  while ((await fetch(`${url}${DEPLOYMENTS}`, { headers })).status !== 200);
  t.equal(await gateway.stop(), 0, "and ends when it is told to");
});

test("nobody opens the debugger from outside", async (t) => {
  const gateway = await start(t, "node", ["src/main.ts"], { PORT: "0", DATABASE_URL: "sqlite::memory:" }, /OpenAPI {5}http/);
  const url = /GraphQL {5}(http:\S+)\/graphql/.exec(gateway.output())?.[1] ?? "";
  gateway.child.kill("SIGUSR1");
  t.equal((await fetch(`${url}/livez`)).status, 200);
  t.equal(await gateway.stop(), 0);
  t.notMatch(gateway.output(), /Debugger listening/);
});

test("whoever takes nothing of an answer loses his connection, and whoever takes it slowly does not", async (t) => {
  const app = fastify();
  t.teardown(() => app.close());
  registerConnections(app, { mostFiles: Number.POSITIVE_INFINITY, stalledMs: 600 });
  const bytes = Buffer.alloc(16 * 1024 * 1024, "a");
  app.get("/", (_request, reply) => reply.send(bytes));
  const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const ask = (): Socket => {
    const socket = connect(Number(port), "127.0.0.1");
    t.teardown(() => socket.destroy());
    socket.on("error", () => undefined).write("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
    return socket;
  };
  const cut = new Promise((resolve) => void app.server.once("connection", (socket) => socket.once("close", resolve)));
  ask();
  await cut;
  t.pass("cut off");
  let taken = 0;
  const slow = ask();
  const since = performance.now();
  while (taken <= bytes.length) {
    const chunk = slow.read() as Buffer | null;
    if (chunk === null) await once(slow, "readable");
    else taken += chunk.length;
    // For longer than the other was given. Slower than this the system takes nothing for a while, and then much at once.
    await new Promise((resolve) => setTimeout(resolve, performance.now() - since < 1_500 ? 10 : 0));
  }
  t.ok(taken > bytes.length, "all of it came");
});

test("what lies there of an answer that Node does not know of counts like others, and its connection rests as before then", async (t) => {
  const app = fastify();
  t.teardown(() => app.close());
  const { lie } = registerConnections(app, { mostFiles: Number.POSITIVE_INFINITY, stalledMs: 700 });
  const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const bytes = Buffer.alloc(16 * 1024 * 1024, "a");
  const open = async (): Promise<{ near: Socket; far: Socket }> => {
    const opened = once(app.server, "connection") as Promise<[Socket]>;
    const near = connect(Number(port), "127.0.0.1");
    t.teardown(() => near.destroy());
    near.on("error", () => undefined);
    const [far] = await opened;
    // As Node sets it where it waits for the next request.
    far.setTimeout(5_000);
    far.write(bytes);
    const end = lie(far);
    far.write("", end);
    while (far.timeout === 5_000) await new Promise(setImmediate);
    t.equal(far.timeout, 700);
    return { near, far };
  };
  const untaken = await open();
  await once(untaken.far, "close");
  t.pass("whose answer is not taken is cut off");
  const { near, far } = await open();
  for (let taken = 0; taken < bytes.length;) {
    const chunk = near.read() as Buffer | null;
    if (chunk === null) await once(near, "readable");
    else taken += chunk.length;
  }
  while (far.timeout !== 5_000) await new Promise(setImmediate);
  t.notOk(far.destroyed);
});

test("what is worked on has less time at the stop after a long time of serving on", async (t) => {
  const app = fastify();
  registerConnections(app, { mostFiles: Number.POSITIVE_INFINITY, preStopMs: 20_000 });
  const asked = Promise.withResolvers<void>();
  app.get("/", () => {
    asked.resolve();
    return new Promise<never>(() => undefined);
  });
  const answering = fetch(await app.listen({ host: "127.0.0.1", port: 0 }));
  await asked.promise;
  const since = performance.now();
  await Promise.all([app.close(), t.rejects(answering)]);
  const ms = performance.now() - since;
  t.ok(ms >= 500 && ms < 3_000, `${Math.round(ms)} ms`);
});

/** What `count` requests are on one connection, without a body. */
const requests = (path: string, count = 1): string => `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`.repeat(count);

/** A server with an answer that waits for `release`, a large and a small one, and a connection to it; `parsed` are the paths that were asked for. */
async function startPipelining(t: Test) {
  const app = fastify();
  t.teardown(() => app.close());
  registerConnections(app, { mostFiles: Number.POSITIVE_INFINITY });
  const released = Promise.withResolvers<void>();
  const large = "a".repeat(5 * 1024 * 1024);
  app.get("/slow", async () => {
    await released.promise;
    return "slow";
  });
  app.get("/large", (_request, reply) => reply.send(large));
  app.get("/small", (_request, reply) => reply.send("small"));
  const parsed: string[] = [];
  app.server.on("request", ({ url = "" }) => parsed.push(url));
  const { port } = new URL(await app.listen({ host: "127.0.0.1", port: 0 }));
  const socket = connect(Number(port), "127.0.0.1").on("error", () => undefined);
  t.teardown(() => socket.destroy());
  let text = "";
  socket.on("data", (chunk) => (text += chunk.toString()));
  const heard = async (count: number): Promise<void> => {
    while (text.split("HTTP/1.1 200 OK").length <= count) await once(socket, "data");
  };
  const closed = new Promise((resolve) => void socket.once("close", resolve));
  return { app, socket, parsed, heard, closed, text: () => text, release: released.resolve };
}

test("requests that come far ahead of their answers, and upgrades before these, end the connection, and nothing is made of the rest", async (t) => {
  const upgrade = requests("/small").replace("\r\n\r\n", "\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  for (const [ahead, rest] of [
    [32, requests("/small", 1_000)],
    [32, upgrade],
    [1, upgrade],
    [2, upgrade + requests("/small")],
    [2, requests("127.0.0.1:443").replace("GET", "CONNECT")],
  ] as const) {
    const { app, socket, parsed, closed, text } = await startPipelining(t);
    app.server.on("upgrade", () => t.fail("no upgrade behind them"));
    // In one piece: what is read already is not kept from Node's parser by ending the connection.
    socket.write(requests("/slow") + requests("/small", ahead - 1) + rest);
    await closed;
    t.equal(parsed.length, ahead);
    t.equal(text(), "", "no answer went before the first");
  }
});

test("whoever asks for a few things at once gets all of them, again and again", async (t) => {
  const { socket, parsed, heard, release } = await startPipelining(t);
  socket.write(requests("/slow") + requests("/small", 31));
  while (parsed.length < 32) await new Promise(setImmediate);
  release();
  await heard(32);
  for (let round = 2; round <= 4; round++) {
    socket.write(requests("/small", 32));
    await heard(round * 32);
  }
  t.equal(parsed.length, 128);
});

test("answers that wait for one before them hold eight mebibytes at most, and one more", async (t) => {
  const few = await startPipelining(t);
  few.socket.write(requests("/slow") + requests("/large", 2));
  while (few.parsed.length < 3) await new Promise(setImmediate);
  few.release();
  await few.heard(3);
  t.pass("two that are little more");
  const many = await startPipelining(t);
  many.socket.write(requests("/slow") + requests("/large", 20));
  await many.closed;
  t.equal(many.text(), "");
});
