import { readdirSync, readFileSync } from "node:fs";
import { test } from "tap";
import { leaks } from "../helpers/canary.ts";
import { read, startBoth } from "../helpers/gateway.ts";
import { campaign, type Input, judge } from "./campaign.ts";
import { graphqlInputs } from "./graphql-inputs.ts";
import { restInputs } from "./rest-inputs.ts";

const CORPUS = new URL("corpus/", import.meta.url);
const WIDE = { MAX_IN_FLIGHT: "1000", LOG_LEVEL: "debug" };

test("what once failed does not fail again", async (t) => {
  const { gateway } = await startBoth(t, {}, WIDE);
  for (const name of readdirSync(CORPUS).filter((each) => each.endsWith(".json")))
    t.equal(await judge(gateway, JSON.parse(readFileSync(new URL(name, CORPUS), "utf8")) as Input), undefined, name);
});

test("5,000 inputs made from the schema and the OpenAPI document", async (t) => {
  const { gateway } = await startBoth(t, {}, WIDE);
  const seed = Date.now() % 2 ** 31;
  const document = (await read(await fetch(`${gateway.url}/openapi.json`))).body;
  t.same(
    await campaign(gateway, graphqlInputs(readFileSync("schema.graphql", "utf8")), { cases: 2_500, seed }),
    [],
    `GraphQL, seed ${seed}`,
  );
  t.same(await campaign(gateway, restInputs(document), { cases: 2_500, seed }), [], `REST, seed ${seed}`);
  t.same(leaks(gateway.log()), [], "the log holds no canary");
  t.equal((await fetch(`${gateway.url}/readyz`)).status, 200);
  t.notOk("polluted" in {});
});

test("the judge sees what is wrong", async (t) => {
  const { emulator, gateway } = await startBoth(t, {}, WIDE);
  await emulator.control("POST", "faults", { kind: "empty", status: 503, times: 3 });
  t.match(await judge(gateway, { method: "GET", path: "/connect/us-central1.gcp/connectors/search", headers: {}, body: "" }), /status 503/);
  t.match(await judge({ ...gateway, url: "http://127.0.0.1:9" }, { method: "GET", path: "/", headers: {}, body: "" }), /no answer/);
});
