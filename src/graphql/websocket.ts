import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, handleProtocols } from "graphql-ws";
import { WebSocketServer } from "ws";
import { createRounds } from "../long-lived.ts";
import type { Meter } from "../meter.ts";
import type { GraphqlOptions } from "./index.ts";
import { createLimits, Session, type SessionPorts } from "./session.ts";
import type { Subscriptions } from "./stream.ts";

const MAX_FRAME = 64 * 1024;
/** Pieces in which one message may come, and of which one frame may be put together: honest clients send one. */
const MAX_FRAGMENTS = 256;
const MAX_CHUNKS = 1_024;
/** A peer that does not answer the closing of a socket is left after so many milliseconds. The library's types do not know the setting. */
const CLOSING = { closeTimeout: 3_000 };
const DRAINING = 1001;
/** How upgrades end: as sockets, refused by the library, or with nobody there any more. */
const [SWITCHING, NO_HANDSHAKE, GONE] = [101, 400, 499];

/** Adds subscriptions over `graphql-transport-ws` at `GET /graphql`. Queries and mutations stay with HTTP, where shares and places are counted. */
export function registerWebSocket(app: FastifyInstance, options: GraphqlOptions, subscriptions: Subscriptions): void {
  const sockets = new WebSocketServer({
    noServer: true,
    clientTracking: true,
    maxPayload: MAX_FRAME,
    maxFragments: MAX_FRAGMENTS,
    maxBufferedChunks: MAX_CHUNKS,
    ...CLOSING,
    // A session counts pings before it answers them.
    autoPong: false,
    perMessageDeflate: false,
    handleProtocols: (offered) => handleProtocols(offered) || false,
  });
  const ports: SessionPorts = {
    authenticate: options.authenticate,
    countFailure: options.countFailure,
    readJson: options.readJson,
    follow: (caller, filter) => options.services.events.follow(caller, filter),
    subscriptions,
    rounds: createRounds(),
    limits: createLimits(),
    // Whatever goes wrong on a socket ends that socket alone.
    failed: (error) => app.log.debug({ err: error }, "socket failed"),
  };
  options.meter?.gauge("subscribers", ports.limits.subscriptions.total, { transport: "websocket" });

  const tell = createTeller(app.log, options.meter);
  app.server.on("upgrade", (request, stream, head) => {
    const refusal = statusOf(request, options);
    if (refusal !== undefined) {
      tell(request, refusal);
      return refuseUpgrade(stream, refusal);
    }
    const { authorization } = request.headers;
    let status = stream.destroyed ? GONE : NO_HANDSHAKE;
    sockets.handleUpgrade(request, stream, head, (socket) => {
      status = SWITCHING;
      const peer = { stream, ip: request.socket.remoteAddress ?? "", authorization };
      if (socket.protocol === GRAPHQL_TRANSPORT_WS_PROTOCOL) return new Session(socket, peer, ports);
      return socket.on("error", ports.failed).close(CloseCode.SubprotocolNotAcceptable, "Subprotocol not acceptable");
    });
    // The library has called back by now, or refused by itself what is no handshake.
    return tell(request, status);
  });
  app.addHook("preClose", async () => {
    for (const socket of sockets.clients) socket.close(DRAINING, "The gateway stops.");
  });
}

/** Logs and counts upgrades: no hook runs for one. */
function createTeller(log: FastifyBaseLogger, meter: Meter | undefined): (request: IncomingMessage, status: number) => void {
  return (request, status) => {
    log.info({ status }, status === SWITCHING ? "upgraded" : "upgrade refused");
    const where = isOurs(request) ? { face: "graphql", route: "GET /graphql" } : { face: "none", route: "none" };
    meter?.count("requests", { ...where, status: `${Math.floor(status / 100)}xx` });
  };
}

const isOurs = ({ url = "" }: IncomingMessage): boolean => url.split("?", 1)[0] === "/graphql";

/** The status with which an upgrade is refused: what no request may be, another path or method, two tokens, a page of another origin. */
function statusOf(request: IncomingMessage, { refusalOf, closing }: GraphqlOptions): number | undefined {
  if (closing.aborted) return 503;
  const refusal = refusalOf(request);
  if (refusal !== undefined) return refusal.statusCode;
  const { method, headers, headersDistinct } = request;
  if (!isOurs(request)) return 404;
  if (method !== "GET") return 405;
  // Of two, `headers` would hold the first.
  if ((headersDistinct["authorization"] ?? []).length > 1) return 401;
  const { origin } = headers;
  return origin !== undefined && URL.parse(origin)?.host !== headers.host ? 403 : undefined;
}

function refuseUpgrade(stream: Duplex, status: number): void {
  stream.on("error", () => undefined);
  stream.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
