import type { ServerResponse } from "node:http";

const HEARTBEAT_MS = 12_000;
/** What may wait to be read by one stream, in bytes; a reader that is slower is cut off. */
const MAX_WAITING = 1024 * 1024;
/** Streams of one principal. */
export const MAX_STREAMS = 100;

/** Counts the open streams of each principal. */
export type StreamCount = {
  /** Takes a place; gives the way to leave it, or undefined when all are taken. */
  enter(subject: string): (() => void) | undefined;
};

/** Makes the count of one server. */
export function createStreamCount(): StreamCount {
  const open = new Map<string, number>();
  return {
    enter: (subject) => {
      const count = open.get(subject) ?? 0;
      if (count >= MAX_STREAMS) return undefined;
      open.set(subject, count + 1);
      return () => {
        const left = (open.get(subject) ?? 1) - 1;
        if (left > 0) open.set(subject, left);
        else open.delete(subject);
      };
    },
  };
}

/** A signal for the end of a stream: of its caller's connection (`gone`), of the caller's token, or of the gateway. */
export function endOf(gone: AbortSignal, closing: AbortSignal, expiresAt: number): AbortSignal {
  return AbortSignal.any([gone, closing, AbortSignal.timeout(Math.max(expiresAt - Date.now(), 0))]);
}

type Stream = {
  readonly headers: Readonly<Record<string, number | string | string[] | undefined>>;
  /** Frames, each complete. */
  readonly frames: AsyncIterable<string>;
  /** Sent first and last. */
  readonly opening: string;
  readonly closing: string;
  /** Aborted when the reader is gone. */
  readonly gone: AbortController;
  readonly failed: (error: unknown) => void;
};

/** Writes server-sent events until their source ends, with a heartbeat between. */
export async function sendEvents(raw: ServerResponse, { headers, frames, opening, closing, gone, failed }: Stream): Promise<void> {
  raw.once("close", () => gone.abort());
  raw.writeHead(200, { ...headers, "content-type": "text/event-stream; charset=utf-8", connection: "keep-alive" });
  raw.write(opening);
  const heartbeat = setInterval(() => raw.write(": \n\n"), HEARTBEAT_MS);
  try {
    for await (const frame of frames) {
      raw.write(frame);
      if (raw.writableLength > MAX_WAITING) return void raw.destroy();
    }
  } catch (error) {
    failed(error);
  } finally {
    clearInterval(heartbeat);
    raw.end(closing);
  }
  return undefined;
}
