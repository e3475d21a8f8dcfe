import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import pg from "pg";
import { type Test, test } from "tap";
import { createStore, type NewEvent, type Store, type Watched, type WebhookRow } from "../../src/store/index.ts";
import { noPostgres, startPostgres } from "../helpers/postgres.ts";

const PROJECT = "r:p";
const MOST = 4;
const webhook = (id: string, more: Partial<WebhookRow> = {}): WebhookRow => ({
  id,
  url: "https://receiver.example/",
  description: undefined,
  types: undefined,
  projects: [PROJECT],
  deploymentTypes: undefined,
  keys: undefined,
  status: "Healthy",
  generation: 1,
  previous: [],
  heldUntil: 0,
  createdAt: 0,
  failingSince: undefined,
  ...more,
});

type Resource = { readonly typeId: string; readonly id: string; readonly key?: string };

function event(id: string, resource?: Resource, at = 1_000): NewEvent {
  const body = JSON.stringify({ id, data: { project: PROJECT, ...(resource === undefined ? {} : { resource }) } });
  return { id, type: "deployment.updated", project: PROJECT, resourceKey: resource?.key, deploymentType: undefined, at, body };
}

async function append({ watches }: Store, events: readonly NewEvent[]): Promise<void> {
  await watches.ensure([PROJECT], 0);
  const held = (await watches.claim([PROJECT], 99_000, 60)) as Watched;
  await watches.commit(held, { events, findings: [], dueAt: 0, hotUntil: 0, okAt: 1 });
}

const failed = (dueAt: number) => ({ state: "pending", dueAt, status: 500, reason: "status 500" }) as const;
const DONE = { state: "succeeded", dueAt: 0, status: 204, reason: undefined } as const;

