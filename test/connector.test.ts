import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { type Test, test } from "tap";
import { createFetch } from "../src/connect/index.ts";
import { Secret } from "../src/secret.ts";
import { createGuard } from "../src/webhooks/guard.ts";
import { createSender } from "../src/webhooks/send.ts";
import { answer, connectTo, DEPLOYMENT, ID, startUpstream } from "./helpers/upstream.ts";

const JSON_HEAD = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n";
const FLOODS = {
  "interim answers": ["", "HTTP/1.1 103 Early Hints\r\nlink: </a>; rel=preload\r\n\r\n".repeat(1_000)],
  "a chunk extension": [`${JSON_HEAD}5;`, "a=b;".repeat(16_000)],
} as const;

/** Sends without end; `ended` hears how many bytes when the connection has. */
function flood(socket: Socket, head: string, more: string, ended?: (sent: number) => void): void {
  let sent = 0;
  const go = (): void => {
    for (let goesOn = true; goesOn && !socket.destroyed; sent += more.length) goesOn = socket.write(more);
  };
  socket.on("error", () => undefined).on("close", () => ended?.(sent));
  socket.on("drain", go).write(head);
  go();
}

/** Answers whoever asks with a flood; `ended` gives how many bytes the next one to end took. */
async function startFlood(t: Test, [head, more]: readonly [string, string]) {
  let over = Promise.withResolvers<number>();
  const server = createServer((socket) => socket.once("data", () => flood(socket, head, more, over.resolve))).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    ended: async () => {
      const sent = await over.promise;
      over = Promise.withResolvers();
      return sent;
    },
  };
}

/** A proxy that opens every tunnel. */
async function startProxy(t: Test): Promise<Secret> {
  const proxy = createHttpServer().listen(0, "127.0.0.1");
  proxy.on("connect", ({ url = "" }, client: Socket) => {
    const host = connect(Number(new URL(`http://${url}`).port), "127.0.0.1", () => client.write("HTTP/1.1 200 OK\r\n\r\n"));
    host.pipe(client).pipe(host);
    for (const end of [host, client]) end.on("error", () => undefined).on("close", () => (host.destroy(), client.destroy()));
  });
  await once(proxy, "listening");
  t.teardown(() => proxy.close());
  return new Secret(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
}

/** Beside what was taken, what the system and the test hold between both ends. */
const MOST = 24 * 1024 * 1024;

for (const [name, parts] of Object.entries(FLOODS))
  test(`${name} without end: the connection is ended`, async (t) => {
    const flood = await startFlood(t, parts);
    const url = await startProxy(t);
    const guard = createGuard({ allowed: ["127.0.0.1"], httpsOnly: false });
    for (const proxy of [undefined, { url }]) {
      const sender = createSender(guard, { userAgent: "test", proxy, totalMs: 60_000 });
      t.teardown(() => sender.close());
      void sender.send({ url: flood.url, id: "evt_1", body: "{}", secrets: [new Secret("whsec_AAAA")] }, 0);
      t.ok((await flood.ended()) < MOST, "of a webhook");
    }
    for (const proxy of [undefined, { url, noProxy: "" }, { url, noProxy: "127.0.0.1" }]) {
      const { fetch, close } = createFetch(proxy);
      t.teardown(close);
      const keys = fetch(flood.url, { signal: AbortSignal.timeout(60_000) }).then((response) => response.text());
      await t.rejects(keys);
      t.ok((await flood.ended()) < MOST, "of an issuer");
    }
  });

test("an endless chunk extension of Connect is no answer, and many large ones on one connection are", async (t) => {
  const upstream = await startUpstream(t);
  const { deployments } = connectTo(t, upstream.url);
  const call = { correlationId: "c", fresh: "own" } as const;
  const sockets = new Set<unknown>();
  const large = { ...DEPLOYMENT, description: "x".repeat(1_000_000) };
  upstream.api((_request, response) => (sockets.add(response.socket), answer(response, 200, large)));
  for (let n = 0; n < 12; n++) t.match(await deployments.get(call, { id: ID }), { id: ID });
  t.equal(sockets.size, 1);
  const [head, more] = FLOODS["a chunk extension"];
  upstream.api((_request, { socket }) => flood(socket as Socket, head, more));
  await t.rejects(deployments.get(call, { id: ID }), { code: "UpstreamBadResponse" });
});
