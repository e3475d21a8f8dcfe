import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { SEED } from "../src/emulator/index.ts";
import { JWT_SECRET } from "../test/helpers/token.ts";

/** A server under measurement, as a process of its own. */
export type Process = { readonly url: string; readonly child: ChildProcess };

/** Starts it and waits until it prints where it listens; gateways find their project in `env` beside what is given. */
export async function startProcess(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Process> {
  const project = {
    CTP_REGION: SEED.region,
    CTP_PROJECT_KEY: SEED.projectKey,
    CTP_CLIENT_ID: SEED.clientId,
    CTP_CLIENT_SECRET: SEED.clientSecret,
  };
  const child = spawn("node", args, {
    env: { PATH: process.env["PATH"] ?? "", PORT: "0", LOG_LEVEL: "silent", RATE_PER_SECOND: "0", JWT_SECRET, ...project, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const url = await new Promise<string>((resolve) => {
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const found = /OpenAPI {5}(http:\/\/[^/\s]+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return { url, child };
}

/** Memory that the process holds, in kilobytes. */
export const residentKilobytes = ({ child }: Process): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]);

/** Processor time that the process has used, in milliseconds. */
export function processorMs({ child }: Process): number {
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
