import type { ServerResponse } from "node:http";
import { test } from "tap";
import { startFaultProxy } from "../helpers/fault-proxy.ts";
import { answer, CALL, connectTo, placesOf, startUpstream } from "../helpers/upstream.ts";

const ID = "834bd4ed-b380-4b42-b9d8-bf8dd0a683aa";
const connector = { id: ID, version: 1, name: "n", creator: { email: "e" }, repository: { url: "u", tag: "t" }, certified: true };
const deployment = { id: ID, version: 1, connector, deployedRegion: "r", applications: [], preview: false, status: "Deployed" };
const draft = { region: "us-central1.gcp" as const, connector: { key: "kk" }, configurations: [] };
const OWN = { ...CALL, fresh: "own" } as const;
const codeOf = (result: Promise<unknown>): Promise<string> =>
  result.then(
    () => "ok",
    (error: unknown) => String((error as { code?: unknown }).code),
  );

test("an answer that is cut off at any byte is told as such, and never taken for one", async (t) => {
  const upstream = await startUpstream(t);
  upstream.api((_request, response) => answer(response, 200, deployment, { date: "Sun, 01 Nov 2026 12:00:00 GMT" }));
  const proxy = await startFaultProxy(t, upstream.url);
  const { deployments } = connectTo(t, upstream.url, { connectUrl: proxy.url, authUrl: upstream.url });
  const whole = 400 + JSON.stringify(deployment).length;
  const ends = new Map<string, number>();
  for (let resetAfter = 1; resetAfter < whole; resetAfter++) {
    proxy.fault("none");
    // The first one may still meet a connection of before that just ended.
    while ((await codeOf(deployments.get(OWN, { id: ID }))) !== "ok" || (await codeOf(deployments.create(CALL, draft))) !== "ok");
    proxy.fault({ resetAfter });
    const [read, write] = [await codeOf(deployments.get(OWN, { id: ID })), await codeOf(deployments.create(CALL, draft))];
    ends.set(`${read} ${write}`, (ends.get(`${read} ${write}`) ?? 0) + 1);
  }
  // Where the answer had arrived whole before the reset, it counts.
  t.same([...ends.keys()].toSorted(), ["UpstreamUnavailable UpstreamOutcomeUnknown", "ok ok"]);
  t.ok((ends.get("UpstreamUnavailable UpstreamOutcomeUnknown") ?? 0) > JSON.stringify(deployment).length);
});

test("a read that met a silent connection is asked for again, a write never is", async (t) => {
  const upstream = await startUpstream(t);
  const limits = { headersMs: 300, idleMs: 300 };
  const { deployments } = connectTo(t, upstream.url, { random: () => 0, limits });
  const silences: Readonly<Record<string, (response: ServerResponse) => void>> = {
    "before the answer": () => undefined,
    "in the middle of it": (response) => void response.writeHead(200, { "content-length": "999" }).write("{"),
  };
  for (const [name, fall] of Object.entries(silences)) {
    let silent = true;
    upstream.api((_request, response) => {
      if (!silent) return answer(response, 200, deployment);
      silent = false;
      return fall(response);
    });
    const before = upstream.requests.length;
    t.equal(await codeOf(deployments.get(OWN, { id: ID })), "ok", name);
    t.equal(upstream.requests.length - before, 2, `${name}: once more`);
    silent = true;
    t.equal(await codeOf(deployments.create(CALL, draft)), "UpstreamOutcomeUnknown", `${name}: nobody knows`);
    t.equal(upstream.requests.length - before, 3, `${name}: sent once`);
  }
});

test("silence and a drip end at the deadline, and leave no connection behind", async (t) => {
  const upstream = await startUpstream(t);
  upstream.api((_request, response) => answer(response, 200, deployment));
  const proxy = await startFaultProxy(t, upstream.url);
  const limits = { connectMs: 200, headersMs: 400, totalMs: 500 };
  const { deployments } = connectTo(t, upstream.url, { connectUrl: proxy.url, authUrl: upstream.url, limits });
  const drip = { dripMs: 5 };
  for (const fault of ["silent", "silent", "silent", drip, drip, drip] as const) {
    proxy.fault("none");
    // All is well before each: three reads fail at most nine times then, after which upstream is still asked.
    t.equal(await codeOf(deployments.get(OWN, { id: ID })), "ok");
    proxy.fault(fault);
    const before = performance.now();
    const results = await Promise.all(Array.from({ length: 3 }, () => codeOf(deployments.get(OWN, { id: ID }))));
    t.same([...new Set(results)], ["UpstreamTimeout"]);
    t.ok(performance.now() - before < 2_000, "within the deadline, give or take");
    while (proxy.open() > 0) await new Promise(setImmediate);
    t.equal(proxy.open(), 0);
  }
});

/** What an outage looks like from here, and what callers hear of it. */
const OUTAGES: Readonly<Record<string, readonly [status: number, body: string, code: string]>> = {
  "it fails": [503, "", "UpstreamUnavailable"],
  "a page of somebody else": [200, "<html>please log in</html>", "UpstreamBadResponse"],
  "a redirect": [302, "", "UpstreamBadResponse"],
  "a page of somebody who has lost it": [403, "<html>no</html>", "UpstreamAuthFailed|UpstreamBadResponse"],
};

