import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Test } from "tap";
import { type Done, run } from "./command.ts";
import { PROJECT, REGION } from "./gateway.ts";

/** Runs the official CLI with these arguments; `input` answers its prompts. */
export type Cli = (args: readonly string[], input?: string) => Promise<Done>;

/** Sets up the official CLI against `base`, logged in with `token`, in a home of its own that goes with the test. */
export function setUpCli(t: Test, base: string, token: string): Cli {
  const home = mkdtempSync(join(tmpdir(), "cli-"));
  t.teardown(() => rmSync(home, { recursive: true }));
  mkdirSync(join(home, ".commercetools"));
  const credentials = {
    authentication: "client-credentials",
    clientId: "unused",
    clientSecret: "unused",
    projectKey: PROJECT,
    scope: `manage_project:${PROJECT}`,
    region: REGION,
    accessToken: token,
    refreshToken: null,
    issuedAt: 0,
    // In the year 2286: the CLI never asks the auth host, whose address it takes from nobody.
    expiresAt: 9_999_999_999_999,
  };
  writeFileSync(join(home, ".commercetools", "credentials"), JSON.stringify(credentials));
  const program = "node_modules/@commercetools/cli/bin/run.js";
  return (args, input) => run("node", [program, ...args], { HOME: home, CTP_CLI_CONNECT_API_URL: base }, input);
}
