import { test, type Test } from "tap";
import { GatewayError, gatewayError } from "../../src/errors.ts";
import { Secret } from "../../src/secret.ts";
import type { ServiceRequest } from "../../src/services/index.ts";
import { createOnce, type Once, type Turn } from "../../src/services/idempotency.ts";
import { settled } from "../../src/services/lost-writes.ts";
import { createStore, type Store } from "../../src/store/index.ts";
import { noPostgres, startPostgres } from "../helpers/postgres.ts";

const DAY = 86_400_000;
const PROJECT = { region: "europe-west1.gcp", projectKey: "my-project" };

/** It over a store, with a clock that only the test moves, and a request under a key. */
function startOnce(
  store: Store,
  log: (message: string, fields: object) => void = () => {},
  deadline?: number,
  idempotencyKey = `key-${Math.random()}`,
  given?: Once,
) {
  const clock = { time: Date.UTC(2026, 10, 1) };
  const once = given ?? createOnce({ store, secret: new Secret("key"), log, now: () => clock.time });
  const seen = { replayed: 0, runs: 0, turns: new Array<Turn>() };
  const request: ServiceRequest = {
    caller: { subject: "s", grants: new Map(), introspect: false, expiresAt: 0 },
    call: { correlationId: "c", deadline },
    idempotencyKey,
    replayed: () => void (seen.replayed += 1),
    warn: () => {},
  };
  const ask = (
    what = "it",
    run: (turn: Turn) => Promise<number> = async () => 0,
    find = async (): Promise<number | undefined> => undefined,
  ) =>
    once.do(request, PROJECT, [what], {
      run: (turn) => {
        seen.runs += 1;
        seen.turns.push(turn);
        return run(turn);
      },
      find,
    });
  return { clock, seen, ask, once };
}

async function contract(t: Test, open: () => Promise<Store>): Promise<void> {
  const store = await open();
  t.teardown(() => store.close());

  await t.test("a key is good for a day, also where nobody prunes", async (t) => {
    const { clock, seen, ask } = startOnce(store);
    t.equal(await ask("it", async () => 1), 1);
    clock.time += DAY;
    t.same([await ask("it", async () => 2), seen.replayed], [1, 1], "to its last moment");
    await t.rejects(ask("another"), { code: "IdempotencyKeyReused" });
    clock.time += 1;
    t.same([await ask("another", async () => 3), seen.replayed], [3, 1], "then it is free, for anything");
    await t.rejects(ask("it"), { code: "IdempotencyKeyReused" });
    t.not(seen.turns[0]?.ownKey, seen.turns[1]?.ownKey, "what it creates then has another key than what it created before");
  });

  await t.test("a clock that is set back holds no key", async (t) => {
    const { clock, seen, ask } = startOnce(store);
    const begun = Promise.withResolvers<void>();
    const lost = ask("it", () => new Promise(() => begun.resolve()));
    lost.catch(() => undefined);
    await begun.promise;
    await t.rejects(ask(), { code: "IdempotencyKeyInUse" });
    clock.time -= DAY;
    t.equal(await ask("it", undefined, async () => 7), 7, "what became of it is looked for");
    t.equal(seen.runs, 1);
  });

  await t.test("whoever was held up for too long does not write any more", async (t) => {
    const { clock, seen, ask } = startOnce(store);
    const going = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const first = ask("it", async (turn) => {
      begun.resolve();
      await going.promise;
      await turn.note(1);
      return 1;
    });
    await begun.promise;
    await t.rejects(ask(), { code: "IdempotencyKeyInUse" });
    clock.time += 20_000;
    t.equal(await ask("it", async (turn) => (await turn.note(2), 2)), 2);
    going.resolve();
    await t.rejects(first, { code: "IdempotencyKeyInUse" });
    t.same([await ask(), seen.replayed], [2, 1], "and changes nothing of what is kept");
    t.equal(seen.turns[0]?.ownKey, seen.turns[1]?.ownKey, "both would have created the same");
  });

  await t.test("what was noted stays until it is told how it ended", async (t) => {
    const { seen, ask } = startOnce(store);
    const fails = (error: unknown) => async (turn: Turn) => {
      await turn.note((turn.version ?? 6) + 1);
      throw error;
    };
    await t.rejects(ask("it", fails(new Error("something else"))), { message: "something else" });
    await t.rejects(ask("it", fails(new Error("again"))), { message: "again" });
    const lost = async (): Promise<number | undefined> => Promise.reject(new Error("cannot look"));
    await t.rejects(ask("it", undefined, lost), { message: "cannot look" }, "nothing is done blindly");
    t.same([seen.runs, seen.turns.map(({ version }) => version)], [2, [undefined, 7]]);
    t.same([await ask("it", undefined, async () => 9), seen.replayed], [9, 1]);
    t.same([await ask(), seen.replayed], [9, 2]);
  });
}

