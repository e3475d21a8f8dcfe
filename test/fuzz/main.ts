/** `npm run fuzz -- --cases N [--seed S]`: a longer campaign; every input that fails joins the corpus. */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { t as root, test } from "tap";
import { leaks } from "../helpers/canary.ts";
import { read, startBoth } from "../helpers/gateway.ts";
import { campaign, type Finding } from "./campaign.ts";
import { graphqlInputs } from "./graphql-inputs.ts";
import { restInputs } from "./rest-inputs.ts";

const { values } = parseArgs({
  options: { cases: { type: "string", default: "20000" }, seed: { type: "string", default: String(Date.now() % 2 ** 31) } },
});
const [cases, seed] = [Number(values.cases), Number(values.seed)];

function keep({ input, fault }: Finding): void {
  const text = `${JSON.stringify(input, null, 2)}\n`;
  const name = `${createHash("sha256").update(text).digest("hex").slice(0, 12)}.json`;
  writeFileSync(new URL(`corpus/${name}`, import.meta.url), text);
  process.stderr.write(`\n${name}: ${fault}\n`);
}

// The runner's own limit of half a minute is for tests.
root.setTimeout(86_400_000);
test(`${cases} inputs, seed ${seed}`, async (t) => {
  const { gateway } = await startBoth(t, {}, { MAX_IN_FLIGHT: "1000", LOG_LEVEL: "warn" });
  const document = (await read(await fetch(`${gateway.url}/openapi.json`))).body;
  const halves = [graphqlInputs(readFileSync("schema.graphql", "utf8")), restInputs(document)];
  for (const [half, inputs] of halves.entries()) {
    const progress = (done: number): void => void process.stderr.write(`\r${half === 0 ? "GraphQL" : "REST"}: ${done} of ${cases / 2}   `);
    const findings = await campaign(gateway, inputs, { cases: cases / 2, seed, progress });
    for (const finding of findings) keep(finding);
    t.same(findings, []);
  }
  process.stderr.write("\n");
  t.same(leaks(gateway.log()), []);
});
