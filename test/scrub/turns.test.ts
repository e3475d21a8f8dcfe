import { setImmediate as nextTurn } from "node:timers/promises";
import { test } from "tap";
import { createTurns } from "../../src/scrub/turns.ts";

const LATER = Number.POSITIVE_INFINITY;

/** Work of so many steps, each of which is noted. */
function* steps(count: number, note: () => void): Generator<void> {
  for (let step = 0; step < count; step++) {
    note();
    yield;
  }
}

test("long work is done in turns, one round after the other, and others come in between", async (t) => {
  // Each step is as long as a turn may be.
  const turns = createTurns(0);
  const done: string[] = [];
  const note = (name: string) => () => void done.push(name);
  const works = ["a", "b"].map((name) => turns(steps(4, note(name)), LATER));
  t.same(done, ["a", "b"], "each begins at once");
  let others = 0;
  const all = Promise.all(works);
  while (done.length < 8) {
    await nextTurn();
    others += 1;
  }
  t.same(await all, [true, true]);
  t.equal(done.slice(2).join(""), "ababab", "neither waits for the end of the other");
  t.ok(others >= 5, `${others} turns for others`);
});

test("what takes one turn is done at once, also while something longer is under way", async (t) => {
  const turns = createTurns(0);
  const long = turns(
    steps(100, () => undefined),
    LATER,
  );
  let small = false;
  t.equal(
    await turns(
      steps(0, () => undefined),
      LATER,
    ),
    true,
  );
  void createTurns()(
    steps(5, () => undefined),
    LATER,
  ).then(() => (small = true));
  await Promise.resolve();
  await Promise.resolve();
  t.ok(small, "in no turn of its own");
  t.equal(await long, true);
});

test("work ends at its deadline, and a failure of one is none of the next", async (t) => {
  const turns = createTurns(0);
  let count = 0;
  const late = turns(
    steps(LATER, () => (count += 1)),
    performance.now() + 20,
  );
  const waiting = turns(
    steps(3, () => undefined),
    performance.now(),
  );
  t.equal(await late, false);
  t.ok(count > 1);
  t.equal(await waiting, false, "also of one that had no turn yet");
  function* failing(): Generator<void> {
    yield;
    throw new Error("fault");
  }
  await t.rejects(turns(failing(), LATER), { message: "fault" });
  t.equal(
    await turns(
      steps(3, () => undefined),
      LATER,
    ),
    true,
  );
});
