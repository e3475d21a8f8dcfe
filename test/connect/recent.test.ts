import { type Test, test } from "tap";
import { answer, CALL, connectTo, DEPLOYMENT, ID, startUpstream } from "../helpers/upstream.ts";

const REF = { key: "k" };
const deployment = (version: number, more: object = {}) => ({ ...DEPLOYMENT, key: "k", version, ...more });
const draft = (version: number) => ({
  id: ID,
  key: "k",
  version,
  name: "n",
  creator: { email: "e" },
  repository: { url: "u", tag: "t" },
  private: false,
  alreadyListed: false,
  hasChanges: false,
  isPreviewable: "none",
  status: "Draft",
  supportedRegions: [],
  privateProjects: [],
});
const page = (...results: object[]) => ({ limit: 20, offset: 0, count: results.length, total: results.length, results });
const gone = { statusCode: 404, message: "gone", errors: [{ code: "ResourceNotFound", message: "gone" }] };
const REDEPLOY = { version: 4, actions: [{ action: "redeploy" as const }] };
const NEW = { key: "k", region: "us-central1.gcp" as const, connector: { key: "c" }, configurations: [] };

/** A client whose upstream answers reads and writes as the test says, by a clock that only the test moves. */
async function start(t: Test) {
  const upstream = await startUpstream(t);
  let [time, read, written]: [number, object | undefined, object | undefined] = [1_000_000, deployment(4), deployment(5)];
  const client = connectTo(t, upstream.url, { reads: { cacheMs: 1_000, staleMs: 60_000 }, now: () => time });
  let isLost = false;
  upstream.api(({ method }, response) => {
    if (method !== "GET" && isLost) return void response.destroy();
    const found = method === "GET" ? read : written;
    return answer(response, found === undefined ? 404 : 200, found ?? gone);
  });
  return {
    ...client,
    upstream,
    call: { ...CALL, principal: "sam" },
    reads: (next: object | undefined) => void (read = next),
    writes: (next: object | undefined) => void ([written, isLost] = [next, false]),
    /** From now on no write is answered. */
    loses: () => void (isLost = true),
    advance: (ms: number) => void (time += ms),
  };
}

test("a copy of upstream that lags behind a write is not believed for a while", async (t) => {
  const { deployments, call, reads, advance } = await start(t);
  t.equal((await deployments.get(call, REF)).version, 4);
  t.equal((await deployments.update(call, REF, REDEPLOY)).version, 5);
  for (const ref of [REF, { id: ID }]) t.equal((await deployments.get(call, ref)).version, 5, JSON.stringify(ref));
  t.equal((await deployments.get({ ...call, principal: "kim" }, REF)).version, 5, "whoever asks");
  t.equal((await deployments.get({ ...call, fresh: "own" }, REF)).version, 5, "also to decide by it");
  t.same(await deployments.get({ ...call, fields: { version: true } }, REF), { version: 5 });
  reads(deployment(6));
  t.equal((await deployments.get({ ...call, fresh: "own" }, REF)).version, 6, "what is newer is");
  reads(deployment(4));
  t.equal((await deployments.get(call, REF)).version, 6, "and is told from then on");
  reads(deployment(1, { id: ID.replace("8", "9") }));
  t.equal((await deployments.get({ ...call, fresh: "own" }, REF)).version, 1, "another one may have the key by now");
  reads(deployment(4));
  advance(11_000);
  t.equal((await deployments.get(call, REF)).version, 4, "not for ever");
});

test("what was made is there, and what is being taken away may be gone", async (t) => {
  const { deployments, call, reads, writes } = await start(t);
  reads(undefined);
  writes(deployment(1));
  await deployments.create(call, NEW);
  for (const fresh of [undefined, "own"] as const) t.equal((await deployments.get({ ...call, fresh }, REF)).version, 1);
  writes(deployment(2, { status: "Undeploying" }));
  await deployments.remove(call, REF);
  await t.rejects(deployments.get(call, REF), { code: "ResourceNotFound" });
});

