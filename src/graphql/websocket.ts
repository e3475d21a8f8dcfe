import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance } from "fastify";
import { type ExecutionArgs, GraphQLError, specifiedRules, validate } from "graphql";
import { type Context, handleProtocols, makeServer, type Server, type SubscribePayload } from "graphql-ws";
import { type WebSocket, WebSocketServer } from "ws";
import { gatewayError } from "../errors.ts";
import type { Caller } from "../services/index.ts";
import { createContext } from "./context.ts";
import { printError } from "./errors.ts";
import type { GraphqlOptions } from "./index.ts";
import { limitSize, MAX_DOCUMENT } from "./limits.ts";
import { asSubscription } from "./stream.ts";

const INIT_MS = 3_000;
const HEARTBEAT_MS = 12_000;
const MAX_FRAME = 64 * 1024;
const MAX_PER_SOCKET = 20;
const MAX_PER_PRINCIPAL = 100;
const MAX_SOCKETS = 10;
/** What may wait to be read by one socket, in bytes. */
const MAX_WAITING = 1024 * 1024;
const CLOSE = { draining: 1001, slow: 1013, invalid: 4400, expired: 4401, internal: 4500 } as const;

type Session = { readonly caller: Caller; readonly ended: AbortController; readonly open: Set<string>; readonly expiry: NodeJS.Timeout };
type Extra = { readonly socket: WebSocket; readonly request: IncomingMessage };
type Socket = Context<Record<string, unknown> | undefined, Extra>;

/** Adds subscriptions over `graphql-transport-ws` at `GET /graphql`. Queries and mutations stay with HTTP, where shares and places are counted. */
export function registerWebSocket(app: FastifyInstance, options: GraphqlOptions): void {
  const sessions = new WeakMap<object, Session>();
  const perPrincipal = new Map<string, number>();
  const socketsOf = new Map<string, number>();
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_FRAME, perMessageDeflate: false, handleProtocols });

  /** Takes the token of the init message, or of the upgrade; without a good one the socket is closed. */
  async function onConnect({ connectionParams, extra }: Socket): Promise<boolean> {
    const given = connectionParams?.["authorization"] ?? extra.request.headers.authorization;
    const caller = typeof given === "string" ? await options.authenticate(given) : undefined;
    if (caller === undefined || (socketsOf.get(caller.subject) ?? 0) >= MAX_SOCKETS) return false;
    add(socketsOf, caller.subject, 1);
    const expiry = setTimeout(() => extra.socket.close(CLOSE.expired, "The token has ended."), Math.max(caller.expiresAt - Date.now(), 0));
    sessions.set(extra.socket, { caller, expiry, ended: new AbortController(), open: new Set() });
    return true;
  }

  function onSubscribe(
    { extra }: Socket,
    id: string,
    { query, operationName, variables }: SubscribePayload,
  ): ExecutionArgs | readonly GraphQLError[] {
    const session = sessions.get(extra.socket);
    if (session === undefined) return [refusal("LimitExceeded", "The socket has no session.")];
    const { subject } = session.caller;
    const count = perPrincipal.get(subject) ?? 0;
    if (session.open.size >= MAX_PER_SOCKET) return [refusal("LimitExceeded", `A socket may have ${MAX_PER_SOCKET} subscriptions.`)];
    if (count >= MAX_PER_PRINCIPAL) return [refusal("LimitExceeded", `A principal may have ${MAX_PER_PRINCIPAL} subscriptions.`)];
    if (typeof query !== "string" || Buffer.byteLength(query) > MAX_DOCUMENT)
      return [refusal("LimitExceeded", `The document is longer than ${MAX_DOCUMENT} bytes.`)];
    const document = asSubscription(query, operationName ?? undefined);
    if (document === undefined)
      return [refusal("InvalidJsonInput", "Only subscriptions are served here; send queries and mutations by POST.")];
    const { schema } = app.graphql;
    const found = validate(schema, document, [...specifiedRules, limitSize], { maxErrors: 10 });
    if (found.length > 0) return found;
    session.open.add(id);
    add(perPrincipal, subject, 1);
    const call = { correlationId: randomUUID() };
    const contextValue = createContext({
      request: { caller: session.caller, call },
      services: options.services,
      ended: AbortSignal.any([session.ended.signal, options.closing]),
    });
    return { schema, document, contextValue, variableValues: variables ?? {}, operationName: operationName ?? undefined };
  }

  function forget(session: Session | undefined, id: string): void {
    if (session?.open.delete(id) === true) add(perPrincipal, session.caller.subject, -1);
  }

  const print = (errors: readonly GraphQLError[]) => errors.map((error) => printError(error, randomUUID()));
  const server = makeServer<Record<string, unknown> | undefined, Extra>({
    schema: () => app.graphql.schema,
    connectionInitWaitTimeout: INIT_MS,
    onConnect,
    onSubscribe,
    onError: (_socket, _id, _payload, errors) => print(errors),
    onNext: ({ extra }, _id, _payload, _args, result) => {
      if (extra.socket.bufferedAmount > MAX_WAITING) extra.socket.close(CLOSE.slow, "Too slow.");
      return result.errors === undefined ? undefined : { data: result.data ?? null, errors: print(result.errors) };
    },
    onComplete: ({ extra }, id) => forget(sessions.get(extra.socket), id),
    onClose: ({ extra }) => {
      const session = sessions.get(extra.socket);
      if (session === undefined) return;
      clearTimeout(session.expiry);
      session.ended.abort();
      for (const id of Array.from(session.open)) forget(session, id);
      add(socketsOf, session.caller.subject, -1);
    },
  });
  sockets.on("connection", (socket, request) => serve(server, socket, request, (error) => app.log.debug({ err: error }, "socket failed")));

  app.server.on("upgrade", (request, stream, head) => {
    const status = refusalOf(request, options);
    if (status !== undefined) return refuseUpgrade(stream, status);
    return sockets.handleUpgrade(request, stream, head, (socket) => sockets.emit("connection", socket, request));
  });
  app.addHook("preClose", async () => {
    for (const socket of sockets.clients) socket.close(CLOSE.draining, "The gateway stops.");
  });
}