/** What every engine promises of deliveries. */
async function contract(t: Test, open: () => Promise<Store>): Promise<void> {
  const [one, other] = [
    { typeId: "deployment", id: "1", key: "same" },
    { typeId: "connectorStaged", id: "1", key: "same" },
  ];

  await t.test("events of one resource wait for each other, and for nothing else", async (t) => {
    const store = await open();
    const { webhooks, deliveries } = store;
    await webhooks.create(webhook("wh_a"), MOST);
    const keyless = { typeId: "deployment", id: "2" };
    const recreated = { ...one, id: "3" };
    await append(store, [event("a1", one), event("a2", one), event("b", other), event("c", recreated)]);
    await append(store, [event("d1", keyless), event("e", { ...keyless, id: "4" }), event("d2", keyless), event("w1"), event("w2")]);
    const claim = async () => (await deliveries.claim("wh_a", 1_000, 50, 20)).toSorted((x, y) => x.eventId.localeCompare(y.eventId));
    const first = await claim();
    t.same(
      first.map(({ eventId }) => eventId),
      ["a1", "b", "c", "d1", "e", "w1", "w2"],
      "neither a shared key nor a missing one makes anybody wait",
    );
    for (const owed of first) await deliveries.conclude(owed, () => ({ result: owed.eventId === "a1" ? failed(9_000) : DONE }));
    const second = await claim();
    t.same(
      second.map(({ eventId }) => eventId),
      ["d2"],
      "what was poisoned holds up its own resource alone",
    );
    await webhooks.remove("wh_a");
  });

  await t.test("each endpoint is asked for by itself; those that get nothing are not touched", async (t) => {
    const store = await open();
    const { webhooks, deliveries } = store;
    for (const id of ["wh_a", "wh_b", "wh_c", "wh_d"]) await webhooks.create(webhook(id), MOST);
    await append(store, [event("n1", { ...one, id: "n1" }), event("n2", { ...one, id: "n2" }), event("n3", { ...one, id: "n3" })]);
    await webhooks.suspend("wh_b");
    const [held] = await deliveries.claim("wh_c", 1_000, 50, 1);
    t.ok(held);
    if (held === undefined) return;
    const health = { status: "TemporaryError", failingSince: 1_000, heldUntil: 5_000, events: [] } as const;
    await deliveries.conclude(held, () => ({ result: failed(1_500), health }));
    t.same(await deliveries.waiting(999, 50), [], "nothing is due");
    t.same(await deliveries.waiting(4_999, 50), [
      { id: "wh_a", status: "Healthy" },
      { id: "wh_d", status: "Healthy" },
    ]);
    t.same((await deliveries.waiting(5_000, 50)).length, 3, "the receiver's pause is over");
    t.equal((await deliveries.claim("wh_a", 1_000, 50, 2)).length, 2);
    t.equal((await deliveries.claim("wh_a", 1_000, 50, 2)).length, 1);
    t.notOk(
      (await deliveries.waiting(1_000, 50)).some(({ id }) => id === "wh_a"),
      "all of it is under way",
    );
    await webhooks.resume("wh_c", 2_000);
    t.match(await webhooks.get("wh_c"), { status: "Healthy", failingSince: undefined, heldUntil: 0 });
    const rows = await deliveries.list("wh_c", 10);
    t.ok(rows.every(({ dueAt }) => dueAt <= 2_000));
    t.equal((await deliveries.claim("wh_c", 2_000, 50, 9)).length, 3, "it goes on at once");
    for (const id of ["wh_a", "wh_b", "wh_c", "wh_d"]) await webhooks.remove(id);
  });

  await t.test("a clock that was set back holds up no delivery", async (t) => {
    const store = await open();
    const { webhooks, deliveries } = store;
    await webhooks.create(webhook("wh_a"), MOST);
    await append(store, [event("new", one, 1_000), event("failed", other, 1_000)]);
    const claim = async (now: number) => (await deliveries.claim("wh_a", now, 50, 9)).map(({ eventId }) => eventId).toSorted();
    t.same(await claim(1_000), ["failed", "new"]);
    t.same(await claim(940), [], "held, if only by a clock that is ahead");
    t.same(await deliveries.waiting(940, 50), []);
    t.same(await deliveries.waiting(10, 50), [], "not due");
    const furthest = { pauses: [100, 500], hold: 2_000 };
    await deliveries.hasten(10, furthest);
    t.match(await deliveries.waiting(10, 50), [{ id: "wh_a" }], "no lease lasts so long");
    const [first, second] = await deliveries.claim("wh_a", 10, 50, 9);
    t.ok(first !== undefined && second !== undefined);
    if (first === undefined || second === undefined) return;
    const health = { status: "TemporaryError", failingSince: 10, heldUntil: 2_010, events: [] } as const;
    await deliveries.conclude(second, () => ({ result: failed(510), health }));
    await deliveries.release([first]);
    await deliveries.hasten(10, furthest);
    t.same(await claim(509), [first.eventId], "what may be so stays so");
    t.match(await webhooks.get("wh_a"), { heldUntil: 2_010 }, "and so does what the receiver asked for");
    await deliveries.hasten(9, furthest);
    t.same(await claim(9), [second.eventId], "what cannot be is over");
    t.match(await webhooks.get("wh_a"), { heldUntil: 0 });
    await webhooks.remove("wh_a");
  });

  await t.test("what was owed is listed by time, page by page, and forgotten when it is over and old", async (t) => {
    const store = await open();
    const { webhooks, deliveries, events } = store;
    for (const id of ["wh_a", "wh_b"]) await webhooks.create(webhook(id), MOST);
    await append(store, [event("e1", one, 1_000), event("e2", other, 2_000), event("e3", undefined, 2_000)]);
    await deliveries.add("wh_a", [{ ...event("test"), seq: -5 }], 3_000);
    const ids = async () => (await deliveries.list("wh_a", 10)).map(({ eventId }) => eventId);
    t.same(await ids(), ["test", "e3", "e2", "e1"]);
    const seen: string[] = [];
    let page = await deliveries.list("wh_a", 2);
    while (page.length > 0) {
      seen.push(...page.map(({ eventId }) => eventId));
      page = await deliveries.list("wh_a", 2, page.at(-1));
    }
    t.same(seen, await ids(), "pages join without a gap, also between rows of the same moment");
    for (const owed of await deliveries.claim("wh_a", 9_000, 50, 9))
      if (owed.eventId !== "e1")
        await deliveries.conclude(owed, () => ({ result: { ...DONE, state: owed.eventId === "e2" ? "dead" : "succeeded" } }));
    await deliveries.prune(2_000);
    t.same((await ids()).length, 4, "nothing that is over is older");
    await deliveries.prune(2_001);
    t.same(await ids(), ["test", "e1"], "what is still owed stays");
    t.equal((await deliveries.list("wh_b", 10)).length, 3);
    await events.prune(99_000, 10);
    t.equal(await deliveries.event("e1"), undefined);
    t.ok(await deliveries.again("wh_a", "e1", 8_000), "what is no longer in the log can be owed again");
    t.notOk(await deliveries.again("wh_a", "e2", 8_000));
    t.match(await deliveries.list("wh_a", 1), [{ eventId: "e1", state: "pending", attempts: 0, dueAt: 8_000, createdAt: 8_000 }]);
    for (const id of ["wh_a", "wh_b"]) await webhooks.remove(id);
  });

  await t.test("nothing is owed to an endpoint that is removed", async (t) => {
    const store = await open();
    const { webhooks, deliveries } = store;
    const before = await deliveries.owed();
    t.equal(await deliveries.add("wh_never", [{ ...event("test"), seq: -7 }], 3_000), false);
    for (let n = 0; n < 20; n++) {
      await webhooks.create(webhook("wh_a"), MOST);
      await Promise.all([deliveries.add("wh_a", [{ ...event("test"), seq: -7 }], 3_000), webhooks.remove("wh_a")]);
    }
    t.equal(await deliveries.owed(), before, "whoever is faster");
  });

  await t.test("a new address begins as one that never failed, whatever the old one does meanwhile", async (t) => {
    const store = await open();
    const { webhooks, deliveries } = store;
    await webhooks.create(webhook("wh_a"), MOST);
    const ids = ["f1", "f2", "f3"];
    await append(
      store,
      ids.map((id) => event(id, { ...one, id })),
    );
    const health = { status: "TemporaryError", failingSince: 7, heldUntil: 9_000, events: [] } as const;
    const [first, second, third] = await deliveries.claim("wh_a", 1_000, 50, 9);
    t.ok(first !== undefined && second !== undefined && third !== undefined);
    if (first === undefined || second === undefined) return;
    const fail = (owed: typeof first) => deliveries.conclude(owed, () => ({ result: failed(90_000), health }));
    const move = (url: string) => webhooks.change("wh_a", { url }, { now: 2_000, most: MOST });
    await fail(first);
    await Promise.all([fail(second), move("https://new.example/")]);
    await move("https://newer.example/");
    t.match(await webhooks.get("wh_a"), { url: "https://newer.example/", status: "Healthy", failingSince: undefined, heldUntil: 0 });
    const waited = await deliveries.claim("wh_a", 2_000, 50, 9);
    t.equal(waited.length, 3, "what waited is due");
    for (const owed of waited) await fail(owed);
    await move("https://newer.example/");
    t.match(await webhooks.get("wh_a"), { status: "TemporaryError", failingSince: 7, heldUntil: 9_000 }, "the same address is no new one");
    await webhooks.suspend("wh_a");
    await move("https://newest.example/");
    t.match(await webhooks.get("wh_a"), { status: "ManuallySuspended" }, "whoever suspended it resumes it");
    await webhooks.remove("wh_a");
  });

  await t.test("of many who add an endpoint at once, no more do than a project may have", async (t) => {
    const { webhooks } = await open();
    const ids = Array.from({ length: 8 }, (_, n) => `wh_${n}`);
    const added = await Promise.all(ids.map((id) => webhooks.create(webhook(id), MOST)));
    t.equal(added.filter((done) => done).length, MOST);
    t.equal((await webhooks.list()).length, MOST);
    const elsewhere = { projects: ["r:other"] };
    for (const id of ["wh_x", "wh_y"]) t.ok(await webhooks.create(webhook(id, elsewhere), MOST), "another project is another matter");
    const [first = ""] = (await webhooks.list()).map(({ id }) => id);
    t.equal(
      await webhooks.change(first, { projects: [PROJECT, "r:other"] }, { now: 0, most: MOST }),
      true,
      "one that is there already stays",
    );
    const last = await Promise.all(["wh_x", "wh_y"].map((id) => webhooks.change(id, { projects: [PROJECT] }, { now: 0, most: MOST + 1 })));
    t.equal(last.filter((done) => done).length, 1, "of two that move, one does");
    for (const { id } of await webhooks.list()) await webhooks.remove(id);
  });

  await t.test("of two who rotate a secret at once, one does", async (t) => {
    const { webhooks } = await open();
    const held = webhook("wh_a");
    await webhooks.create(held, MOST);
    const previous = [{ generation: 1, until: 7_000 }];
    t.same((await Promise.all([webhooks.rotate(held, previous), webhooks.rotate(held, previous)])).toSorted(), [false, true]);
    t.match(await webhooks.get("wh_a"), { generation: 2, previous });
    await webhooks.remove("wh_a");
  });
}

