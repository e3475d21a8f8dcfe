import { t as root, type Test, test } from "tap";
import { leaks } from "../helpers/canary.ts";
import { type Cli, setUpCli } from "../helpers/cli.ts";
import { emulatorToken, MIRROR, PROJECT, REGION, startBoth, startTestEmulator } from "../helpers/gateway.ts";
import { SEED } from "../../src/emulator/index.ts";
import { tokenFor } from "../helpers/token.ts";
import { REPOSITORY } from "../helpers/tutorial.ts";

// Each start of the CLI costs half a second or more: run without the runner's settings, the file would be given half a minute.
root.setTimeout(230_000);

/** Everything is due at the next request: the CLI asks once at once, and then only every half minute. */
const AT_ONCE = { previewMs: 0, processingMs: 0, reviewQueueMs: 0, reviewMs: 0, deployMs: 0, undeployMs: 0 };
const SECRET = "cnry7Secret4291";
const KEY = "bloomreach-cli";
const SECURED = `--configuration service.BASIC_AUTH_SECRET=${SECRET}`;
const CREATE = `connect connectorstaged create --key ${KEY} --name Bloomreach --description Engagement --creator-email it@orium.example --repository-url ${REPOSITORY} --repository-tag v1.0.0 --supported-regions ${REGION} --integration-types email`;
const DEPLOY = `connect deployment create --connector-key ${KEY} --region ${REGION}`;

/** One command; `shown` must be in what it prints, `wait` is how many milliseconds pass before. */
type Step = {
  readonly args: string;
  readonly shown: RegExp;
  readonly code?: number;
  readonly input?: string;
  readonly wait?: number;
};

const refused = (args: string, error: string, message: RegExp): Step => ({
  args,
  shown: new RegExp(`Code: ${error}\\s[\\s\\S]*Message: ${message.source}`),
  code: 2,
});

