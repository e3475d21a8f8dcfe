import { test } from "tap";
import { startQuiet } from "../src/quiet.ts";

test("memory is given back once in each quiet time, and not in a short one", async (t) => {
  const shares = [0.5, 0.019, 0.02, 0.01, 0, 0, 0, 1, 0.01, 0.3, 0, 0, 0, 0];
  const collections: number[] = [];
  let looks = 0;
  const over = Promise.withResolvers<void>();
  const quiet = startQuiet({
    lookMs: 1,
    worked: () => {
      looks += 1;
      if (looks > shares.length) over.resolve();
      return shares[looks - 1] ?? 0;
    },
    collect: () => collections.push(looks),
  });
  // Its timer alone keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  await over.promise;
  quiet.stop();
  clearInterval(alive);
  t.same(collections, [5, 12]);
});

test("what is worked is told of the time since the look before, and memory is collected by the process itself", async (t) => {
  const bytes = (): number => process.memoryUsage().arrayBuffers;
  let rubbish: Buffer | undefined = Buffer.alloc(64 * 1024 * 1024);
  const before = bytes();
  t.equal(rubbish.length, 64 * 1024 * 1024);
  rubbish = undefined;
  const quiet = startQuiet({ lookMs: 20 });
  t.teardown(() => quiet.stop());
  // Busy while it waits, it would never be quiet.
  while (bytes() > before - 60 * 1024 * 1024) await new Promise((resolve) => setTimeout(resolve, 50));
  t.pass("given back");
});
