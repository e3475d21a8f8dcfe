import { executionAsyncResource } from "node:async_hooks";
import { setFlagsFromString } from "node:v8";
import { runInThisContext } from "node:vm";
import { test } from "tap";
import { collect } from "../src/gc.ts";
import { keepTick, keptTick } from "../src/ticks.ts";

test("objects of nextTick have the same form after the heap was collected, because one is kept", async (t) => {
  setFlagsFromString("--allow-natives-syntax");
  const haveSameForm = runInThisContext("(one, other) => %HaveSameMap(one, other)") as (one: object, other: object) => boolean;
  const newTick = (): Promise<object> => new Promise((resolve) => process.nextTick(() => resolve(executionAsyncResource())));
  keepTick(process.nextTick);
  for (let turn = 0; turn < 3; turn++) {
    await new Promise((resolve) => setImmediate(resolve));
    collect({ type: "major" });
  }
  const [kept, later] = [keptTick(), await newTick()];
  t.ok(kept !== undefined && kept !== later && haveSameForm(kept, later));
  t.notOk(haveSameForm({}, later));
});
