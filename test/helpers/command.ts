import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { Test } from "tap";

export type Done = { readonly code: number | null; readonly stdout: string; readonly stderr: string };
export type Environment = Readonly<Record<string, string>>;

/** Where commands of the project's own dependencies are found, and nothing else of this process's environment. */
export function environment(more: Environment = {}): Record<string, string> {
  return {
    PATH: `${process.cwd()}/node_modules/.bin:${process.env["PATH"] ?? ""}`,
    HOME: process.env["HOME"] ?? "/",
    // What is started again and again, such as the official CLI, is compiled once.
    NODE_COMPILE_CACHE: `${process.cwd()}/node_modules/.cache/compiled`,
    CI: "1",
    NO_COLOR: "1",
    ...more,
  };
}

/** Runs a command to its end. */
export async function run(command: string, args: readonly string[], env: Environment = {}, input = ""): Promise<Done> {
  const child = spawn(command, args, { env: environment(env), stdio: ["pipe", "pipe", "pipe"] });
  // A command that is over before it has read anything is no fault.
  child.stdin.on("error", () => undefined).end(input);
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => void (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => void (stderr += text));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}

export type Started = { readonly child: ChildProcess; output(): string; stop(): Promise<number | null> };

/** Starts a server and waits until its output matches `ready`; it is ended with the test. */
export async function start(t: Test, command: string, args: readonly string[], env: Environment, ready: RegExp): Promise<Started> {
  const child = spawn(command, args, { env: environment(env), stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const ended = once(child, "close");
  async function stop(): Promise<number | null> {
    if (child.exitCode === null) child.kill("SIGTERM");
    const [code] = (await ended) as [number | null];
    return code;
  }
  t.teardown(stop);
  await new Promise<void>((resolve, reject) => {
    const take = (text: string): void => {
      output += text;
      if (ready.test(output)) resolve();
    };
    child.stdout.setEncoding("utf8").on("data", take);
    child.stderr.setEncoding("utf8").on("data", take);
    child.once("close", () => reject(new Error(`ended before it was ready: ${output}`)));
  });
  return { child, output: () => output, stop };
}
