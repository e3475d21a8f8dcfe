import { parseArgs } from "node:util";
import closeWithGrace from "close-with-grace";
import { createEmulator, SEED } from "./index.ts";

const USAGE = "npm run emulator -- [--port N] [--host H] [--legacy] [--strict] [--manual-certification]";

/** Starts an emulator of the Connect API for people who want to test their own tools against it. */
async function main(): Promise<void> {
  const flags = readFlags();
  if (flags === undefined) return;
  const emulator = await createEmulator(flags);
  closeWithGrace({ logger: false }, () => emulator.close());
  process.stdout.write(greeting(emulator.url));
}

function readFlags(): Parameters<typeof createEmulator>[0] | undefined {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: "string", default: "4100" },
        host: { type: "string", default: "127.0.0.1" },
        legacy: { type: "boolean", default: false },
        strict: { type: "boolean", default: false },
        "manual-certification": { type: "boolean", default: false },
      },
    });
    const port = Number(values.port);
    if (!/^\d+$/.test(values.port) || port > 65_535) throw new Error("--port must be a whole number from 0 to 65535");
    const { host, legacy, strict } = values;
    return { port, host, legacy, strict, certification: values["manual-certification"] ? "manual" : "timed" };
  } catch (error) {
    process.stderr.write(
      `emulator: ${error instanceof Error ? error.message.split(". ", 1)[0] : "cannot read the flags"}. Usage: ${USAGE}\n`,
    );
    process.exitCode = 2;
    return undefined;
  }
}

function greeting(url: string): string {
  return `
  Emulator of the commercetools Connect API

  API and token endpoint   ${url}
  Project                  ${SEED.projectKey}   (region ${SEED.region})
  API Client               ${SEED.clientId} / ${SEED.clientSecret}
  Controls                 ${url}/_emulator/journal, /faults, /outcomes, /clock, /fixtures, /seed

  TOKEN=$(curl -s -u ${SEED.clientId}:${SEED.clientSecret} -d grant_type=client_credentials ${url}/oauth/token | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')
  curl -s ${url}/${SEED.projectKey}/deployments -H "authorization: Bearer $TOKEN"

`;
}

try {
  await main();
} catch (error) {
  const code: unknown = error instanceof Error && "code" in error ? error.code : undefined;
  process.stderr.write(`emulator: cannot listen (${String(code ?? error)}); choose another --port\n`);
  process.exitCode = 1;
}
