import { type Test, test } from "tap";
import { startCollector } from "../helpers/collector.ts";
import { at, MIRROR, PROJECT, rows, startBoth, type TestGateway } from "../helpers/gateway.ts";
import { openTalk, type Talk, type Told } from "../helpers/talk.ts";
import { signToken, tokenFor } from "../helpers/token.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const KEY = "demo-shipping-deployment";
const DEMO = `${DEPLOYMENTS}/key=${KEY}`;
const TOKEN = tokenFor(`manage_project:${PROJECT}`);
/** Answers are as good as new for longer than a test takes. */
const LONG = { CACHE_TTL_MS: "60000", METRICS: "on" };

const head = (line: string, token: string, more: readonly string[]): string =>
  [`${line} HTTP/1.1`, "Host: 127.0.0.1", `Authorization: Bearer ${token}`, ...more, "", ""].join("\r\n");
const get = (path: string, token = TOKEN, ...more: readonly string[]): string => head(`GET ${path}`, token, more);
const post = (body: object, token = TOKEN, ...more: readonly string[]): string => {
  const text = JSON.stringify(body);
  return head("POST /graphql", token, ["Content-Type: application/json", `Content-Length: ${text.length}`, ...more]) + text;
};
const LIST = get(DEPLOYMENTS);
const QUERY = post({
  query: "query ($limit: Int) { deployments(limit: $limit) { total results { id key version } } }",
  variables: { limit: 5 },
});

/** How many requests were answered at once so far. */
async function repeats(gateway: TestGateway): Promise<number> {
  const { text } = await gateway.rest("GET", "/metrics");
  return Number(/^connect_gateway_repeats_total (\d+)$/m.exec(text)?.[1] ?? 0);
}

/** Asks the same until it is answered at once; gives the last answer that went the whole way. */
async function untilRepeated(gateway: TestGateway, talk: Talk, text: string): Promise<Told> {
  const before = await repeats(gateway);
  let whole = await talk.ask(text);
  for (let tries = 0; tries < 20; tries++) {
    const told = await talk.ask(text);
    if ((await repeats(gateway)) > before) return whole;
    whole = told;
  }
  throw new Error("it is never answered at once");
}

/** Lines that differ from one answer to the next. */
const NEW = ["date", "x-correlation-id", "server-timing"];
const lasting = ({ headers }: Told): object => Object.fromEntries([...headers].filter(([name]) => !NEW.includes(name)));

async function start(t: Test, env: Readonly<Record<string, string>> = LONG) {
  const both = await startBoth(t, {}, env);
  return { ...both, talk: await openTalk(t, both.gateway) };
}

for (const [name, text] of Object.entries({ REST: LIST, GraphQL: QUERY }))
  test(`${name}: what comes again on its connection is answered at once, like the first`, async (t) => {
    const { gateway, emulator, talk } = await start(t);
    const first = await untilRepeated(gateway, talk, text);
    const calls = (await emulator.journal()).length;
    const [count, lines] = [await repeats(gateway), gateway.log().split("\n").length];
    const ids = new Set<string | undefined>();
    for (let turn = 0; turn < 50; turn++) {
      const told = await talk.ask(text);
      t.match([told.status, told.body], [200, first.body]);
      t.strictSame(lasting(told), lasting(first), "the same lines");
      t.match(told.headers.get("server-timing"), /^cache;desc=hit, total;dur=\d+\.\d$/);
      t.ok(Math.abs(Date.parse(told.headers.get("date") ?? "") - Date.now()) < 2_000, "by the clock");
      ids.add(told.headers.get("x-correlation-id"));
    }
    t.equal((await repeats(gateway)) - count, 50, "each of them");
    t.equal(ids.size, 50, "with an identifier of its own");
    t.equal((await emulator.journal()).length, calls, "upstream hears nothing of it");
    const logged = gateway
      .log()
      .split("\n")
      .slice(lines - 1);
    for (const id of ids) {
      const line = JSON.parse(logged.find((each) => each.includes(String(id))) ?? "{}") as object;
      t.match(line, { level: "info", status: 200, subject: "tester", msg: "request", method: name === "REST" ? "GET" : "POST" });
      t.match(at(line, "route"), name === "REST" ? "/connect/:region/:projectKey/deployments" : "/graphql");
    }
  });

