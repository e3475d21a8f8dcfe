import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Caller } from "../services/index.ts";
import type { Again } from "../timing.ts";
import { logRepeat } from "./access-log.ts";
import type { Admission } from "./admission.ts";
import type { Auth } from "./auth.ts";
import type { Connections } from "./connections.ts";
import { GONE, nextOn } from "./gone.ts";
import type { Rate } from "./rate.ts";
import type { Stages } from "./stages.ts";
import type { Telemetry } from "./telemetry.ts";
import { isReadFrom, seemsWhole } from "./whole.ts";

declare module "fastify" {
  interface FastifyReply {
    /** The bytes of an answer that may be given again, and what they were made from. */
    repeatable: { readonly body: Buffer; readonly again: Again } | undefined;
  }
}

/** A request that went the whole way, and may come again on its connection. */
export type Repeat = {
  readonly socket: Socket;
  readonly authorization: string;
  readonly caller: Caller;
  readonly method: string;
  /** The route's pattern. */
  readonly route: string;
};

/** How it was answered when it did. */
export type Repeated = { readonly correlationId: string; readonly status: number; readonly ms: number };

/** Those who would have been asked, or told, on the whole way. */
type Options = {
  readonly isOpen: Stages["isOpen"];
  readonly rate: Pick<Rate, "takeShare">;
  readonly auth: Pick<Auth, "isHeldBy">;
  readonly admission: Admission;
  readonly connections: Connections;
  readonly telemetry: Pick<Telemetry, "repeated">;
};

/** What is known of a request that went the whole way. */
type Known = Repeat & {
  readonly bytes: Buffer;
  /** The identifier that it brings itself. */
  readonly correlationId: string | undefined;
  /** The lines of its answer's head that stay the same. */
  readonly head: string;
  /** Not held on to: it is remembered elsewhere, or no more. */
  readonly body: WeakRef<Buffer>;
  readonly again: Again;
};

type Connection = {
  /** The request that is answered at the moment, if all of it and nothing else came in one piece. */
  asked: Buffer | undefined;
  known: Known | undefined;
  /** How often in a row what came was not what is known. */
  inVain: number;
};

/** Who asks something else so often in a row is not listened to for so many remembered answers: it took a tenth of them. */
const IN_VAIN = 8;
const REST = 100;

/** Longer requests and answers go the whole way each time, in bytes: the ones are held for each connection, the others take a place while they lie untaken. */
const LONGEST_REQUEST = 4 * 1024;
const LONGEST_ANSWER = 64 * 1024;

/** Lines of a head that are made anew for each answer. */
const NEW_LINES = /^(?:date|x-correlation-id|server-timing|ratelimit-[a-z]+): [^\r\n]*\r\n/gim;
/** An answer takes some hundredths of a millisecond. */
const TIMING = "server-timing: cache;desc=hit, total;dur=0.0\r\n";

/**
 * Answers a request at once that comes again byte for byte on its connection, while what its answer was made from is remembered and as good as new. Parsing,
 * routes and hooks would come to the same end: for a remembered answer they are three quarters of the work that is not the kernel's (P3 of `npm run bench`). Node
 * reads whatever else comes, and the first of each.
 */
