import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { FastifyInstance } from "fastify";
import { CloseCode, GRAPHQL_TRANSPORT_WS_PROTOCOL, handleProtocols } from "graphql-ws";
import { WebSocketServer } from "ws";
import { createRounds } from "../long-lived.ts";
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

  app.server.on("upgrade", (request, stream, head) => {
    const status = statusOf(request, options);
    if (status !== undefined) {
      app.log.info({ status }, "upgrade refused");
      return refuseUpgrade(stream, status);
    }
    const { authorization } = request.headers;
    return sockets.handleUpgrade(request, stream, head, (socket) => {
      const peer = { stream, ip: request.socket.remoteAddress ?? "", authorization };
      if (socket.protocol === GRAPHQL_TRANSPORT_WS_PROTOCOL) return new Session(socket, peer, ports);
      return socket.on("error", ports.failed).close(CloseCode.SubprotocolNotAcceptable, "Subprotocol not acceptable");
    });
  });
  app.addHook("preClose", async () => {
    for (const socket of sockets.clients) socket.close(DRAINING, "The gateway stops.");
  });
}

/** The status with which an upgrade is refused: what no request may be, another path, two tokens, a page of another origin. */
function statusOf(request: IncomingMessage, { refusalOf, closing }: GraphqlOptions): number | undefined {
  if (closing.aborted) return 503;
  const refusal = refusalOf(request);
  if (refusal !== undefined) return refusal.statusCode;
  const { url = "", headers, headersDistinct } = request;
  if (url.split("?", 1)[0] !== "/graphql") return 404;
  // Of two, `headers` would hold the first.
  if ((headersDistinct["authorization"] ?? []).length > 1) return 401;
  const { origin } = headers;
  return origin !== undefined && URL.parse(origin)?.host !== headers.host ? 403 : undefined;
}

function refuseUpgrade(stream: Duplex, status: number): void {
  stream.on("error", () => undefined);
  stream.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`);
}
