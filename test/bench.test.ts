import { test } from "tap";
import { run } from "./helpers/command.ts";

test("the bench still prints its table", async (t) => {
  const { code, stdout, stderr } = await run("node", [
    "bench/main.ts",
    "--only",
    "P2,P3,P5",
    "--rounds",
    "1",
    "--seconds",
    "0.3",
    "--warm-up",
    "100",
  ]);
  t.equal(code, 0, stderr);
  for (const line of [/^P2 .* : pass-through/m, /^P2 .* : mercurius JIT/m, /^P3 .* 1 s cache/m, /^P5 .* p50 /m, /^P5 .* p99 /m])
    t.match(stdout, line);
  t.notMatch(stdout, /NaN|undefined/);
});
