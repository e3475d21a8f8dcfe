import { type Logger, pino } from "pino";
import { GatewayError } from "./errors.ts";
import type { Scrubber } from "./scrub.ts";

/**
 * Makes the logger: one line of JSON an event, scrubbed by value on its way to `write`, at every level. Requests and errors are logged by
 * fields named here; bodies, headers and URLs never are.
 */
export function createLog(level: string, scrubber: Scrubber, write: (line: string) => void): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describe, req: () => undefined, res: () => undefined },
    },
    { write: (line) => write(scrubber.scrubLine(line)) },
  );
}

/** An error by its kind and place. The text of an error that is not ours may quote what somebody sent, so it stays out. */
function describe(error: unknown): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const frames = (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  const code: unknown = "code" in error ? error.code : undefined;
  const ours = error instanceof GatewayError || error.name === "TransportError";
  return {
    type: error.name,
    ...(typeof code === "string" ? { code } : {}),
    ...(ours ? { message: error.message } : {}),
    stack: frames.slice(0, 8).join("\n"),
    ...(error.cause === undefined ? {} : { cause: describe(error.cause) }),
  };
}