const body = (resource: string) => `{"id":"evt_1","data":{"project":"r:p"${resource}}}`;
/** Takes the newest steps back, and leaves rows as the version before wrote them. */
const BEFORE = [
  "drop index delivery_waiting",
  "drop index delivery_listed",
  "alter table webhook drop column previous",
  "alter table webhook drop column held_until",
  "alter table delivery drop column created_at",
  "delete from kysely_migration where name >= '2026-12-deliveries'",
  `insert into webhook (id, url, projects, status, generation, previous_until, created_at) values ('wh_old', 'https://r.example/', '["r:p"]', 'Healthy', 3, 7000, 0)`,
  `insert into event (id, type, project, at, body) values ('evt_logged', 'deployment.updated', 'r:p', 4000, '{}')`,
  ...[
    ["1", 11, "evt_logged", "r:p ", body(',"resource":{"typeId":"deployment","id":"d1","key":null}')],
    ["2", 12, "evt_gone", "r:p k", body(',"resource":{"typeId":"deployment","id":"d2","key":"k"}')],
    ["3", -5000, "evt_test", "r:p evt_test", body("")],
    ["4", 13, "evt_orphan", "r:p evt_orphan", body(""), "wh_gone"],
  ].map(
    ([id, seq, eventId, resource, text, webhookId = "wh_old"]) =>
      `insert into delivery (id, webhook_id, seq, event_id, type, resource, body, state, attempts, due_at, lease_until)
       values ('${id}', '${webhookId}', ${seq}, '${eventId}', 'x', '${resource}', '${text}', 'pending', 1, 6000, 0)`,
  ),
];