for (const [name, [status, body, code]] of Object.entries(OUTAGES))
  test(`an outage (${name}): callers hear of it at once, upstream is left alone, and is back in service within seconds`, async (t) => {
    const upstream = await startUpstream(t);
    let time = 0;
    const { deployments } = connectTo(t, upstream.url, { now: () => time, random: () => 0 });
    await deployments.get(OWN, { id: ID }).catch(() => undefined);
    upstream.api((_request, response) => answer(response, status, body));
    const before = upstream.requests.length;
    const asked = 600;
    for (let count = 0; count < asked; count++) {
      t.match(await codeOf(deployments.get(OWN, { id: ID })), new RegExp(`^(${code})$`));
      // A minute in all.
      time += 100;
    }
    const seen = upstream.requests.length - before;
    t.ok(seen <= asked * 0.1, `${seen} requests reached it for ${asked} of callers`);
    upstream.api((_request, response) => answer(response, 200, deployment));
    time += 4_000;
    const results = await Promise.all(Array.from({ length: 20 }, () => codeOf(deployments.get(OWN, { id: ID }))));
    t.equal(results.filter((each) => each === "ok").length >= 1, true, "the first one through finds it well");
    t.equal(await codeOf(deployments.get(OWN, { id: ID })), "ok");
    const after = await Promise.all(Array.from({ length: 20 }, () => codeOf(deployments.get(OWN, { id: ID }))));
    t.same([...new Set(after)], ["ok"], "and from then on everyone does");
  });

test("an upstream that asks to wait is asked a few times only, until it answers again", async (t) => {
  const upstream = await startUpstream(t);
  let time = 0;
  const { deployments } = connectTo(t, upstream.url, { now: () => time, random: () => 0 });
  await deployments.list(OWN, {});
  upstream.api((_request, response) => answer(response, 429, "", { "retry-after": "40" }));
  const before = upstream.requests.length;
  const ask = () => Promise.all(Array.from({ length: 50 }, () => codeOf(deployments.create(CALL, draft))));
  t.same([...new Set(await ask())], ["UpstreamThrottled"]);
  t.same([...new Set(await ask())], ["UpstreamThrottled"]);
  t.ok(upstream.requests.length - before <= 56, `${upstream.requests.length - before}: those that were under way, and five`);
  const between = upstream.requests.length;
  time += 3_000;
  await ask();
  t.equal(upstream.requests.length - between, 3, "one a second");
  time += 60_000;
  upstream.api((_request, response) => answer(response, 201, deployment));
  t.same([...new Set(await ask())], ["ok"], "when the wait is over, so is the restraint");
});

test("a project has a number of places, and is told when they are taken", async (t) => {
  const upstream = await startUpstream(t);
  const { deployments } = connectTo(t, upstream.url, { places: placesOf({ most: 3, inTrouble: 3 }) });
  const waiting: (() => void)[] = [];
  upstream.api((_request, response) => void waiting.push(() => answer(response, 200, deployment)));
  const results = Array.from({ length: 5 }, () => codeOf(deployments.get(OWN, { id: ID })));
  while (waiting.length < 3) await new Promise(setImmediate);
  t.same(await Promise.all(results.slice(3)), ["Overloaded", "Overloaded"]);
  for (const respond of waiting.splice(0)) respond();
  t.same(await Promise.all(results.slice(0, 3)), ["ok", "ok", "ok"]);
  const next = codeOf(deployments.get(OWN, { id: ID }));
  while (waiting.length < 1) await new Promise(setImmediate);
  waiting[0]?.();
  t.equal(await next, "ok", "the places are free again");
});

test("a body without end is cut, and its memory given back", async (t) => {
  const upstream = await startUpstream(t);
  const { deployments } = connectTo(t, upstream.url);
  const chunk = Buffer.alloc(256 * 1024, 0x20);
  upstream.api((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
    };
    response.on("drain", more);
    more();
  });
  await codeOf(deployments.get(OWN, { id: ID }));
  globalThis.gc?.();
  const before = process.memoryUsage().external;
  for (let count = 0; count < 8; count++) t.equal(await codeOf(deployments.get(OWN, { id: ID })), "UpstreamBadResponse");
  globalThis.gc?.();
  t.ok(process.memoryUsage().external - before < 64 * 1024 * 1024);
});

test("a body that comes byte by byte takes what its bytes take, and is cut when it goes on so", async (t) => {
  const upstream = await startUpstream(t);
  const { deployments } = connectTo(t, upstream.url);
  const whole = JSON.stringify({ ...deployment, description: "x".repeat(90_000) });
  const inBytes = (text: string): string => Array.from(text, (byte) => `1\r\n${byte}\r\n`).join("");
  const send = (response: ServerResponse, body: string): void => {
    response.socket?.end(`HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n${body}0\r\n\r\n`);
  };
  upstream.api((_request, response) => send(response, inBytes(whole)));
  t.equal(await codeOf(deployments.get(OWN, { id: ID })), "ok", "a whole one is read");
  const endless = inBytes(" ".repeat(1_000_000)) + inBytes(whole);
  upstream.api((_request, response) => send(response, endless));
  const before = process.memoryUsage.rss();
  const codes = await Promise.all(Array.from({ length: 8 }, () => codeOf(deployments.get(OWN, { id: ID }))));
  t.same([...new Set(codes)], ["UpstreamBadResponse"]);
  const grown = (process.memoryUsage.rss() - before) / 1024 / 1024;
  t.ok(grown < 256, `${grown.toFixed(0)} MB: they would take 200 bytes each, 1.6 GB`);
});