test("no caller waits for the forgetting of old keys, or fails with it", async (t) => {
  const store = await createStore("sqlite::memory:");
  t.teardown(() => store.close());
  const lost = gatewayError("StorageUnavailable");
  const begun = Promise.withResolvers<void>();
  const logged = Promise.withResolvers<unknown>();
  const prune = async (): Promise<void> => {
    await begun.promise;
    throw lost;
  };
  const { ask } = startOnce({ ...store, idempotency: { ...store.idempotency, prune } }, (...line) => logged.resolve(line));
  t.equal(await ask("it", async () => 1), 1, "while it goes on");
  begun.resolve();
  t.same(await logged.promise, ["old idempotency keys were not forgotten", { err: lost }]);
});

test("an outcome that the store did not take is told again by the process that knows it, and kept when the store takes it", async (t) => {
  const store = await createStore("sqlite::memory:");
  t.teardown(() => store.close());
  const lost = gatewayError("StorageUnavailable");
  const { idempotency } = store;
  const fails = { now: true };
  const settle: typeof idempotency.settle = async (...outcome) => {
    if (fails.now) throw lost;
    return idempotency.settle(...outcome);
  };
  const { ask, seen } = startOnce({ ...store, idempotency: { ...idempotency, settle } });
  const unknown = async (): Promise<number | undefined> => Promise.reject(new Error("nobody can tell"));
  t.equal(await ask("it", async () => 1, unknown), 1);
  t.same([await ask("it", async () => 2, unknown), seen.replayed], [1, 1]);
  await t.rejects(ask("another"), { code: "IdempotencyKeyReused" });
  fails.now = false;
  t.same([await ask("it", async () => 3, unknown), seen.replayed, seen.runs], [1, 2, 1]);
  t.same([await ask("it", async () => 4, unknown), seen.replayed], [1, 3], "now by the store");
});

test("an outcome that was not kept counts for nothing once another process has done it, and is kept with the next one else", async (t) => {
  const store = await createStore("sqlite::memory:");
  t.teardown(() => store.close());
  const { idempotency } = store;
  const fails = { now: true };
  const settle: typeof idempotency.settle = async (...outcome) => {
    if (fails.now) throw gatewayError("StorageUnavailable");
    return idempotency.settle(...outcome);
  };
  const broken = { ...store, idempotency: { ...idempotency, settle } };
  const [here, there] = [startOnce(broken, undefined, undefined, "shared"), startOnce(store, undefined, undefined, "shared")];
  await t.rejects(
    here.ask("it", async () => Promise.reject(new GatewayError(400, [{ code: "X", message: "no" }]))),
    { code: "X" },
  );
  there.clock.time += 20_000;
  t.equal(await there.ask("it", async () => 7), 7);
  fails.now = false;
  t.equal(await here.ask("it"), 7, "as the other one has it");

  fails.now = true;
  const one = startOnce(broken, undefined, undefined, "one");
  const next = startOnce(broken, undefined, undefined, "next", one.once);
  t.equal(await one.ask("it", async () => 1), 1);
  fails.now = false;
  t.equal(await next.ask("it", async () => 2), 2);
  const elsewhere = startOnce(store, undefined, undefined, "one");
  for (let told: unknown; told !== 1;) told = await elsewhere.ask("it").catch(() => undefined);
  t.equal(elsewhere.seen.replayed, 1);
});

