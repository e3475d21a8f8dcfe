import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { Type } from "typebox";
import { readAccept } from "../headers.ts";
import type { EventFilter, EventForm } from "../services/index.ts";
import { createStreams } from "../sse.ts";
import type { RestOptions } from "./index.ts";
import { own } from "./schemas.ts";

const LARGEST_PAGE = 500;
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
const Page = Type.Object({
  events: Type.Array(
    Type.Object({
      id: Type.String({ description: "The same fact has the same id, whoever found it." }),
      type: Type.String({ description: "Such as `deployment.status_changed`." }),
      timestamp: Type.String({ format: "date-time", description: "When it was found." }),
      data: Type.Object({}, { additionalProperties: true, description: "What happened, by type." }),
    }),
  ),
  next: Type.String({ description: "Cursor of what comes after." }),
  resync: Type.Optional(Type.Boolean({ description: "What came right after the cursor is not kept any more: read the current state." })),
});
type Query = { after?: string; limit?: number; type?: string[]; project?: string; key?: string };

/** Adds `GET /v1/events`: the event log by cursor and, with `Accept: text/event-stream`, as it grows. */
export function registerEvents(app: FastifyInstance, { services, meter, closing }: RestOptions): void {
  const streams = createStreams(closing);
  meter?.gauge("subscribers", streams.total, { transport: "rest_sse" });
  const schema = own(
    "Read the event log",
    { body: Page },
    {
      description: "With `Accept: text/event-stream` the events come as they happen; `Last-Event-ID` resumes without loss.",
      querystring: EventsQuery,
    },
  );
  app.get<{ Querystring: Query }>("/events", { schema }, async (request, reply) => {
    const { caller, query } = request;
    const { after, limit = 100, type: types, project, key } = query;
    const filter: EventFilter = { after, types, project, key };
    if (readAccept(request.headers.accept, "text/event-stream") === "named") return stream(request, reply, filter);
    const { events, next, resync } = await services.events.list(caller, filter, limit);
    // The events are JSON already: every reader of the log gets the same bytes.
    const text = `{"events":[${events.map((event) => event.body).join(",")}],"next":${JSON.stringify(next)}${resync ? ',"resync":true' : ""}}`;
    return reply
      .type("application/json; charset=utf-8")
      .serializer((body: string) => body)
      .send(text);
  });

  async function stream(request: FastifyRequest, reply: FastifyReply, filter: EventFilter): Promise<FastifyReply> {
    const { caller } = request;
    const last = request.headers["last-event-id"];
    const after = typeof last === "string" ? last : filter.after;
    const { resync, join } = await services.events.follow(request.caller, { ...filter, after });
    const opening = `retry: 1000\n\n${resync === undefined ? "" : `id: ${resync.cursor}\nevent: resync\ndata: {}\n\n`}`;
    const words = { opening, closing: "event: end\ndata: {}\n\n" };
    reply.setTiming();
    const opened = streams.open(reply.raw, { caller, headers: reply.getHeaders(), ...words });
    reply.hijack();
    opened?.reads(join(FRAMES, opened));
    return reply;
  }
}

/** Every stream gets the same bytes: the event as it stands in the log, under its number. */
const FRAMES: EventForm<Buffer> = {
  name: "frames",
  render: (events) => Buffer.from(events.map(({ cursor, type, body }) => `id: ${cursor}\nevent: ${type}\ndata: ${body}\n\n`).join("")),
};
