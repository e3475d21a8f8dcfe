import { createSocket } from "node:dgram";
import type { LookupAddress } from "node:dns";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { type Test, test } from "tap";
import { Secret } from "../../src/secret.ts";
import { createGuard } from "../../src/webhooks/guard.ts";
import { createNames, lookAside } from "../../src/webhooks/names.ts";
import { createSender } from "../../src/webhooks/send.ts";

const LOOPBACK = [{ address: "127.0.0.1", family: 4 }];

/** A look-up of the system in which every name that begins with "slow" stays until it is let go; it counts those that are under way. */
function slowSystem() {
  const [held, asked] = [new Map<string, () => void>(), new Array<string>()];
  let [underWay, most] = [0, 0];
  async function system(host: string): Promise<LookupAddress[]> {
    asked.push(host);
    underWay += 1;
    most = Math.max(most, underWay);
    if (host.startsWith("slow")) await new Promise<void>((resolve) => held.set(host, resolve));
    underWay -= 1;
    return [{ address: "198.51.100.1", family: 4 }];
  }
  return { system, asked, letGo: (host: string) => held.get(host)?.(), most: () => most };
}

/** A name server that knows "sound.test", says of "nobody.test" that it is not, and is silent about all others. */
async function nameServer(t: Test): Promise<string> {
  const socket = createSocket("udp4").bind(0, "127.0.0.1");
  socket.on("message", (query, { port, address }) => {
    const text = query.toString("latin1");
    const [known, isA] = [text.includes("\x05sound"), query.readUInt16BE(query.indexOf("\x04test\0", 12, "latin1") + 6) === 1];
    if (!known && !text.includes("\x06nobody")) return;
    const question = query.subarray(12, query.indexOf("\x04test\0", 12, "latin1") + 10);
    const head = Buffer.from([query[0] ?? 0, query[1] ?? 0, 0x81, known ? 0x80 : 0x83, 0, 1, 0, known && isA ? 1 : 0, 0, 0, 0, 0]);
    const answer = known && isA ? Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]) : Buffer.alloc(0);
    socket.send(Buffer.concat([head, question, answer]), port, address);
  });
  await once(socket, "listening");
  t.teardown(() => socket.close());
  return `127.0.0.1:${socket.address().port}`;
}

test("however many names are slow, one look-up alone takes a thread, and the others are answered aside", async (t) => {
  const { system, asked, letGo, most } = slowSystem();
  const resolve = createNames({ system, aside: async () => LOOPBACK, lateMs: 20 });
  const slow = resolve("slow0.test", { all: true });
  const others = ["slow1.test", "slow2.test", "sound.test"].map((host) => resolve(host, { all: true }));
  t.same(await Promise.all(others), [LOOPBACK, LOOPBACK, LOOPBACK], "those that wait, when it is late");
  t.same(await resolve("sound.test", { all: true }), LOOPBACK, "and those that come later");
  t.same(await resolve("slow0.test", { all: true }), LOOPBACK, "its own name as well");
  t.same(asked, ["slow0.test"]);
  letGo("slow0.test");
  t.match(await slow, [{ address: "198.51.100.1" }], "it has its answer nevertheless");
  const again = await Promise.all(["a.test", "b.test", "a.test"].map((host) => resolve(host, { all: true })));
  t.match(
    again.flat(),
    Array.from({ length: 3 }, () => ({ address: "198.51.100.1" })),
    "the system says what names mean, one after the other",
  );
  t.equal(most(), 1);
});

test("a name that failed late does not get the thread again for a minute", async (t) => {
  let [time, calls] = [0, 0];
  let fail = (): void => undefined;
  const system = () => {
    calls += 1;
    return new Promise<LookupAddress[]>((_, reject) => (fail = () => reject(new Error("EAI_AGAIN"))));
  };
  const resolve = createNames({ system, aside: async () => LOOPBACK, lateMs: 5, now: () => time });
  const slow = resolve("slow.test", { all: true });
  await resolve("other.test", { all: true });
  fail();
  await t.rejects(slow, { message: "EAI_AGAIN" });
  time = 59_999;
  t.same(await resolve("slow.test", { all: true }), LOOPBACK);
  t.equal(calls, 1);
  time = 60_000;
  const later = resolve("slow.test", { all: true });
  t.equal(calls, 2);
  fail();
  await t.rejects(later);
});

test("aside, a name is what the file of hosts says, else what the name servers say, and nothing after a while", async (t) => {
  const hostsFile = join(t.testdir(), "hosts");
  writeFileSync(hostsFile, "# 192.0.2.9 sound.test\n192.0.2.1\tBot.corp bot # slow.test\n2001:db8::1 bot\nnonsense bot\n");
  const servers = [await nameServer(t)];
  const aside = lookAside({ hostsFile, servers, limitMs: 200 });
  t.same(await aside("bot"), [
    { address: "192.0.2.1", family: 4 },
    { address: "2001:db8::1", family: 6 },
  ]);
  t.same(await aside("bot.corp"), [{ address: "192.0.2.1", family: 4 }]);
  t.same(await aside("sound.test"), LOOPBACK);
  await t.rejects(aside("nobody.test"), { code: "ENOTFOUND" });
  await t.rejects(aside("slow.test"), { code: "ECANCELLED" }, "the question is taken back");
  t.same(await lookAside({ hostsFile: join(t.testdir(), "none"), servers })("sound.test"), LOOPBACK, "some systems have no such file");
});

test("an endpoint answers while the name of another is slow, and what is said aside is judged as well", async (t) => {
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const { system, letGo } = slowSystem();
  const aside = lookAside({ hostsFile: join(t.testdir(), "none"), servers: [await nameServer(t)] });
  const resolve = createNames({ system, aside, lateMs: 20 });
  const slow = resolve("slow.test", { all: true });
  const message = { id: "evt_1", body: "{}", secrets: [new Secret("whsec_AAAA")] };
  const url = `http://sound.test:${(server.address() as AddressInfo).port}/`;
  const senders = [["127.0.0.0/8"], []].map((allowed) =>
    createSender(createGuard({ allowed, httpsOnly: false, resolve }), { userAgent: "test" }),
  );
  t.teardown(() => Promise.all(senders.map((sender) => sender.close())));
  const answers = await Promise.all(senders.map((sender) => sender.send({ ...message, url }, 0)));
  t.match(answers, [
    { status: 200, reason: undefined },
    { status: undefined, reason: "unreachable" },
  ]);
  letGo("slow.test");
  await slow;
});

test("who has waited for others so long that it is late is answered aside as well", async (t) => {
  let time = 0;
  const { system, asked, letGo } = slowSystem();
  const resolve = createNames({ system, aside: async () => LOOPBACK, lateMs: 1_000, now: () => time });
  const first = resolve("slow.test", { all: true });
  const waiting = resolve("waiting.test", { all: true });
  time += 1_000;
  letGo("slow.test");
  t.match(await first, [{ address: "198.51.100.1" }]);
  t.same(await waiting, LOOPBACK);
  t.match(await resolve("next.test", { all: true }), [{ address: "198.51.100.1" }]);
  t.same(asked, ["slow.test", "next.test"]);
});
