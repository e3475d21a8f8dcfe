import { test } from "tap";
import type { Store, Watched } from "../../src/store/index.ts";
import { at, type Json } from "../helpers/gateway.ts";
import { asked, deployment, DEPLOYMENTS, ID, type List, NEVER, type Row, startLooking, told, whole } from "../helpers/looking.ts";

test("what is gone is told before what took its key", async (t) => {
  const { rows, look } = await startLooking(t, [deployment("old", { key: "same" })]);
  rows.splice(0, 1, deployment("new", { key: "same", status: "Queued" }));
  t.same(told(await look()), [
    ["deployment.deleted", "old"],
    ["deployment.created", "new"],
  ]);
});

test("what comes and goes is told each time", async (t) => {
  const { rows, look } = await startLooking(t, [deployment("a")]);
  const ids = new Set<unknown>();
  for (let time = 1; time <= 3; time++) {
    rows.splice(0, 1, deployment("b", { status: "Queued" }));
    const swapped = await look();
    rows.splice(0, 1, deployment("a"));
    const back = await look();
    t.same(
      told(swapped),
      [
        ["deployment.deleted", "a"],
        ["deployment.created", "b"],
      ],
      `time ${time}`,
    );
    t.same(
      told(back),
      [
        ["deployment.deleted", "b"],
        ["deployment.created", "a"],
      ],
      `time ${time}, back`,
    );
    for (const event of [...swapped, ...back]) ids.add(event["id"]);
  }
  t.equal(ids.size, 12, "each by an id of its own");
});

test("one that cannot be asked for holds up no other", async (t) => {
  const { rows, broken, logged, look } = await startLooking(t, [deployment("1"), deployment("2"), deployment("3")]);
  rows.splice(1, 2, deployment("3", { version: 2, status: "Deploying" }));
  broken.add("2");
  t.same(told(await look()), [["deployment.status_changed", "3"]]);
  t.match(logged, [{ message: "resources that are missing cannot be asked for", project: ID, count: 1 }]);
  t.same(told(await look()), [], "it is neither there nor gone");
  broken.clear();
  t.same(told(await look()), [["deployment.deleted", "2"]], "until it can be asked for");
});

test("nor does one for which Connect takes its time, and its answer counts when it comes", async (t) => {
  const ids = ["1", "2", "3", "4", "5", "6", "7"];
  const { rows, slow, requests, look } = await startLooking(
    t,
    ids.map((id) => deployment(id)),
  );
  rows.splice(0, 6);
  const answered = Promise.withResolvers<void>();
  for (const id of ids) slow.set(id, answered.promise);
  rows.splice(0, 1, deployment("7", { version: 2, status: "Deploying" }));
  t.same(told(await look()), [["deployment.status_changed", "7"]], "the news is told after two seconds");
  t.equal(asked(requests).length, 4, "four are asked for at the same time");
  rows.splice(0, 1, deployment("7", { version: 3, status: "Deployed" }));
  t.same(told(await look()), [["deployment.status_changed", "7"]]);
  t.equal(asked(requests).length, 4, "and no more while those are under way");
  answered.resolve();
  const gone: unknown[] = [];
  while (gone.length < 6) gone.push(...told(await look()));
  t.same(
    gone,
    ids.slice(0, 6).map((id) => ["deployment.deleted", id]),
  );
  t.equal(asked(requests).length, 6, "nobody is asked for twice");
});

test("a missing one that is there after all is known as it is now", async (t) => {
  const hidden = deployment("2", { version: 2, status: "Failed" });
  const { rows, during, look } = await startLooking(t, [deployment("1"), deployment("2")]);
  rows.pop();
  // It is left out of the listing, and there again when it is asked for.
  during(() => queueMicrotask(() => rows.push(hidden)));
  t.match(await look(), [{ type: "deployment.status_changed", data: { resource: { id: "2" }, current: "Failed" } }]);
});

test("what is told of a change does not lie before it", async (t) => {
  const { rows, during, advance, now, look } = await startLooking(t, [deployment("1")]);
  const before = new Date(now()).toISOString();
  let changedAt = "";
  advance(5_000);
  during(() => {
    // The listing is slow, and the change comes while it is read.
    advance(3_000);
    changedAt = new Date(now()).toISOString();
    rows.splice(0, 1, deployment("1", { version: 2, status: "Deploying" }));
  });
  const [event] = await look();
  t.same([event?.["timestamp"], at(event, "data.observed")], [changedAt, { notBefore: before, notAfter: changedAt }]);
});

