/**
 * `npm run bench:watch [-- --deployments N --looks N]`: processor time of the gateway for one look at a project where nothing changes, the calls that it
 * takes, and the memory after each third of the looks.
 */
import { parseArgs } from "node:util";
import { createEmulator } from "../src/emulator/index.ts";
import { type Json, read, rows } from "../test/helpers/gateway.ts";
import { processorMs, residentKilobytes, startProcess } from "./process.ts";

const { values } = parseArgs({ options: { deployments: { type: "string", default: "10000" }, looks: { type: "string", default: "12" } } });
const LOOKS = Number(values.looks);

const emulator = await createEmulator();
const control = async (method: string, path: string, body?: object): Promise<Json> => {
  const headers = { "content-type": "application/json" };
  return (
    await read(
      await fetch(`${emulator.url}/_emulator/${path}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
    )
  ).body;
};
await control("POST", "seed", { connectors: 0, deployments: Number(values.deployments) - 1 });
const gateway = await startProcess(["src/main.ts"], {
  CTP_AUTH_URL: emulator.url,
  CTP_CONNECT_URL: emulator.url,
  DATABASE_URL: "sqlite::memory:",
  WATCH_INTERVAL_MS: "300",
});
const calls = async (): Promise<number> =>
  rows(await control("GET", "journal"), "results").filter((each) => each["kind"] === "request").length;
const looks = async (): Promise<number> =>
  rows(await control("GET", "journal"), "results").filter((each) => each["path"] === "/connectors/drafts").length;
const until = async (count: number): Promise<void> => {
  while ((await looks()) < count) await new Promise((resolve) => void setTimeout(resolve, 20));
};

// The first looks are a baseline, and warm the process up.
await until(3);
await control("DELETE", "journal");
const [began, memory] = [processorMs(gateway), [residentKilobytes(gateway)]];
for (let third = 1; third <= 3; third++) {
  await until((LOOKS * third) / 3);
  memory.push(residentKilobytes(gateway));
}
const [spent, asked] = [processorMs(gateway) - began, await calls()];
process.stdout.write(
  `${values.deployments} deployments, ${LOOKS} looks: ${(spent / LOOKS).toFixed(0)} ms of processor time and ${(asked / LOOKS).toFixed(1)} calls a look\n`,
);
process.stdout.write(
  `memory before, and after each third: ${memory.map((kilobytes) => `${(kilobytes / 1024).toFixed(0)} MB`).join(", ")}\n`,
);
gateway.child.kill();
process.exit(0);
