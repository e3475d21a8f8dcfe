import type { ServerResponse } from "node:http";
import { gatewayError } from "./errors.ts";
import { createCounts, createRounds, drained, failUnfinished, type Open, type Rounds, STAYS } from "./long-lived.ts";

/** What may wait to be read by one stream, in bytes; a reader that is slower is cut off. */
const MAX_WAITING = 1024 * 1024;
/** Streams of one principal. */
const MAX_STREAMS = 100;
const BEAT = Buffer.from(": \n\n");

type StreamOptions = {
  /** The stream ends with the caller's token: milliseconds since 1970, asked for again and again. */
  readonly caller: { readonly subject: string; readonly expiresAt: number };
  readonly headers: Readonly<Record<string, number | string | string[] | undefined>>;
  /** Sent first and last. */
  readonly opening: string;
  readonly closing: string;
};

/** The open streams of server-sent events of one face. */
export type Streams = {
  /** Answers with a stream; undefined, and nothing is written, when the caller has left. Throws `LimitExceeded` when all places of the principal are taken. */
  open(raw: ServerResponse, options: StreamOptions): Stream | undefined;
  /** How many are open. */
  readonly total: () => number;
};

/** Makes the streams of one face; all end with `closing`. */
export function createStreams(closing: AbortSignal): Streams {
  const rounds = createRounds();
  const places = createCounts(MAX_STREAMS);
  const all = new Set<Stream>();
  closing.addEventListener("abort", () => all.forEach((stream) => stream.end()));
  return {
    total: () => all.size,
    open: (raw, options) => {
      const { subject } = options.caller;
      // The end of a connection is told once: who left before would keep the place for ever.
      if (raw.destroyed) return undefined;
      if (!places.enter(subject)) throw gatewayError("LimitExceeded", `A principal may have ${MAX_STREAMS} streams open.`);
      const stream = new Stream(raw, options, rounds, () => {
        all.delete(stream);
        places.leave(subject);
      });
      all.add(stream);
      if (closing.aborted) stream.end();
      return stream;
    },
  };
}

/** One stream, a reader of the feed: a class, because there may be ten thousand, and what each holds counts. */
export class Stream implements Open {
  readonly #raw: ServerResponse;
  readonly #caller: StreamOptions["caller"];
  readonly #closing: string;
  #leave: (() => void) | undefined;

  constructor(raw: ServerResponse, { headers, opening, closing, caller }: StreamOptions, rounds: Rounds, closed: () => void) {
    this.#raw = raw;
    this.#caller = caller;
    this.#closing = closing;
    raw.writeHead(200, { ...headers, "content-type": "text/event-stream; charset=utf-8", connection: "keep-alive" });
    raw.write(opening);
    raw.emit(STAYS);
    rounds.add(this);
    // Before whatever else looks at its end: a stream is there to be left by its reader, and keeps the status with which it began.
    raw.prependOnceListener("close", () => failUnfinished(raw));
    raw.once("close", () => {
      rounds.remove(this);
      this.#leave?.();
      closed();
    });
  }

  /** From now on leaves what it reads when the connection ends. */
  reads(leave: () => void): void {
    this.#leave = leave;
    if (this.#raw.destroyed) leave();
  }

  /** Writes frames, each complete; what has ended takes no more. */
  take(frames: Buffer): void {
    if (this.#raw.writableEnded || this.#raw.destroyed) return undefined;
    // Before the next frames, not after these: one large page alone cuts nobody off.
    if (this.#raw.writableLength > MAX_WAITING) return void this.#raw.destroy();
    this.#raw.write(frames);
    return undefined;
  }

  ready(): Promise<void> | undefined {
    return drained(this.#raw);
  }

  fail(): void {
    this.#raw.destroy();
  }

  /** Ends it with its last words. */
  end(): void {
    if (!this.#raw.writableEnded) this.#raw.end(this.#closing);
  }

  look(now: number, beat: boolean): void {
    if (now >= this.#caller.expiresAt) this.end();
    // Whoever still has something to read needs no sign of life, and is not to be cut off for one.
    else if (beat && this.#raw.writableLength === 0) this.take(BEAT);
  }
}