/** Counts up or down; what is at nothing is forgotten. */
function add(counts: Map<string, number>, name: string, by: number): void {
  const count = (counts.get(name) ?? 0) + by;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}

/** Joins a socket to the protocol. Whatever goes wrong on it ends that socket alone, and nothing of it is printed. */
function serve(server: Server<Extra>, socket: WebSocket, request: IncomingMessage, failed: (error: unknown) => void): void {
  let alive = true;
  const heartbeat = setInterval(() => {
    if (!alive) return socket.terminate();
    alive = false;
    return socket.ping();
  }, HEARTBEAT_MS);
  const closed = server.opened(
    {
      protocol: socket.protocol,
      send: (text) => new Promise((resolve, reject) => socket.send(text, (error) => (error ? reject(error) : resolve()))),
      close: (code, reason) => socket.close(code, reason),
      onMessage: (take) => {
        socket.on("message", (data: Buffer, isBinary) => {
          alive = true;
          if (isBinary) return socket.close(CLOSE.invalid, "Binary frames are not taken.");
          take(data.toString()).catch((error: unknown) => {
            failed(error);
            socket.close(CLOSE.internal, "Internal server error");
          });
          return undefined;
        });
      },
    },
    { socket, request },
  );
  socket.on("pong", () => void (alive = true));
  // A frame that is too large, or none at all: the socket closes by itself, with the right code.
  socket.on("error", failed);
  socket.once("close", (code, reason) => {
    clearInterval(heartbeat);
    closed(code, reason.toString()).catch(failed);
  });
}

/** The status with which an upgrade is refused: another path, a host that is not ours, a page of another origin. */
function refusalOf({ url = "", headers }: IncomingMessage, { hostAllowed, closing }: GraphqlOptions): number | undefined {
  if (closing.aborted) return 503;
  if (url.split("?", 1)[0] !== "/graphql") return 404;
  if (!hostAllowed(headers.host)) return 421;
  const { origin } = headers;
  return origin !== undefined && URL.parse(origin)?.host !== headers.host ? 403 : undefined;
}

function refuseUpgrade(stream: Duplex, status: number): void {
  stream.on("error", () => undefined);
  stream.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}

function refusal(code: "LimitExceeded" | "InvalidJsonInput", message: string): GraphQLError {
  return new GraphQLError(message, { originalError: gatewayError(code, message) });
}
