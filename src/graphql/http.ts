import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type GatewayError, gatewayError, toGatewayError } from "../errors.ts";
import { readAccept } from "../headers.ts";
import { asksForSchema, MAX_DOCUMENT } from "./limits.ts";
import type { Subscribed, Subscriptions } from "./stream.ts";
import { createStreams, type Streams } from "../sse.ts";
import { extensionsOf, printError } from "./errors.ts";
import { createExecutor, logFailure, type Params } from "./execute.ts";
import type { GraphqlOptions } from "./index.ts";

const NEW_TYPE = "application/graphql-response+json";
const OLD_TYPE = "application/json";

const CLOSED_SCHEMA = "The schema itself can only be read with the scope introspect.";

/** Adds `POST /graphql`, GraphQL over HTTP: no execution by GET, no batches, both media types, statuses as the specification says. */
export function registerHttp(app: FastifyInstance, options: GraphqlOptions, subscriptions: Subscriptions): void {
  const streams = createStreams(options.closing);
  options.meter?.gauge("subscribers", streams.total, { transport: "graphql_sse" });
  const execute = createExecutor(app, options);
  const read = createReader(subscriptions);
  app.post(
    "/graphql",
    {
      schema: { hide: true },
      errorHandler: (error, request, reply) => refuse(request, reply, toGatewayError(error)),
    },
    async (request, reply) => {
      const params = read(request.body);
      if (params.subscribes) return follow(request, reply, params, { ...options, streams, subscriptions });
      const type = negotiate(request.headers.accept);
      if (type === undefined) return refuse(request, reply, gatewayError("NotAcceptable"));
      if (!options.openSchema && !request.caller.introspect && asksForSchema(params.query))
        throw gatewayError("InvalidJsonInput", CLOSED_SCHEMA);
      const { status, body, replayed, timing } = await execute(request, params);
      if (replayed === true) reply.header("idempotency-replayed", "true");
      reply.timing = timing;
      // Who asks for the older type by name expects 200 for every request that could be read; the errors tell the rest.
      const asked = type === OLD_TYPE && readAccept(request.headers.accept, OLD_TYPE) === "named";
      reply.code(asked ? 200 : status).type(`${type}; charset=utf-8`);
      return body;
    },
  );
}

const STREAM = "text/event-stream";

type Following = GraphqlOptions & { readonly streams: Streams; readonly subscriptions: Subscriptions };

/** Answers a subscription with a stream, in the distinct connections mode of GraphQL over SSE: `next` for each result, `complete` at the end. */
async function follow(
  request: FastifyRequest,
  reply: FastifyReply,
  subscribed: Subscribed,
  { services, streams, subscriptions }: Following,
): Promise<FastifyReply> {
  if (readAccept(request.headers.accept, STREAM) !== "named")
    throw gatewayError("NotAcceptable", `A subscription is answered as ${STREAM}: accept it.`);
  const { caller } = request;
  const subscription = await subscriptions.prepare(subscribed);
  if (!("form" in subscription)) {
    const errors = subscription.map((error) => printError(error, request.id));
    return reply.code(400).type(`${NEW_TYPE}; charset=utf-8`).send(JSON.stringify({ errors }));
  }
  const { name, render } = subscription.form;
  const { resync, join } = await services.events.follow(request.caller, subscription.filter);
  const words = { opening: ": \n\n", closing: "event: complete\ndata: \n\n" };
  reply.setTiming();
  const stream = streams.open(reply.raw, { caller, headers: reply.getHeaders(), ...words });
  reply.hijack();
  if (stream === undefined) return reply;
  const frames = (payloads: readonly string[] = []) => Buffer.from(payloads.map((json) => `event: next\ndata: ${json}\n\n`).join(""));
  if (resync !== undefined) stream.take(frames(render([resync])));
  stream.reads(join({ name: `${name} frames`, render: (events) => frames(render(events)) }, stream));
  return reply;
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
  if (accept === OLD_TYPE) return OLD_TYPE;
  const newer = readAccept(accept, NEW_TYPE);
  if (newer === "named") return NEW_TYPE;
  if (readAccept(accept, OLD_TYPE) !== undefined) return OLD_TYPE;
  return newer === undefined ? undefined : NEW_TYPE;
}

type Read = Params & { readonly subscribes: boolean };

/** Reads bodies; one that comes again is the same object, and so is what was read of it. */
function createReader(subscriptions: Subscriptions): (body: unknown) => Read {
  const known = new WeakMap<object, Read>();
  return (body) => {
    const held = known.get(body as object);
    if (held !== undefined) return held;
    const params = readParams(body);
    const read = { ...params, subscribes: subscriptions.has(params.query, params.operationName) };
    // Whatever else it was has been refused.
    known.set(body as object, read);
    return read;
  };
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
