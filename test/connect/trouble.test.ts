import { test } from "tap";
import type { ConnectOptions } from "../../src/connect/index.ts";
import { createMemory } from "../../src/connect/memory.ts";
import { answer, CALL, connectTo, DEPLOYMENT, placesOf, startUpstream } from "../helpers/upstream.ts";

const nth = (n: number): string => `834bd4ed-b380-4b42-b9d8-bf8dd0a68${String(100 + n)}`;
const { connector } = DEPLOYMENT;
const deployment = (n: number) => ({ ...DEPLOYMENT, id: nth(n), key: `k-${n}` });
const numberOf = (url: string): number => Number(/k-(\d+)/.exec(url)?.[1] ?? /(\d\d)(?:\?|$)/.exec(url)?.[1] ?? 1);
const codeOf = (error: unknown): string => (error as { code: string }).code;
const update = { version: 1, actions: [{ action: "redeploy" as const }] };

type Reads = { readonly cacheMs: number; readonly staleMs: number; readonly patienceMs?: number };

/** A client in front of an upstream that has deployments, each under its id and its key. */
async function start(
  t: Parameters<typeof startUpstream>[0],
  reads: Reads = { cacheMs: 0, staleMs: 600_000 },
  places?: ConnectOptions["places"],
) {
  const upstream = await startUpstream(t);
  upstream.api(({ url }, response) => answer(response, 200, deployment(numberOf(url))));
  let time = 1_000_000;
  const client = connectTo(t, upstream.url, { reads, now: () => time, ...(places === undefined ? {} : { places }) });
  const call = { ...CALL, principal: "sam" };
  return { ...client, upstream, call, kim: { ...CALL, principal: "kim" }, advance: (ms: number) => void (time += ms) };
}

test("every kind of outage is stood in for, and costs upstream less than its callers ask", async (t) => {
  const refusal = { statusCode: 401, message: "no", errors: [{ code: "invalid_token", message: "no" }] };
  const kinds: readonly (readonly [name: string, status: number, body: unknown])[] = [
    ["a page of HTML", 200, "<html>maintenance</html>"],
    ["nothing", 200, ""],
    ["429", 429, ""],
    ["a page of 403", 403, "<html>forbidden</html>"],
    ["401 on everything", 401, refusal],
    ["500", 500, ""],
    ["503", 503, ""],
  ];
  for (const [name, status, body] of kinds) {
    const { deployments, upstream, call } = await start(t);
    const known = await deployments.get(call, { key: "k-1" });
    upstream.api((_request, response) => answer(response, status, body));
    const before = upstream.requests.length;
    for (let turn = 0; turn < 100; turn++) t.same(await deployments.get(call, { key: "k-1" }), known, name);
    const asked = upstream.requests.length - before;
    t.ok(asked <= 110, `${name}: 100 callers, ${asked} requests`);
    t.ok(upstream.tokens() <= 3, `${name}: ${upstream.tokens()} tokens`);
    await t.rejects(deployments.get(call, { key: "k-2" }), { name: "GatewayError" }, "what was never read is an error");
  }
});

test("nobody who can be told what was known hangs on an upstream that is silent", async (t) => {
  const { deployments, upstream, call, advance } = await start(t, { cacheMs: 0, staleMs: 600_000, patienceMs: 50 });
  const known = await deployments.get(call, { key: "k-1" });
  const held: (() => void)[] = [];
  upstream.api(({ url }, response) => void held.push(() => answer(response, 200, { ...deployment(numberOf(url)), version: 2 })));
  const since = performance.now();
  const first = await Promise.all(Array.from({ length: 50 }, () => deployments.get(call, { key: "k-1" })));
  t.ok(first.every((each) => each === known));
  for (let turn = 0; turn < 50; turn++) t.equal(await deployments.get(call, { key: "k-1" }), known);
  t.ok(performance.now() - since < 5_000, "long before the time limit of upstream's headers");
  t.ok(held.length <= 3, `${held.length} requests for 100 callers`);
  for (const respond of held) respond();
  upstream.api(({ url }, response) => answer(response, 200, { ...deployment(numberOf(url)), version: 3 }));
  let { version } = await deployments.get(call, { key: "k-1" });
  while (version < 3) {
    advance(100);
    await new Promise(setImmediate);
    ({ version } = await deployments.get(call, { key: "k-1" }));
  }
  t.ok(upstream.requests.length < 100, "trouble is over with the first answers");
});

