import { join } from "node:path";
import { type Test, test } from "tap";
import { createStore, type NewEvent, type Watched } from "../../src/store/index.ts";
import { noPostgres, startPostgres } from "../helpers/postgres.ts";

const event = (id: string, more: Partial<NewEvent> = {}): NewEvent => ({
  id,
  type: "deployment.created",
  project: "r:p",
  resourceKey: "k",
  deploymentType: undefined,
  at: 1_000,
  body: `{"id":"${id}"}`,
  ...more,
});
const result = { events: [], findings: [], dueAt: 2_000, hotUntil: 0, okAt: 1_000 };
const query = { after: 0, limit: 100, projects: ["r:p", "r:q"] };

/** What every engine promises. */
async function contract(t: Test, url: () => Promise<string>): Promise<void> {
  await t.test("a project is held by one at a time, and a late one writes nothing", async (t) => {
    const store = await createStore(await url());
    t.teardown(() => store.close());
    const { watches, events } = store;
    await watches.ensure(["r:p"], 100);
    await watches.ensure(["r:p", "r:q"], 500);
    const first = await watches.claim(["r:p", "r:q"], 100, 60);
    t.match(first, { project: "r:p", baseline: false, failures: 0, lastOkAt: 100 });
    t.equal(await watches.claim(["r:p", "r:q"], 100, 60), undefined, "it is taken, and the other is not due");
    const second = await watches.claim(["r:p"], 161, 60);
    t.equal(second?.project, "r:p", "after the lease it is free");
    t.equal(await watches.commit(first as Watched, { ...result, events: [event("late")] }), false);
    t.same(await events.list(query), []);
    t.equal(await watches.commit(second as Watched, { ...result, events: [event("kept")] }), true);
    t.equal(await watches.commit(second as Watched, { ...result, events: [event("twice")] }), false, "a lease is good for one commit");
    t.same(
      (await events.list(query)).map((each) => each.id),
      ["kept"],
    );
    t.equal(await watches.nextDue(["r:p", "r:q"]), 500);
    t.equal(await watches.nextDue(["r:p"]), 2_000, "what is not asked for does not count");
    t.equal(await watches.unwatchedMs(["r:p", "r:q"], 2_000), 1_500, "of the one that waits longest");
    t.equal(await watches.unwatchedMs(["r:p"], 2_000), 1_000);
    t.equal(await watches.unwatchedMs(["r:p"], 400), 600, "a look that lies ahead is none to rely on");
    t.equal(await watches.unwatchedMs(["r:none"], 2_000), 0);
    const third = await watches.claim(["r:p"], 2_000, 60);
    t.match(third, { baseline: true, failures: 0, lastOkAt: 1_000 });
    await watches.hint("r:p", 2_001, 9_000);
    await watches.commit(third as Watched, { ...result, dueAt: 5_000, okAt: undefined });
    const fourth = await watches.claim(["r:p"], 2_002, 60);
    t.match(fourth, { failures: 1, hotUntil: 9_000, lastOkAt: 1_000 }, "a hint that came meanwhile is not lost");
    await watches.release(first as Watched);
    t.equal(await watches.claim(["r:p"], 2_003, 60), undefined, "who holds nothing gives nothing back");
    await watches.release(fourth as Watched);
    t.match(await watches.claim(["r:p"], 2_003, 60), { failures: 1, looks: 2 }, "what was given back is due as it was");
  });

  await t.test("a text that holds NUL is kept, and found again", async (t) => {
    const store = await createStore(await url());
    t.teardown(() => store.close());
    const { watches, events } = store;
    await watches.ensure(["r:nul"], 100);
    const resource = { typeId: "deployment", id: "a\0b" };
    const look = async (state: string | undefined, told: NewEvent): Promise<void> => {
      const watched = (await watches.claim(["r:nul"], 9_000, 60)) as Watched;
      t.equal(await watches.commit(watched, { ...result, findings: [{ ...resource, state, events: [told] }] }), true);
    };
    const odd = { project: "r:nul", resourceKey: "k\0", deploymentType: "t\0" };
    await look("one", event("nul-1", odd));
    await look("two", event("nul-2", odd));
    t.match(await watches.snapshots("r:nul"), [{ state: "two" }]);
    await look(undefined, event("nul-3", odd));
    t.same(await watches.snapshots("r:nul"), []);
    t.equal((await events.list({ ...query, projects: ["r:nul"] })).length, 3);
  });

  await t.test("what is held can be kept, by its holder alone", async (t) => {
    const { watches, close } = await createStore(await url());
    t.teardown(close);
    await watches.ensure(["r:held"], 0);
    const held = (await watches.claim(["r:held"], 100, 50)) as Watched;
    t.equal(await watches.renew(held, 300), true);
    t.equal(await watches.claim(["r:held"], 200, 50), undefined);
    const taken = (await watches.claim(["r:held"], 300, 50)) as Watched;
    t.equal(await watches.renew(held, 900), false, "it is somebody else's now");
    t.equal(await watches.claim(["r:held"], 349, 50), undefined, "and stays so");
    t.equal(await watches.commit(taken, result), true);
  });

  await t.test("a clock that was set back holds up no look", async (t) => {
    const { watches, close } = await createStore(await url());
    t.teardown(close);
    await watches.ensure(["r:back", "r:other"], 100_000);
    const furthest = { due: 500, hot: 700 };
    await watches.hint("r:back", 100_000, 100_600);
    await watches.hasten(["r:back", "r:other"], 99_900, furthest);
    t.equal(await watches.claim(["r:back", "r:other"], 99_999, 60), undefined, "what may be so stays so");
    await watches.hasten(["r:back"], 99_499, furthest);
    t.match(await watches.claim(["r:back", "r:other"], 99_499, 60), { project: "r:back", hotUntil: 0 }, "what cannot be is over");
    t.equal(await watches.claim(["r:back"], 99_440, 60), undefined, "it is held, if only by a clock that is ahead");
    await watches.hasten(["r:back", "r:other"], 50_000, furthest);
    t.match(await watches.claim(["r:back"], 50_000, 60), { project: "r:back" }, "no lease lasts so long");
  });

  await t.test("an attempt and what it makes of its endpoint are written together", async (t) => {
    const { deliveries, webhooks, events, close } = await createStore(await url());
    t.teardown(close);
    const before = (await events.range()).newest;
    const base = { url: "https://r.example/", description: undefined, types: undefined, deploymentTypes: undefined, keys: undefined };
    const rest = { status: "Healthy", generation: 1, previous: [], heldUntil: 0, createdAt: 0, failingSince: undefined } as const;
    for (const id of ["wh_a", "wh_b"]) await webhooks.create({ id, ...base, ...rest, projects: ["r:w"] }, 2);
    await deliveries.add("wh_a", [{ ...event("owed", { project: "r:w" }), seq: -1 }], 0);
    const claim = (now: number) => deliveries.claim("wh_a", now, 50, 10);
    const [late] = await claim(0);
    const [owed] = await claim(50);
    t.ok(late !== undefined && owed !== undefined);
    if (late === undefined || owed === undefined) return;
    await deliveries.renew([owed.lease], 500);
    t.same(await claim(400), [], "renewed");
    const failure = { state: "pending", dueAt: 1_000, status: 410, reason: "status 410" } as const;
    const stop = { status: "ConfigurationErrorDeliveryStopped", failingSince: 7, events: [event("stopped", { project: "r:w" })] } as const;
    t.equal(await deliveries.conclude(late, () => ({ result: failure, health: stop })), false);
    t.same(await events.list({ ...query, after: before, projects: ["r:w"] }), [], "who lost the lease writes nothing at all");
    const fails = deliveries.conclude(owed, () => {
      throw new Error("in the middle");
    });
    await t.rejects(fails);
    t.match(await deliveries.list("wh_a", 10), [{ attempts: 0, state: "pending" }], "all of it or nothing");
    t.equal(await deliveries.conclude(owed, () => ({ result: failure, health: stop })), true);
    t.match(await webhooks.get("wh_a"), { status: "ConfigurationErrorDeliveryStopped", failingSince: 7 });
    t.match(await deliveries.list("wh_a", 10), [
      { eventId: "stopped", attempts: 0 },
      { attempts: 1, lastStatus: 410, dueAt: 1_000 },
    ]);
    t.match(await events.list({ ...query, after: before, projects: ["r:w"] }), [{ id: "stopped" }]);
    t.match(await deliveries.list("wh_b", 10), [{ eventId: "stopped" }], "other endpoints are owed the event");
    t.equal(await deliveries.nextDue(999), 1_000);
    for (const id of ["wh_a", "wh_b"]) await webhooks.remove(id);
  });

  await t.test("what was seen is kept, replaced, removed", async (t) => {
    const { watches, close } = await createStore(await url());
    t.teardown(close);
    await watches.ensure(["r:s"], 0);
    const commit = async (more: object) =>
      watches.commit((await watches.claim(["r:s"], 10_000, 60)) as Watched, { ...result, dueAt: 0, ...more });
    const one = { typeId: "deployment", id: "1", state: '{"a":1}' };
    const finding = { ...one, events: [] };
    await commit({ findings: [finding, { ...finding, id: "2" }, { ...finding, typeId: "connectorStaged", id: "3" }] });
    const gone = { ...finding, state: undefined };
    await commit({
      findings: [
        { ...gone, id: "2" },
        { ...finding, state: '{"a":2}' },
        { ...gone, typeId: "connectorStaged", id: "3" },
      ],
    });
    t.same(await watches.snapshots("r:s"), [{ ...one, state: '{"a":2}' }]);
  });

  await t.test("a large look is written in parts, each with its events, and others come in between", async (t) => {
    const { watches, events, webhooks, deliveries, close } = await createStore(await url());
    t.teardown(close);
    const before = (await events.range()).newest;
    await watches.ensure(["r:large", "r:small"], 0);
    const rest = { description: undefined, types: undefined, deploymentTypes: undefined, keys: undefined, status: "Healthy" } as const;
    const more = { generation: 1, previous: [], heldUntil: 0, createdAt: 0, failingSince: undefined, projects: ["r:large"] };
    for (const id of ["wh_1", "wh_2"]) await webhooks.create({ id, url: "https://r.example/", ...rest, ...more }, 2);
    const found = (round: string) =>
      Array.from({ length: 1_000 }, (_, n) => {
        const events = [1, 2].map((step) => event(`${round}-${n}-${step}`, { project: "r:large" }));
        return { typeId: "deployment", id: `d${n}`, state: `"${round}"`, events };
      });
    const logged = () => events.list({ after: before, limit: 9_000, projects: ["r:large", "r:small"] });
    const claim = async (project: string, now: number) => (await watches.claim([project], now, 60)) as Watched;
    const begun = async (round: string) => {
      while (!(await logged()).some(({ id }) => id.startsWith(round))) await new Promise(setImmediate);
    };
    const large = watches.commit(await claim("r:large", 1_000), { ...result, findings: found("first") });
    await begun("first");
    const small = await claim("r:small", 1_000);
    await watches.commit(small, { ...result, events: [event("between", { project: "r:small" })] });
    t.equal(await large, true);
    const ids = (await logged()).map(({ id }) => id);
    t.ok(ids.indexOf("between") < ids.length - 1, "nobody waits for all of it");
    const all = found("first").flatMap((each) => each.events.map(({ id }) => id));
    t.same(
      ids.filter((id) => id !== "between"),
      all,
      "in its order",
    );
    for (const id of ["wh_1", "wh_2"])
      t.same((await deliveries.list(id, 9_000)).map(({ eventId }) => eventId).toReversed(), all, "each is owed once to each");

    /** Takes a project from its holder as soon as it can be had: on PostgreSQL, between two parts. */
    const takeFrom = async (held: Watched): Promise<Watched> => {
      await watches.release(held);
      for (;;) {
        const taken = await watches.claim([held.project], 9_000, 60);
        if (taken !== undefined) return taken;
      }
    };
    const second = await claim("r:large", 2_000);
    const late = watches.commit(second, { ...result, okAt: 3_000, findings: found("second") });
    await begun("second");
    const taken = await takeFrom(second);
    t.equal(await late, false);
    t.match(taken, { looks: 2, lastOkAt: 1_000 }, "what others remember is old, and the look was none");
    const told = (await logged()).filter(({ id }) => id.startsWith("second")).map(({ id }) => id.split("-")[1]);
    t.ok(told.length > 0 && told.length < 2_000, `${told.length} events`);
    const kept = (await watches.snapshots("r:large")).filter(({ state }) => state.includes("second")).map(({ id }) => id);
    t.same(new Set(kept), new Set(told.map((n) => `d${n}`)), "what was kept is what was told");
    t.equal(await watches.commit(taken, { ...result, findings: found("second") }), true);
    const numbers = (await logged()).filter(({ id }) => id.startsWith("second")).map(({ id }) => id);
    t.equal(new Set(numbers).size, 2_000);
    t.equal(numbers.length, 2_000, "what is found again is not told again");
    for (const id of ["wh_1", "wh_2"]) await webhooks.remove(id);

    await watches.ensure(["r:half"], 0);
    const first = await claim("r:half", 0);
    const baseline = watches.commit(first, { ...result, findings: found("half") });
    while ((await watches.snapshots("r:half")).length === 0) await new Promise(setImmediate);
    t.match(await takeFrom(first), { baseline: false, looks: 1 }, "half a baseline is none");
    t.equal(await baseline, false);
  });

  await t.test("the log is numbered, filtered, pruned, and has no fact twice", async (t) => {
    const { watches, events, close } = await createStore(await url());
    t.teardown(close);
    const before = (await events.range()).newest;
    await watches.ensure(["r:p", "r:q"], 0);
    const add = async (project: string, ...added: NewEvent[]) =>
      watches.commit((await watches.claim([project], 50_000, 60)) as Watched, { ...result, dueAt: 0, events: added });
    await add("r:p", event("a", { at: 1 }), event("b", { type: "deployment.status_changed" }), event("a"));
    await add("r:q", event("c", { project: "r:q", type: "connector_staged.created", resourceKey: undefined }));
    const ids = async (more: object) => (await events.list({ ...query, after: before, ...more })).map((each) => each.id);
    t.same(await ids({}), ["a", "b", "c"]);
    t.same(await ids({ projects: ["r:q"] }), ["c"]);
    t.same(await ids({ projects: [] }), []);
    t.same(await ids({ types: ["deployment.*"] }), ["a", "b"]);
    t.same(await ids({ types: ["deployment.created", "connector_staged.*"] }), ["a", "c"]);
    t.same(await ids({ key: "k", limit: 1 }), ["a"]);
    const all = await events.list({ ...query, after: before });
    t.ok(all.every((each, at) => at === 0 || each.seq > (all[at - 1]?.seq ?? 0)));
    await events.prune(2, 1_000);
    t.same(await ids({}), ["b", "c"], "by age");
    await events.prune(0, 1);
    t.same(await ids({}), ["c"], "by number");
    await events.prune(Number.MAX_SAFE_INTEGER, 1_000);
    t.same(await ids({}), ["c"], "the newest stays, whatever its age");
    await add("r:p", event("d"));
    t.ok(((await events.list({ ...query, after: before })).at(-1)?.seq ?? 0) > (all.at(-1)?.seq ?? 0), "no number is used twice");
  });

  await t.test("many who append at once leave no gap behind a reader", async (t) => {
    const { watches, events, close } = await createStore(await url());
    t.teardown(close);
    const projects = Array.from({ length: 20 }, (_, n) => `r:w${n}`);
    await watches.ensure(projects, 0);
    const reader = { done: false, seen: [] as string[] };
    const reading = (async () => {
      let after = (await events.range()).newest;
      while (!reader.done || (await events.list({ after, limit: 1, projects })).length > 0) {
        for (const each of await events.list({ after, limit: 100, projects })) {
          after = each.seq;
          reader.seen.push(each.id);
        }
      }
    })();
    const writer = async (project: string): Promise<void> => {
      for (let n = 0; n < 10; n++)
        await watches.commit((await watches.claim([project], 99_000, 60)) as Watched, {
          ...result,
          dueAt: 0,
          events: [event(`${project}-${n}`, { project })],
        });
    };
    await Promise.all(projects.map(writer));
    reader.done = true;
    await reading;
    t.equal(reader.seen.length, 200, "all were seen by a reader that never looks back");
    t.equal(new Set(reader.seen).size, 200);
  });
}