test("a listing that lags behind brings nothing back to life, its own answer does", async (t) => {
  const { rows, broken, requests, list, advance, look } = await startLooking(t, [deployment("a"), deployment("b", { version: 3 })]);
  rows.pop();
  t.same(told(await look()), [["deployment.deleted", "b"]]);
  const lagging =
    (version: number): List =>
    () => [deployment("a"), deployment("b", { version })];
  const before = asked(requests).length;
  for (const version of [3, 1, 4, 4]) {
    list(lagging(version));
    t.same(await look(), [], `not in version ${version}`);
    advance(400_000);
  }
  t.equal(asked(requests).length, before + 4, "it is asked for each time");
  broken.add("b");
  t.same(await look(), [], "nor when it cannot be asked for");
  broken.clear();
  list(whole);
  t.same(await look(), [], "nor is it gone once more");
  rows.push(deployment("b", { version: 3 }));
  t.same(told(await look()), [["deployment.created", "b"]]);
});

test("of more than Connect lists, the rest is said to be unseen, and asked for now and then", async (t) => {
  const all = Array.from({ length: 10_503 }, (_, n) => deployment(`d${n}`));
  const { rows, logged, watch, requests, look, advance } = await startLooking(t, all);
  t.match(logged, [{ message: /^Connect lists the first 10,500/, project: ID, typeId: "deployment" }]);
  t.match(await watch.fault(), /first 10,500/);
  const last = rows.splice(10_499, 1)[0] as Row;
  rows.push({ ...last, version: 2, status: "Failed" });
  const pushed = [
    ["deployment.status_changed", "d10499"],
    ["deployment.created", "d10500"],
  ];
  t.same(told(await look()), pushed, "it was pushed off the end");
  for (let n = 0; n < 3; n++) t.same(await look(), []);
  t.same(asked(requests), [`${DEPLOYMENTS}/d10499`], "asked for once");
  advance(600_000);
  rows.pop();
  t.same(told(await look()), [["deployment.deleted", "d10499"]]);
  t.equal(logged.length, 1, "what lasts is said once");
  rows.splice(10_490);
  await look();
  t.equal(await watch.fault(), undefined);
});

const many = (count: number): readonly Row[] => Array.from({ length: count }, (_, n) => deployment(`d${n}`));
/** The second page is empty, so often. */
const short = (times: number): List => {
  let left = times;
  return (rows, offset, limit) => (offset === 500 && left-- > 0 ? [] : whole(rows, offset, limit));
};

test("a first listing that lacks some of what is counted is read again, and never a baseline", async (t) => {
  const once = await startLooking(t, many(502), short(1));
  t.same([once.logged, await once.look()], [[], []]);
  const { rows, logged, list, look } = await startLooking(t, many(502), short(9));
  t.match(logged, [{ message: "look failed", code: "UpstreamBadResponse" }]);
  list(whole);
  t.same(await look(), []);
  rows.push(deployment("new"));
  t.same(told(await look()), [["deployment.created", "new"]]);
  const never = await startLooking(t, many(502), short(99));
  const types: unknown[] = [];
  for (const _ of [2, 3, 4]) types.push(...(await never.look()).map(({ type }) => type));
  t.same(types, ["watch.degraded", "watch.recovered"]);
  t.equal(never.logged.length, 3, "an upstream that never lists what it counts is taken as it is at the fourth");
  never.rows.unshift(deployment("new"));
  t.match(told(await never.look()), [["deployment.created", "new"]]);
});

test("what slips between two pages of the first listing is not taken for new", async (t) => {
  const moving = (times: number): List => {
    let left = times;
    return (rows, offset, limit) => {
      // The first of the page before goes, and all others move up.
      if (offset === 500 && left-- > 0) (rows as Row[]).shift();
      return whole(rows, offset, limit);
    };
  };
  const once = await startLooking(t, many(502), moving(1));
  t.same([once.logged, await once.look()], [[], []]);
  const { logged, look } = await startLooking(t, many(506), moving(9));
  t.same(logged, [], "also where something moves all the time");
  const gone = ["d0", "d1", "d2"].map((id) => ["deployment.deleted", id]);
  t.same(told(await look()), gone, "what was seen and is gone is told");
});

