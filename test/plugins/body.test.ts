import { once } from "node:events";
import { type AddressInfo, connect } from "node:net";
import { fastify } from "fastify";
import { test } from "tap";
import { createLog } from "../../src/log.ts";
import { NO_METER } from "../../src/meter.ts";
import { registerBodyParser } from "../../src/plugins/body.ts";
import { registerErrors } from "../../src/plugins/errors.ts";
import { createServer } from "../../src/plugins/server.ts";
import { createScrubber } from "../../src/scrub/index.ts";

const QUERY = "query Names($limit: Int) { deployments(limit: $limit) { results { key } } }";

test("small queries are remembered as they were read, and nothing else", async (t) => {
  const bodies: unknown[] = [];
  let letGo = (): void => undefined;
  const app = fastify();
  const pressure = { high: () => false, look: () => undefined, stop: () => undefined, relieve: (each: () => void) => void (letGo = each) };
  registerBodyParser(app, { pressure });
  app.post("/graphql", async ({ body }) => {
    bodies.push(body);
    return {};
  });
  const send = async (payload: string): Promise<unknown> => {
    await app.inject({ method: "POST", url: "/graphql", payload, headers: { "content-type": "application/json" } });
    return bodies.at(-1);
  };
  const isRemembered = async (body: string | object): Promise<boolean> => {
    const text = typeof body === "string" ? body : JSON.stringify(body);
    return (await send(text)) === (await send(text));
  };
  const many = (count: number) => Array.from({ length: count }, () => ({}));

  t.equal(await isRemembered({ query: QUERY }), true);
  t.equal(
    await isRemembered({ query: QUERY, operationName: "Names", variables: { limit: 5, more: ["a", { b: null }] }, extensions: {} }),
    true,
  );
  t.equal(await isRemembered({ query: QUERY, operationName: null, variables: null, extensions: null }), true);
  const others: Readonly<Record<string, string | object>> = {
    "a mutation": { query: "mutation { a }" },
    "a mutation, escaped": String.raw`{"query":"\u006dutation { a }"}`,
    "a mutation, after a query": { query: `${QUERY} mutation M { a }` },
    "an unknown member": { query: QUERY, more: 1 },
    "no query": { variables: {} },
    "a query that is no text": { query: { a: 1 } },
    "a list": [{ query: QUERY }],
    "an empty list": [],
    "many variables": { query: QUERY, variables: Object.fromEntries(Array.from({ length: 70 }, (_, n) => [`v${n}`, n])) },
    "many objects in one": { query: QUERY, variables: { list: many(70) } },
    "many objects, deep": { query: QUERY, extensions: { a: { b: { c: many(70) } } } },
    "an operation name of many values": { query: QUERY, operationName: many(70) },
    "a long text": { query: `${QUERY} #${"x".repeat(4_096)}` },
  };
  for (const [name, body] of Object.entries(others)) t.equal(await isRemembered(body), false, name);
  const first = await send(JSON.stringify({ query: QUERY }));
  letGo();
  t.not(await send(JSON.stringify({ query: QUERY })), first, "nor when memory is about to end");
});

test("a body that breaks off is its caller's doing, and leaves no error in the log", async (t) => {
  const lines: string[] = [];
  const log = createLog("warn", createScrubber(), (line) => void lines.push(line));
  const app = createServer(log, { refusalOf: () => undefined, meter: NO_METER });
  t.teardown(() => app.close());
  registerErrors(app);
  let refused = Promise.withResolvers<number>();
  app.addHook("onSend", (_request, reply, _payload, done) => {
    refused.resolve(reply.statusCode);
    done();
  });
  app.post("/", async () => ({}));
  await app.listen({ host: "127.0.0.1", port: 0 });
  const { port } = app.server.address() as AddressInfo;
  for (const [name, framing, body] of [
    ["it ends too soon", "Content-Length: 100", undefined],
    ["its chunks cannot be read", "Transfer-Encoding: chunked", "nonsense\r\n"],
  ] as const) {
    refused = Promise.withResolvers();
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n${framing}\r\n\r\n`);
    // It is asked to go on: the gateway waits for the body.
    await once(socket, "data");
    if (body === undefined) socket.destroy();
    else socket.write(body);
    t.equal(await refused.promise, 400, name);
  }
  t.same(lines, []);
});
