import fc from "fast-check";
import { test } from "tap";
import { createInflow, type Inflow } from "../../src/connect/index.ts";
import type { Lane } from "../../src/connect/inflow.ts";
import { answer, CALL, connectTo, DEPLOYMENT, ID, startUpstream } from "../helpers/upstream.ts";

const KIB = 1024;
const OWN = { ...CALL, fresh: "own" } as const;

/** An answer of some size that comes in pieces, unless it is made to wait. */
function arrive(lane: Lane, size: number) {
  let [got, waits, over] = [0, false, false];
  const flow = lane.open({ pause: () => void (waits = true), resume: () => void (waits = false) });
  const end = (): void => {
    [over, waits] = [true, false];
    flow.close();
  };
  return {
    held: () => (over ? 0 : got),
    waits: () => waits,
    over: () => over,
    piece: (bytes: number) => {
      got = Math.min(got + bytes, size);
      flow.holds(got);
      if (got === size) end();
    },
    breakOff: end,
  };
}

test("however answers come in, one of each project always goes on, small ones never wait, and large ones only while all together take too much", async (t) => {
  const most = 1024 * KIB;
  const sizes = fc.array(fc.integer({ min: 1, max: 2_000 * KIB }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.infiniteStream(fc.nat()), async (all, random) => {
      const inflow = createInflow({ mostMemory: most * 16 });
      const lanes = Array.from({ length: 3 }, () => inflow.lane());
      const answers = all.map((size, at) => ({ ...arrive(lanes[at % 3] as Lane, size), lane: at % 3 }));
      for (;;) {
        // Who has to go on is told so when nothing else is done.
        await Promise.resolve();
        const left = answers.filter((each) => !each.over());
        if (left.length === 0) return;
        const waiting = left.filter((each) => each.waits());
        const held = left.reduce((sum, each) => sum + each.held(), 0);
        for (const { lane } of left)
          t.ok(
            left.some((each) => each.lane === lane && !each.waits()),
            "one of each goes on",
          );
        t.notOk(
          waiting.some((each) => each.held() <= 64 * KIB),
          "what is small does not wait",
        );
        t.ok(held > most || waiting.length === 0, `${waiting.length} wait with ${held} bytes`);
        t.ok(held <= most + 3 * 2_000 * KIB + all.length * 128 * KIB, `${held} bytes`);
        const free = left.filter((each) => !each.waits());
        const next = free[(random.next().value ?? 0) % free.length];
        if ((random.next().value ?? 0) % 20 === 0) next?.breakOff();
        else next?.piece(64 * KIB);
      }
    }),
    { numRuns: 50 },
  );
});

test("who falls silent loses his turn", async (t) => {
  const lane = createInflow({ mostMemory: 16 * 100 * KIB }).lane();
  const [silent, other] = [arrive(lane, 300 * KIB), arrive(lane, 300 * KIB)];
  silent.piece(90 * KIB);
  other.piece(90 * KIB);
  t.ok(other.waits());
  const since = performance.now();
  // A drip is no better.
  for (let drops = 0; other.waits(); await new Promise(setImmediate)) {
    if (performance.now() - since < drops * 50) continue;
    silent.piece(1);
    drops += 1;
  }
  t.notOk(silent.over());
  t.ok(performance.now() - since < 5_000);
  other.piece(300 * KIB);
  t.ok(other.over());
  silent.piece(300 * KIB);
  t.ok(silent.over());
});

test("where memory runs short, one of all goes on", (t) => {
  let short = false;
  const inflow = createInflow({ mostMemory: 16 * 100 * KIB, short: () => short });
  const [one, two] = [arrive(inflow.lane(), 300 * KIB), arrive(inflow.lane(), 300 * KIB)];
  for (const each of [one, two, one, two]) each.piece(80 * KIB);
  t.same([one.waits(), two.waits()], [false, false], "two projects do not wait for each other");
  short = true;
  for (const each of [one, two]) each.piece(80 * KIB);
  t.same([one.waits(), two.waits()], [false, true]);
  for (const each of [one, two]) each.breakOff();
  t.end();
});

test("large answers come one after the other where memory is small, each of them whole", async (t) => {
  const upstream = await startUpstream(t);
  const more = "x".repeat(1_000 * KIB);
  upstream.api(({ url }, response) => answer(response, 200, { ...DEPLOYMENT, more: more + url }));
  const small = (): Inflow => createInflow({ mostMemory: 16 * 1024 * KIB });
  const { deployments } = connectTo(t, upstream.url, { inflow: small() });
  const keys = Array.from({ length: 40 }, (_, n) => `key-${n}`);
  const read = await Promise.all(keys.map((key) => deployments.get(OWN, { key })));
  for (const [at, key] of keys.entries()) t.ok(Reflect.get(read[at] ?? {}, "more") === `${more}/my-project/deployments/key=${key}`, key);

  const limits = { connectMs: 200, headersMs: 200, totalMs: 300 };
  const hurried = connectTo(t, upstream.url, { inflow: small(), limits });
  const codes = async (): Promise<unknown[]> => {
    const results = await Promise.allSettled(keys.slice(0, 8).map((key) => hurried.deployments.get(OWN, { key })));
    return [...new Set(results.map((each) => (each.status === "rejected" ? (each.reason as { code: string }).code : "ok")))];
  };
  upstream.api((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write("x".repeat(500 * KIB));
  });
  t.same(await codes(), ["UpstreamTimeout"]);
  upstream.api((_request, response) => answer(response, 200, { ...DEPLOYMENT, more }));
  t.equal((await hurried.deployments.get(OWN, { id: ID })).id, ID, "what came to no end takes no room");
});
