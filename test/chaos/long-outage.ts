/** `npm run outage [-- --minutes 10]`: a long outage. */
import { parseArgs } from "node:util";
import { t as root, test } from "tap";
import { judge, outage } from "./outage.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });

// The runner's own limit of half a minute is for tests.
root.setTimeout(86_400_000);
test(`an outage of ${values.minutes} minutes`, async (t) =>
  judge(t, await outage(t, Number(values.minutes), (text) => void process.stderr.write(`${text}\n`))));
