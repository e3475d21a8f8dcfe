import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";
import fastify, { type ConnectionError, type FastifyInstance, LogController } from "fastify";
import type { Logger } from "pino";
import { createBatch } from "../batch.ts";
import { gatewayError, type GatewayErrorCode } from "../errors.ts";
import type { Meter } from "../meter.ts";
import { logAnswer } from "./access-log.ts";
import { endAfterAnswer, isEnding, refuseIncoming, watchCaller } from "./gone.ts";
import type { RefusalOf } from "./guards.ts";
import { AnswerClass, HEADERS, setHeaders } from "./head.ts";

type Options = { readonly refusalOf: RefusalOf; readonly meter: Meter };

/** Makes the HTTP server with its limits of time and size; routes and plugins come later. */
export function createServer(log: Logger, { refusalOf, meter }: Options): FastifyInstance {
  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "correlationId" }),
    genReqId: correlationId,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    bodyLimit: 256 * 1024,
    requestTimeout: 15_000,
    keepAliveTimeout: 65_000,
    http: {
      ServerResponse: AnswerClass,
      // A stream that has nothing in it takes ten steps from its beginning to its end, and 2 µs. Whether a caller is gone only the answer tells then.
      optimizeEmptyRequests: true,
      headersTimeout: 10_000,
      maxHeaderSize: 16 * 1024,
      connectionsCheckingInterval: 1_000,
      requireHostHeader: false,
      // Any other upgrade that is offered, such as h2c, is left aside: the request is an ordinary one.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === "websocket",
    },
    onProtoPoisoning: "error",
    onConstructorPoisoning: "error",
    routerOptions: { maxParamLength: 512, querystringParser: (text) => parseQuery(text) },
    // No hook runs for an address that the router cannot read: what they do is done here.
    frameworkErrors: (error, request, reply) => {
      setHeaders(request, reply);
      watchCaller(reply.raw);
      reply.raw.once("close", () => {
        logAnswer(request, reply);
        meter.count("requests", { face: "none", route: "none", status: "4xx" });
      });
      return app.errorHandler(refusalOf(request.raw) ?? error, request, reply);
    },
    clientErrorHandler: (error, socket) => {
      const refused = refuseConnection(error, socket);
      if (refused === undefined) return;
      log.info({ ...refused, method: "-", route: "-" }, "request");
      meter.count("requests", { face: "none", route: "none", status: "4xx" });
    },
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        allErrors: false,
        verbose: true,
        discriminator: true,
        useDefaults: false,
      },
    },
  }) as unknown as FastifyInstance;
  // No route has it. As a method with a body Fastify refuses it without a content type, before it looks whether there is such a route.
  app.addHttpMethod("QUERY", { overrideExisting: true });
  // Node would refuse an expectation that it does not know past all that is here. RFC 9110 (10.1.1) lets it be left aside: the request is an ordinary one.
  app.server.on("checkExpectation", (request, answer) => app.server.emit("request", request, answer));
  const batch = createBatch();
  // Until the turn ends nothing is sent: a handler gives its value, or gives `reply` back once it has called `send`.
  app.addHook("onSend", (_request, _reply, _payload, done) => {
    batch(() => {
      try {
        done();
      } catch (error) {
        done(error as Error);
      }
    });
  });
  return app;
}

/** The caller's `X-Correlation-ID` if it is a plain one, else a new one, which takes its place: whoever asks again gets the same. */
function correlationId({ headers }: IncomingMessage): string {
  const given = headers["x-correlation-id"];
  if (typeof given === "string" && /^[\w/-]{8,256}$/.test(given)) return given;
  const made = randomUUID();
  headers["x-correlation-id"] = made;
  return made;
}

/** Repeated keys become lists, dots stay dots, `+` is a space: the reading that Connect and its SDK share. */
function parseQuery(text: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  if (text === "") return query;
  for (const [name, value] of new URLSearchParams(text)) {
    const held = query[name];
    query[name] = held === undefined ? value : [held, value].flat();
  }
  return query;
}

const BROKEN: Readonly<Record<string, GatewayErrorCode>> = {
  HPE_HEADER_OVERFLOW: "HeaderFieldsTooLarge",
  ERR_HTTP_REQUEST_TIMEOUT: "RequestTimeout",
};
const PHRASES: Readonly<Record<number, string>> = { 400: "Bad Request", 408: "Request Timeout", 431: "Request Header Fields Too Large" };

/**
 * Answers what is no HTTP request, and closes: nothing that follows on the connection can be trusted to begin where it seems to. Gives what it answered;
 * undefined where nobody is left to be told, and where it is the answer to a request that is told by itself.
 */
function refuseConnection(error: ConnectionError, socket: Socket): { readonly correlationId: string; readonly status: number } | undefined {
  if (error.code === "ECONNRESET" || !socket.writable || isEnding(socket)) return void socket.destroy();
  const { statusCode, ...failure } = gatewayError(BROKEN[error.code] ?? "InvalidHeader");
  if (endAfterAnswer(socket)) return { correlationId: randomUUID(), status: statusCode };
  const body = JSON.stringify({ statusCode, message: failure.errors[0]?.message, errors: failure.errors });
  const request = refuseIncoming(socket, statusCode);
  const id = request === undefined ? randomUUID() : correlationId(request);
  const headers = {
    ...HEADERS,
    "x-correlation-id": id,
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(body),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  const head = [`HTTP/1.1 ${statusCode} ${PHRASES[statusCode] ?? ""}`, ...lines].join("\r\n");
  socket.end(`${head}\r\n\r\n${body}`, () => socket.destroy());
  return request === undefined ? { correlationId: id, status: statusCode } : undefined;
}
