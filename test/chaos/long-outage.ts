/** `npm run outage [-- --minutes 10]`: a long outage. */
import { parseArgs } from "node:util";
import { test } from "tap";
import { judge, outage } from "./outage.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "10" } } });

test(`an outage of ${values.minutes} minutes`, { timeout: 86_400_000 }, async (t) =>
  judge(t, await outage(t, Number(values.minutes), (text) => void process.stderr.write(`${text}\n`))),
);
