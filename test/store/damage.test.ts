import { copyFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { test } from "tap";
import { createStore, type Watched } from "../../src/store/index.ts";

const PAGE = 4_096;
const MALFORMED = { name: "StoreUnusableError", message: /^The database file is malformed/ };

/** Overwrites a page in the middle of a file. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  const from = Math.floor((bytes.length * 0.4) / PAGE) * PAGE;
  writeFileSync(path, bytes.fill(0xa5, from, from + PAGE));
}

test("a damaged file is refused after an unclean stop, and told of at the first look at the damage else", async (t) => {
  const folder = t.testdir();
  const path = (name: string): string => join(folder, `${name}.db`);
  const store = await createStore(`sqlite:${path("first")}`);
  const { watches } = store;
  await watches.ensure(["r:p"], 0);
  // So much that most of it stands in the file itself, and the newest in the log beside it.
  for (let round = 0; round < 5; round++) {
    const events = Array.from({ length: 1_000 }, (_, n) => {
      const body = JSON.stringify({ fill: "x".repeat(1_000), n });
      return { id: `evt_${round}_${n}`, type: "t", project: "r:p", resourceKey: undefined, deploymentType: undefined, at: 0, body };
    });
    const held = (await watches.claim(["r:p"], 1_000, 60)) as Watched;
    await watches.commit(held, { findings: [], events, dueAt: 0, hotUntil: 0, okAt: 1 });
  }
  // What stands there now is what a power cut leaves.
  for (const name of ["left", "broken"]) for (const part of ["", "-wal"]) copyFileSync(path("first") + part, path(name) + part);
  await store.close();
  t.ok(statSync(`${path("left")}-wal`).size > 0);
  const left = await createStore(`sqlite:${path("left")}`);
  t.equal((await left.events.range()).newest, 5_000, "sound, it is taken as it is");
  await left.close();
  damage(path("broken"));
  const bytes = (): readonly Buffer[] => ["", "-wal"].map((part) => readFileSync(path("broken") + part));
  const before = bytes();
  for (const time of ["first", "second"]) await t.rejects(createStore(`sqlite:${path("broken")}`), MALFORMED, `the ${time} time`);
  t.same(bytes(), before, "it is left as it is");

  damage(path("left"));
  const late = await createStore(`sqlite:${path("left")}`);
  t.ok(late.well(), "after a clean stop nothing is looked for");
  await t.rejects(late.events.list({ after: 0, limit: 9_000, projects: ["r:p"] }), { code: "StorageUnavailable" });
  t.notOk(late.well());
  await late.close();
});

test("a file whose end is missing is refused, and left as it is", async (t) => {
  const folder = t.testdir();
  const path = (name: string): string => join(folder, `${name}.db`);
  const store = await createStore(`sqlite:${path("first")}`);
  await store.watches.ensure(["r:p"], 0);
  for (const part of ["", "-wal"]) copyFileSync(path("first") + part, path("left") + part);
  await store.close();
  const whole = readFileSync(path("first"));
  writeFileSync(path("a-part-of-a-page"), whole.subarray(0, -1_000));
  writeFileSync(path("a-page"), whole.subarray(0, -PAGE));
  writeFileSync(path("left"), "");
  for (const name of ["a-part-of-a-page", "a-page", "left"]) {
    const before = readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]);
    await t.rejects(createStore(`sqlite:${path(name)}`), MALFORMED, name);
    t.same(
      readdirSync(folder).map((file) => [file, readFileSync(join(folder, file))]),
      before,
      "nothing is touched",
    );
  }
  const again = await createStore(`sqlite:${path("first")}`);
  t.ok(again.well());
  t.notOk(existsSync(`${path("first")}-shm`), "nothing is shared with other processes, from the first read on");
  await again.close();
  writeFileSync(path("empty"), "");
  await (await createStore(`sqlite:${path("empty")}`)).close();
});

test("the database of another application is left as it is", async (t) => {
  const path = join(t.testdir(), "other.db");
  for (const table of ["invoices", "event"]) {
    const other = new DatabaseSync(path);
    other.exec(`create table ${table} (id integer)`);
    other.close();
    const before = readFileSync(path);
    await t.rejects(createStore(`sqlite:${path}`), { name: "StoreUnusableError", message: /database of another application/ });
    t.same(readFileSync(path), before);
  }
});