test("a later listing that is not whole is read again, and then holds up nothing", async (t) => {
  const { rows, requests, list, look } = await startLooking(t, many(502));
  list(short(1));
  t.same([await look(), asked(requests)], [[], []]);
  list(short(Infinity));
  rows.splice(0, 1, deployment("d0", { version: 2, status: "Failed" }));
  t.same(told(await look()), [["deployment.status_changed", "d0"]]);
  t.same(asked(requests), [`${DEPLOYMENTS}/d500`, `${DEPLOYMENTS}/d501`]);
});

test("pages that are shorter than was asked for leave out nothing", async (t) => {
  const { rows, requests, look } = await startLooking(t, many(250), (all, offset) => whole(all, offset, 100));
  rows.splice(150, 1, deployment("d150", { version: 2, status: "Failed" }));
  t.same(told(await look()), [["deployment.status_changed", "d150"]]);
  t.equal(requests.filter(({ url }) => url.startsWith(`${DEPLOYMENTS}?`)).length, 6);
});

test("a look that is kept in part loses nothing, and tells nothing twice", async (t) => {
  const ids = Array.from({ length: 1_000 }, (_, n) => `d${n}`);
  const { rows, logged, watch, store, advance, look } = await startLooking(
    t,
    ids.map((id) => deployment(id)),
  );
  rows.splice(0, rows.length, ...ids.map((id) => deployment(id, { version: 2, status: "Failed" })));
  advance(1_000);
  watch.hint(ID);
  while ((await store.events.range()).newest === 0) await new Promise(setImmediate);
  const another = (await store.watches.claim([ID], 9 * NEVER, 1)) as Watched;
  while (logged.length === 0) await new Promise(setImmediate);
  t.match(logged, [{ message: "look came too late" }]);
  await store.watches.release(another);
  const { newest } = await store.events.range();
  t.ok(newest > 0 && newest < 1_000, `${newest} were told`);
  // What this process remembered is from before, and of no use.
  await look();
  await look();
  const events = (await store.events.list({ after: 0, limit: 9_000, projects: [ID] })).map(({ body }) => JSON.parse(body) as Json);
  t.same(
    told(events),
    ids.map((id) => ["deployment.status_changed", id]),
  );
});

test("a look under way is given up at the stop, and its project is free for others", async (t) => {
  const { during, watch, store } = await startLooking(t);
  const reading = new Promise<void>((resolve) => during(resolve));
  watch.hint(ID);
  await reading;
  await watch.stop();
  t.match(await store.watches.claim([ID], NEVER, 1), { project: ID, baseline: true, failures: 0, looks: 1 });
});

test("a clock that was set back stops no look", async (t) => {
  const { rows, watch, store, advance, next, look, now } = await startLooking(t, [deployment("1")]);
  advance(20 * NEVER);
  await look();
  const looked = next();
  rows.splice(0, 1, deployment("1", { version: 2, status: "Failed" }));
  advance(-20 * NEVER);
  t.match(await watch.fault(), /could not be looked at/, "when it was looked at nobody knows");
  await looked;
  t.equal(await watch.fault(), undefined);
  const [event] = await store.events.list({ after: 0, limit: 9, projects: [ID] });
  t.match(event, { type: "deployment.status_changed", at: now() }, "it is told at once, and not when the clock is there again");
});

test("a project is unwatched when no process has looked at it", async (t) => {
  const { watch, store, advance, now } = await startLooking(t);
  const another = (await store.watches.claim([ID], 9 * NEVER, 1)) as Watched;
  advance(3 * NEVER);
  await store.watches.renew(another, now() + 60_000 + 60_000);
  t.equal(await watch.fault(), undefined, "nearly");
  advance(60_000);
  t.match(await watch.fault(), /could not be looked at/);
  await store.watches.commit(another, { events: [], findings: [], dueAt: 9 * NEVER, hotUntil: 0, okAt: now() });
  t.equal(await watch.fault(), undefined, "another process looks, and that will do");
});

