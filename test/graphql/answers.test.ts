import { test } from "tap";
import { createAnswers } from "../../src/graphql/answers.ts";
import type { MadeRead } from "../../src/graphql/recorder.ts";
import type { ServiceRequest } from "../../src/services/index.ts";

/** A question with one read, whose result the test gives, and what was executed for it. */
function start() {
  const answers = createAnswers();
  let upstream: () => Promise<object> = () => Promise.resolve({});
  let executed = 0;
  const request = {} as ServiceRequest;
  const made = (): MadeRead => ({ name: "read", fields: undefined, again: () => upstream(), result: upstream() });
  const ask = () =>
    answers.get("question", request, async (known, reads) => {
      executed += 1;
      const read = known[0] ?? made();
      reads.push(read);
      return { text: JSON.stringify(await read.result) };
    });
  return { ask, answers: (next: typeof upstream) => void (upstream = next), executed: () => executed };
}
const textOf = (answer: Awaited<ReturnType<ReturnType<typeof start>["ask"]>>): string => ("body" in answer ? answer.body.toString() : "");

test("callers of one moment share one execution, whether upstream's answer is as before or new each time", async (t) => {
  const { ask, answers, executed } = start();
  for (const kind of ["the same", "new each time"]) {
    const same = { n: 0 };
    for (let round = 1; round <= 20; round++) {
      const before = executed();
      const result = Promise.withResolvers<object>();
      answers(() => result.promise);
      const asked = Array.from({ length: 50 }, ask);
      result.resolve(kind === "the same" ? same : { n: round });
      const texts = new Set((await Promise.all(asked)).map(textOf));
      t.same([...texts], [`{"data":{"n":${kind === "the same" ? 0 : round}}}`]);
      // The very first ones know of nobody.
      if (round > 1 || kind !== "the same") t.ok(executed() - before <= 1, `${kind}, round ${round}: ${executed() - before} executions`);
      await new Promise(setImmediate);
    }
  }
});

test("a read that fails is told to all who made it, and the next ones are served again", async (t) => {
  const { ask, answers } = start();
  answers(() => Promise.resolve({ n: 1 }));
  t.equal(textOf(await ask()), '{"data":{"n":1}}');
  answers(() => Promise.reject(new Error("down")));
  for (const each of await Promise.allSettled([ask(), ask(), ask()])) t.match(each, { status: "rejected", reason: { message: "down" } });
  answers(() => Promise.resolve({ n: 2 }));
  t.equal(textOf(await ask()), '{"data":{"n":2}}');
});