test("answers before the answer are few, or it is none", async (t) => {
  const upstream = await startUpstream(t);
  const { deployments } = connectTo(t, upstream.url);
  const hints = (count: number) => (_request: unknown, response: ServerResponse) => {
    response.socket?.write("HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(count));
    answer(response, 200, deployment);
  };
  upstream.api(hints(3));
  t.equal(await codeOf(deployments.get(OWN, { id: ID })), "ok");
  upstream.api(hints(50_000));
  t.equal(await codeOf(deployments.get(OWN, { id: ID })), "UpstreamBadResponse");
});

test("where writes alone fail they are kept from upstream, and reads go on", async (t) => {
  const upstream = await startUpstream(t);
  let well = false;
  upstream.api(({ method }, response) => answer(response, method === "GET" || well ? 200 : 502, deployment));
  let time = 0;
  const { deployments } = connectTo(t, upstream.url, { now: () => time });
  const ends = new Map<string, number>();
  for (let n = 0; n < 40; n++) {
    t.equal(await codeOf(deployments.get(OWN, { id: ID })), "ok");
    const end = await codeOf(deployments.create(CALL, draft));
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  t.same(Object.fromEntries(ends), { UpstreamOutcomeUnknown: 10, UpstreamUnavailable: 30 });
  t.equal(upstream.requests.filter(({ method }) => method === "POST").length, 10);
  well = true;
  time += 5_000;
  t.same(
    [await codeOf(deployments.create(CALL, draft)), await codeOf(deployments.create(CALL, draft))],
    ["ok", "ok"],
    "until one gets through",
  );
});

test("a read tries a host that fails rather than a write, while there are any", async (t) => {
  const upstream = await startUpstream(t);
  upstream.api((_request, response) => answer(response, 503, ""));
  let time = 0;
  const { deployments } = connectTo(t, upstream.url, { now: () => time });
  for (let n = 0; n < 10; n++) await codeOf(deployments.get(OWN, { id: ID }));
  let told = upstream.requests.length;
  const methods = () => upstream.requests.slice(told, (told = upstream.requests.length)).map(({ method }) => method);
  const both = [() => deployments.create(CALL, draft), () => deployments.get(OWN, { id: ID })];
  for (let n = 0; n < 1_000; n++, time += 20) for (const ask of both) await codeOf(ask());
  t.same([...new Set(methods())], ["GET"]);
  for (let n = 0; n < 1_000; n++, time += 20) await codeOf(deployments.create(CALL, draft));
  const tries = methods();
  t.same([...new Set(tries)], ["POST"], "alone it does");
  t.ok(tries.length >= 4, `${tries.length} times in 20 seconds`);
});

test("a write that is kept back takes no try of a host that fails", async (t) => {
  const upstream = await startUpstream(t);
  const failing = { GET: false, POST: true, DELETE: false };
  upstream.api(({ method }, response) => answer(response, failing[method as "GET"] ? 503 : 200, deployment));
  let time = 0;
  const { deployments } = connectTo(t, upstream.url, { now: () => time });
  const write = () => codeOf(deployments.create(CALL, draft));
  const read = () => codeOf(deployments.get(OWN, { id: ID }));
  // So long that the pause between two writes that are tried is the longest.
  for (let n = 0; n < 400; n++, time += 50) for (const ask of [write, read]) await ask();
  failing.GET = true;
  for (let n = 0; n < 10; n++) await read();
  failing.GET = failing.POST = false;
  const wellAt = time;
  while ((await write()) !== "ok") time += 25;
  t.ok(time - wellAt <= 4_100, `it was sent after ${time - wellAt} ms`);
});

test("who answers some and asks others to wait is given the time that it asked for", async (t) => {
  const upstream = await startUpstream(t);
  let [count, mixed, time] = [0, true, 0];
  upstream.api((_request, response) =>
    mixed && ++count % 3 === 0 ? answer(response, 429, "", { "retry-after": "30" }) : answer(response, 200, deployment),
  );
  const { deployments } = connectTo(t, upstream.url, { now: () => time });
  const ask = () => codeOf(deployments.get(OWN, { id: ID }));
  const asked = async (seconds: number): Promise<number> => {
    const before = upstream.requests.length;
    for (let n = 0; n < seconds * 50; n++) {
      await ask();
      time += 20;
    }
    return upstream.requests.length - before;
  };
  const first = await asked(20);
  t.ok(first <= 30, `${first} of 1,000 were let through`);
  mixed = false;
  t.ok((await asked(10)) > 200, "it ends soon after upstream does not ask any more");
});