test("a write that there was no time to begin leaves its key as it was", async (t) => {
  const store = await createStore("sqlite::memory:");
  t.teardown(() => store.close());
  const { ask, seen } = startOnce(store);
  const call = { correlationId: "c", deadline: performance.now() + 3_500 };
  const late = async (turn: Turn): Promise<number> => {
    await turn.note(5);
    return settled(
      call,
      async () => Promise.reject(new Error("nothing is sent")),
      async () => undefined,
    );
  };
  const somebodyElses = async (): Promise<number> => 11;
  await t.rejects(ask("it", late, somebodyElses), { code: "UpstreamTimeout" });
  t.same([await ask("it", async () => 12, somebodyElses), seen.replayed], [12, 0], "begun anew, not looked for");
});

test("a store that is silent holds nobody up past the deadline", async (t) => {
  const store = await createStore("sqlite::memory:");
  t.teardown(() => store.close());
  const silent = () => new Promise<never>(() => {});
  const idempotency = { ...store.idempotency, settle: silent, abandon: silent };
  const { ask } = startOnce({ ...store, idempotency }, undefined, performance.now() + 50);
  t.equal(await ask("it", async () => 1), 1);
  const other = startOnce({ ...store, idempotency }, undefined, performance.now() + 50);
  await t.rejects(
    other.ask("it", async () => Promise.reject(new Error("lost"))),
    { message: "lost" },
  );
});

test("old keys are forgotten some at a time", async (t) => {
  const { idempotency, close } = await createStore("sqlite::memory:");
  t.teardown(close);
  for (let n = 0; n < 4_001; n++) await idempotency.claim(`old-${n}`, "it", { now: n, leaseUntil: n, since: 0 });
  await idempotency.claim("new", "it", { now: 5_000, leaseUntil: 5_000, since: 0 });
  const work = { over: false, turns: 0 };
  const pruned = idempotency.prune(5_000).finally(() => (work.over = true));
  for (; !work.over; work.turns++) await new Promise(setImmediate);
  await pruned;
  t.ok(work.turns >= 2, `others had ${work.turns} turns meanwhile`);
  const stateOf = async (id: string) => (await idempotency.claim(id, "another", { now: 6_000, leaseUntil: 6_000, since: 0 })).state;
  t.same([await stateOf("old-0"), await stateOf("old-4000"), await stateOf("new")], ["claimed", "claimed", "other"]);
});

test("SQLite", async (t) => contract(t, () => createStore("sqlite::memory:")));

test("PostgreSQL", { skip: noPostgres }, async (t) => {
  const url = await startPostgres(t);
  await contract(t, () => createStore(url));

  await t.test("a key whose request ends while it is asked for is not taken again", async (t) => {
    const store = await createStore(url);
    t.teardown(() => store.close());
    for (let n = 0; n < 20; n++) {
      const { seen, ask } = startOnce(store);
      const [begun, ended] = [Promise.withResolvers<void>(), Promise.withResolvers<number>()];
      const first = ask("it", () => (begun.resolve(), ended.promise));
      await begun.promise;
      const codeOf = (error: unknown): string => (error as GatewayError).code;
      const others: Promise<number | string>[] = [];
      // They come one after the other, so that some ask just when it ends.
      for (let at = 0; at < 40; at++) {
        if (at === 20) ended.resolve(7);
        others.push(ask("it", undefined, async () => -1).catch(codeOf));
        await new Promise(setImmediate);
      }
      t.equal(await first, 7);
      const told = new Set(await Promise.all(others));
      t.same(
        [...told].filter((each) => each !== 7 && each !== "IdempotencyKeyInUse"),
        [],
        "told as it ended, or to come again",
      );
      t.equal(seen.runs, 1);
    }
  });
});