export function registerRepeats(app: FastifyInstance, options: Options): void {
  const { isOpen, rate, auth, admission, connections, telemetry } = options;
  const bytesOf = new WeakMap<IncomingMessage, Buffer>();
  const heard = new WeakMap<Socket, Connection>();
  const resting = new WeakMap<Socket, number>();
  const date = createDate();
  let coming: Buffer | undefined;

  /** Answers if it may; all who could refuse are asked before anything is counted. */
  function answer(known: Known): boolean {
    const { socket, authorization, caller, again, correlationId = randomUUID() } = known;
    const isWelcome = isOpen() && admission.admits(caller.subject) && auth.isHeldBy(caller, socket, authorization);
    const body = isWelcome && again.holds() ? known.body.deref() : undefined;
    const share = body === undefined ? undefined : rate.takeShare(caller.subject);
    if (body === undefined || share === undefined) return false;
    again.count();
    connections.used(socket);
    socket.cork();
    socket.write(`${known.head}${share}x-correlation-id: ${correlationId}\r\ndate: ${date()}\r\n\r\n`, "latin1");
    socket.write(body);
    socket.uncork();
    if (socket.writableLength === 0) tell(known, { correlationId, status: 200, ms: 0 });
    else lie(known, correlationId, body.length);
    return true;
  }

  /** Waits until all was taken, or the caller is gone. */
  function lie(known: Known, correlationId: string, bytes: number): void {
    const { socket, caller } = known;
    const since = performance.now();
    const ends = [admission.lie(caller.subject, bytes), connections.lie(socket)];
    // It goes after what lies there.
    socket.write("", (error) => {
      for (const end of ends) end();
      const ms = Math.round((performance.now() - since) * 10) / 10;
      tell(known, { correlationId, status: error ? GONE : 200, ms });
    });
  }

  function tell(known: Known, repeated: Repeated): void {
    telemetry.repeated(known, repeated);
    logRepeat(app.log, known, repeated);
  }

  /** Sees what comes on a connection before Node does, as long as it is whole requests, one after the other. */
  function listen(socket: Socket): void {
    const [toNode] = socket.listeners("data") as ((chunk: Buffer) => void)[];
    if (toNode === undefined) return;
    const connection: Connection = { asked: undefined, known: undefined, inVain: 0 };
    const take = (chunk: Buffer): void => {
      const isNext = connection.asked === undefined && isQuiet(socket);
      const known = isNext && connection.known?.bytes.equals(chunk) === true ? connection.known : undefined;
      if (known !== undefined) connection.inVain = 0;
      else if (connection.known !== undefined) connection.inVain += 1;
      if (known !== undefined && answer(known)) return;
      const isOne = isNext && connection.inVain < IN_VAIN && chunk.length <= LONGEST_REQUEST && seemsWhole(chunk);
      Object.assign(connection, { asked: isOne ? chunk : undefined, known: undefined });
      if (!isOne) leave();
      coming = connection.asked;
      try {
        toNode.call(socket, chunk);
      } finally {
        coming = undefined;
      }
    };
    const leave = (): void => {
      socket.off("data", take).on("data", toNode);
      heard.delete(socket);
      if (connection.inVain >= IN_VAIN) resting.set(socket, REST);
    };
    socket.off("data", toNode).on("data", take);
    heard.set(socket, connection);
  }

  /** Whether a connection on which a remembered answer was given is to be listened to. */
  function isRested(socket: Socket): boolean {
    const left = resting.get(socket) ?? 0;
    if (left > 0) resting.set(socket, left - 1);
    return left === 0;
  }

  app.server.on("request", (request) => {
    if (coming !== undefined) bytesOf.set(request, coming);
  });
  app.decorateReply("repeatable");
  app.addHook("onSend", (_request, reply, payload, done) => {
    const again = reply.statusCode === 200 ? reply.timing?.again() : undefined;
    if (again !== undefined && Buffer.isBuffer(payload) && payload.length <= LONGEST_ANSWER) reply.repeatable = { body: payload, again };
    done();
  });
  app.addHook("onResponse", (request, { raw, repeatable }, done) => {
    done();
    const { socket } = request.raw;
    const connection = heard.get(socket);
    if (connection === undefined) {
      // So far Node alone has seen what came.
      if (repeatable !== undefined && isQuiet(socket) && isRested(socket)) listen(socket);
      return;
    }
    const { asked } = connection;
    if (asked === undefined || asked !== bytesOf.get(request.raw)) return;
    connection.asked = undefined;
    const head = repeatable !== undefined && isReadFrom(request.raw, asked) ? lastingHead(raw, repeatable.body) : undefined;
    if (repeatable !== undefined && head !== undefined) connection.known = toKnown(request, asked, head, repeatable);
  });
}

type Repeatable = NonNullable<FastifyReply["repeatable"]>;

function toKnown(
  { raw, caller, method, routeOptions, id }: FastifyRequest,
  bytes: Buffer,
  head: string,
  { body, again }: Repeatable,
): Known {
  return {
    socket: raw.socket,
    authorization: raw.headers.authorization ?? "",
    caller,
    method,
    route: routeOptions.url ?? "-",
    bytes,
    // One that was made does not stand there.
    correlationId: bytes.includes(id) ? id : undefined,
    head,
    body: new WeakRef(body),
    again,
  };
}

/** The lines of an answer's head, as Node printed it, that stay the same; undefined when the connection ends with it, or its body is not all of it. */
function lastingHead(answer: ServerResponse, body: Buffer): string | undefined {
  const head: unknown = Reflect.get(answer, "_header");
  if (typeof head !== "string" || !head.endsWith("\r\n\r\n")) return undefined;
  const isKept = /^connection: keep-alive\r\n/im.test(head) && head.toLowerCase().includes(`\r\ncontent-length: ${body.length}\r\n`);
  return isKept ? head.slice(0, -2).replace(NEW_LINES, "") + TIMING : undefined;
}

/** Whether nothing is answered on a connection, and all that was has been taken. */
function isQuiet(socket: Socket): boolean {
  return nextOn(socket) === null && socket.writable && socket.writableLength === 0;
}

/** The time as HTTP has it, printed once a second. */
function createDate(): () => string {
  let [second, text] = [0, ""];
  return () => {
    const time = Math.floor(Date.now() / 1_000);
    if (time !== second) [second, text] = [time, new Date(time * 1_000).toUTCString()];
    return text;
  };
}
