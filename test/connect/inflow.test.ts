import fc from "fast-check";
import { test } from "tap";
import { createInflow } from "../../src/connect/inflow.ts";
import { answer, CALL, connectTo, DEPLOYMENT, ID, startUpstream } from "../helpers/upstream.ts";

const KIB = 1024;

/** An answer of some size that comes in pieces, unless it is made to wait. */
function arrive(inflow: ReturnType<typeof createInflow>, size: number) {
  let [got, waits] = [0, false];
  const flow = inflow.open({ pause: () => void (waits = true), resume: () => void (waits = false) });
  return {
    got: () => got,
    waits: () => waits,
    done: () => got === size,
    piece: (bytes: number) => {
      got = Math.min(got + bytes, size);
      flow.holds(got);
      if (got === size) flow.close();
    },
    breakOff: () => {
      [got, waits] = [size, false];
      flow.close();
    },
  };
}

test("however answers come in, one always goes on, small ones never wait, and together they stay near the limit", async (t) => {
  const most = 1024 * KIB;
  const sizes = fc.array(fc.integer({ min: 1, max: 2_000 * KIB }), { minLength: 1, maxLength: 30 });
  await fc.assert(
    fc.asyncProperty(sizes, fc.infiniteStream(fc.nat()), async (all, random) => {
      const inflow = createInflow(most * 16);
      const answers = all.map((size) => arrive(inflow, size));
      for (;;) {
        await Promise.resolve();
        const left = answers.filter((each) => !each.done());
        if (left.length === 0) return;
        const free = left.filter((each) => !each.waits());
        t.ok(free.length > 0, "one goes on");
        const next = free[(random.next().value ?? 0) % free.length];
        if ((random.next().value ?? 0) % 20 === 0) next?.breakOff();
        else next?.piece(64 * KIB);
        t.notOk(
          left.some((each) => each.waits() && each.got() <= 64 * KIB),
          "what is small does not wait",
        );
        const held = answers.reduce((sum, each) => sum + (each.done() ? 0 : each.got()), 0);
        t.ok(held <= most + 2_000 * KIB + all.length * 128 * KIB, `${held} bytes`);
      }
    }),
    { numRuns: 50 },
  );
});

test("large answers come one after the other where memory is small, each of them whole", async (t) => {
  const upstream = await startUpstream(t);
  const more = "x".repeat(1_000 * KIB);
  upstream.api(({ url }, response) => answer(response, 200, { ...DEPLOYMENT, more: more + url }));
  const { deployments } = connectTo(t, upstream.url, { inflow: createInflow(16 * 1024 * KIB) });
  const keys = Array.from({ length: 40 }, (_, n) => `key-${n}`);
  const read = await Promise.all(keys.map((key) => deployments.get({ ...CALL, fresh: "own" }, { key })));
  t.same(
    read.map((each) => Reflect.get(each, "more") === `${more}/my-project/deployments/key=key-${read.indexOf(each)}`),
    keys.map(() => true),
  );
  upstream.api((_request, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    response.write("x".repeat(500 * KIB));
  });
  const limits = { connectMs: 200, headersMs: 200, totalMs: 300 };
  const hurried = connectTo(t, upstream.url, { inflow: createInflow(16 * 1024 * KIB), limits });
  const late = await Promise.allSettled(keys.slice(0, 8).map((key) => hurried.deployments.get({ ...CALL, fresh: "own" }, { key })));
  t.same(
    [...new Set(late.map((each) => (each.status === "rejected" ? (each.reason as { code: string }).code : "ok")))],
    ["UpstreamTimeout"],
  );
  upstream.api((_request, response) => answer(response, 200, { ...DEPLOYMENT, more }));
  t.equal((await hurried.deployments.get({ ...CALL, fresh: "own" }, { id: ID })).id, ID, "what came to no end takes no room");
});
