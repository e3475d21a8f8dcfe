import { type Test, test } from "tap";
import { leaks } from "../helpers/canary.ts";
import { type Cli, setUpCli } from "../helpers/cli.ts";
import { emulatorToken, MIRROR, PROJECT, REGION, startBoth, startTestEmulator } from "../helpers/gateway.ts";
import { SEED } from "../../src/emulator/index.ts";
import { tokenFor } from "../helpers/token.ts";
import { REPOSITORY } from "../helpers/tutorial.ts";

/** Everything is due at the next request: the CLI asks once at once, and then only every half minute. */
const AT_ONCE = { previewMs: 0, processingMs: 0, reviewQueueMs: 0, reviewMs: 0, deployMs: 0, undeployMs: 0 };
const SECRET = "cnry7Secret4291";
const KEY = "bloomreach-cli";

/** The commands of a connector's life, each with what its output must show. */
const JOURNEY: readonly (readonly [args: string, shown: RegExp, code?: number, input?: string])[] = [
  ["auth whoami", /composable-product-dev-sandbox/],
  [
    `connect connectorstaged create --key ${KEY} --name Bloomreach --description Engagement --creator-email it@orium.example --repository-url ${REPOSITORY} --repository-tag v1.0.0 --supported-regions ${REGION} --integration-types email`,
    /success/i,
  ],
  ["connect connectorstaged list --limit 5 --offset 0 --sort -createdAt", /bloomreach-cli/],
  [`connect connectorstaged describe --key ${KEY}`, /Bloomreach/],
  [`connect connectorstaged update --key ${KEY} --name Renamed`, /success/i],
  [`connect connectorstaged validate --key ${KEY}`, /previewable|succeeded|success/i],
  [
    `connect deployment create --connector-key ${KEY} --connector-staged --type preview --key cli-preview --region ${REGION} --configuration service.CTP_REGION=x --configuration service.BASIC_AUTH_SECRET=${SECRET} --configuration event.CTP_SCOPE=${SECRET}`,
    /success/i,
  ],
  ["connect deployment list --limit 3 --offset 0 --sort lastModifiedAt", /cli-preview/],
  ["connect deployment describe --key cli-preview", /Deployed/],
  ["connect deployment redeploy --key cli-preview", /success/i],
  [`connect connectorstaged publish --key ${KEY}`, /Publishing succeeded/],
  [`connect deployment redeploy --key cli-preview --configuration service.BASIC_AUTH_SECRET=${SECRET}`, /success/i],
  ["connect deployment logs --key cli-preview --application service", /Line|line|service/, 0, "n\n"],
  ["connect deployment describe --key no-such-deployment", /ResourceNotFound/, 2],
  ["connect deployment delete --key cli-preview", /success|delet|undeploy/i, 0, "y\n"],
  ["connect deployment describe --key cli-preview", /ResourceNotFound/, 2],
  [`connect connectorstaged certify --key ${KEY}`, /success|certif/i],
];

async function journey(t: Test, cli: Cli): Promise<string> {
  let output = "";
  for (const [args, shown, code = 0, input = ""] of JOURNEY) {
    const done = await cli(args.split(" "), input);
    const text = done.stdout + done.stderr;
    output += text;
    t.match([done.code, text], [code, shown], args.slice(0, 60));
  }
  return output;
}

test("the official CLI works through the gateway", async (t) => {
  const { emulator, gateway } = await startBoth(t, { timings: AT_ONCE });
  const cli = setUpCli(t, `${gateway.url}${MIRROR}`, tokenFor(`manage_project:${PROJECT}`));
  const output = await journey(t, cli);
  t.same(leaks(output), [], "no secret in what the CLI prints");
  t.match(output, /\*\*\*/);
  t.same(leaks(gateway.log()), [], "nor in the gateway's log");
  const ids = (await emulator.journal()).map((entry) => String(entry["correlationId"]));
  t.ok(
    ids.some((id) => id.startsWith("commercetools-cli-")),
    "the CLI's correlation ids reach upstream",
  );
});

test("the official CLI works against the emulator alone", async (t) => {
  const emulator = await startTestEmulator(t, { timings: AT_ONCE });
  await journey(t, setUpCli(t, emulator.url, await emulatorToken(emulator.url, SEED)));
});
