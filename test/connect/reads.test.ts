import { test } from "tap";
import type { ReadNote } from "../../src/connect/index.ts";
import { createScrubber } from "../../src/scrub/index.ts";
import { answer, CALL, connectTo, startUpstream } from "../helpers/upstream.ts";

const ID = "834bd4ed-b380-4b42-b9d8-bf8dd0a683aa";
const connector = { id: ID, version: 1, name: "n", creator: { email: "e" }, repository: { url: "u", tag: "t" }, certified: true };
const application = { id: "a", applicationName: "service", securedConfiguration: [{ key: "K", value: "****************" }] };
const row = (n: number, version = 1) => ({
  id: `834bd4ed-b380-4b42-b9d8-bf8dd0a68${String(100 + n)}`,
  version,
  connector,
  deployedRegion: "r",
  applications: [application],
  preview: false,
  status: "Deployed",
});
const page = (...results: object[]) => ({ limit: 20, offset: 0, count: results.length, total: results.length, results });
const draft = { region: "us-central1.gcp" as const, connector: { key: "kk" }, configurations: [] };

/** A client whose clock only the test moves, and what it noted of where answers came from. */
async function start(t: Parameters<typeof startUpstream>[0], reads = { cacheMs: 1_000, staleMs: 60_000 }) {
  const upstream = await startUpstream(t);
  let time = 1_000_000;
  const client = connectTo(t, upstream.url, { reads, now: () => time, limits: { headersMs: 300, totalMs: 400 } });
  const notes: ReadNote[] = [];
  const call = { ...CALL, principal: "sam", noted: (note: ReadNote) => void notes.push(note) };
  return {
    ...client,
    upstream,
    call,
    notes,
    advance: (ms: number) => void (time += ms),
    froms: () => notes.splice(0).map(({ from }) => from),
  };
}

test("identical reads on their way are asked for once, others apart", async (t) => {
  const { deployments, upstream, call, froms } = await start(t, { cacheMs: 0, staleMs: 0 });
  const many = await Promise.all(Array.from({ length: 100 }, () => deployments.list(call, { limit: 5 })));
  t.equal(upstream.requests.length, 1);
  t.ok(
    many.every((each) => each === many[0]),
    "everyone gets the same objects",
  );
  t.same(froms().toSorted(), [...Array.from({ length: 99 }, () => "coalesced"), "miss"].toSorted());
  await Promise.all([deployments.list(call, { limit: 5 }), deployments.list(call, { limit: 6 })]);
  t.equal(upstream.requests.length, 3, "nothing is remembered, and other parameters are another question");
  await Promise.all([
    deployments.list(call, {}),
    deployments.list({ ...call, fresh: "own" }, {}),
    deployments.list({ ...call, fresh: "shared" }, {}),
  ]);
  t.equal(upstream.requests.length, 5, "who needs an answer of their own gets one");
});

test("a hit says whether it would be one again: as long as the same reading of the same answer would be given", async (t) => {
  const upstream = await startUpstream(t);
  upstream.api((_request, response) => answer(response, 200, page(row(1))));
  const scrubber = createScrubber();
  let time = 0;
  const { deployments, changed } = connectTo(t, upstream.url, { scrubber, reads: { cacheMs: 1_000, staleMs: 60_000 }, now: () => time });
  const note = async (): Promise<ReadNote | undefined> => {
    const notes: ReadNote[] = [];
    await deployments.list({ ...CALL, noted: (each) => void notes.push(each) }, {});
    return notes[0];
  };
  const ends: Readonly<Record<string, () => unknown>> = {
    "time passes": () => (time += 1_000),
    "something changes": changed,
    "another value is known": () =>
      scrubber.of("europe-west1.gcp", "my-project").learn(["a-value-that-was-not-known"], performance.now() + 1_000),
    "it was asked for anew": async () => {
      changed();
      await note();
    },
  };
  for (const [name, end] of Object.entries(ends)) {
    t.match(await note(), { from: "miss", again: undefined }, name);
    const { from, again } = (await note()) ?? {};
    t.match([from, again?.holds(), again?.holds()], ["hit", true, true]);
    await end();
    t.equal(again?.holds(), false, `until ${name}`);
    time += 1_000;
  }
});

test("an answer serves for a second, and no longer than until the next write", async (t) => {
  const { deployments, changed, upstream, call, advance, froms } = await start(t);
  const asked = async (): Promise<number> => {
    const before = upstream.requests.length;
    await deployments.list(call, {});
    return upstream.requests.length - before;
  };
  t.equal(await asked(), 1);
  advance(999);
  t.equal(await asked(), 0);
  advance(1);
  t.equal(await asked(), 1);
  t.same(froms(), ["miss", "hit", "miss"]);
  upstream.api((request, response) => answer(response, request.method === "GET" ? 200 : 201, request.method === "GET" ? page() : row(1)));
  await deployments.create(call, draft);
  t.equal(await asked(), 1, "after a write everyone asks anew");
  changed();
  t.equal(await asked(), 1, "and after a change that was noticed");
  upstream.api((_request, response) => answer(response, 400, { statusCode: 400, errors: [{ code: "X", message: "m" }] }));
  await t.rejects(deployments.list({ ...call, fresh: "shared" }, { limit: 9 }), { code: "X" });
  await t.rejects(deployments.list(call, { limit: 9 }), { code: "X" }, "errors are not remembered");
});

