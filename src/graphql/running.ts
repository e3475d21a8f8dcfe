import { GraphQLError } from "graphql";
import type { Reader } from "../services/index.ts";

/** Where the messages of a subscription go. */
type Way = {
  write(frames: Buffer): void;
  drained(): Promise<void> | undefined;
  refuse(running: Running, errors: readonly GraphQLError[]): void;
};

/** Results for many subscriptions at once, each under its own id: those of one id share the bytes. */
export class Messages {
  readonly #payloads: readonly string[];
  readonly #framed = new Map<string, Buffer>();

  constructor(payloads: readonly string[]) {
    this.#payloads = payloads;
  }

  /** The `next` messages for a subscription of this id, as WebSocket frames. */
  for(id: string): Buffer {
    const held = this.#framed.get(id);
    if (held !== undefined) return held;
    const [before, frames] = [`{"id":${JSON.stringify(id)},"type":"next","payload":`, [] as Buffer[]];
    for (const payload of this.#payloads) frames.push(frame(`${before}${payload}}`));
    const [only] = frames;
    const framed = frames.length === 1 && only !== undefined ? only : Buffer.concat(frames);
    this.#framed.set(id, framed);
    return framed;
  }
}

/** One subscription of a socket. */
export class Running implements Reader<Messages> {
  readonly id: string;
  readonly #way: Way;
  /** Whether it has a place among those of its principal. */
  counted = false;
  leave: (() => void) | undefined;

  constructor(way: Way, id: string) {
    this.#way = way;
    this.id = id;
  }

  take(messages: Messages): void {
    this.#way.write(messages.for(this.id));
  }

  ready(): Promise<void> | undefined {
    return this.#way.drained();
  }

  fail(error: unknown): void {
    this.#way.refuse(this, [new GraphQLError("", { originalError: error instanceof Error ? error : undefined })]);
  }
}

const [FINAL_TEXT, TWO_BYTES, EIGHT_BYTES] = [0x81, 126, 127];

/** A text as one frame, final and unmasked (RFC 6455, 5.2). */
function frame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const head = length < TWO_BYTES ? 2 : length < 65_536 ? 4 : 10;
  const bytes = Buffer.allocUnsafe(head + length);
  bytes[0] = FINAL_TEXT;
  if (head === 2) bytes[1] = length;
  else if (head === 4) {
    bytes[1] = TWO_BYTES;
    bytes.writeUInt16BE(length, 2);
  } else {
    bytes[1] = EIGHT_BYTES;
    bytes.writeBigUInt64BE(BigInt(length), 2);
  }
  bytes.write(text, head);
  return bytes;
}
