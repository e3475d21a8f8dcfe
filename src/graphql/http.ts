import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type GatewayError, gatewayError, toGatewayError } from "../errors.ts";
import { asksForSchema, MAX_DOCUMENT } from "./limits.ts";
import { asSubscription, sendResults, startSubscription, type Subscribed } from "./stream.ts";
import { createStreamCount, endOf, MAX_STREAMS, type StreamCount } from "../sse.ts";
import { createContext, requestOf } from "./context.ts";
import { extensionsOf, printError } from "./errors.ts";
import { createExecutor, logFailure, type Params } from "./execute.ts";
import type { GraphqlOptions } from "./index.ts";

const NEW_TYPE = "application/graphql-response+json";
const OLD_TYPE = "application/json";

const CLOSED_SCHEMA = "The schema itself can only be read with the scope introspect.";

/** Adds `POST /graphql`, GraphQL over HTTP: no execution by GET, no batches, both media types, statuses as the specification says. */
export function registerHttp(app: FastifyInstance, options: GraphqlOptions): void {
  const streams = createStreamCount();
  const execute = createExecutor(app, options.services, options.closing);
  app.post(
    "/graphql",
    {
      schema: { hide: true },
      errorHandler: (error, request, reply) => refuse(request, reply, toGatewayError(error)),
    },
    async (request, reply) => {
      const params = readParams(request.body);
      const { query, operationName, variables } = params;
      const document = asSubscription(query, operationName);
      if (document !== undefined) return follow(app, request, reply, { document, operationName, variables }, { ...options, streams });
      const type = negotiate(request.headers.accept);
      if (type === undefined) return refuse(request, reply, gatewayError("NotAcceptable"));
      if (!options.openSchema && !request.caller.introspect && asksForSchema(query)) throw gatewayError("InvalidJsonInput", CLOSED_SCHEMA);
      const { status, body, replayed } = await execute(request, params);
      if (replayed === true) reply.header("idempotency-replayed", "true");
      // Who asks for the older type by name expects 200 for every request that could be read; the errors tell the rest.
      const asked = type === OLD_TYPE && request.headers.accept?.toLowerCase().includes(OLD_TYPE) === true;
      return reply
        .code(asked ? 200 : status)
        .type(`${type}; charset=utf-8`)
        .send(body);
    },
  );
}

const STREAM = "text/event-stream";

/** Answers a subscription with a stream, for as long as the caller, its token and the gateway last. */
async function follow(
  app: FastifyInstance,
  request: FastifyRequest,
  reply: FastifyReply,
  subscribed: Subscribed,
  { services, closing, streams }: GraphqlOptions & { readonly streams: StreamCount },
): Promise<FastifyReply> {
  if (!(request.headers.accept ?? "").toLowerCase().includes(STREAM))
    throw gatewayError("NotAcceptable", `A subscription is answered as ${STREAM}: accept it.`);
  const { subject, expiresAt } = request.caller;
  const gone = new AbortController();
  const context = createContext({ request: requestOf(request), services, ended: endOf(gone.signal, closing, expiresAt) });
  const results = await startSubscription(app.graphql.schema, subscribed, context);
  if (!(Symbol.asyncIterator in results)) {
    const errors = results.map((error) => printError(error, request.id));
    return reply.code(400).type(`${NEW_TYPE}; charset=utf-8`).send(JSON.stringify({ errors }));
  }
  const leave = streams.enter(subject);
  if (leave === undefined) throw gatewayError("LimitExceeded", `A principal may have ${MAX_STREAMS} streams open.`);
  return sendResults(request, reply, results, gone).finally(leave);
}

/** A request that was refused as a whole, in GraphQL's own shape. */
function refuse(request: FastifyRequest, reply: FastifyReply, failure: GatewayError): FastifyReply {
  logFailure(request, failure);
  if (failure.retryAfter !== undefined) reply.header("retry-after", String(failure.retryAfter));
  if (failure.statusCode === 401) reply.header("www-authenticate", "Bearer");
  const type = negotiate(request.headers.accept) ?? OLD_TYPE;
  const body = { errors: [{ message: failure.message, extensions: extensionsOf(failure, request.id) }] };
  return reply.code(failure.statusCode).type(`${type}; charset=utf-8`).send(JSON.stringify(body));
}

/** The media type of the answer; the older one also for callers that do not care, undefined for those that take neither. */
function negotiate(accept: string | undefined): typeof NEW_TYPE | typeof OLD_TYPE | undefined {
  if (accept === undefined) return OLD_TYPE;
  const ranges = accept.split(",").map((range) => (range.split(";", 1)[0] ?? "").trim().toLowerCase());
  if (ranges.includes(NEW_TYPE)) return NEW_TYPE;
  return [OLD_TYPE, "*/*", "application/*"].some((range) => ranges.includes(range)) ? OLD_TYPE : undefined;
}

function readParams(body: unknown): Params {
  const refuseShape = (what: string): never => {
    throw gatewayError("InvalidJsonInput", `Request body is not a GraphQL request: ${what}.`);
  };
  if (body === null || typeof body !== "object" || Array.isArray(body))
    return refuseShape("send one JSON object; batches are not supported");
  const { query, operationName, variables, extensions } = body as Record<string, unknown>;
  if (typeof query !== "string") return refuseShape("query must be a string");
  if (Buffer.byteLength(query) > MAX_DOCUMENT) throw gatewayError("LimitExceeded", `The document is longer than ${MAX_DOCUMENT} bytes.`);
  // mercurius would take a JSON text for a ready-made syntax tree and skip the parser's limits.
  if (/^\s*(\{\s*["}]|\[|"(?!""))/.test(query)) return refuseShape("query must be a GraphQL document");
  if (operationName !== undefined && operationName !== null && typeof operationName !== "string")
    return refuseShape("operationName must be a string");
  if (!isMap(variables)) return refuseShape("variables must be an object");
  if (!isMap(extensions)) return refuseShape("extensions must be an object");
  return { query, operationName: operationName ?? undefined, variables: variables ?? {} };
}

function isMap(value: unknown): value is Record<string, unknown> | null | undefined {
  return value === undefined || value === null || (typeof value === "object" && !Array.isArray(value));
}
