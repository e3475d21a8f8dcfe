import { setTimeout as sleep } from "node:timers/promises";
import { type Logger, pino } from "pino";
import { openDescriptor } from "./descriptor.ts";
import { GatewayError } from "./errors.ts";
import type { Scrubber } from "./scrub/index.ts";

/** Fields whose values the gateway itself makes: words of its own, figures, and names that its settings or an issuer's token gave. */
const OURS: ReadonlySet<string> = new Set(
  "level time method route status ms subject region projectKey project operation outcome attempts webhook disabled count failures".split(
    " ",
  ),
);

/** A message is a sentence of the gateway's code, but beside an error, whose own it may be, and where the framework quotes an address. */
function isOurs(name: string, value: string | number, line: string): boolean {
  return OURS.has(name) || (name === "msg" && !line.includes('"err":') && !String(value).includes("/"));
}

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
      serializers: { err: (error: unknown) => describe(error), req: () => undefined, res: () => undefined },
    },
    { write: (line) => write(inOneLine(scrubber.scrubLine(line, (name, value) => isOurs(name, value, line)))) },
  );
}

/** Takes a line for the log, a warning unless it says otherwise: what rooms need of the logger that tell only of trouble. */
export type Tell = (message: string, fields: object, level?: "warn" | "debug") => void;

/** Writes such lines to a logger. */
export function tellTo(log: Logger): Tell {
  return (message, fields, level = "warn") => log[level](fields, message);
}

/** What JSON leaves as it is, and a terminal or a viewer takes for the end of a line or a command: controls beyond ASCII, separators, and marks of direction. */
const CONTROL = /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;
const CONTROLS = new RegExp(CONTROL, "g");

function inOneLine(line: string): string {
  if (!CONTROL.test(line)) return line;
  return line.replace(CONTROLS, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
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

/** So many causes of an error are told: one may be its own. */
const MOST_CAUSES = 5;

/** An error by its kind and place. The text of an error that is not ours may quote what somebody sent, so it stays out. */
function describe(error: unknown, causes = MOST_CAUSES): Record<string, unknown> {
  if (!(error instanceof Error)) return { type: typeof error };
  const frames = (error.stack ?? "").split("\n").filter((line) => line.startsWith("    at "));
  const code: unknown = "code" in error ? error.code : undefined;
  const ours = error instanceof GatewayError || error.name === "TransportError";
  return {
    type: error.name,
    ...(typeof code === "string" ? { code } : {}),
    ...(ours ? { message: error.message } : {}),
    stack: frames.slice(0, 8).join("\n"),
    ...(error.cause === undefined || causes === 0 ? {} : { cause: describe(error.cause, causes - 1) }),
  };
}

/** The way out of log lines: in pieces, and never waited for, because whoever reads them may be slow or gone. */
export type LogOutput = {
  write(line: string): void;
  /** Lines that were left out since the start. */
  dropped(): number;
  /** Gives what is left to the reader, if it takes it within {@link FLUSH_MS}. */
  flush(): Promise<void>;
  /** For the last moment, in which nobody can wait: gives the reader the lines of the last {@link PIECE_MS}, if it has taken all before them. */
  end(): void;
};

/** Lines are written in pieces of at most so many bytes, and after so many milliseconds in any case. */
const PIECE = 32 * 1_024;
const PIECE_MS = 50;
/** Bytes that wait for a reader; what comes on top is left out. */
const MOST_WAITING = 1024 * 1024;
/** One character of a text takes so many bytes at most. */
const BYTES = 3;
const FLUSH_MS = 1_000;

/** The bytes of a block from one place to another. */
type Piece = { readonly block: Buffer; readonly from: number; readonly used: number };
const bytesOf = ({ block, from, used }: Piece): Buffer => block.subarray(from, used);

/** Makes the way out through a file descriptor. */
export function createLogOutput(fd: number): LogOutput {
  const out = openDescriptor(fd);
  // Two blocks take turns, as long as the reader keeps up: with memory of its own for each line, a remembered answer takes a tenth longer.
  let spare: Buffer | undefined;
  let block: Buffer = Buffer.allocUnsafeSlow(PIECE);
  let used = 0;
  const pieces: Piece[] = [];
  let [waiting, dropped] = [0, 0];
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<void> | undefined;

  async function sendAll(): Promise<void> {
    for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
      await out.write(bytesOf(piece));
      sent(piece);
    }
    sending = undefined;
  }
  function sent({ block, used }: Piece): void {
    waiting -= used;
    if (block.length === PIECE) spare = block;
  }
  function queue(piece: Piece): void {
    const taken = sending === undefined ? out.writeNow(bytesOf(piece)) : 0;
    if (taken === piece.used) return sent(piece);
    pieces.push({ ...piece, from: taken });
    sending ??= sendAll();
  }
  function close(): void {
    if (used === 0) return;
    queue({ block, from: 0, used });
    block = spare ?? Buffer.allocUnsafeSlow(PIECE);
    spare = undefined;
    used = 0;
  }
  /** Lines that come while a piece is on its way wait for a whole one: many small ones would take a block each. */
  function closeInTime(): void {
    timer = sending === undefined ? undefined : setTimeout(closeInTime, PIECE_MS);
    if (timer === undefined) close();
  }
  function add(line: string): void {
    const most = line.length * BYTES;
    if (most > PIECE - used) close();
    if (most > PIECE) {
      const bytes = Buffer.from(line);
      waiting += bytes.length;
      return queue({ block: bytes, from: 0, used: bytes.length });
    }
    const written = block.write(line, used);
    used += written;
    waiting += written;
    timer ??= setTimeout(closeInTime, PIECE_MS);
  }
  return {
    write: (line) => {
      // Measured only where it matters.
      if (waiting + line.length * BYTES <= MOST_WAITING || waiting + Buffer.byteLength(line) <= MOST_WAITING) add(line);
      else dropped += 1;
    },
    dropped: () => dropped,
    flush: () => {
      clearTimeout(timer);
      timer = undefined;
      close();
      return Promise.race([sending, sleep(FLUSH_MS, undefined, { ref: false })]);
    },
    end: () => {
      if (sending === undefined) out.writeLast(block.subarray(0, used));
    },
  };
}
