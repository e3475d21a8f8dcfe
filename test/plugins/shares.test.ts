import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { fastify } from "fastify";
import { type Test, test } from "tap";
import { registerRate } from "../../src/plugins/rate.ts";
import { type Answer, at, MIRROR, PROJECT, rows, startBoth, startTestGateway, type TestGateway } from "../helpers/gateway.ts";
import { signToken } from "../helpers/token.ts";
import { answer, DEPLOYMENT, startUpstream } from "../helpers/upstream.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const now = Math.floor(Date.now() / 1_000);
const tokenOf = (sub: string): string => signToken({ sub, scope: `manage_project:${PROJECT}`, iat: now, exp: now + 600 });

test("a principal may send its share, and others are not touched by it", async (t) => {
  const { gateway } = await startBoth(t, {}, { RATE_PER_SECOND: "5" });
  const ask = (sub: string) => gateway.rest("GET", "/v1/projects", undefined, { token: tokenOf(sub) });
  const answers: Answer[] = [];
  for (let n = 0; n < 11; n++) answers.push(await ask("sam"));
  t.same(
    answers.map((each) => each.status),
    [...Array.from({ length: 10 }, () => 200), 429],
    "twice a second's share at once, and not one more",
  );
  const [first, last] = [answers[0], answers[10]];
  t.match([first?.headers.get("ratelimit-limit"), first?.headers.get("ratelimit-remaining")], ["10", "9"]);
  t.match(last?.body, { statusCode: 429, errors: [{ code: "RateLimited" }] });
  t.match(last?.headers.get("retry-after"), /^[12]$/);
  t.equal((await ask("kim")).status, 200, "another principal has a share of its own");
  const asked = await gateway.graphql("{ projects { id } }", {}, { token: tokenOf("sam") });
  t.match([asked.status, at(asked.body, "errors.0.extensions.code")], [429, "RateLimited"], "and GraphQL counts with it");
});

/** Until so many requests wait for a place. */
async function waiting(gateway: TestGateway, count: number): Promise<void> {
  while (!gateway.log().includes(`"waiting":${count}`)) await new Promise(setImmediate);
}

/** Never read before: whoever asks for it holds his place. */
const NEW = `${DEPLOYMENTS}?limit=3`;

/** Takes a place, by a request that upstream lets hang; gives what gives it up. */
async function takePlace(t: Test, { emulator, gateway }: Awaited<ReturnType<typeof startBoth>>): Promise<() => Promise<void>> {
  await gateway.rest("GET", DEPLOYMENTS);
  await emulator.control("POST", "faults", { kind: "hang", match: { path: "/deployments" } });
  const leaving = new AbortController();
  const hanging = fetch(gateway.url + NEW, { signal: leaving.signal, headers: { authorization: `Bearer ${tokenOf("x")}` } });
  while (rows((await emulator.control("GET", "faults")).body, "results").length > 0);
  return async () => {
    leaving.abort();
    await t.rejects(hanging);
  };
}

test("whoever leaves while he waits for a place is in the access log alone", async (t) => {
  const both = await startBoth(t, {}, { MAX_IN_FLIGHT: "1", METRICS: "on" });
  const { gateway } = both;
  const giveUp = await takePlace(t, both);
  const leaving = new AbortController();
  const read = fetch(gateway.url + DEPLOYMENTS, { signal: leaving.signal, headers: { authorization: `Bearer ${tokenOf("x")}` } });
  await waiting(gateway, 1);
  leaving.abort();
  await t.rejects(read);
  while (!gateway.log().includes(`"status":499`)) await gateway.rest("GET", "/livez");
  const { text } = await gateway.rest("GET", "/metrics");
  t.notMatch(text, /admission_refusals_total\{.*\} [1-9]/);
  t.notMatch(gateway.log(), /"level":"(warn|error)"/);
  await giveUp();
});

test("what finds no place waits, writes before reads, and what finds no place to wait is refused", async (t) => {
  const both = await startBoth(t, {}, { MAX_IN_FLIGHT: "1", MAX_QUEUED: "2", QUEUE_WAIT_MS: "10000" });
  const { emulator, gateway } = both;
  const giveUp = await takePlace(t, both);
  await emulator.control("DELETE", "journal");
  const read = gateway.rest("GET", `${DEPLOYMENTS}?limit=7`);
  await waiting(gateway, 1);
  const write = gateway.rest("POST", `${DEPLOYMENTS}/key=demo-shipping-deployment`, { version: 1, actions: [] });
  await waiting(gateway, 2);
  const many = await Promise.all(Array.from({ length: 5 }, () => gateway.rest("GET", `${DEPLOYMENTS}?limit=8`)));
  t.same(
    many.map((each) => each.status),
    [503, 503, 503, 503, 503],
    "both places to wait are taken",
  );
  t.equal((await gateway.rest("GET", "/livez")).status, 200, "health needs no place");
  await giveUp();
  t.same([(await read).status, (await write).status], [200, 409]);
  const upstream = (await emulator.journal()).filter((entry) => entry["status"] === 200 || entry["status"] === 409);
  t.same(
    upstream.map((entry) => entry["method"]),
    ["POST", "GET"],
    "the write went first, though it came second",
  );
});