test("a read that began before a write never answers one that began after it", async (t) => {
  const { deployments, upstream, call } = await start(t);
  const waiting: (() => void)[] = [];
  upstream.api((request, response) => {
    if (request.method === "POST") return answer(response, 201, row(1));
    waiting.push(() => answer(response, 200, page(row(waiting.length))));
    return undefined;
  });
  const before = deployments.list(call, {});
  while (waiting.length < 1) await new Promise(setImmediate);
  await deployments.create(call, draft);
  const after = deployments.list(call, {});
  while (waiting.length < 2) await new Promise(setImmediate);
  for (const respond of waiting) respond();
  t.not(await before, await after);
  t.not(await deployments.list(call, {}), await before, "nor is the older one remembered");
});

test("an upstream in trouble is stood in for, for a while, and never after one's own write", async (t) => {
  const { deployments, upstream, call, advance, notes, froms } = await start(t, { cacheMs: 0, staleMs: 60_000 });
  const good = await deployments.list(call, {});
  upstream.api((_request, response) => answer(response, 503, ""));
  advance(30_000);
  t.equal(await deployments.list(call, {}), good);
  t.match(notes.at(-1), { from: "stale", ageMs: 30_000 });
  upstream.api(() => {});
  t.equal(await deployments.list(call, {}), good, "also when it is silent");
  t.same(froms(), ["miss", "stale", "stale"]);
  await t.rejects(deployments.list({ ...call, fresh: "own" }, {}), { code: "UpstreamTimeout" }, "not where it must be new");
  await t.rejects(deployments.list(call, { limit: 3 }), { code: "UpstreamTimeout" }, "not for another question");
  upstream.api((_request, response) => answer(response, 404, { statusCode: 404, message: "m" }));
  await t.rejects(deployments.list(call, {}), { code: "ResourceNotFound" }, "an answer is an answer");
  upstream.api((_request, response) => answer(response, 200, "<html>"));
  t.equal(await deployments.list(call, {}), good, "nonsense is no answer");
  upstream.api((_request, response) => response.destroy());
  t.equal(await deployments.list(call, {}), good, "and does not take the place of what was known");
  await t.rejects(deployments.create(call, draft), { code: "UpstreamOutcomeUnknown" });
  await t.rejects(deployments.list(call, {}), { code: "UpstreamUnavailable" }, "a write that may have happened counts");
  t.equal(await deployments.list({ ...call, principal: "kim" }, {}), good, "somebody else's does not");
  advance(30_001);
  await t.rejects(deployments.list({ ...call, principal: "kim" }, {}), { code: "UpstreamUnavailable" }, "too old");
});

test("what Connect says is gone is not told by an older answer", async (t) => {
  const { deployments, upstream, call } = await start(t, { cacheMs: 0, staleMs: 60_000 });
  const ref = { key: "kk" };
  upstream.api((_request, response) => answer(response, 200, row(1)));
  await deployments.get(call, ref);
  upstream.api((_request, response) => answer(response, 404, "<html>nobody here</html>"));
  await t.rejects(deployments.get(call, ref), { code: "ResourceNotFound" });
  upstream.api((_request, response) => answer(response, 503, ""));
  t.match(await deployments.get(call, ref), { version: 1 }, "a page may be anybody's");
  upstream.api((_request, response) => answer(response, 404, { statusCode: 404, message: "m" }));
  await t.rejects(deployments.get(call, ref), { code: "ResourceNotFound" });
  upstream.api((_request, response) => answer(response, 503, ""));
  await t.rejects(deployments.get(call, ref), { code: "UpstreamUnavailable" });
});

test("nobody waits for a read that has been under way for long", async (t) => {
  const upstream = await startUpstream(t);
  let time = 0;
  const { deployments } = connectTo(t, upstream.url, { reads: { cacheMs: 0, staleMs: 0 }, now: () => time });
  const asked = Promise.withResolvers<void>();
  upstream.api((_request, response) => {
    response.writeHead(200, { "content-length": "9" }).write("{");
    asked.resolve();
  });
  deployments.get(CALL, { key: "kk" }).catch(() => undefined);
  await asked.promise;
  upstream.api((_request, response) => answer(response, 200, row(1)));
  time = 2_999;
  deployments.get(CALL, { key: "kk" }).catch(() => undefined);
  t.equal(upstream.requests.length, 1, "the second waits with the first");
  time = 3_000;
  t.match(await deployments.get({ ...CALL, correlationId: "the-third" }, { key: "kk" }), { version: 1 });
  t.equal(upstream.requests[1]?.headers["x-correlation-id"], "the-third", "the third does not");
});

test("the same bytes give the same objects, and rows that did not change stay", async (t) => {
  const { deployments, upstream, call } = await start(t, { cacheMs: 0, staleMs: 0 });
  const fields = { total: true, results: { id: true, version: true, applications: { securedConfiguration: true } } } as const;
  const part = { ...call, fields };
  let body = page(row(1), row(2), row(3), row(4));
  upstream.api((_request, response) => answer(response, 200, body));
  const first = await deployments.list(part, {});
  t.equal(await deployments.list(part, {}), first);
  t.match(
    JSON.stringify(first.results[0]),
    /^\{"id":"[^"]+","version":1,"applications":\[\{"securedConfiguration":\[\{"key":"K","value":"\*\*\*"\}\]\}\]\}$/,
  );
  body = page(row(9), row(1), row(2, 2), row(4));
  const second = await deployments.list(part, {});
  t.same(
    second.results.map(({ version }) => version),
    [1, 1, 2, 1],
  );
  t.same(
    [1, 3].map((at) => second.results[at]),
    [first.results[0], first.results[3]],
  );
  t.equal(second.results[1], first.results[0], "moved by a row above");
  t.equal(second.results[3], first.results[3], "after one that changed and one that went");
  const whole = await deployments.list(call, {});
  t.match(whole.results[0], { status: "Deployed", connector: { name: "n" } }, "who asks for all gets all");
});
