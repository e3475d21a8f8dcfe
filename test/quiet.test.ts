import { test } from "tap";
import { startQuiet } from "../src/quiet.ts";

test("memory is given back once in each quiet time, and not in a short one", async (t) => {
  const shares = [0.5, 0.01, 0.019, 0.02, 0.01, 0, 0, 0, 0.03, 0, 0, 0, 0.05, 0.01, 0, 0.3, 0, 0, 0, 0];
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
  t.same(collections, [7, 19]);
});

/** Something that nobody holds, and that is too small for anyone to look for it. */
const forgotten = (): WeakRef<object> => new WeakRef({});

test("a process that waits collects what nobody holds any more", async (t) => {
  const something = forgotten();
  const quiet = startQuiet({ lookMs: 100 });
  t.teardown(() => quiet.stop());
  while (something.deref() !== undefined) await new Promise((resolve) => setTimeout(resolve, 250));
  t.pass("collected");
});