test("after a deletion that was not answered what is found counts", async (t) => {
  const { deployments, call, reads, writes, loses } = await start(t);
  writes(deployment(1));
  await deployments.create(call, NEW);
  loses();
  await t.rejects(deployments.remove(call, REF), { code: "UpstreamOutcomeUnknown" });
  reads(undefined);
  for (const fresh of [undefined, "own"] as const) await t.rejects(deployments.get({ ...call, fresh }, REF), { code: "ResourceNotFound" });
  reads(deployment(2, { status: "Undeploying" }));
  t.equal((await deployments.get({ ...call, fresh: "own" }, REF)).version, 2);
});

test("what was found of a lost write, or seen by whoever waits, is told from then on", async (t) => {
  const { deployments, call, reads, loses } = await start(t);
  loses();
  await t.rejects(deployments.create(call, NEW));
  reads(deployment(1));
  t.equal((await deployments.get({ ...call, fresh: "own" }, REF)).version, 1);
  reads(undefined);
  t.equal((await deployments.get(call, REF)).version, 1, "what was to be made is there");
  await t.rejects(deployments.update(call, REF, REDEPLOY));
  reads(deployment(5));
  t.equal((await deployments.get({ ...call, fresh: "own" }, REF)).version, 5);
  reads(deployment(9));
  t.equal((await deployments.get({ ...call, fresh: "shared" }, { id: ID })).version, 9);
  reads(deployment(4));
  for (const ref of [REF, { id: ID }]) t.equal((await deployments.get(call, ref)).version, 9);
});

test("of two writes the newer one counts, in whatever order they are answered", async (t) => {
  const { deployments, call, writes } = await start(t);
  writes(deployment(6));
  await deployments.update(call, REF, REDEPLOY);
  writes(deployment(5));
  await deployments.update(call, REF, REDEPLOY);
  t.equal((await deployments.get(call, REF)).version, 6);
});

test("a write of unknown fate leaves what is known, one that found nothing leaves nothing to go by", async (t) => {
  const { deployments, call, writes, loses } = await start(t);
  await deployments.update(call, REF, REDEPLOY);
  loses();
  await t.rejects(deployments.update(call, REF, REDEPLOY));
  t.equal((await deployments.get(call, REF)).version, 5);
  writes(undefined);
  await t.rejects(deployments.update(call, REF, REDEPLOY));
  t.equal((await deployments.get(call, REF)).version, 4);
});

test("a page that lags behind is told, and remembered by nobody", async (t) => {
  const { deployments, call, upstream, reads } = await start(t);
  await deployments.update(call, REF, REDEPLOY);
  const versions = async () => (await deployments.list(call, {})).results.map(({ version }) => version);
  reads(page(deployment(4)));
  t.same([await versions(), await versions()], [[4], [4]]);
  await upstream.close();
  await t.rejects(versions(), { code: "UpstreamUnavailable" }, "it stands in for nothing");
});

test("drafts have what was written to them, and published connectors versions of their own", async (t) => {
  const { drafts, connectors, call, reads, writes } = await start(t);
  writes(draft(8));
  await drafts.update(call, REF, { version: 7, actions: [] });
  reads(draft(7));
  t.equal((await drafts.get(call, REF)).version, 8);
  reads({ ...draft(1), certified: true });
  t.equal((await connectors.get(call, { id: ID })).version, 1);
  await drafts.remove(call, REF);
  for (const found of [undefined, draft(8), draft(7)]) {
    reads(found);
    for (const ref of [REF, { id: ID }]) await t.rejects(drafts.get(call, ref), { code: "ResourceNotFound" });
  }
  reads({ ...draft(1), id: ID.replace("8", "9") });
  t.equal((await drafts.get(call, REF)).version, 1, "another one may have its key");
});
