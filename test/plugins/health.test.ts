import { fastify } from "fastify";
import { test } from "tap";
import { registerHealth } from "../../src/plugins/health.ts";
import { createStalls } from "../../src/plugins/stalls.ts";

test("a process that stood still is told from one that was only busy, and is well again in a moment", async (t) => {
  let time = 0;
  const told: number[] = [];
  const stalls = createStalls({ stalled: (ms) => told.push(ms), now: () => time });
  t.teardown(stalls.stop);
  for (time of [250, 500, 2_700]) stalls.look();
  t.same([told, stalls.fault()], [[], undefined], "two seconds late less 50 milliseconds is busy");
  time = 7_950;
  stalls.look();
  t.same(told, [5_000]);
  t.match(stalls.fault(), /stood still/);
  time = 9_949;
  stalls.look();
  t.match(stalls.fault(), /stood still/);
  time = 9_950;
  t.equal(stalls.fault(), undefined);
});

test("readiness is off just after a stall, and says why", async (t) => {
  const lines: string[] = [];
  const app = fastify({ logger: { level: "warn", stream: { write: (line: string) => void lines.push(line) } } });
  t.teardown(() => app.close());
  registerHealth(app, [], []);
  t.equal((await app.inject("/readyz")).statusCode, 200);
  const until = performance.now() + 2_600;
  while (performance.now() < until);
  // The first timer that is due after a stall notices it, before anybody's request is read.
  await new Promise((resolve) => void setTimeout(resolve, 0));
  const answer = await app.inject("/readyz?verbose");
  t.equal(answer.statusCode, 503);
  t.match(answer.json(), { checks: [{ name: "event-loop", status: "failing", reason: /stood still/ }] });
  const line = JSON.parse(lines[0] ?? "{}") as { msg?: string; ms?: number };
  t.equal(line.msg, "the process stood still");
  t.ok((line.ms ?? 0) >= 2_000);
  t.equal((await app.inject("/livez")).statusCode, 200, "no reason to end the process");
});
