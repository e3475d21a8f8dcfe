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
      timestamp: createTimestamp(),
      formatters: { level: (label) => ({ level: label }) },
      serializers: { err: describe, req: () => undefined, res: () => undefined },
    },
    { write: (line) => write(scrubber.scrubLine(line)) },
  );
}

/** The time as pino adds it to a line, ISO 8601 in milliseconds: printed once for all lines of one of them. */
function createTimestamp(now: () => number = Date.now): () => string {
  let [at, text] = [0, ""];
  return () => {
    const time = now();
    if (time !== at) [at, text] = [time, `,"time":"${new Date(time).toISOString()}"`];
    return text;
  };
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

/** The way out of log lines: in pieces, and never waited for, because whoever reads them may be slow or gone. */
export type LogOutput = {
  write(line: string): void;
  /** Lines that were left out since the start. */
  dropped(): number;
  /** Gives what is left to the reader, if it takes it within {@link FLUSH_MS}. */
  flush(): Promise<void>;
};

/** Lines are written in pieces of about so many bytes, and after so many milliseconds in any case. */
const PIECE = 14 * 1_024;
const PIECE_MS = 50;
/** Bytes that wait for a reader; what comes on top is left out. */
const MOST_WAITING = 1024 * 1024;
const FLUSH_MS = 1_000;

/** Makes the way out through a file descriptor. */
export function createLogOutput(fd: number): LogOutput {
  let dropped = 0;
  // Text would be measured anew with each line that joins it: 2.8 µs a line instead of 1.
  const form = { contentMode: "buffer", minLength: PIECE, maxLength: MOST_WAITING, periodicFlush: PIECE_MS } as const;
  const output = pino.destination({ dest: fd, sync: false, ...form });
  // Its types know of text alone.
  const bytes = output as unknown as { write(line: Buffer): boolean };
  output.on("drop", () => void (dropped += 1));
  // The reader is gone: nothing is lost but lines that nobody reads.
  output.on("error", () => void (dropped += 1));
  return {
    write: (line) => void bytes.write(Buffer.from(line)),
    dropped: () => dropped,
    flush: () =>
      new Promise((resolve) => {
        setTimeout(resolve, FLUSH_MS).unref();
        output.flush(() => resolve());
      }),
  };
}
