import { fastify } from "fastify";
import { test } from "tap";
import { registerBodyParser } from "../../src/plugins/body.ts";

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