test("a wait is bounded, and who goes away makes room", async (t) => {
  const both = await startBoth(t, {}, { MAX_IN_FLIGHT: "1", MAX_QUEUED: "1", QUEUE_WAIT_MS: "50" });
  const { gateway } = both;
  const giveUp = await takePlace(t, both);
  const [one, two] = await Promise.all([gateway.rest("GET", DEPLOYMENTS), gateway.rest("GET", DEPLOYMENTS)]);
  for (const each of [one, two])
    t.match([each.status, at(each.body, "errors.0.code"), each.headers.get("retry-after")], [503, "Overloaded", "1"]);
  await giveUp();
  let status = 503;
  while (status === 503) ({ status } = await gateway.rest("GET", DEPLOYMENTS));
  t.equal(status, 200, "its place is free again");
});

test("only what really is a stream leaves its place to others", async (t) => {
  const { emulator, gateway } = await startBoth(t, {}, { MAX_IN_FLIGHT: "1", MAX_QUEUED: "1", QUEUE_WAIT_MS: "50", METRICS: "on" });
  const headers = { authorization: `Bearer ${tokenOf("x")}`, accept: "application/json, text/event-stream" };
  const leaving = new AbortController();
  t.teardown(() => leaving.abort());
  const stream = await fetch(`${gateway.url}/v1/events`, { headers, signal: leaving.signal });
  t.equal(stream.headers.get("content-type"), "text/event-stream; charset=utf-8");
  t.equal((await gateway.rest("GET", DEPLOYMENTS)).status, 200, "an open stream is in nobody's way");

  await emulator.control("POST", "faults", { kind: "hang", match: { path: "/deployments" } });
  const hanging = fetch(gateway.url + NEW, { signal: leaving.signal, headers });
  while (rows((await emulator.control("GET", "faults")).body, "results").length > 0);
  t.equal(
    (await gateway.rest("GET", DEPLOYMENTS, undefined, { headers })).status,
    503,
    "who would take a stream, but gets none, needs a place",
  );
  leaving.abort();
  await t.rejects(hanging);
  t.match((await gateway.rest("GET", "/metrics")).text, /request_seconds_count\{face="connect",route="GET [^"]*deployments"\} \d/);
  // The reader is gone: the stream was an answer all the same.
  const counted = /requests_total\{face="gateway",route="GET \/v1\/events",status="2xx"\} 1\n/;
  while (!counted.test((await gateway.rest("GET", "/metrics")).text));
  t.match(gateway.log(), /"method":"GET","route":"\/v1\/events","status":200,"ms":[\d.]+,"subject":"x","msg":"request"/);
  t.notMatch((await gateway.rest("GET", "/metrics")).text, /request_seconds_count\{face="gateway",route="GET \/v1\/events"\}/);
});

test("a write takes the place to wait of a read, also by a document that does not begin with it", async (t) => {
  const both = await startBoth(t, {}, { MAX_IN_FLIGHT: "1", MAX_QUEUED: "1", QUEUE_WAIT_MS: "10000" });
  const { gateway } = both;
  const giveUp = await takePlace(t, both);
  const read = gateway.rest("GET", `${DEPLOYMENTS}?limit=7`);
  await waiting(gateway, 1);
  // The word in a comment makes no mutation of a query.
  t.equal((await gateway.graphql("# mutation\n{ deployments { total } }")).status, 503);
  const write = gateway.graphql('# one\nmutation { deleteDeployment(key: "demo-shipping-deployment") { status } }');
  t.equal((await read).status, 503, "its place went to the write");
  await giveUp();
  t.match([(await write).status, (await write).body], [200, { data: { deleteDeployment: { status: "Undeploying" } } }]);
});

test("answers that wait behind a stream hold no place", async (t) => {
  const { gateway } = await startBoth(t, {}, { MAX_IN_FLIGHT: "4", MAX_QUEUED: "1", QUEUE_WAIT_MS: "50" });
  const head = `Host: 127.0.0.1\r\nAuthorization: Bearer ${tokenOf("x")}\r\n`;
  const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
  t.teardown(() => socket.destroy());
  socket.write(
    `GET /v1/events HTTP/1.1\r\n${head}Accept: text/event-stream\r\n\r\n${`GET /v1/projects HTTP/1.1\r\n${head}\r\n`.repeat(8)}`,
  );
  await once(socket, "data");
  for (let n = 0; n < 8; n++) t.equal((await gateway.rest("GET", "/v1/projects")).status, 200);
});

test("who takes no answers holds a part of the places, and gets no more of them", async (t) => {
  const upstream = await startUpstream(t);
  // More than the system holds for a connection.
  const row = { ...DEPLOYMENT, connector: { ...DEPLOYMENT.connector, name: "n".repeat(2_000) } };
  const page = { limit: 20, offset: 0, count: 3_500, total: 3_500, results: Array.from({ length: 3_500 }, () => row) };
  upstream.api((_request, response) => answer(response, 200, page));
  const env = { MAX_IN_FLIGHT: "8", MAX_QUEUED: "1", QUEUE_WAIT_MS: "50", METRICS: "on", CACHE_TTL_MS: "60000" };
  const gateway = await startTestGateway(t, { upstream: upstream.url, env });
  const head = `Host: 127.0.0.1\r\nAuthorization: Bearer ${tokenOf("lazy")}\r\n`;
  const lie = async (): Promise<Socket> => {
    const socket = connect(Number(new URL(gateway.url).port), "127.0.0.1");
    t.teardown(() => socket.destroy());
    socket.pause().write(`GET ${DEPLOYMENTS} HTTP/1.1\r\n${head}\r\n`);
    await once(socket, "readable");
    return socket;
  };
  const list = (sub: string) => gateway.rest("GET", DEPLOYMENTS, undefined, { token: tokenOf(sub) });
  const sockets = await Promise.all(Array.from({ length: 3 }, lie));
  t.equal((await list("lazy")).status, 200, "who is slow with some may ask for others");
  t.match((await gateway.rest("GET", "/metrics")).text, "in_flight 2\n", "a quarter of the places");
  sockets.push(...(await Promise.all(Array.from({ length: 5 }, lie))));
  const refused = await list("lazy");
  t.match([refused.status, refused.body["message"]], [503, /untaken: take them first/]);
  t.equal((await gateway.rest("POST", DEPLOYMENTS, {}, { token: tokenOf("lazy") })).status, 400, "a write is let through");
  const { text } = await gateway.rest("GET", "/metrics");
  t.match(text, 'admission_refusals_total{reason="untaken"} 1\n');
  t.match(text, "in_flight 2\n");
  t.equal((await list("other")).status, 200, "others have theirs");
  for (const socket of sockets) socket.resume();
  let status = 503;
  while (status === 503) ({ status } = await list("lazy"));
  t.equal(status, 200, "who takes them may ask again");
});

test("a share can be taken of outside of a route, and comes back when its two seconds are over", async (t) => {
  const app = fastify();
  t.teardown(() => app.close());
  const { takeShare } = await registerRate(app, { perSecond: 1, failedAuthPerSecond: 0 });
  const lines = (remaining: number): RegExp =>
    new RegExp(`^ratelimit-limit: 2\r\nratelimit-remaining: ${remaining}\r\nratelimit-reset: [12]\r\n$`);
  t.match(takeShare("sam"), lines(1));
  const since = performance.now();
  t.match(takeShare("sam"), lines(0));
  t.equal(takeShare("sam"), undefined);
  t.match(takeShare("kim"), lines(1), "another has one of its own");
  while (takeShare("sam") === undefined) await new Promise(setImmediate);
  t.ok(performance.now() - since > 1_900, "not before");
  t.match(takeShare("sam"), lines(0), "and then all of it");
});

test("refused tokens of one IPv6 network are counted as those of one address, however it is written", async (t) => {
  const app = fastify();
  t.teardown(() => app.close());
  const { countFailure: count } = await registerRate(app, { perSecond: 0, failedAuthPerSecond: 10 });
  await app.ready();
  /** How many of thirty refused tokens are told that they are too many. */
  const refused = async (addressOf: (n: number) => string): Promise<number> => {
    let many = 0;
    for (let n = 1; n <= 30; n++) many += (await count(addressOf(n))) === undefined ? 0 : 1;
    return many;
  };
  for (const network of ["2001:db8::", "2001:db8:1:2::", "::", "2001:db8:0:3:4:5:6:", "fe80::a:b:c:"])
    t.equal(await refused((n) => `${network}${n.toString(16)}`), 20, network);
  t.equal(await refused((n) => `2001:db8:${n + 1}::1`), 0, "other networks are others");
});