test("who waits in vain leaves places to those who can be told what was known", async (t) => {
  const reads = { cacheMs: 0, staleMs: 600_000, patienceMs: 50 };
  const { deployments, upstream, call, kim } = await start(t, reads, placesOf({ most: 8, inTrouble: 2 }));
  const known = await deployments.get(call, { key: "k-1" });
  const held: (() => void)[] = [];
  upstream.api(({ url }, response) => void held.push(() => answer(response, 200, { ...deployment(numberOf(url)), version: 2 })));
  t.equal(await deployments.get(call, { key: "k-1" }), known, "an answer came too late: from now on places are few");
  const others = Array.from({ length: 6 }, (_, at) => deployments.get(call, { key: `k-${10 + at}` }).then(() => "ok", codeOf));
  t.same(
    await Promise.all(others.slice(2)),
    Array.from({ length: 4 }, () => "Overloaded"),
    "two were let in, beside the request for what was known",
  );
  const writes = Array.from({ length: 3 }, (_, at) => deployments.update(kim, { key: `k-${20 + at}` }, update).then(() => "ok", codeOf));
  t.equal(await writes[2], "Overloaded", "writes have as many places of their own");
  t.equal(await deployments.get(call, { key: "k-1" }), known);
  while (held.length < 5) await new Promise(setImmediate);
  for (const respond of held) respond();
  t.same(await Promise.all([...others.slice(0, 2), ...writes.slice(0, 2)]), ["ok", "ok", "ok", "ok"], "who was let in is answered");
});

test("the auth host that hangs holds up nobody who can be told what was known", async (t) => {
  const { deployments, upstream, call, advance } = await start(t, { cacheMs: 0, staleMs: 600_000_000, patienceMs: 50 });
  const known = await deployments.get(call, { key: "k-1" });
  upstream.oauth(() => undefined);
  advance(4_000_000);
  const before = upstream.tokens();
  const answers = await Promise.all(Array.from({ length: 50 }, () => deployments.get(call, { key: "k-1" })));
  for (const each of answers) t.same(each, known);
  t.ok(upstream.tokens() - before <= 1, "one request for a token is under way");
});

test("only the writer's own view of what was written is not stood in for", async (t) => {
  const { deployments, upstream, call, kim } = await start(t);
  for (const who of [call, kim]) for (const key of ["k-1", "k-2"]) await deployments.get(who, { key });
  await deployments.get(call, { id: nth(1) });
  const page = { limit: 20, offset: 0, count: 1, total: 1, results: [deployment(1)] };
  upstream.api((_request, response) => answer(response, 200, page));
  await deployments.list(call, {});

  upstream.api((_request, response) =>
    answer(response, 409, { statusCode: 409, message: "no", errors: [{ code: "ConcurrentModification", message: "no" }] }),
  );
  await t.rejects(deployments.update(call, { key: "k-1" }, update), { code: "ConcurrentModification" });
  upstream.api((_request, response) => response.destroy());
  t.match(await deployments.get(call, { key: "k-1" }), { key: "k-1" }, "what was refused has changed nothing");

  await t.rejects(deployments.update(call, { key: "k-1" }, update), { code: "UpstreamOutcomeUnknown" });
  await t.rejects(deployments.get(call, { key: "k-1" }), { name: "GatewayError" }, "what may have happened is not denied by an old answer");
  await t.rejects(deployments.get(call, { id: nth(1) }), { name: "GatewayError" }, "by whatever name it is read");
  await t.rejects(deployments.list(call, {}), { name: "GatewayError" }, "nor by a listing");
  t.match(await deployments.get(call, { key: "k-2" }), { key: "k-2" }, "another resource is another matter");
  t.match(await deployments.get(kim, { key: "k-1" }), { key: "k-1" }, "and so is another caller");
  for (let turn = 0; turn < 3; turn++) await t.rejects(deployments.update(call, { key: "k-1" }, update), { name: "GatewayError" });
  t.match(await deployments.get(kim, { key: "k-2" }), { key: "k-2" }, "however often somebody writes");
});

test("all projects remember within one limit, and nothing for longer than it may serve", async (t) => {
  const upstream = await startUpstream(t);
  upstream.api(({ url }, response) =>
    answer(response, 200, { ...deployment(numberOf(url)), connector: { ...connector, description: "x".repeat(20_000) } }),
  );
  let time = 1_000_000;
  const now = (): number => time;
  const memory = createMemory({ cacheMs: 1_000, staleMs: 60_000, now, mostMemory: 4_000_000, sweepMs: 5 });
  t.teardown(() => memory.close());
  const reads = { cacheMs: 1_000, staleMs: 60_000 };
  const clients = ["a", "b"].map((projectKey) => connectTo(t, upstream.url, { projectKey, memory, reads, now }));
  for (let n = 1; n <= 40; n++) for (const { deployments } of clients) await deployments.get(CALL, { key: `k-${n}` });
  t.ok(memory.bytes() <= 500_000, `${memory.bytes()} bytes`);
  t.ok(memory.size() > 3 && memory.size() < 30, `${memory.size()} answers`);
  const whole = memory.bytes();
  time += 20_000;
  while (memory.bytes() === whole) await new Promise(setImmediate);
  t.ok(memory.bytes() < whole, "what was made of an answer goes first");
  time += 60_000;
  while (memory.size() > 0) await new Promise(setImmediate);
  t.equal(memory.bytes(), 0);
});
