import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { DatabaseSync } from "node:sqlite";
import { join } from "node:path";
import { type Test, test } from "tap";
import { WebSocket } from "ws";
import { start } from "../helpers/command.ts";
import { at, MIRROR, PROJECT, rows, settingsFor, startTestEmulator, type TestEmulator } from "../helpers/gateway.ts";
import { startReceiver } from "../helpers/receiver.ts";
import { JWT_SECRET, tokenFor } from "../helpers/token.ts";
import { answer, DEPLOYMENT, startUpstream } from "../helpers/upstream.ts";

const TOKEN = `Bearer ${tokenFor(`manage_project:${PROJECT}`)}`;
const DEMO = `${MIRROR}/${PROJECT}/deployments/key=demo-shipping-deployment`;
/** Far from what a stop takes, and from the end by force. */
const LONGEST_STOP_MS = 12_000;

type Settings = Readonly<Record<string, string>>;

async function startProcess(
  t: Test,
  emulator: Pick<TestEmulator, "url">,
  settings: Settings = {},
  [command, ...args]: readonly [string, ...string[]] = ["node", "src/main.ts"],
) {
  const file = join(t.testdir(), "gateway.db");
  const env = {
    PORT: "0",
    JWT_SECRET,
    DATABASE_URL: `sqlite:${file}`,
    WATCH_INTERVAL_MS: "50",
    WATCH_HOT_INTERVAL_MS: "20",
    CACHE_TTL_MS: "0",
    WEBHOOK_ALLOW: "127.0.0.1",
    ...settingsFor(emulator.url),
    ...settings,
  };
  const started = await start(t, command, args, env, /OpenAPI {5}http/);
  const url = /GraphQL {5}(http:\S+)\/graphql/.exec(started.output())?.[1] ?? "";
  const send = (method: string, path: string, body?: object) =>
    fetch(url + path, {
      method,
      headers: { authorization: TOKEN, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  /** A connection on which so much is sent, and nothing more. */
  async function say(text: string): Promise<Socket> {
    const socket = connect(Number(new URL(url).port), "127.0.0.1");
    t.teardown(() => socket.destroy());
    socket.on("error", () => undefined);
    await once(socket, "connect");
    if (text !== "") await new Promise((resolve) => void socket.write(text, resolve));
    return socket;
  }
  return { ...started, url, file, send, say };
}

/** The next GET requests upstream whose path matches fail so; gives a wait for the first of them. */
async function failNext(emulator: TestEmulator, path: string, times: number, fault: object): Promise<() => Promise<void>> {
  await emulator.control("POST", "faults", { ...fault, times, match: { method: "GET", path } });
  return async () => {
    const isArmed = async (): Promise<boolean> =>
      rows((await emulator.control("GET", "faults")).body, "results").some(
        (each) => at(each, "match.path") === path && each["left"] === times,
      );
    while (await isArmed()) await new Promise(setImmediate);
  };
}

test("SIGTERM is obeyed whoever is silent, and nothing that was taken is kept", async (t) => {
  const emulator = await startTestEmulator(t);
  const receiver = await startReceiver(t);
  const gateway = await startProcess(t, emulator);
  receiver.answer(() => undefined);
  const made = (await (await gateway.send("POST", "/v1/webhooks", { url: receiver.url })).json()) as { id: string };
  await gateway.send("POST", `/v1/webhooks/${made.id}/test`);
  await receiver.arrived(1);

  const socket = new WebSocket(`${gateway.url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  t.teardown(() => socket.terminate());
  await once(socket, "open");
  socket.send(JSON.stringify({ type: "connection_init", payload: { authorization: TOKEN } }));
  await once(socket, "message");
  const closed = once(socket, "close");

  const head = `Host: 127.0.0.1\r\nAuthorization: ${TOKEN}\r\n`;
  const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws";
  const silent = await Promise.all([
    gateway.say(""),
    gateway.say("GET /livez HTTP/1.1\r\nHo"),
    gateway.say(`POST /graphql HTTP/1.1\r\n${head}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{`),
    gateway.say(`GET /v1/events?after=0 HTTP/1.1\r\n${head}Accept: text/event-stream\r\n\r\n`),
    gateway.say(`GET /livez HTTP/1.1\r\n${head}\r\n`),
    // Neither of these answers the closing of its socket: nobody reads there.
    gateway.say(`GET /graphql HTTP/1.1\r\n${head}${upgrade}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`),
    gateway.say(`GET /nowhere HTTP/1.1\r\n${head}${upgrade}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`),
  ]);
  const gone = silent.map((each) => new Promise((resolve) => void each.on("close", resolve).resume()));

  const slow = await failNext(emulator, "key=demo", 1, { kind: "slow", delayMs: 1_500 });
  const answering = gateway.send("GET", DEMO);
  await slow();
  const hung = await failNext(emulator, "/deployments\\?", 9, { kind: "hang" });
  await hung();

  const since = performance.now();
  const stopping = gateway.stop();
  t.equal((await answering).status, 200, "what was under way is answered");
  t.equal(await stopping, 0, "it ends by itself");
  t.ok(performance.now() - since < LONGEST_STOP_MS, "in good time");
  t.equal((await closed)[0], 1001, "sockets are told");
  await Promise.all(gone);
  const db = new DatabaseSync(gateway.file);
  t.teardown(() => db.close());
  const plain = (query: string): object[] =>
    db
      .prepare(query)
      .all()
      .map((row) => ({ ...row }));
  t.same(plain("select state, attempts, lease_token from delivery"), [{ state: "pending", attempts: 0, lease_token: null }]);
  t.same(plain("select failures, lease_token from watch"), [{ failures: 0, lease_token: null }]);
});

test("answers that are on their way at the stop are read to their end", async (t) => {
  const upstream = await startUpstream(t);
  const row = { ...DEPLOYMENT, note: "a".repeat(100_000) };
  const page = { limit: 60, offset: 0, count: 60, total: 60, results: Array.from({ length: 60 }, () => row) };
  upstream.api((_request, response) => answer(response, 200, page));
  const gateway = await startProcess(t, upstream);
  // More than the system takes from the gateway for a reader who reads nothing.
  const asked = 3;
  const socket = await gateway.say(
    `GET ${MIRROR}/${PROJECT}/deployments HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: ${TOKEN}\r\n\r\n`.repeat(asked),
  );
  await once(socket, "readable");
  const chunks: Buffer[] = [];
  const closed = once(socket, "close");
  const stopping = gateway.stop();
  while (!gateway.output().includes('"msg":"stopping"')) await new Promise(setImmediate);
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  await closed;
  const text = Buffer.concat(chunks).toString("latin1");
  t.equal(text.match(/HTTP\/1\.1 200/g)?.length, asked);
  t.ok(text.length > asked * 6_000_000);
  t.ok(text.endsWith("}"));
  t.equal(await stopping, 0);
});

test("whoever comes before the load balancer has heard of it is served", async (t) => {
  const emulator = await startTestEmulator(t);
  const gateway = await startProcess(t, emulator, { PRE_STOP_MS: "2000" });
  t.equal((await gateway.send("GET", DEMO)).headers.get("connection"), "keep-alive");
  const since = performance.now();
  const stopping = gateway.stop();
  while ((await fetch(`${gateway.url}/readyz`)).status === 200);
  const answer = await gateway.send("GET", DEMO);
  t.same([answer.status, answer.headers.get("connection")], [200, "close"]);
  t.equal(await stopping, 0);
  t.ok(performance.now() - since >= 2_000);
});

test("a second SIGTERM ends it at once", async (t) => {
  const emulator = await startTestEmulator(t);
  const gateway = await startProcess(t, emulator);
  const hung = await failNext(emulator, "key=demo", 1, { kind: "hang" });
  const answering = gateway.send("GET", DEMO).then(
    ({ status }) => String(status),
    () => "broken off",
  );
  await hung();
  gateway.child.kill("SIGTERM");
  const ready = async (): Promise<boolean> => (await fetch(`${gateway.url}/readyz`).catch(() => undefined))?.status === 200;
  while (await ready());
  t.equal(await gateway.stop(), 1);
  t.equal(await answering, "broken off");
  t.match(gateway.output(), /"signal":"SIGTERM","msg":"stopping"/, "the last lines are there");
});

test("whoever stops reading the log holds up nothing, and gets whole lines when he goes on", async (t) => {
  const emulator = await startTestEmulator(t);
  const piped = "exec node src/main.ts > >(echo reader $BASHPID; exec cat)";
  const settings = { METRICS: "on", RATE_PER_SECOND: "0", WATCH_INTERVAL_MS: "0" };
  const gateway = await startProcess(t, emulator, settings, ["bash", "-c", piped]);
  const reader = Number(/reader (\d+)/.exec(gateway.output())?.[1]);
  t.teardown(() => process.kill(reader, "SIGCONT"));
  process.kill(reader, "SIGSTOP");
  const ask = async (url: string): Promise<string> => (await gateway.send("GET", url)).text();
  while (!/^connect_gateway_log_lines_dropped [1-9]/m.test(await ask("/metrics")))
    await Promise.all(Array.from({ length: 200 }, () => ask("/nowhere")));
  const exited = once(gateway.child, "exit");
  gateway.child.kill("SIGTERM");
  t.same(await exited, [0, null]);
  process.kill(reader, "SIGCONT");
  await gateway.stop();
  const lines = gateway
    .output()
    .split("\n")
    .filter((line) => line.startsWith("{"));
  // Its end came in the middle of the last one.
  for (const line of lines.slice(0, -1)) JSON.parse(line);
  t.ok(lines.length > 100);
});