test("an identifier that the caller sends is kept, one that it should not have sent is not", async (t) => {
  const { gateway, talk } = await start(t);
  const [good, bad] = ["X-Correlation-ID: build-4711-abc", "X-Correlation-ID: no spaces here"];
  await untilRepeated(gateway, talk, get(DEPLOYMENTS, TOKEN, good));
  t.equal((await talk.ask(get(DEPLOYMENTS, TOKEN, good))).headers.get("x-correlation-id"), "build-4711-abc");
  await untilRepeated(gateway, talk, get(DEPLOYMENTS, TOKEN, bad));
  const made = (await talk.ask(get(DEPLOYMENTS, TOKEN, bad))).headers.get("x-correlation-id");
  t.match(made, /^[0-9a-f-]{36}$/);
  t.not((await talk.ask(get(DEPLOYMENTS, TOKEN, bad))).headers.get("x-correlation-id"), made);
});

test("after a write nobody is given what was there before", async (t) => {
  const { gateway, emulator, talk } = await start(t);
  const another = { token: tokenFor(`manage_project:${PROJECT}`, "another") };
  const versions = ({ body }: Told): unknown => JSON.parse(/"version":\d+/.exec(body)?.[0].split(":")[1] ?? "null");
  for (const text of [get(DEMO), QUERY]) {
    const first = await untilRepeated(gateway, talk, text);
    const written = await gateway.rest("POST", DEMO, { actions: [{ action: "redeploy" }] }, another);
    t.equal(written.status, 201);
    t.not(versions(first), written.body["version"]);
    t.equal(versions(await talk.ask(text)), written.body["version"], "also not whoever did not write");
    t.equal(versions(await untilRepeated(gateway, talk, text)), written.body["version"], "and so it is from then on");
    emulator.advance(3_600_000);
    // What is written next needs a deployment that rests, as the gateway sees it.
    await gateway.rest("POST", DEMO, { version: 1, actions: [{ action: "redeploy" }] }, another);
  }
});

test("who asks for something else each time goes the whole way, until he asks for one thing again and again", async (t) => {
  const { gateway, talk } = await start(t);
  for (let turn = 0; turn < 60; turn++) t.equal((await talk.ask(turn % 2 === 0 ? LIST : get(DEMO))).status, 200);
  t.equal(await repeats(gateway), 0);
  for (let turn = 0; turn < 120; turn++) t.equal((await talk.ask(LIST)).status, 200);
  t.ok((await repeats(gateway)) > 20);
});

test("what a cache of no time remembers is never answered so, nor what is not all of an answer", async (t) => {
  const { gateway, talk } = await start(t, { ...LONG, CACHE_TTL_MS: "0" });
  for (let turn = 0; turn < 8; turn++) for (const text of [LIST, QUERY]) t.equal((await talk.ask(text)).status, 200);
  t.equal(await repeats(gateway), 0);
  const cached = await start(t);
  const own = "query { deployments { total } webhooks { total } }";
  const others = [post({ query: own }), get("/v1/projects"), get(`/v1/events`), get(`${DEPLOYMENTS}/key=not-there`)];
  for (const text of others) {
    const talk = await openTalk(t, cached.gateway);
    for (let turn = 0; turn < 8 && !talk.socket.destroyed; turn++) await talk.ask(text);
  }
  t.equal(await repeats(cached.gateway), 0);
});

