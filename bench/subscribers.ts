/**
 * `npm run bench:subscribers [-- --kind ws|sse --subscribers N]`: memory of idle subscribers, and the time until one event has reached all of them, beside
 * a plain server (`ws`, or `node:http`) that writes one ready frame to as many. Only the ratios mean something on another machine.
 */
import { get } from "node:http";
import { parseArgs } from "node:util";
import { WebSocket } from "ws";
import { createEmulator, SEED } from "../src/emulator/index.ts";
import { signToken } from "../test/helpers/token.ts";
import { type Process, residentKilobytes, startProcess } from "./process.ts";

const { values } = parseArgs({ options: { kind: { type: "string", default: "ws" }, subscribers: { type: "string", default: "10000" } } });
const SUBSCRIBERS = Number(values.subscribers);
/** The gateway gives each principal so many places. */
const PER_PRINCIPAL = values.kind === "ws" ? 10 : 100;
const TYPE = "deployment.status_changed";
const PLAIN_SSE = `
const { createServer } = require("node:http");
const open = new Set();
const frame = Buffer.from('id: 1\\nevent: ${TYPE}\\ndata: {}\\n\\n');
const server = createServer((request, response) => {
  if (request.url === "/fire") { for (const each of open) each.write(frame); return response.end(); }
  response.writeHead(200, { "content-type": "text/event-stream" }).write(": \\n\\n");
  open.add(response);
}).listen(0, "127.0.0.1", () => console.log("OpenAPI     http://127.0.0.1:" + server.address().port + "/"));
`;
const PLAIN_WS = `
const { createServer } = require("node:http");
const { Sender, WebSocketServer } = require("ws");
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, clientTracking: false });
const open = new Set();
const frame = Buffer.concat(Sender.frame(Buffer.from('{"id":"1","type":"next","payload":{"data":{"events":{"type":"${TYPE}"}}}}'), { fin: true, opcode: 1, mask: false, readOnly: false, rsv1: false }));
const server = createServer((request, response) => { for (const each of open) each.write(frame); response.end(); });
server.on("upgrade", (request, stream, head) => sockets.handleUpgrade(request, stream, head, (socket) => {
  open.add(stream);
  socket.on("message", () => socket.send('{"type":"connection_ack"}'));
}));
server.listen(0, "127.0.0.1", () => console.log("OpenAPI     http://127.0.0.1:" + server.address().port + "/"));
`;

type Subscriber = { end(): void };
/** Opens one subscriber and waits until it is there. */
type Open = (url: string, token: string, hear: (text: string) => void) => Promise<Subscriber>;
type Result = { readonly kilobytesEach: number; readonly msToLast: number };

function tokenOf(principal: number): string {
  const now = Math.floor(Date.now() / 1_000);
  return signToken({ sub: `p${principal}`, scope: `manage_project:${SEED.projectKey}`, iat: now, exp: now + 3_600 });
}

const openSse: Open = async (url, token, hear) => {
  const opened = Promise.withResolvers<void>();
  const headers = { accept: "text/event-stream", authorization: `Bearer ${token}` };
  const request = get(`${url}/v1/events?type=${TYPE}`, { headers, agent: false }, (response) => {
    opened.resolve();
    response.on("data", (chunk: Buffer) => hear(chunk.toString())).on("error", () => undefined);
  });
  await opened.promise;
  return { end: () => request.destroy() };
};

const QUERY = `subscription { deploymentChanged { id type timestamp data } }`;

const openWs: Open = async (url, token, hear) => {
  const opened = Promise.withResolvers<void>();
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws", { perMessageDeflate: false });
  const say = (message: object): void => socket.send(JSON.stringify(message));
  socket.on("open", () => say({ type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
  socket.on("message", (data: Buffer) => {
    const text = data.toString();
    if (text !== '{"type":"connection_ack"}') return hear(text);
    if (url === plain.url) return opened.resolve();
    say({ id: "1", type: "subscribe", payload: { query: QUERY } });
    // What comes back from a ping tells that the subscription before it was read.
    return say({ type: "ping" });
  });
  socket.on("message", (data: Buffer) => data.toString() === '{"type":"pong"}' && opened.resolve());
  await opened.promise;
  return { end: () => socket.terminate() };
};

/** Opens the subscribers, then fires, and measures. */
async function measure(server: Process, open: Open, fire: () => Promise<unknown>): Promise<Result> {
  const before = residentKilobytes(server);
  let [heard, fired] = [0, 0];
  const all = Promise.withResolvers<number>();
  const subscribers: Subscriber[] = [];
  for (let n = 0; n < SUBSCRIBERS; n++) {
    let mine = false;
    const hear = (text: string): void => {
      if (mine || fired === 0 || !text.includes(TYPE)) return;
      mine = true;
      heard += 1;
      if (heard === SUBSCRIBERS) all.resolve(performance.now() - fired);
    };
    subscribers.push(await open(server.url, tokenOf(Math.floor(n / PER_PRINCIPAL)), hear));
    if (n % 500 === 0) process.stderr.write(`\r${n} of ${SUBSCRIBERS} subscribers   `);
  }
  process.stderr.write("\r                              \r");
  const kilobytesEach = (residentKilobytes(server) - before) / SUBSCRIBERS;
  fired = performance.now();
  await fire();
  const msToLast = await all.promise;
  for (const subscriber of subscribers) subscriber.end();
  server.child.kill();
  return { kilobytesEach, msToLast };
}

const open = values.kind === "ws" ? openWs : openSse;
const emulator = await createEmulator();
const plain = await startProcess(["-e", values.kind === "ws" ? PLAIN_WS : PLAIN_SSE]);
const raw = await measure(plain, open, () => fetch(`${plain.url}/fire`));
const gateway = await startProcess(["src/main.ts"], {
  CTP_AUTH_URL: emulator.url,
  CTP_CONNECT_URL: emulator.url,
  DATABASE_URL: "sqlite::memory:",
});
const write = (): Promise<unknown> =>
  fetch(`${gateway.url}/connect/${SEED.region}/${SEED.projectKey}/deployments/key=demo-shipping-deployment`, {
    method: "POST",
    headers: { authorization: `Bearer ${tokenOf(-1)}`, "content-type": "application/json" },
    body: '{"actions":[{"action":"redeploy"}]}',
  });
const ours = await measure(gateway, open, write);
await emulator.close();
const line = (name: string, { kilobytesEach, msToLast }: Result): string =>
  `${name.padEnd(28)} ${kilobytesEach.toFixed(1).padStart(8)} kB each ${msToLast.toFixed(0).padStart(8)} ms to the last`;
process.stdout.write(`${line(`plain ${values.kind} server, ${SUBSCRIBERS}`, raw)}\n`);
process.stdout.write(`${line(`gateway by ${values.kind}, ${SUBSCRIBERS}`, ours)}   (from the write that caused it)\n`);
process.stdout.write(
  `ratio ${(ours.kilobytesEach / raw.kilobytesEach).toFixed(2)} in memory, ${(ours.msToLast / raw.msToLast).toFixed(2)} in time\n`,
);
process.exit(0);
