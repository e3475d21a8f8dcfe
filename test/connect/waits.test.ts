import { test } from "tap";
import { createWaits } from "../../src/connect/waits.ts";

const LONG_MS = 600_000;
const never = new Promise<string>(() => undefined);

test("half of the waits are cut short, of one it is that one", async (t) => {
  const { within, cutShort } = createWaits();
  const ended: number[] = [];
  const late = (): void => void t.fail("none was late");
  for (let n = 0; n < 4; n++) void within(never, LONG_MS, late).then(() => ended.push(n));
  t.equal(await within(Promise.resolve("it"), LONG_MS, late), "it", "this one is over");
  for (const left of [[2, 3], [1], [0], []]) {
    cutShort();
    await new Promise(setImmediate);
    t.same(ended.splice(0), left);
  }
});

test("a wait ends in time, with what it waited for or without", async (t) => {
  const { within, cutShort } = createWaits();
  let late = 0;
  t.equal(await within(never, 1, () => void late++), undefined);
  await t.rejects(
    within(Promise.reject(new Error("no")), LONG_MS, () => void late++),
    { message: "no" },
  );
  cutShort();
  t.equal(late, 1);
});