/** The draft, up to where it can be previewed. `<id>` is the id that `create` printed. */
const DRAFT_STEPS: readonly Step[] = [
  { args: "auth whoami", shown: /composable-product-dev-sandbox/ },
  { args: CREATE, shown: /Bloomreach has been successfully created/ },
  refused(CREATE, "DuplicateField", /A duplicate value bloomreach-cli/),
  refused("connect connectorstaged describe --key no-such-draft", "ResourceNotFound", /The [Rr]esource/),
  { args: `connect connectorstaged describe --key ${KEY}`, shown: /tag: \S*'v1\.0\.0'[\s\S]*isPreviewable: \S*'none'/ },
  // Its request names the tag anew, without the repository's address.
  { args: `connect connectorstaged update --key ${KEY} --name Renamed`, shown: /successfully updated\. \(version: 2\)/ },
  { args: "connect connectorstaged describe --id <id>", shown: /name: \S*'Renamed'[\s\S]*url: \S*'git@github\.com:composable-com/ },
  { args: "connect connectorstaged list --limit 5 --offset 0 --sort -createdAt", shown: /bloomreach-cli +Renamed +Draft/ },
  refused(`${DEPLOY} --connector-staged --type preview --key early`, "ConnectorStagedNotPreviewable", /\S/),
  { args: `connect connectorstaged validate --key ${KEY}`, shown: /security analysis check succeeded[\s\S]*v1\.0\.0' succeeded!/ },
];

/** Its deployments, before and after it is published. */
const DEPLOYMENT_STEPS: readonly Step[] = [
  {
    args: `${DEPLOY} --connector-staged --type preview --key cli-preview --configuration service.CTP_REGION=x ${SECURED} --configuration event.CTP_SCOPE=${SECRET}`,
    shown: /cli-preview has been successfully created[\s\S]*in Deploying status/,
  },
  { args: "connect deployment list --limit 3 --offset 0 --sort lastModifiedAt", shown: /cli-preview +11 +Deployed/ },
  { args: "connect deployment describe --key cli-preview", shown: /type: \S*'preview'[\s\S]*status: \S*'Deployed'/ },
  { args: `connect deployment redeploy --key cli-preview ${SECURED}`, shown: /successfully redeployed[\s\S]*Deploying/ },
  { args: "connect deployment redeploy --key cli-preview", shown: /successfully redeployed/ },
  // The newest connector is looked up among the published ones.
  refused("connect deployment redeploy --key cli-preview --updateConnector", "ResourceNotFound", /The [Rr]esource/),
  {
    args: `connect connectorstaged preview --key ${KEY} --deployment-key cli-hidden --region ${REGION} ${SECURED}`,
    shown: /"postDeploy" executed[\s\S]*'cli-hidden' for Git tag 'v1\.0\.0' was successfully deployed/,
  },
  {
    args: `connect connectorstaged deploy --id <id> --deployment-key cli-hidden --region ${REGION} ${SECURED}`,
    shown: /'cli-hidden' for Git tag 'v1\.0\.0' was successfully deployed/,
  },
  { args: `connect connectorstaged publish --key ${KEY}`, shown: /Publishing succeeded/ },
  {
    args: `connect deployment redeploy --key cli-preview ${SECURED} --updateConnector --skipScripts`,
    shown: /successfully redeployed/,
  },
  { args: "connect deployment describe --key cli-preview", shown: /"postDeploy" skipped[\s\S]*status: \S*'Deployed'/ },
  refused(`${DEPLOY} --type production --key wrong ${SECURED}`, "DeploymentProductionDeactivated", /Deployments to production/),
];

/** What is left: logs over two pages, certification, and the end of a deployment. */
const LAST_STEPS: readonly Step[] = [
  {
    args: "connect deployment logs --key cli-preview --application service",
    shown: /Line 24 of the application[\s\S]*Line 0 of the application[\s\S]*no more/i,
    input: "y\n",
    wait: 25_000,
  },
  { args: `connect connectorstaged certify --key ${KEY}`, shown: /under review by our certification team/ },
  { args: `connect connectorstaged describe --key ${KEY}`, shown: /status: \S*'Published'/ },
  { args: "connect deployment delete --key cli-preview", shown: /The operation was cancelled/, input: "n\n" },
  { args: "connect deployment delete --key cli-preview", shown: /successfully deleted/, input: "y\n" },
  refused("connect deployment describe --key cli-preview", "ResourceNotFound", /The [Rr]esource/),
];

/** Runs every step and gives what they printed together. */
async function journey(t: Test, cli: Cli, advance: (ms: number) => void): Promise<string> {
  let [output, id] = ["", ""];
  for (const { args, shown, code = 0, input = "", wait = 0 } of [...DRAFT_STEPS, ...DEPLOYMENT_STEPS, ...LAST_STEPS]) {
    advance(wait);
    const done = await cli(args.replace("<id>", id).split(" "), input);
    const text = done.stdout + done.stderr;
    output += text;
    id ||= /successfully created\. \(id: ([\w-]+)\)/.exec(text)?.[1] ?? "";
    t.match([done.code, text], [code, shown], args.slice(0, 70));
  }
  return output;
}

test("the official CLI works through the gateway", async (t) => {
  const { emulator, gateway } = await startBoth(t, { timings: AT_ONCE });
  const cli = setUpCli(t, `${gateway.url}${MIRROR}`, tokenFor(`manage_project:${PROJECT}`));
  const output = await journey(t, cli, emulator.advance);
  t.same(leaks(output), [], "no secret in what the CLI prints");
  t.match(output, /'\*{3}'/);
  t.notMatch(output, /\*{4}/, "and no mask that tells a length");
  t.same(leaks(gateway.log()), [], "nor in the gateway's log");
  const ids = (await emulator.journal()).map((entry) => String(entry["correlationId"]));
  t.ok(
    ids.some((id) => id.startsWith("commercetools-cli-")),
    "the CLI's correlation ids reach upstream",
  );
});

test("the official CLI works against the emulator alone", async (t) => {
  const emulator = await startTestEmulator(t, { timings: AT_ONCE });
  const cli = setUpCli(t, emulator.url, await emulatorToken(emulator.url, SEED));
  await journey(t, cli, emulator.advance);
});