test("a token is asked for its end each time, and another one is another request", async (t) => {
  const { gateway, talk } = await start(t);
  const now = Math.floor(Date.now() / 1_000);
  // Five seconds of tolerance beyond its end.
  const short = signToken({ sub: "short", scope: `manage_project:${PROJECT}`, iat: now - 60, exp: now - 2 });
  await untilRepeated(gateway, talk, get(DEPLOYMENTS, short));
  const none = tokenFor("view_connectors:other", "stranger");
  t.equal((await talk.ask(get(DEPLOYMENTS, none))).status, 404, "who may not see it");
  let told = await talk.ask(get(DEPLOYMENTS, short));
  while (told.status === 200) told = await talk.ask(get(DEPLOYMENTS, short));
  t.equal(told.status, 401);
  t.ok(Date.now() >= (now + 3) * 1_000 - 1_000, "not before its end");
  t.ok(Date.now() < (now + 5) * 1_000, "and not long after it");
});

test("each takes one request of its principal's share", async (t) => {
  const { talk } = await start(t, { ...LONG, RATE_PER_SECOND: "10" });
  const token = tokenFor(`manage_project:${PROJECT}`, "busy");
  const answers: Told[] = [];
  while (answers.at(-1)?.status !== 429) answers.push(await talk.ask(get(DEPLOYMENTS, token)));
  t.equal(answers.length, 21);
  t.strictSame(
    answers.slice(0, -1).map(({ headers }) => headers.get("ratelimit-remaining")),
    Array.from({ length: 20 }, (_, at) => String(19 - at)),
  );
  t.ok(
    answers.slice(0, -1).every(({ headers }) => headers.get("ratelimit-limit") === "20" && headers.get("ratelimit-reset") !== undefined),
  );
});

test("with traces each request has its span, and so goes the whole way", async (t) => {
  const collector = await startCollector(t);
  const { gateway, talk } = await start(t, { ...LONG, OTEL_EXPORTER_OTLP_ENDPOINT: collector.url });
  for (let turn = 0; turn < 8; turn++) t.equal((await talk.ask(LIST)).status, 200);
  t.equal(await repeats(gateway), 0);
});