async function upgraded(t: Test, store: Store, resources: readonly unknown[]): Promise<void> {
  t.match(await store.webhooks.get("wh_old"), { generation: 3, previous: [{ generation: 2, until: 7_000 }], heldUntil: 0 });
  t.match(await store.deliveries.list("wh_old", 9), [
    { eventId: "evt_gone", createdAt: 6_000 },
    { eventId: "evt_test", createdAt: 5_000 },
    { eventId: "evt_logged", createdAt: 4_000 },
  ]);
  t.equal(await store.deliveries.owed(), 3, "nothing to an endpoint that is gone");
  t.same(resources, [{ resource: "r:p deployment:d1" }, { resource: "r:p deployment:d2" }, { resource: "evt_test" }]);
}

const RESOURCES = "select resource from delivery order by id";

test("SQLite", async (t) => {
  const folder = t.testdir();
  let files = 0;
  await contract(t, async () => {
    const store = await createStore(`sqlite:${join(folder, `${files++}.db`)}`);
    t.teardown(() => store.close());
    return store;
  });
  await t.test("a file of the version before", async (t) => {
    const path = join(folder, "old.db");
    await (await createStore(`sqlite:${path}`)).close();
    const raw = new DatabaseSync(path);
    for (const statement of BEFORE) raw.exec(statement);
    raw.close();
    await (await createStore(`sqlite:${path}`)).close();
    const after = new DatabaseSync(path);
    const resources = after
      .prepare(RESOURCES)
      .all()
      .map((row) => ({ ...row }));
    after.close();
    const store = await createStore(`sqlite:${path}`);
    t.teardown(() => store.close());
    await upgraded(t, store, resources);
  });
});

test("PostgreSQL", { skip: noPostgres }, async (t) => {
  const url = await startPostgres(t);
  const store = await createStore(url);
  await contract(t, async () => store);
  await t.test("an endpoint that is removed while events are appended is owed none of them", async (t) => {
    const raw = new pg.Client({ connectionString: url });
    await raw.connect();
    t.teardown(() => raw.end());
    const waits = async (lock: string): Promise<boolean> =>
      ((await raw.query(`select 1 from pg_locks where not granted and ${lock}`)).rowCount ?? 0) > 0;
    const before = await store.deliveries.owed();
    await store.webhooks.create(webhook("wh_a"), MOST);
    await raw.query("begin");
    await raw.query("lock table event in share mode");
    const appended = append(store, [event("late")]);
    while (!(await waits("relation = 'event'::regclass")));
    const work = { over: false };
    const removed = store.webhooks.remove("wh_a").finally(() => (work.over = true));
    while (!work.over && !(await waits("locktype = 'advisory'")));
    await raw.query("commit");
    await Promise.all([appended, removed]);
    t.equal(await store.deliveries.owed(), before);
  });
  await store.close();
  await t.test("a database of the version before", async (t) => {
    const raw = new pg.Client({ connectionString: url });
    await raw.connect();
    for (const statement of ["delete from event", "delete from delivery", ...BEFORE]) await raw.query(statement);
    const newer = await createStore(url);
    t.teardown(() => newer.close());
    await upgraded(t, newer, (await raw.query(RESOURCES)).rows as unknown[]);
    await raw.end();
  });
});
