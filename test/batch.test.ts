import { once } from "node:events";
import { test } from "tap";
import { createBatch } from "../src/batch.ts";
import { createLog } from "../src/log.ts";
import { NO_METER } from "../src/meter.ts";
import { createServer } from "../src/plugins/server.ts";
import { createScrubber } from "../src/scrub/index.ts";

test("what is given in one turn is done at its end, in order", async (t) => {
  const batch = createBatch();
  const done: string[] = [];
  batch(() => {
    done.push("first");
    batch(() => done.push("given meanwhile"));
  });
  batch(() => done.push("second"));
  await Promise.resolve();
  t.same(done, [], "not before the end of the turn");
  await new Promise(setImmediate);
  t.same(done, ["first", "second"]);
  await new Promise(setImmediate);
  t.same(done, ["first", "second", "given meanwhile"]);
});

test("many do not wait for more", async (t) => {
  const batch = createBatch();
  const done: number[] = [];
  for (let at = 0; at < 40; at++) batch(() => done.push(at));
  t.equal(done.length, 32);
  await new Promise(setImmediate);
  t.same(
    done,
    Array.from({ length: 40 }, (_, at) => at),
  );
});

test("one that fails holds up none of the others, and is not kept quiet", async (t) => {
  const batch = createBatch();
  const done: string[] = [];
  const uncaught = once(process, "uncaughtException");
  batch(() => done.push("first"));
  batch(() => {
    throw new Error("a fault");
  });
  batch(() => done.push("last"));
  const [error] = (await uncaught) as [Error];
  t.equal(error.message, "a fault");
  t.same(done, ["first", "last"]);
});

test("an answer that cannot be written as it is becomes an error, and others are answered", async (t) => {
  const app = createServer(
    createLog("silent", createScrubber(), () => undefined),
    { refusalOf: () => undefined, meter: NO_METER },
  );
  t.teardown(() => app.close());
  app.get("/wrong", async (_request, reply) => {
    reply.header("x-wrong", "two\nlines");
    return "text";
  });
  app.get("/right", async () => "text");
  const answers = await Promise.all(["/right", "/wrong", "/right"].map((path) => app.inject(path)));
  t.same(
    answers.map(({ statusCode }) => statusCode),
    [200, 500, 200],
  );
});
