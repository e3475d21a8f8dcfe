import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "tap";
import { run, start } from "./helpers/command.ts";

const README = readFileSync("README.md", "utf8");
/** Every shell block of the README, in order. */
const BLOCKS = [...README.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, text = ""]) => text.trim());
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { scripts: Record<string, string> };

/** What must be in the output of each block that is run as it stands. */
const EXPECTED: readonly (readonly [block: RegExp, output: RegExp])[] = [
  [/\{ deployments \{/, /"status":"Deployed","connector":\{"name":"Shipping labels"\},"liveConnector":\{"version":12\}/],
  [/dryRun=true/, /"dryRun":true.*"value":"\*\*\*"/],
  [/idempotency-key/, /HTTP\/1\.1 201[\s\S]*HTTP\/1\.1 201[\s\S]*idempotency-replayed: true/],
  [/composable-product-dev-sandbox\/deployments/, /"key":"demo-shipping-deployment"/],
  [/updatePreviewable/, /"isPreviewable":"pending"/],
  [/connectorStaged\(key/, /"isPreviewable":"Previewable".*Image security analysis/],
  [/createDeployment/, /"status":"Deploying".*"CARRIER_API_KEY","value":"\*\*\*"/],
  [/v1\/webhooks/, /"secret":"whsec_/],
  [/v1\/events/, /^\{"events":\[.*"next":"\d+"\}/],
  [/openapi/, /"openapi":"3\.1/],
  [/npx commercetools/, /bloomreach[\s\S]*labels/],
];

test("every command of the README does what the README says", async (t) => {
  const home = mkdtempSync(join(tmpdir(), "readme-"));
  t.teardown(() => rmSync(home, { recursive: true }));
  t.same(BLOCKS.slice(0, 2), ["npm ci && npm start", "npm ci && npm test"], "the two commands come first");
  t.ok(scripts["start"] === "npm run -s ready && node scripts/assets.ts && node src/main.ts" && scripts["test"] !== undefined);

  const gateway = await start(
    t,
    "node",
    ["src/main.ts"],
    { PORT: "0", DATABASE_URL: "sqlite::memory:" },
    /export TOKEN=\S+\n[\s\S]*\/deployments -H/,
  );
  const find = (pattern: RegExp): string => pattern.exec(gateway.output())?.[1] ?? "";
  const url = find(/GraphQL {5}(http:\S+)\/graphql/);
  const emulator = find(/Upstream {4}(http:\S+)/);
  const env = { TOKEN: find(/export TOKEN=(\S+)/), HOME: home, TMPDIR: home };
  const bash = (block: string) => run("bash", ["-e", "-c", block.replaceAll("http://127.0.0.1:4000", url)], env);

  const pasted = [...gateway.output().matchAll(/^ {2}(curl .*)$/gm)].map(([, text = ""]) => text);
  t.equal(pasted.length, 2, "the banner shows two examples");
  for (const example of pasted) t.match((await bash(example)).stdout, /demo-shipping-deployment/, "an example of the banner");

  for (const block of BLOCKS.slice(2).filter((each) => !each.startsWith("npm "))) {
    const [, expected] = EXPECTED.find(([pattern]) => pattern.test(block)) ?? [];
    const { code, stdout, stderr } = await bash(block);
    t.equal(code, 0, stderr);
    t.match(stdout, expected ?? /^a block without an expectation$/, block.slice(0, 60));
    if (block.includes("updatePreviewable")) {
      await fetch(`${emulator}/_emulator/clock`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: '{"advanceMs":2000}',
      });
    }
  }
  t.notMatch(gateway.output(), /not-for-logs/);
  t.equal(await gateway.stop(), 0, "SIGTERM ends it with 0");
});

test("the emulator runs alone", async (t) => {
  t.ok(BLOCKS.includes("npm run emulator -- --port 4100"));
  t.equal(scripts["emulator"], "npm run -s ready && node src/emulator/main.ts");
  const emulator = await start(t, "node", ["src/emulator/main.ts", "--port", "0"], {}, /curl -s http:\S+deployments/);
  const commands = emulator
    .output()
    .split("\n")
    .filter((line) => /^ {2}(TOKEN=|curl)/.test(line));
  t.match((await run("bash", ["-e", "-c", commands.join("\n")])).stdout, /demo-shipping-deployment/);
  t.equal(await emulator.stop(), 0);
  const refused = await run("node", ["src/emulator/main.ts", "--prot", "1"]);
  t.equal(refused.code, 2);
  t.match(refused.stderr, /^emulator: Unknown option '--prot'\. Usage: npm run emulator[^\n]*\n$/);
});
