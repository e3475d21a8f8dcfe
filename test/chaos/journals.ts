import { get, type IncomingMessage, request as send } from "node:http";
import { WebSocket } from "ws";
import type { Json } from "../helpers/gateway.ts";

/** One event as a channel told it. */
export type Told = { readonly id: string; readonly body: string; readonly cursor: number | undefined };
/** All that a channel told, in the order in which it came. */
export type Journal = { readonly name: string; readonly told: readonly Told[] };
/** A reader that stays, comes back to wherever there is a gateway, and goes on after the last cursor that it had. */
export type Follower = Journal & { stop(): void };

type Connection = { readonly over: Promise<void>; end(): void };
type Open = (url: string, token: string, after: string, hear: (told: Told) => void) => Connection;

export type FollowOptions = {
  /** Where a gateway is just now; undefined when there is none. */
  readonly find: () => string | undefined;
  readonly token: string;
  readonly heard: () => void;
};

const AGAIN_MS = 20;

function follow(name: string, open: Open, { find, token, heard }: FollowOptions): Follower {
  const told: Told[] = [];
  const state = { stopped: false };
  let connection: Connection | undefined;

  async function stay(): Promise<void> {
    while (!state.stopped) {
      const url = find();
      if (url !== undefined) {
        connection = open(url, token, String(told.at(-1)?.cursor ?? 0), (one) => {
          told.push(one);
          heard();
        });
        await connection.over;
      }
      await new Promise((resolve) => void setTimeout(resolve, AGAIN_MS));
    }
  }
  void stay();
  return {
    name,
    told,
    stop: () => {
      state.stopped = true;
      connection?.end();
    },
  };
}

/** Frames of server-sent events, each as its fields. */
function readFrames(response: IncomingMessage, take: (fields: Readonly<Record<string, string>>) => void): void {
  let text = "";
  response.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const lines = text.slice(0, end).split("\n");
      text = text.slice(end + 2);
      take(Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)])));
    }
  });
}

const fromGraph = (event: Json): Told => {
  const { id, type, timestamp, data, cursor } = event;
  return { id: String(id), body: JSON.stringify({ id, type, timestamp, data }), cursor: Number(cursor) };
};

const QUERY = "subscription ($after: String) { events(after: $after) { cursor id type timestamp data } }";

const openRest: Open = (url, token, after, hear) => {
  const over = Promise.withResolvers<void>();
  const headers = { accept: "text/event-stream", authorization: `Bearer ${token}`, "last-event-id": after };
  const request = get(`${url}/v1/events`, { headers, agent: false }, (response) => {
    readFrames(response, ({ id, data }) => {
      if (id !== undefined && data !== undefined) hear({ id: String((JSON.parse(data) as Json)["id"]), body: data, cursor: Number(id) });
    });
    response.on("error", () => undefined).on("close", over.resolve);
  });
  request.on("error", () => over.resolve());
  return { over: over.promise, end: () => request.destroy() };
};

const openGraph: Open = (url, token, after, hear) => {
  const over = Promise.withResolvers<void>();
  const headers = { accept: "text/event-stream", authorization: `Bearer ${token}`, "content-type": "application/json" };
  const request = send(`${url}/graphql`, { method: "POST", headers, agent: false }, (response) => {
    readFrames(response, ({ event, data }) => {
      if (event === "next") hear(fromGraph((JSON.parse(data ?? "") as { data: { events: Json } }).data.events));
    });
    response.on("error", () => undefined).on("close", over.resolve);
  });
  request.on("error", () => over.resolve());
  request.end(JSON.stringify({ query: QUERY, variables: { after } }));
  return { over: over.promise, end: () => request.destroy() };
};

const openSocket: Open = (url, token, after, hear) => {
  const over = Promise.withResolvers<void>();
  const socket = new WebSocket(`${url.replace("http", "ws")}/graphql`, "graphql-transport-ws");
  const say = (message: object): void => socket.send(JSON.stringify(message));
  socket.on("open", () => say({ type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
  socket.on("message", (bytes: Buffer) => {
    const message = JSON.parse(bytes.toString()) as { type: string; payload?: { data: { events: Json } } };
    if (message.type === "connection_ack") say({ id: "1", type: "subscribe", payload: { query: QUERY, variables: { after } } });
    if (message.type === "next" && message.payload !== undefined) hear(fromGraph(message.payload.data.events));
  });
  socket.on("error", () => undefined).on("close", () => over.resolve());
  return { over: over.promise, end: () => socket.terminate() };
};

/** Starts a follower of each kind. */
export function startFollowers(options: FollowOptions): readonly Follower[] {
  return [
    follow("stream of /v1/events", openRest, options),
    follow("stream of GraphQL", openGraph, options),
    follow("WebSocket", openSocket, options),
  ];
}
