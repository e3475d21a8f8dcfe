import { randomUUID } from "node:crypto";
import type { Duplex } from "node:stream";
import { GraphQLError } from "graphql";
import { CloseCode, type ConnectionInitMessage, MessageType, parseMessage, type SubscribeMessage } from "graphql-ws";
import { WebSocket } from "ws";
import { gatewayError } from "../errors.ts";
import { createCounts, type Counts, drained, type Open, type Rounds } from "../long-lived.ts";
import type { Caller, EventFilter, Following } from "../services/index.ts";
import { printError } from "./errors.ts";
import { MAX_DOCUMENT } from "./limits.ts";
import { Messages, Running } from "./running.ts";
import type { Subscription, Subscriptions } from "./stream.ts";

const INIT_MS = 3_000;
const MAX_PER_SOCKET = 20;
const MAX_PER_PRINCIPAL = 100;
const MAX_SOCKETS = 10;
/** Messages, pings and pongs that one socket may send in a second. */
const MAX_PER_SECOND = 100;
/** What may wait to be read by one socket, in bytes; and how long its messages may be, and what may wait, while it is nobody's. */
const MAX_WAITING = 1024 * 1024;
const MAX_UNKNOWN = 16 * 1024;
/** Characters of the id of a subscription, which is sent with each of its messages; and bytes of a ping whose payload is sent back: no pong needs one. */
const MAX_ID = 256;
const MAX_ECHO = 1024;
const TOO_LONG = 1009;
const FLOOD = 1008;
const SLOW = 1013;
const SUBSCRIPTIONS_ONLY = "Only subscriptions are served here; send queries and mutations by POST.";

/** What all sessions share. */
export type SessionPorts = {
  readonly authenticate: (authorization: string) => Promise<Caller | undefined>;
  /** Counts a refused token of an address; an error once it has sent too many. */
  readonly countFailure: (ip: string) => Promise<Error | undefined>;
  /** Reads the JSON of a message; throws for what is none. */
  readonly readJson: (bytes: Buffer) => unknown;
  readonly follow: (caller: Caller, filter: EventFilter) => Promise<Following>;
  readonly subscriptions: Subscriptions;
  readonly rounds: Rounds;
  readonly limits: { readonly sockets: Counts; readonly subscriptions: Counts };
  readonly failed: (error: unknown) => void;
};

/** Who is at the other end: its connection, its address, and the `Authorization` of its upgrade. */
export type Peer = { readonly stream: Duplex; readonly ip: string; readonly authorization: string | undefined };

/** Makes the counts of sockets and subscriptions of each principal. */
export function createLimits(): SessionPorts["limits"] {
  return { sockets: createCounts(MAX_SOCKETS), subscriptions: createCounts(MAX_PER_PRINCIPAL) };
}

/**
 * One socket of `graphql-transport-ws`, from its `connection_init` on. The library parses its messages; what it is sent is made once for all sockets
 * that want the same. A class, because there may be ten thousand, and what each holds counts.
 */
export class Session implements Open {
  readonly #socket: WebSocket;
  readonly #stream: Duplex;
  readonly #ip: string;
  readonly #ports: SessionPorts;
  /** Until the socket is somebody's: the header of its upgrade. */
  #authorization: string | undefined;
  #waiting: NodeJS.Timeout | undefined;
  #initialised = false;
  #caller: Caller | undefined;
  #running: Running[] = [];
  #alive = true;
  #heard = 0;