test("one listing that lacks many asks for none of them, and holds up no news", async (t) => {
  const { rows, requests, logged, list, look } = await startLooking(t, many(100));
  list(() => []);
  t.same([await look(), asked(requests)], [[], []]);
  t.match(logged, [{ message: /^many are missing/, project: ID, count: 100 }]);
  list(whole);
  rows.splice(0, 1, deployment("d0", { version: 2, status: "Failed" }));
  t.same(told(await look()), [["deployment.status_changed", "d0"]]);
  t.same(asked(requests), []);
});

test("a listing that lacks many for good costs a bounded number of calls, and nothing is told as deleted", async (t) => {
  const { rows, requests, logged, list, advance, look } = await startLooking(t, many(100));
  list(() => []);
  const types: unknown[] = [];
  for (let n = 0, before = 0; n < 8; n++) {
    types.push(...told(await look()));
    const now = asked(requests).length;
    t.ok(now - before <= 24, `${now - before} in one look`);
    before = now;
  }
  t.equal(new Set(asked(requests)).size, 100, "each is asked for");
  t.equal(asked(requests).length, 100, "once in ten minutes");
  t.equal(logged.length, 1, "and that is said once");
  rows.splice(7, 1);
  rows.splice(0, 1, deployment("d0", { version: 2, status: "Failed" }));
  advance(600_000);
  for (let n = 0; n < 5; n++) types.push(...told(await look()));
  t.same(types, [
    ["deployment.deleted", "d7"],
    ["deployment.status_changed", "d0"],
  ]);
});

test("many that are gone are told by the second look, and a listing that still shows them is asked about a few at a time", async (t) => {
  const all = many(61);
  const { rows, requests, list, look } = await startLooking(t, all);
  rows.splice(0, 60);
  t.same([await look(), asked(requests)], [[], []], "the next listing decides");
  const gone = all.slice(0, 60).map(({ id }) => ["deployment.deleted", id]);
  t.same(told(await look()), gone);
  const before = asked(requests).length;
  t.equal(before, 60);
  list((_rows, offset, limit) => whole(all, offset, limit));
  t.same(await look(), [], "a copy that lags behind");
  t.ok(asked(requests).length - before <= 24);
  t.same([...(await look()), ...(await look())], []);
  t.equal(new Set(asked(requests).slice(before)).size, 60, "each has its turn");
});

test("a look that the store does not take is told of its project like one that failed upstream", async (t) => {
  let poison = false;
  const over = (store: Store): Store => {
    const commit: Store["watches"]["commit"] = async (watched, result) => {
      if (poison && result.findings.length > 0) throw new Error("not storable");
      return store.watches.commit(watched, result);
    };
    return { ...store, watches: { ...store.watches, commit } };
  };
  const { rows, logged, look } = await startLooking(t, [deployment("1")], whole, over);
  rows.splice(0, 1, deployment("1", { version: 2, status: "Failed" }));
  poison = true;
  const types: unknown[] = [];
  for (let n = 0; n < 4; n++) types.push(...(await look()).map(({ type }) => type));
  t.same(types, ["watch.degraded"]);
  const failed = (failures: number) => ({ message: "look failed", project: ID, code: "General", failures });
  t.same(logged, [1, 2, 3, 4].map(failed));
  poison = false;
  t.same(
    (await look()).map(({ type }) => type),
    ["deployment.status_changed", "watch.recovered"],
  );
});

test("a resource that is found twice in one look is written down once", async (t) => {
  const found: string[][] = [];
  const over = (store: Store): Store => {
    const commit: Store["watches"]["commit"] = async (watched, result) => {
      found.push(result.findings.map(({ id }) => id));
      return store.watches.commit(watched, result);
    };
    return { ...store, watches: { ...store.watches, commit } };
  };
  const { rows, standIns, look } = await startLooking(t, [deployment("1"), deployment("2")], whole, over);
  rows.splice(0, 2, deployment("2", { version: 2, status: "Failed" }));
  standIns.set("1", "2");
  t.same(told(await look()), [["deployment.status_changed", "2"]]);
  t.same(found.at(-1), ["2"], "PostgreSQL would refuse it twice");
});
