import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect } from "node:net";
import { type Test, test } from "tap";
import { at, type Json, PROJECT, startBoth, type TestGateway } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";

const [CONTINUED, TEXT, CLOSE, PING, PONG] = [0, 1, 8, 9, 10];
const TOKEN = `Bearer ${tokenFor(`manage_project:${PROJECT}`)}`;

/** One frame as a client sends it, masked with nothing (RFC 6455, 5.2). */
function frame(opcode: number, text: string, final = true): Buffer {
  const data = Buffer.from(text);
  const head = Buffer.alloc(data.length < 126 ? 2 : 4);
  head[0] = (final ? 0x80 : 0) | opcode;
  head[1] = 0x80 | Math.min(data.length, 126);
  if (data.length >= 126) head.writeUInt16BE(data.length, 2);
  return Buffer.concat([head, Buffer.alloc(4), data]);
}
const message = (value: object): Buffer => frame(TEXT, JSON.stringify(value));
const init = (authorization = TOKEN): Buffer => message({ type: "connection_init", payload: { authorization } });
const subscribe = (query: string, variables = {}): Buffer => message({ id: "1", type: "subscribe", payload: { query, variables } });

/** A socket that is a bare connection: what is sent goes out in one piece, and nothing is answered by itself. */
async function open(t: Test, gateway: TestGateway) {
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  t.teardown(() => socket.destroy());
  const key = randomBytes(16).toString("base64");
  socket.write(`GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${key}\r\n`);
  socket.write("Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n");
  const frames: { opcode: number; data: Buffer }[] = [];
  let [bytes, heard] = [Buffer.alloc(0), Promise.withResolvers<void>()];
  await new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      bytes = Buffer.concat([bytes, chunk]);
      const end = bytes.indexOf("\r\n\r\n");
      if (bytes.toString("latin1", 0, 5) === "HTTP/" && end < 0) return;
      if (bytes.toString("latin1", 0, 5) === "HTTP/") bytes = bytes.subarray(end + 4);
      resolve();
      for (let length = lengthOf(bytes); length !== undefined; length = lengthOf(bytes)) {
        frames.push({ opcode: (bytes[0] ?? 0) & 15, data: bytes.subarray(bytes[1] === 126 ? 4 : 2, length) });
        bytes = bytes.subarray(length);
      }
      heard.resolve();
      heard = Promise.withResolvers();
    });
    socket.on("close", () => (resolve(), heard.resolve()));
    socket.on("error", () => undefined);
  });
  const next = async (opcode: number): Promise<Buffer> => {
    for (;;) {
      const found = frames.findIndex((each) => each.opcode === opcode);
      if (found >= 0) return frames.splice(found, 1)[0]?.data ?? Buffer.alloc(0);
      if (socket.destroyed) throw new Error("closed without such a frame");
      await heard.promise;
    }
  };
  return {
    socket,
    next,
    send: (...all: readonly Buffer[]) => void socket.write(Buffer.concat(all)),
    answer: async (): Promise<Json> => JSON.parse((await next(TEXT)).toString()) as Json,
    code: async (): Promise<number> => (await next(CLOSE)).readUInt16BE(),
  };
}

/** How long the first frame of what a server sends is; undefined while it has not come whole. */
function lengthOf(bytes: Buffer): number | undefined {
  if (bytes.length < 4) return bytes.length >= 2 && bytes[1] === 0 ? 2 : undefined;
  const length = bytes[1] === 126 ? 4 + bytes.readUInt16BE(2) : 2 + (bytes[1] ?? 0);
  return bytes.length < length ? undefined : length;
}

async function opened(t: Test, gateway: TestGateway) {
  const session = await open(t, gateway);
  session.send(init());
  t.match(await session.answer(), { type: "connection_ack" });
  return session;
}
const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${"}".repeat(levels)}`;
const many = (count: number, made: Buffer): Buffer[] => Array.from({ length: count }, () => made);

test("floods end with their code", async (t) => {
  const { gateway } = await startBoth(t);
  const after = async (...all: readonly Buffer[]): Promise<number> => {
    const session = await opened(t, gateway);
    session.send(...all);
    return session.code();
  };
  t.equal(await after(...many(101, frame(PING, ""))), 1008, "pings in one piece");
  t.equal(await after(...many(101, frame(PONG, ""))), 1008, "pongs that nobody asked for");
  t.equal(await after(...many(101, message({ type: "ping" }))), 1008, "messages");
  t.equal(await after(frame(TEXT, "a", false), ...many(10_000, frame(CONTINUED, "a", false))), 1008, "one message in 10,000 pieces");
  t.equal(await after(frame(TEXT, "", false), ...many(10_000, frame(CONTINUED, "", false))), 1008, "and of nothing");
  t.equal(await after(frame(TEXT, `{"type":"ping","payload":${nested(33)}}`)), 4400, "JSON that is too deep");
  t.equal(await after(frame(TEXT, `{"type":"ping","payload":${nested(6_000)}}`)), 4400);
  t.equal(await after(frame(TEXT, '{"type":"ping","type":"pong"}')), 4400, "a name twice");
  const session = await opened(t, gateway);
  session.send(frame(PING, "there?"), frame(TEXT, `{"type":"ping","payload":${nested(31)}}`), frame(PONG, ""));
  t.equal((await session.next(PONG)).toString(), "there?", "a few of all that are taken");
  t.match(await session.answer(), { type: "pong" });
});

test("refused tokens are counted by address, whichever way they come", async (t) => {
  const { gateway } = await startBoth(t, {}, { FAILED_AUTH_PER_SECOND: "10" });
  const sessions = await Promise.all(Array.from({ length: 30 }, () => open(t, gateway)));
  for (const [n, session] of sessions.entries()) session.send(init(`Bearer bad${n}`));
  const codes = await Promise.all(sessions.map((session) => session.code()));
  const count = (code: number): number => codes.filter((each) => each === code).length;
  // A second may end meanwhile, and another ten begin.
  t.ok(count(4403) >= 10 && count(4403) <= 20, `${count(4403)} were told that the token is refused`);
  t.equal(count(4403) + count(1008), 30, "the others that there were too many");
});

test("a document that cannot be read is answered as by HTTP", async (t) => {
  const { gateway } = await startBoth(t);
  const session = await opened(t, gateway);
  for (const query of ["subscription { events { ", "{ projects", `subscription { events { id } } ${"a ".repeat(1_001)}`]) {
    session.send(subscribe(query));
    const { body } = await gateway.graphql(query);
    const both = [at(await session.answer(), "payload.0"), at(body, "errors.0")];
    const [mine, theirs] = both.map((error) => [at(error, "message"), at(error, "locations"), at(error, "extensions.code")]);
    t.same(mine, theirs, String(mine?.[0]));
  }
  session.send(subscribe("{ projects { projectKey } }"));
  t.match(at(await session.answer(), "payload.0.message"), /^Only subscriptions/);
});

test("a peer that does not answer the closing of its socket is left", async (t) => {
  const { gateway } = await startBoth(t);
  const session = await opened(t, gateway);
  session.send(init());
  t.equal(await session.code(), 4429);
  await once(session.socket, "close");
});
