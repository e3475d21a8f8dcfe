import { performance } from "node:perf_hooks";
import { test } from "tap";
import { createScrubber } from "../../src/scrub/index.ts";
import { answer, CALL, connectTo, ID, startUpstream } from "../helpers/upstream.ts";

const line = (details: string) => ({
  type: "APPLICATION_TEXT",
  deploymentId: ID,
  applicationName: "a",
  severity: "INFO",
  timestamp: "2026-01-01T00:00:00Z",
  details,
});

test("log lines that are dear to look through do not hold up the process", async (t) => {
  const upstream = await startUpstream(t);
  const data = ["one secret-value", "two", "three", "secret-value four", "five"].map(line);
  upstream.api((_request, response) => answer(response, 200, { data, next: "secret-value" }));
  const scrubber = createScrubber();
  scrubber.add("secret-value");
  let [turns, dear, counting] = [0, 0, true];
  const count = (): void => {
    turns += 1;
    if (counting) setImmediate(count);
  };
  const { deployments } = connectTo(t, upstream.url, {
    scrubber: {
      ...scrubber,
      scrubTree: (value) => {
        if (dear === 0) setImmediate(count);
        dear += 1;
        const until = performance.now() + 30;
        while (performance.now() < until);
        return scrubber.scrubTree(value);
      },
    },
  });
  const page = await deployments.logs(CALL, { id: ID }, {});
  counting = false;
  t.same(page, { data: ["one ***", "two", "three", "*** four", "five"].map(line), next: "***" });
  t.same(Object.keys(page), ["data", "next"]);
  t.ok(turns >= data.length - 1, `${turns} turns of the event loop in between`);
});
