import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";
import { at, rows } from "./gateway.ts";

export type ReceivedSpan = {
  readonly name: string;
  readonly kind: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  /** 2 for a failure. */
  readonly status: number | undefined;
  readonly attributes: Readonly<Record<string, unknown>>;
};
type Post = { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string };

/** A receiver of spans (OTLP over HTTP, JSON). */
export type Collector = {
  readonly url: string;
  readonly posts: readonly Post[];
  readonly spans: () => readonly ReceivedSpan[];
  /** From now on batches are answered so. */
  answer(script: (response: ServerResponse) => void): void;
  /** Waits until so many batches came. */
  arrived(count: number): Promise<void>;
};

/** Starts it; it goes with the test. */
export async function startCollector(t: Test): Promise<Collector> {
  const posts: Post[] = [];
  let script = (response: ServerResponse): void => void response.writeHead(200, { "content-type": "application/json" }).end("{}");
  let heard = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      posts.push({ url: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() });
      script(response);
      heard.resolve();
      heard = Promise.withResolvers();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => (server.closeAllConnections(), server.close()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts,
    spans: () => posts.flatMap(({ body }) => toSpans(JSON.parse(body))),
    answer: (next) => void (script = next),
    arrived: async (count) => {
      while (posts.length < count) await heard.promise;
    },
  };
}

function toSpans(body: unknown): ReceivedSpan[] {
  const scopes = rows(body, "resourceSpans").flatMap((resource) => rows(resource, "scopeSpans"));
  return scopes
    .flatMap((scope) => rows(scope, "spans"))
    .map((span) => {
      const pairs = rows(span, "attributes").map(({ key, value }) => [key, Object.values(value as object)[0] as unknown]);
      return { ...(span as unknown as ReceivedSpan), status: at(span, "status.code") as number, attributes: Object.fromEntries(pairs) };
    });
}
