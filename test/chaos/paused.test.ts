import { test } from "tap";
import { createEmulator, SEED } from "../../src/emulator/index.ts";
import { createStore } from "../../src/store/index.ts";
import { at, emulatorToken, type Json, PROJECT, read, rows } from "../helpers/gateway.ts";
import { noPostgres, startPostgres } from "../helpers/postgres.ts";
import { tokenFor } from "../helpers/token.ts";
import { environmentOf } from "./campaign.ts";
import { createReplica } from "./fleet.ts";

const PATH = `/${PROJECT}/deployments/key=demo-shipping-deployment`;
const LEASE_MS = 1_500;

test("a process that is stopped past its lease writes nothing when it goes on", { timeout: 60_000, skip: noPostgres }, async (t) => {
  const emulator = await createEmulator({ timings: { deployMs: 50 } });
  t.teardown(() => emulator.close());
  const upstreamToken = await emulatorToken(emulator.url, SEED);
  const send = async (url: string, method: string, path: string, token: string, body?: object): Promise<Json> => {
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    return (await read(await fetch(url + path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }))).body;
  };
  const redeploy = async (): Promise<void> => {
    const { version } = await send(emulator.url, "GET", PATH, upstreamToken);
    await send(emulator.url, "POST", PATH, upstreamToken, { version, actions: [{ action: "redeploy" }] });
  };
  const env = { ...environmentOf(), LOG_LEVEL: "warn", LEASE_MS: String(LEASE_MS) };
  const options = { env, databaseUrl: await startPostgres(t), upstream: emulator.url };
  const fleet = await Promise.all([createReplica(options), createReplica(options)]);
  t.teardown(() => Promise.all(fleet.map((each) => each.close())));
  await Promise.all(fleet.map((each) => each.start(60_000)));
  const events = async (url: string): Promise<readonly Json[]> =>
    rows(await send(url, "GET", "/v1/events", tokenFor(`manage_project:${PROJECT}`)), "events");
  const until = async (url: string, count: number): Promise<readonly Json[]> => {
    for (;;) {
      const found = (await events(url)).filter((each) => at(each, "data.current") === "Deployed" || each["type"] === "deployment.updated");
      if (found.length >= count) return events(url);
    }
  };
  // Once something was seen, the next look is no baseline any more.
  const store = await createStore(options.databaseUrl);
  while ((await store.watches.snapshots(`${SEED.region}:${PROJECT}`)).length === 0) await new Promise(setImmediate);
  await store.close();
  await redeploy();
  await until(fleet[0]?.url() ?? "", 1);

  // Whoever looks next stops with the project in hand and a change in its pocket.
  const stopped = Promise.race(fleet.map(async (each) => (await each.trap(["deployments asked", "drafts asked"], "SIGSTOP"), each)));
  await redeploy();
  const holder = await stopped;
  const other = fleet.find((each) => each !== holder);
  if (other === undefined) throw new Error("two replicas");
  other.trap([]).catch(() => undefined);
  const since = performance.now();
  const taken = await until(other.url(), 2);
  const tookMs = performance.now() - since;
  t.ok(tookMs < 35_000, `taken over after ${Math.round(tookMs)} ms`);
  holder.wake();
  while (!holder.output().includes("look came too late")) await new Promise(setImmediate);
  t.same(await events(other.url()), taken, "the log is as it was");
  t.same(await events(holder.url()), taken, "for both");

  // And it is of use again: alone, it goes on where the other one was.
  await other.kill();
  await redeploy();
  const all = await until(holder.url(), 3);
  t.same(all.slice(0, taken.length), taken);
  t.equal(new Set(all.map((each) => each["id"])).size, all.length);
});