  constructor(socket: WebSocket, { stream, ip, authorization }: Peer, ports: SessionPorts) {
    this.#socket = socket;
    this.#stream = stream;
    this.#ip = ip;
    this.#ports = ports;
    this.#authorization = authorization;
    this.#waiting = setTimeout(() => socket.close(CloseCode.ConnectionInitialisationTimeout, "Connection initialisation timeout"), INIT_MS);
    ports.rounds.add(this);
    socket.on("message", (data: Buffer, isBinary) => this.#hear(data, isBinary));
    socket.on("ping", (data: Buffer) => this.#count() && this.#takes() && socket.pong(data));
    socket.on("pong", () => void (this.#alive = this.#count()));
    // A frame that is too large, or none at all: the socket closes by itself, with the right code.
    socket.on("error", ports.failed);
    socket.once("close", () => this.#end());
  }

  /** Sends what is framed already. */
  write(frames: Buffer): void {
    if (this.#takes()) this.#stream.write(frames);
  }

  drained(): Promise<void> | undefined {
    return drained(this.#stream);
  }

  /** Tells that a subscription cannot be had, or not any more, and forgets it. */
  refuse(running: Running, errors: readonly GraphQLError[]): void {
    if (!this.#forget(running)) return;
    this.#send({ id: running.id, type: MessageType.Error, payload: errors.map((error) => printError(error, randomUUID())) });
  }

  look(now: number, beat: boolean): void {
    this.#heard = 0;
    if (this.#caller !== undefined && now >= this.#caller.expiresAt)
      return this.#socket.close(CloseCode.Unauthorized, "The token has ended.");
    if (!beat) return undefined;
    if (!this.#alive) return this.#socket.terminate();
    this.#alive = false;
    return this.#takes() ? this.#socket.ping() : undefined;
  }

  #hear(data: Buffer, isBinary: boolean): void {
    this.#alive = true;
    if (!this.#count()) return;
    if (isBinary) return this.#socket.close(CloseCode.BadRequest, "Binary frames are not taken.");
    if (this.#caller === undefined && data.length > MAX_UNKNOWN)
      return this.#cutOff(TOO_LONG, "Too long before the connection is acknowledged.");
    this.#answer(data).catch((error: unknown) => {
      this.#ports.failed(error);
      this.#socket.close(CloseCode.InternalServerError, "Internal server error");
    });
  }

  #count(): boolean {
    this.#heard += 1;
    if (this.#heard > MAX_PER_SECOND) this.#cutOff(FLOOD, "Too many messages.");
    return this.#heard <= MAX_PER_SECOND && this.#socket.readyState === WebSocket.OPEN;
  }

  async #answer(data: Buffer): Promise<void> {
    const message = parse(data, this.#ports.readJson);
    switch (message?.type) {
      case MessageType.ConnectionInit:
        return this.#initialise(message);
      case MessageType.Subscribe:
        return this.#subscribe(message);
      case MessageType.Complete:
        return void this.#forget(this.#running.find(({ id }) => id === message.id));
      case MessageType.Ping:
        return this.#send({ type: MessageType.Pong, payload: data.length > MAX_ECHO ? undefined : message.payload });
      case MessageType.Pong:
        return undefined;
      default:
        return this.#socket.close(CloseCode.BadRequest, "Invalid message received");
    }
  }

  /** Takes the token of the init message, or of the upgrade; without a good one the socket is closed. */
  async #initialise({ payload }: ConnectionInitMessage): Promise<void> {
    if (this.#initialised) return this.#socket.close(CloseCode.TooManyInitialisationRequests, "Too many initialisation requests");
    this.#initialised = true;
    clearTimeout(this.#waiting);
    this.#waiting = undefined;
    const given = payload?.["authorization"] ?? this.#authorization;
    this.#authorization = undefined;
    const caller = typeof given === "string" ? await this.#ports.authenticate(given) : undefined;
    if (caller === undefined && (await this.#ports.countFailure(this.#ip)) !== undefined)
      return this.#socket.close(FLOOD, "Too many refused tokens.");
    if (this.#socket.readyState !== WebSocket.OPEN) return undefined;
    if (caller === undefined || !this.#ports.limits.sockets.enter(caller.subject))
      return this.#socket.close(CloseCode.Forbidden, "Forbidden");
    this.#caller = caller;
    return this.#send({ type: MessageType.ConnectionAck });
  }

  async #subscribe({ id, payload }: SubscribeMessage): Promise<void> {
    const caller = this.#caller;
    if (caller === undefined) return this.#socket.close(CloseCode.Unauthorized, "Unauthorized");
    if (id.length > MAX_ID) return this.#socket.close(CloseCode.BadRequest, `An id has ${MAX_ID} characters at most.`);
    if (this.#running.some((each) => each.id === id))
      return this.#socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber already exists`);
    const running = new Running(this, id);
    const { query, operationName, variables } = payload;
    const full =
      this.#running.length >= MAX_PER_SOCKET ? refusal("LimitExceeded", `A socket may have ${MAX_PER_SOCKET} subscriptions.`) : undefined;
    this.#running.push(running);
    if (full !== undefined) return this.refuse(running, [full]);
    running.counted = this.#ports.limits.subscriptions.enter(caller.subject);
    if (!running.counted)
      return this.refuse(running, [refusal("LimitExceeded", `A principal may have ${MAX_PER_PRINCIPAL} subscriptions.`)]);
    if (Buffer.byteLength(query) > MAX_DOCUMENT)
      return this.refuse(running, [refusal("LimitExceeded", `The document is longer than ${MAX_DOCUMENT} bytes.`)]);
    const { subscriptions } = this.#ports;
    if (!subscriptions.has(query, operationName ?? undefined)) {
      const faults = subscriptions.faults(query);
      return this.refuse(running, faults.length > 0 ? faults : [refusal("InvalidJsonInput", SUBSCRIPTIONS_ONLY)]);
    }
    const subscription = await subscriptions.prepare({ query, operationName: operationName ?? undefined, variables: variables ?? {} });
    if (!("form" in subscription)) return this.refuse(running, subscription);
    return this.#follow(caller, running, subscription);
  }

  async #follow(caller: Caller, running: Running, { filter, form }: Subscription): Promise<void> {
    try {
      const { resync, join } = await this.#ports.follow(caller, filter);
      if (!this.#running.includes(running)) return;
      if (resync !== undefined) running.take(new Messages(form.render([resync]) ?? []));
      running.leave = join({ name: `${form.name} messages`, render: (events) => new Messages(form.render(events) ?? []) }, running);
    } catch (error) {
      this.refuse(running, [new GraphQLError("", { originalError: error instanceof Error ? error : undefined })]);
    }
  }

  #forget(running: Running | undefined): boolean {
    if (running === undefined || !this.#running.includes(running)) return false;
    this.#running = this.#running.filter((each) => each !== running);
    running.leave?.();
    if (running.counted && this.#caller !== undefined) this.#ports.limits.subscriptions.leave(this.#caller.subject);
    return true;
  }

  #send(message: object): void {
    if (this.#takes()) this.#socket.send(JSON.stringify(message));
  }

  /** Whether the peer may be sent more; who leaves too much unread is closed. Asked before the next frames, not after these: one large page alone cuts nobody off. */
  #takes(): boolean {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    const takes = this.#stream.writableLength <= (this.#caller === undefined ? MAX_UNKNOWN : MAX_WAITING);
    if (!takes) this.#socket.close(SLOW, "Too slow.");
    return takes;
  }

  /** Closes, and reads nothing more: whoever sends too much does not stop for being told. He hears of it at once, because the answer to the closing is not waited for. */
  #cutOff(code: number, reason: string): void {
    this.#socket.close(code, reason);
    this.#stream.end();
    this.#socket.pause();
  }

  #end(): void {
    clearTimeout(this.#waiting);
    this.#ports.rounds.remove(this);
    for (const running of this.#running) this.#forget(running);
    if (this.#caller !== undefined) this.#ports.limits.sockets.leave(this.#caller.subject);
  }
}

function parse(data: Buffer, readJson: SessionPorts["readJson"]): ReturnType<typeof parseMessage> | undefined {
  try {
    return parseMessage(readJson(data));
  } catch {
    return undefined;
  }
}

function refusal(code: "LimitExceeded" | "InvalidJsonInput", message: string): GraphQLError {
  return new GraphQLError(message, { originalError: gatewayError(code, message) });
}
