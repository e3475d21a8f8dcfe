import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { gatewayError } from "../errors.ts";
import type { EventFilter } from "../services/index.ts";
import type { RestOptions } from "./index.ts";

const LARGEST_PAGE = 500;
const HEARTBEAT_MS = 12_000;
/** What may wait to be read by one stream, in bytes; a reader that is slower is cut off. */
const MAX_WAITING = 1024 * 1024;
/** Streams of one principal. */
const MAX_STREAMS = 100;

const EventsQuery = Type.Object(
  {
    after: Type.Optional(
      Type.String({
        description: "Cursor: only what came after it. From the oldest on when left out; a stream then begins with what is new.",
      }),
    ),
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: LARGEST_PAGE, description: "Largest number of events, 1 to 500; 100 when left out." }),
    ),
    type: Type.Optional(Type.Array(Type.String(), { description: "Only these types; `deployment.*` names all of a group." })),
    project: Type.Optional(Type.String({ description: "Only this project, as `{region}:{projectKey}`." })),
    key: Type.Optional(Type.String({ description: "Only the resource with this key." })),
  },
  { additionalProperties: false },
);
type Query = { after?: string; limit?: number; type?: string[]; project?: string; key?: string };

/** Adds `GET /v1/events`: the event log by cursor and, with `Accept: text/event-stream`, as it grows. */
export function registerEvents(app: FastifyInstance, { services, closing }: RestOptions): void {
  const open = new Map<string, number>();
  const schema = {
    summary: "Read the event log",
    description: "With `Accept: text/event-stream` the events come as they happen; `Last-Event-ID` resumes without loss.",
    tags: ["Gateway"],
    querystring: EventsQuery,
  };
  app.get<{ Querystring: Query }>("/events", { schema }, async (request, reply) => {
    const { caller, query } = request;
    const { after, limit = 100, type: types, project, key } = query;
    const filter: EventFilter = { after, types, project, key };
    if ((request.headers.accept ?? "").includes("text/event-stream")) return stream(request, reply, filter);
    const { events, next, resync } = await services.events.list(caller, filter, limit);
    // The events are JSON already: every reader of the log gets the same bytes.
    const text = `{"events":[${events.map((event) => event.body).join(",")}],"next":${JSON.stringify(next)}${resync ? ',"resync":true' : ""}}`;
    return reply
      .type("application/json; charset=utf-8")
      .serializer((body: string) => body)
      .send(text);
  });

  async function stream(request: FastifyRequest, reply: FastifyReply, filter: EventFilter): Promise<FastifyReply> {
    const { subject, expiresAt } = request.caller;
    const count = open.get(subject) ?? 0;
    if (count >= MAX_STREAMS) throw gatewayError("LimitExceeded", `A principal may have ${MAX_STREAMS} streams open.`);
    const last = request.headers["last-event-id"];
    const ended = new AbortController();
    const signal = AbortSignal.any([ended.signal, closing, AbortSignal.timeout(Math.max(expiresAt - Date.now(), 0))]);
    const { resync, pages } = await services.events.follow(
      request.caller,
      { ...filter, after: typeof last === "string" ? last : filter.after },
      signal,
    );
    open.set(subject, count + 1);
    reply.hijack();
    const { raw } = reply;
    raw.once("close", () => ended.abort());
    raw.writeHead(200, { ...reply.getHeaders(), "content-type": "text/event-stream; charset=utf-8", connection: "keep-alive" } as Record<
      string,
      string
    >);
    raw.write(`retry: 1000\n\n${resync ? "event: resync\ndata: {}\n\n" : ""}`);
    const heartbeat = setInterval(() => raw.write(": \n\n"), HEARTBEAT_MS);
    try {
      for await (const page of pages) {
        for (const { cursor, type, body } of page) raw.write(`id: ${cursor}\nevent: ${type}\ndata: ${body}\n\n`);
        if (raw.writableLength > MAX_WAITING) return raw.destroy() && reply;
      }
    } catch (error) {
      request.log.error({ err: error }, "stream failed");
    } finally {
      clearInterval(heartbeat);
      open.set(subject, (open.get(subject) ?? 1) - 1);
      if (open.get(subject) === 0) open.delete(subject);
      raw.end("event: end\ndata: {}\n\n");
    }
    return reply;
  }
}
