import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { buildSchema } from "graphql";
import { type Test, test } from "tap";
import { WebSocket, WebSocketServer } from "ws";
import { createLimits, Session } from "../../src/graphql/session.ts";
import { createSubscriptions } from "../../src/graphql/stream.ts";
import { createRounds } from "../../src/long-lived.ts";
import type { Caller } from "../../src/services/index.ts";

const CALLER = { subject: "sam", expiresAt: Number.POSITIVE_INFINITY } as Caller;
/** More than the system takes for a connection. */
const MUCH = "x".repeat(16 * 1024 * 1024);

/** How long a closed socket waits for its peer to say so too, in milliseconds; the library's types do not know the setting. */
type Closing = { readonly closeTimeout: number };

/** Both ends of a session; `here` is the gateway's. */
async function start(t: Test, closing: Closing = { closeTimeout: 20_000 }, caller = CALLER) {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1", autoPong: false, ...closing });
  t.teardown(() => server.close());
  await once(server, "listening");
  const peer = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  t.teardown(() => peer.terminate());
  const [here, { socket: stream }] = (await once(server, "connection")) as [WebSocket, { socket: Socket }];
  const session = new Session(
    here,
    { stream, ip: "127.0.0.1", authorization: "Bearer token" },
    {
      authenticate: async () => caller,
      countFailure: async () => undefined,
      readJson: (bytes) => JSON.parse(bytes.toString()) as unknown,
      follow: () => Promise.reject(new Error("nothing to follow")),
      subscriptions: createSubscriptions(buildSchema("type Query { a: Int }")),
      rounds: createRounds(),
      limits: createLimits(),
      failed: () => undefined,
    },
  );
  if (peer.readyState !== WebSocket.OPEN) await once(peer, "open");
  const send = (message: object): void => peer.send(JSON.stringify(message));
  return { here, peer, session, send };
}

type Started = Awaited<ReturnType<typeof start>>;

/** Every way by which a session sends something. */
const WAYS: Readonly<Record<string, (started: Started) => unknown>> = {
  "the pong to a ping": ({ send }) => send({ type: "ping" }),
  "the pong to a ping of the protocol": ({ peer }) => peer.ping(),
  "an error": ({ send }) => send({ id: "1", type: "subscribe", payload: { query: "{ a }" } }),
  events: ({ session }) => session.write(Buffer.from([0x81, 0])),
  "a sign of life": ({ session }) => session.look(0, true),
};

for (const known of [true, false])
  for (const [name, go] of Object.entries(WAYS)) {
    // Nobody unknown is told of subscriptions.
    if (!known && name === "an error") continue;
    test(`whoever leaves too much unread is sent no more, and closed: ${name}, ${known ? "to a principal" : "to somebody unknown"}`, async (t) => {
      const started = await start(t);
      const { here, peer, send } = started;
      if (known) {
        send({ type: "connection_init" });
        await once(peer, "message");
      }
      peer.pause();
      here.send(MUCH);
      const waits = here.bufferedAmount;
      go(started);
      while (here.readyState === WebSocket.OPEN) await new Promise(setImmediate);
      t.ok(here.bufferedAmount < waits + 100, "nothing but the close frame came to it");
      peer.resume();
      const [code] = (await once(peer, "close")) as [number];
      t.equal(code, 1013);
    });
  }

test("a flood is not read to its end", async (t) => {
  const { here, peer, send } = await start(t, { closeTimeout: 2_000 });
  let heard = 0;
  here.on("message", () => (heard += 1));
  for (let n = 0; n < 20_000; n++) send({ type: "ping", payload: { n } });
  const [code] = (await once(peer, "close")) as [number];
  t.equal(code, 1008);
  t.ok(here.isPaused);
  t.ok(heard < 20_000, `${heard} were heard`);
});

test("a socket is closed with its token, also where that is over before its time", async (t) => {
  const caller = { subject: "sam", expiresAt: 9 };
  const { peer, session, send } = await start(t, undefined, caller as unknown as Caller);
  send({ type: "connection_init" });
  await once(peer, "message");
  session.look(8, false);
  send({ type: "ping" });
  t.match(String(((await once(peer, "message")) as [Buffer])[0]), "pong", "not yet");
  caller.expiresAt = 0;
  session.look(8, false);
  t.equal(((await once(peer, "close")) as [number])[0], 4401);
});
