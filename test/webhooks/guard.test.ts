import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "tap";
import { Secret } from "../../src/secret.ts";
import { createGuard } from "../../src/webhooks/guard.ts";
import { askedWait, judge } from "../../src/webhooks/retry.ts";
import { createSender } from "../../src/webhooks/send.ts";

const FORBIDDEN = [
  "http://127.0.0.1/",
  "http://127.8.8.8/",
  "http://10.0.0.1/",
  "http://172.16.0.1/",
  "http://172.31.255.255/",
  "http://192.168.1.1/",
  "http://169.254.169.254/latest/meta-data",
  "http://100.64.0.1/",
  "http://0.0.0.0/",
  "http://0/",
  "http://168.63.129.16/",
  "http://224.0.0.1/",
  "http://255.255.255.255/",
  "http://[::1]/",
  "http://[::]/",
  "http://[fc00::1]/",
  "http://[fe80::1]/",
  "http://[::ffff:127.0.0.1]/",
  "http://[::ffff:8.8.8.8]/",
  "http://[::ffff:808:808]/",
  "http://[0:0:0:0:0:ffff:808:808]/",
  "http://[::ffff:0:8.8.8.8]/",
  "http://[::ffff:0:808:808]/",
  "http://[5f00::1]/",
  "http://[3fff::1]/",
  "http://[3fff:fff:ffff::1]/",
  "http://[::ffff:7f00:1]/",
  "http://[::7f00:1]/",
  "http://[64:ff9b::7f00:1]/",
  "http://[2002:7f00:1::]/",
  "http://[2001::1]/",
  "http://2130706433/",
  "http://0x7f.1/",
  "http://0177.0.0.1/",
  "http://127.1/",
  "http://%31%32%37.0.0.1/",
  "http://１２７.0.0.1/",
  "http://①②⑦.0.0.1/",
  "http://localhost/",
  "http://a.localhost/",
  "http://printer.local/",
  "http://metadata.google.internal/",
  "http://127.0.0.1./",
  "https://receiver.example./",
  "https://user:pass@receiver.example/",
  "https://receiver.example/#a",
  "https://receiver.example:22/",
  "https://receiver.example:25/",
  "https://receiver.example:6379/",
  "file:///etc/passwd",
  "gopher://receiver.example/",
  "ftp://receiver.example/",
  "https:\\\\receiver.example\\",
  "https://receiver.example/\r\nx",
  "https://receiver.example/\t",
  "",
  "receiver.example",
  `https://receiver.example/${"a".repeat(2_048)}`,
];

test("addresses that no webhook may have, in every spelling", (t) => {
  const guard = createGuard({ allowed: [], httpsOnly: false });
  for (const url of FORBIDDEN) t.throws(() => guard.checkUrl(url), { code: "InvalidJsonInput" }, url);
  for (const url of [
    "https://receiver.example/hook?a=b",
    "https://8.8.8.8/",
    "http://receiver.example:8080/",
    "https://[2606:4700::1]/",
    "https://[4000::1]/",
  ])
    t.equal(guard.checkUrl(url), url);
  t.throws(() => createGuard({ allowed: [], httpsOnly: true }).checkUrl("http://receiver.example/"), /must begin with https/);
  const open = createGuard({ allowed: ["10.1.0.0/16", "127.0.0.1", "bot.internal", "fd00::/8"], httpsOnly: false });
  for (const url of ["http://10.1.2.3/", "http://127.0.0.1:12345/", "http://bot.internal/", "http://[fd00::1]/"])
    t.equal(open.checkUrl(url), url, "allowed by the operator");
  t.throws(() => open.checkUrl("http://10.2.0.1/"));
  t.equal(open.checkUrl("http://[::ffff:10.1.2.3]/"), "http://[::ffff:a01:203]/", "the same address in another form");
  for (const entry of ["10.0.0.0/", "10.0.0.0/0x8", "10.0.0.0/8/8", "10.0.0.0/33", "::1/", "corp/8"])
    t.throws(() => createGuard({ allowed: [entry], httpsOnly: false }), RangeError, entry);
  t.end();
});

test("a name that leads inside, and a literal that slipped by, are never connected", async (t) => {
  let connections = 0;
  const server = createServer((socket) => {
    socket.on("error", () => undefined);
    connections += 1;
    socket.end("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => server.close());
  const { port } = server.address() as AddressInfo;
  const message = { id: "evt_1", body: "{}", secrets: [new Secret("whsec_AAAA")] };
  const strict = createSender(createGuard({ allowed: [], httpsOnly: false }), { userAgent: "test" });
  t.teardown(() => strict.close());
  // "localhost" is looked up like any name; the literal is not looked up at all.
  t.match(await strict.send({ ...message, url: `http://localhost:${port}/` }, 0), { status: undefined, reason: "unreachable" });
  t.equal(connections, 0, "the name is refused before a connection");
  const literal = await strict.send({ ...message, url: `http://127.0.0.1:${port}/` }, 0);
  t.match(literal, { status: undefined, reason: "unreachable" }, "the reason tells no more than for a host that is down");
  t.equal(connections, 0, "nor is there one to a literal");
  const open = createSender(createGuard({ allowed: ["localhost", "127.0.0.0/8"], httpsOnly: false }), { userAgent: "test" });
  t.teardown(() => open.close());
  t.match(await open.send({ ...message, url: `http://localhost:${port}/` }, 0), { status: 200, reason: undefined });
});

test("when to try again", (t) => {
  const attempt = (status: number | undefined, retryAfter?: number) => ({ status, reason: "x", retryAfter });
  t.same(
    [200, 204, 299].map((status) => judge(attempt(status), 1, 0, 0.5).state),
    ["succeeded", "succeeded", "succeeded"],
  );
  t.same(
    [199, 301, 304, 400, 404, 500, undefined].map((status) => judge(attempt(status), 1, 0, 0.5).state),
    Array.from({ length: 7 }, () => "pending"),
  );
  const pauses = Array.from({ length: 9 }, (_, n) => judge(attempt(500), n + 1, 0, 0.5).dueAt);
  t.same(pauses, [5e3, 3e5, 18e5, 72e5, 18e6, 36e6, 504e5, 72e6, 864e5]);
  t.same(judge(attempt(500), 10, 0, 0.5), { state: "dead" });
  t.same(judge(attempt(410), 1, 7, 0.5), { state: "pending", dueAt: 7 }, "it waits for the endpoint, which is disabled");
  t.same(judge(attempt(410), 10, 7, 0.5), { state: "pending", dueAt: 7 });
  t.equal(judge(attempt(429, 60_000), 1, 1_000, 0.5).dueAt, 6_000, "what a receiver asks for is its endpoint's matter");
  t.equal(askedWait(attempt(429, 60_000)), 60_000);
  t.equal(askedWait(attempt(500, 60_000)), 0, "only 429 and 503 may ask to wait");
  t.equal(askedWait(attempt(503, 1e12)), 86_400_000, "a day at most");
  t.end();
});
