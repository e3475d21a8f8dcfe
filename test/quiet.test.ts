import { test } from "tap";
import { startQuiet } from "../src/quiet.ts";

/** The looks at which memory was given back, when the process `worked` so much before each of them and takes so much memory at it, in megabytes. */
async function collections(worked: readonly number[], megabytes: (look: number, collected: number) => number): Promise<readonly number[]> {
  const collected: number[] = [];
  let looks = 0;
  const over = Promise.withResolvers<void>();
  const quiet = startQuiet({
    lookMs: 1,
    worked: () => {
      looks += 1;
      if (looks > worked.length) over.resolve();
      return worked[looks - 1] ?? 0;
    },
    memory: () => megabytes(looks, collected.length) * 1024 * 1024,
    collect: () => collected.push(looks) > 0,
  });
  // Its timer alone keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  await over.promise;
  quiet.stop();
  clearInterval(alive);
  return collected;
}

test("memory is given back once in each quiet time, and not in a short one", async (t) => {
  const shares = [0.5, 0.01, 0.019, 0.02, 0.01, 0, 0, 0, 0.03, 0, 0, 0, 0.05, 0.01, 0, 0.3, 0, 0, 0, 0];
  t.same(await collections(shares, (look) => look * 100), [7, 19]);
});

test("memory is given back when there is more than after the last time", async (t) => {
  const shares = [0, 0, 0, 0.5, 0, 0, 0, 0.5, 0, 0, 0, 0.5];
  const found = new Map([
    [3, 300],
    [7, 247],
    [11, 248],
  ]);
  // What is left after the first time is 200.
  t.same(await collections(shares, (look, collected) => (look === 3 && collected === 1 ? 200 : (found.get(look) ?? 0))), [3, 11]);
});

/** Something that nobody holds, and that is too small for anyone to look for it. */
const forgotten = (): WeakRef<object> => new WeakRef({});

test("a process that waits collects what nobody holds any more", async (t) => {
  const something = forgotten();
  const quiet = startQuiet({ lookMs: 100, memory: () => Number.MAX_SAFE_INTEGER });
  t.teardown(() => quiet.stop());
  while (something.deref() !== undefined) await new Promise((resolve) => setTimeout(resolve, 250));
  t.equal(something.deref(), undefined);
});
