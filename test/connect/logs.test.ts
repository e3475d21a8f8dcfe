import { test } from "tap";
import { createScrubber } from "../../src/scrub/index.ts";
import { answer, CALL, connectTo, ID, startUpstream } from "../helpers/upstream.ts";

const line = (details: unknown) => ({
  type: "APPLICATION_TEXT",
  deploymentId: ID,
  applicationName: "a",
  severity: "INFO",
  timestamp: "2026-01-01T00:00:00Z",
  details,
});
const later = () => performance.now() + 60_000;

test("log lines are told without values, and everything else stays where it is", async (t) => {
  const upstream = await startUpstream(t);
  const data = ["one secret-value", "two", { "secret-value": [48_151_623, 12], timestamp: "2026-01-01T00:00:00Z" }].map(line);
  upstream.api((_request, response) => answer(response, 200, { data, next: "secret-value", more: "secret-value" }));
  const scrubber = createScrubber();
  await scrubber.of("europe-west1.gcp", "my-project").learn(["secret-value", "48151623", "INFO", "2026-", "timestamp"], later());
  const page = await connectTo(t, upstream.url, { scrubber }).deployments.logs(CALL, { id: ID }, {});
  const left = ["one ***", "two", { "***": ["***", 12], timestamp: "***01-01T00:00:00Z" }].map(line);
  t.same(page, { data: left, next: "secret-value", more: "***" });
  t.same(Object.keys(page), ["data", "next", "more"]);
});

test("log lines that are dear to look through hold up nobody, and end in time", async (t) => {
  const upstream = await startUpstream(t);
  const dear = "%41+\\n&#65;\n ".repeat(4_500);
  // What an application calls a report is none of Connect's.
  const data = Array.from({ length: 100 }, (_, place) => line({ report: `${place}${dear}` }));
  upstream.api((_request, response) => answer(response, 200, { data, next: "" }));
  const { deployments } = connectTo(t, upstream.url);
  let [turns, last, longest] = [0, performance.now(), 0];
  let waiting = true;
  const count = (): void => {
    turns += 1;
    longest = Math.max(longest, performance.now() - last);
    last = performance.now();
    if (waiting) setImmediate(count);
  };
  count();
  const asked = [500, 1_000].map((ms) => deployments.logs({ ...CALL, deadline: performance.now() + 500 + ms }, { id: ID }, {}));
  await Promise.all(asked.map((each) => t.rejects(each, { code: "Overloaded", statusCode: 503, message: /startDate/ })));
  waiting = false;
  t.ok(turns > 100, `${turns} turns of the event loop in between, the longest of ${longest} ms`);
});
