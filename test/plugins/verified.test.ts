import { Socket } from "node:net";
import { test } from "tap";
import { collect } from "../../src/gc.ts";
import { createVerifiedTokens, VERIFIED_MS } from "../../src/plugins/verified.ts";
import type { Caller } from "../../src/services/index.ts";

const ENDS = 1_000_000;

/** A memory of tokens whose clocks the test moves, and who of those that were put in there are still held. */
function startMemory() {
  const clock = { day: 0, elapsed: 0 };
  const memory = createVerifiedTokens({ skewMs: 5_000, now: () => clock.day, elapsed: () => clock.elapsed });
  const held: WeakRef<Caller>[] = [];
  return {
    memory,
    clock,
    socket: new Socket(),
    keep: (authorization: string): void => {
      const caller: Caller = { subject: authorization.slice(0, 20), grants: new Map(), introspect: false, expiresAt: ENDS };
      held.push(new WeakRef(caller));
      memory.keep(authorization, caller);
    },
    held: async (): Promise<number> => {
      // What was looked at in this turn of the loop stays until its end.
      await new Promise(setImmediate);
      collect({ type: "major" });
      return held.filter((each) => each.deref() !== undefined).length;
    },
  };
}

test("a token is found for a moment, however its scheme is written, until its end", (t) => {
  const { memory, clock, socket, keep } = startMemory();
  keep("Bearer a.b.c");
  for (const value of ["Bearer a.b.c", "bearer a.b.c", "BEARER a.b.c", "Bearer a.b.c"])
    t.equal(memory.find(socket, value)?.subject, "Bearer a.b.c", value);
  for (const value of ["", "a.b.c", "Basic a.b.c", "Bearer  a.b.c", " Bearer a.b.c", "Bearer a.b.d", "Bearer ", "bearera.b.c"])
    t.equal(memory.find(socket, value), undefined, `"${value}"`);
  clock.elapsed = VERIFIED_MS - 1;
  t.ok(memory.find(socket, "Bearer a.b.c"));
  clock.elapsed = VERIFIED_MS;
  t.equal(memory.find(socket, "Bearer a.b.c"), undefined, "on the same connection");
  t.equal(memory.find(new Socket(), "Bearer a.b.c"), undefined, "on another");
  keep("Bearer a.b.c");
  clock.day = ENDS + 5_000;
  t.equal(memory.find(socket, "Bearer a.b.c"), undefined, "after its own end");
  t.end();
});

test("nothing is held of what is of no use", async (t) => {
  const { memory, clock, keep, held } = startMemory();
  for (let n = 0; n < 100; n++) keep(`Bearer ${n}`);
  clock.elapsed = 5_000;
  for (let n = 0; n < 10; n++) keep(`bearer ${n}`);
  t.equal(await held(), 100, "one for each token");
  clock.elapsed = VERIFIED_MS;
  memory.prune();
  t.equal(await held(), 10, "those that were verified again");
  clock.elapsed = VERIFIED_MS + 5_000;
  memory.prune();
  t.equal(await held(), 0);
});

test("long tokens take no more memory than many short ones", async (t) => {
  const { keep, held } = startMemory();
  for (let n = 0; n < 1_500; n++) keep(`Bearer ${n}${"x".repeat(2_800)}`);
  t.match((await held()) < 1_100, true, "some 32 MB, with what their grants take");
  for (let n = 0; n < 11_000; n++) keep(`Bearer ${n}`);
  t.match([await held()], [10_000]);
});

test("all are let go of when memory is about to end, also those of open connections", async (t) => {
  const { memory, socket, keep, held } = startMemory();
  for (let n = 0; n < 10; n++) keep(`Bearer ${n}`);
  t.ok(memory.find(socket, "Bearer 1"));
  memory.clear();
  t.equal(await held(), 0);
  t.equal(memory.find(socket, "Bearer 1"), undefined);
});
