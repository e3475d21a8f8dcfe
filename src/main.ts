import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { setImmediate as eventLoop } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import closeWithGrace from "close-with-grace";
import { keepSecret } from "./key-file.ts";
import { Secret } from "./secret.ts";
import { describeFailure } from "./start-failure.ts";
import { keepTick } from "./ticks.ts";

/** The conventional exit code for settings that cannot be used (EX_CONFIG). */
const EX_CONFIG = 78;
/** With less memory than this, in bytes, there is no room for as much garbage as there is in use. */
const PLENTY = 1024 * 1024 * 1024;

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 24 || (major === 24 && minor < 16)) {
  process.stderr.write(
    `connect-gateway: Node ${process.versions.node} is too old; it needs 24.16 or newer. 'npm ci' installs one, 'npm start' uses it.\n`,
  );
  process.exit(1);
}
// Node would open its debugger, by which anyone on this machine could read the memory.
process.on("SIGUSR1", () => undefined);
enableCompileCache();
keepTick(process.nextTick);
// V8 makes objects in old memory at once where many lived long before, as those of 256 requests that waited together did. Later ones do not, but hold on
// to all of their request there: a cached answer to one of 256 callers took 48 µs of processor time instead of 34.
setFlagsFromString("--no-allocation-site-pretenuring");
// The whole heap is looked through when it has grown twofold, by buffers too. Where little else is made V8 was content with some megabytes: at half of the gateway's
// capacity other requests waited for 40 ms, up to twice a second (P5 of `npm run bench`). What the heap may take in all is as before.
setFlagsFromString("--heap-growing-percent=100");
// A request is many small functions, one after the other: more of them may become one. A plain read takes 4 µs of 105 less.
setFlagsFromString("--max-inlined-bytecode-size=920");
setFlagsFromString("--max-inlined-bytecode-size-cumulative=3000");
// After 8 seconds with little to do V8 lets go of most of what it compiled, to give memory back: the first 10,000 requests after them took twice as much processor
// time. Here that is done after half a minute (`quiet.ts`).
setFlagsFromString("--no-memory-reducer-favors-memory");

type Running = { stop(failure: Error | undefined, signal: string | undefined, urgent: boolean): Promise<void> };

/** Starts the gateway, and stops it on a signal: also on one that comes before it runs, which process 1 of a container would never hear of otherwise. */
async function main(): Promise<void> {
  const ending = new AbortController();
  const started = Promise.withResolvers<Running | undefined>();
  let isStarting = true;
  closeWithGrace({ delay: 25_000, logger: false }, async ({ err, signal }) => {
    ending.abort();
    // Of one that has just begun to listen nobody knows yet.
    const urgent = err !== undefined || isStarting;
    if (err !== undefined && isStarting) return tellFailure(describeFailure(err));
    return (await started.promise)?.stop(err, signal, urgent);
  });
  started.resolve(await start(ending.signal));
  isStarting = false;
}

/** Reads the settings, starts the gateway (and, without upstream projects, the emulator). Undefined when it was to end before it ran. */
async function start(ending: AbortSignal): Promise<Running | undefined> {
  const { ConfigError, readConfig } = await import("./config/index.ts");
  const { startGateway } = await import("./app.ts");
  const { banner } = await import("./banner.ts");
  const { createLogOutput } = await import("./log.ts");
  const machine = await import("./machine.ts");
  const { startQuiet } = await import("./quiet.ts");
  // Then the heap is looked through when it has grown by half. In 256 MB, most of what stood there at the peak was pages of Connect that nobody needed any more.
  if (machine.mostMemory < PLENTY) setFlagsFromString("--heap-growing-percent=50");
  const output = createLogOutput(process.stdout.fd);
  process.once("exit", () => output.end());
  const goOn = async (): Promise<void> => {
    // A signal is heard when the event loop turns, which it may not do at all while everything is read and opened at once.
    await eventLoop();
    ending.throwIfAborted();
  };
  try {
    const config = readConfig(process.env, (path) => readFileSync(path, "utf8"));
    await goOn();
    const jwtSecret = config.jwtSecret ?? new Secret(randomBytes(32).toString("base64url"));
    const gateway = await startGateway(config, { ...output, ...machine, jwtSecret, webhookSecret: keepSecret }, goOn);
    const quiet = startQuiet({ memory: machine.takenMemory });
    if (!ending.aborted) output.write(banner(gateway));
    return {
      stop: async (err, signal, urgent) => {
        quiet.stop();
        if (err !== undefined) gateway.log.fatal({ err }, "unexpected failure");
        gateway.log.info({ signal }, "stopping");
        await gateway.stop(urgent);
        await output.flush();
      },
    };
  } catch (error) {
    const known = error instanceof ConfigError;
    // What was to end has ended, whatever it still ran into.
    if (!ending.aborted) tellFailure(known ? error.message : describeFailure(error));
    await output.flush();
    if (ending.aborted) return undefined;
    // Whatever was begun meanwhile: a gateway that does not run is no process.
    return process.exit(known ? EX_CONFIG : 1);
  }
}

function tellFailure(text: string): void {
  process.stderr.write(`connect-gateway: cannot start. ${text}\n`);
}

await main();