/** Requests that are told apart by their answers, and how each is. */
const KINDS: readonly (readonly [text: string, status: number, body: RegExp])[] = [
  [LIST, 200, /"limit":20,/],
  [get(`${DEPLOYMENTS}?limit=3`), 200, /"limit":3,/],
  [get(`${DEPLOYMENTS}/key=${KEY}`), 200, new RegExp(`^\\{.*"key":"${KEY}"`)],
  [QUERY, 200, /^\{"data":\{"deployments":\{"total":1,/],
  [post({ query: '{ deployment(key: "none") { key } }' }), 200, /"deployment":null/],
  [post({ query: `{ deployment(key: "${KEY}") { version } }` }), 200, /"version":1/],
  // Bodies that look like requests.
  [
    post({ query: "{ projects { id } }", variables: {}, operationName: null }).replace("Host", "X-Note: GET / HTTP/1.1\r\nHost"),
    200,
    /"projects"/,
  ],
  [get("/nowhere"), 404, /"statusCode":404/],
];

test("however requests are cut and joined, each gets its own answer, in its turn", async (t) => {
  const { gateway, talk } = await start(t);
  // The same numbers each time.
  let seed = 20_261_128;
  const below = (most: number): number => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * most);
  };
  let usual = 0;
  for (let round = 0; round < 600; round++) {
    // Mostly one alone, and the same as before.
    if (below(8) === 0) usual = below(KINDS.length);
    const count = below(6) === 0 ? 1 + below(5) : 1;
    const chosen = Array.from({ length: count }, () => KINDS.slice(below(12) === 0 ? below(KINDS.length) : usual)[0] ?? KINDS[0]).filter(
      (each) => each !== undefined,
    );
    const text = chosen.map(([each]) => each).join("");
    const cut = below(6) === 0 ? below(text.length) : text.length;
    talk.socket.write(text.slice(0, cut), "latin1");
    // So that the pieces arrive one by one.
    if (cut < text.length) await gateway.rest("GET", "/livez");
    talk.socket.write(text.slice(cut), "latin1");
    for (const [, status, body] of chosen) {
      const told = await talk.next();
      t.match([told.status, told.body], [status, body]);
    }
  }
  t.ok((await repeats(gateway)) > 100, "many of them at once");
});

test("the body of a request is no request, though it reads like one that was answered at once", async (t) => {
  const { gateway, talk } = await start(t);
  await untilRepeated(gateway, talk, LIST);
  const before = await repeats(gateway);
  talk.socket.write(head("POST /nowhere", TOKEN, ["Content-Type: text/plain", `Content-Length: ${LIST.length}`]), "latin1");
  await gateway.rest("GET", "/livez");
  t.equal((await talk.ask(LIST)).status, 404);
  t.equal((await talk.ask(LIST)).status, 200);
  talk.socket.write(LIST.slice(0, 10), "latin1");
  await gateway.rest("GET", "/livez");
  talk.socket.write(LIST.slice(10) + LIST, "latin1");
  t.match([await talk.next(), await talk.next()], [{ status: 200 }, { status: 200 }]);
  t.equal(await repeats(gateway), before);
});

test("the end of a request is no request, though it reads like one", async (t) => {
  const { gateway, talk } = await start(t);
  const other = get(`${DEPLOYMENTS}?limit=3`);
  for (const text of [LIST, get(DEMO), other]) t.equal((await talk.ask(text)).status, 200);
  const before = await repeats(gateway);
  // What follows the first one begins before anybody listens, and ends in a piece of its own.
  talk.socket.write(`${LIST}GET ${DEMO} HTTP/1.1\r\nX-Note: `, "latin1");
  t.match((await talk.next()).body, /"limit":20/);
  t.match((await talk.ask(other)).body, /"key":/, "one deployment, by a request with a strange header");
  for (let turn = 0; turn < 5; turn++) t.match((await talk.ask(other)).body, /"limit":3/);
  t.ok((await repeats(gateway)) > before, "later ones are answered at once");
});

test("whoever takes no answers is given none on, and then all of them", async (t) => {
  const { gateway, emulator, talk } = await start(t);
  await emulator.control("POST", "seed", { connectors: 1, deployments: 30 });
  const some = get(`${DEPLOYMENTS}?limit=8`);
  const { body } = await untilRepeated(gateway, talk, some);
  const before = await repeats(gateway);
  talk.socket.pause();
  const answered = (): number => gateway.log().split('"status":200').length;
  let sent = 0;
  for (let last = -1; last !== answered(); sent++) {
    last = answered();
    talk.socket.write(some, "latin1");
    // Long enough for it to be answered, if it is.
    for (let turn = 0; turn < 1_000 && last === answered(); turn++) await new Promise(setImmediate);
  }
  t.ok((await repeats(gateway)) > before, "some at once, as long as the system took them");
  t.equal((await gateway.rest("GET", DEPLOYMENTS)).status, 200, "others are served meanwhile");
  talk.socket.resume();
  for (let count = 0; count < sent; count++) if ((await talk.next()).body !== body) t.fail(`answer ${count} is another`);
  t.match((await talk.ask(LIST)).body, /"limit":20,/, "and then whatever is asked next");
});

/** Asks on a connection of its own, one after the other, until an answer lies there untaken that was given at once. */
async function lying(t: Test, gateway: TestGateway, text: string): Promise<Talk> {
  const talk = await openTalk(t, gateway);
  for (let turn = 0; turn < 6; turn++) await talk.ask(text);
  talk.socket.pause();
  const answered = (): number => gateway.log().split('deployments","status":200').length;
  const places = async () => /^connect_gateway_in_flight (\d+)$/m.exec((await gateway.rest("GET", "/metrics")).text)?.[1];
  for (const before = await places(); ;) {
    const last = answered();
    talk.socket.write(text, "latin1");
    while (answered() === last) if ((await places()) !== before) return talk;
  }
}

test("a long answer that lies there takes a place, and is told when it is taken or its caller has left", async (t) => {
  const { gateway, emulator, talk } = await start(t, { ...LONG, MAX_IN_FLIGHT: "2" });
  await emulator.control("POST", "seed", { connectors: 1, deployments: 30 });
  const some = get(`${DEPLOYMENTS}?limit=8`);
  const figure = async (name: string): Promise<number> => {
    const { text } = await gateway.rest("GET", "/metrics");
    return Number(
      text
        .split("\n")
        .find((line) => line.startsWith(name))
        ?.split(" ")
        .at(-1) ?? 0,
    );
  };
  const left = () =>
    figure('connect_gateway_requests_total{face="connect",route="GET /connect/:region/:projectKey/deployments",status="4xx"}');
  // More often than a principal may have any lie there.
  for (let turn = 0; turn < 4; turn++) {
    const before = await left();
    const { socket } = await lying(t, gateway, some);
    t.equal(await figure("connect_gateway_in_flight"), 1);
    socket.resetAndDestroy();
    while ((await left()) === before);
    while ((await figure("connect_gateway_in_flight")) > 0);
  }
  t.match(gateway.log(), /"status":499,"ms":[\d.]+,"subject":"tester","msg":"request"/);
  t.equal((await talk.ask(some)).status, 200);
});

test("without a free place nobody is answered at once, and what is longer than usual never is", async (t) => {
  const { gateway, emulator, talk } = await start(t, { ...LONG, MAX_IN_FLIGHT: "1", QUEUE_WAIT_MS: "20" });
  await emulator.control("POST", "seed", { connectors: 1, deployments: 30 });
  for (const text of [LIST, get(`${DEPLOYMENTS}?limit=1`, TOKEN, `X-Note: ${"x".repeat(4_096)}`)])
    for (let turn = 0; turn < 8; turn++) t.equal((await talk.ask(text)).status, 200);
  t.equal(await repeats(gateway), 0, "an answer of more than 64 KiB, a request of more than 4");
  const some = get(`${DEPLOYMENTS}?limit=1`);
  await untilRepeated(gateway, talk, some);
  await emulator.control("POST", "faults", { kind: "hang", match: { path: "/deployments" } });
  const leaving = new AbortController();
  const hanging = gateway.url + get(`${DEPLOYMENTS}?limit=7`).split(" ")[1];
  const hung = fetch(hanging, { headers: { authorization: `Bearer ${TOKEN}` }, signal: leaving.signal }).catch(() => undefined);
  while (rows((await emulator.control("GET", "faults")).body, "results").length > 0);
  const before = await repeats(gateway);
  t.equal((await talk.ask(some)).status, 503);
  t.equal(await repeats(gateway), before);
  leaving.abort();
  await hung;
});

test("what is not given after all is not counted as read", async (t) => {
  const { gateway, talk } = await start(t, { ...LONG, RATE_PER_SECOND: "10" });
  const token = tokenFor(`manage_project:${PROJECT}`, "busy");
  let answers = 0;
  while ((await talk.ask(get(DEPLOYMENTS, token))).status === 200) answers++;
  const { text } = await gateway.rest("GET", "/metrics");
  t.match(text, `connect_gateway_cache_total{result="hit"} ${answers - 1}\n`);
});

test("at the stop answers that lie there have some seconds to be taken, and what comes then is turned away", async (t) => {
  const { gateway, talk } = await start(t, { ...LONG, PRE_STOP_MS: "500" });
  const first = await untilRepeated(gateway, talk, LIST);
  t.equal(first.headers.get("connection"), "keep-alive");
  const stopped = gateway.stop();
  const last = await talk.ask(LIST);
  t.match([last.status, last.headers.get("connection")], [200, "close"], "it is served on for a while, by whom it is said that he stops");
  await stopped;
  t.ok(talk.socket.destroyed || !talk.socket.readable);
});
