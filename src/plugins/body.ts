import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import { parseStrictJson } from "./strict-json.ts";

/** Bodies that are remembered as they were read: so many, each of so many bytes at most. */
const REMEMBERED = 500;
const LONGEST = 4 * 1024;

/**
 * Leaves JSON as the only kind of body, parsed strictly; every other content type is a 415. A GraphQL query that comes again, byte for byte, is not
 * parsed again; anything that may write, and so may hold a secret, is not remembered.
 */
export function registerBodyParser(app: FastifyInstance): void {
  const remembered = new LRUCache<string, object>({ max: REMEMBERED });

  function read(request: FastifyRequest, body: Buffer): unknown {
    if (!request.url.startsWith("/graphql") || body.length > LONGEST) return parseStrictJson(body);
    const text = body.toString("latin1");
    const held = remembered.get(text);
    if (held !== undefined) return held;
    const value = parseStrictJson(body);
    if (value !== null && typeof value === "object" && !/mutation/.test(text)) remembered.set(text, value);
    return value;
  }

  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request: FastifyRequest, body: Buffer, done) => {
    try {
      done(null, read(request, body));
    } catch (error) {
      done(error as Error);
    }
  });
}