test("SQLite", async (t) => {
  const folder = t.testdir();
  let files = 0;
  await contract(t, async () => `sqlite:${join(folder, `${files++}.db`)}`);
});

test("PostgreSQL", { skip: noPostgres }, async (t) => {
  const url = await startPostgres(t);
  await contract(t, async () => url);
  await t.test("another process hears at once that the log has grown", async (t) => {
    const [writer, reader] = [await createStore(url), await createStore(url)];
    t.teardown(() => Promise.all([writer.close(), reader.close()]));
    const heard = new Promise<void>((resolve) => reader.listen({ grown: resolve, said: () => {} }));
    await writer.watches.ensure(["r:told"], 0);
    // The ear needs a moment to open: what it misses is found by looking, so the test says it until it is heard.
    const saying = { done: false };
    const said = (async () => {
      for (let n = 0; !saying.done; n++)
        await writer.watches.commit((await writer.watches.claim(["r:told"], 99_000, 60)) as Watched, {
          ...result,
          dueAt: 0,
          events: [event(`told-${n}`, { project: "r:told" })],
        });
    })();
    await heard;
    saying.done = true;
    await said;
    t.pass("heard");
  });
  await t.test("several processes bring the tables up to date at once", async (t) => {
    const stores = await Promise.all(Array.from({ length: 5 }, () => createStore(url)));
    t.same(await Promise.all(stores.map((store) => store.events.range())), Array(5).fill(await stores[0]?.events.range()));
    await Promise.all(stores.map((store) => store.close()));
  });
});
