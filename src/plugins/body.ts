import { Readable } from "node:stream";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
import type { Pressure } from "../pressure.ts";
import { parseStrictJson } from "./strict-json.ts";

type Options = {
  /** Tells when memory runs short; what was read can be read again. */
  readonly pressure: Pressure;
};

/** Bodies that are remembered as they were read: so many, each of so many bytes at most, and of so many values, which take more than their bytes. */
const REMEMBERED = 500;
const LONGEST = 4 * 1024;
const MOST_VALUES = 64;

const MEMBERS = new Set(["query", "operationName", "variables", "extensions"]);

/**
 * Leaves JSON as the only kind of body, parsed strictly; every other content type is a 415. A GraphQL query that comes again, byte for byte, is not
 * parsed again; anything that may write, and so may hold a secret, is not remembered.
 */
export function registerBodyParser(app: FastifyInstance, { pressure }: Options): void {
  const remembered = new LRUCache<string, object>({ max: REMEMBERED });
  pressure.relieve(() => remembered.clear());

  function read(request: FastifyRequest, body: Buffer): unknown {
    if (!request.url.startsWith("/graphql") || body.length > LONGEST) return parseStrictJson(body);
    const text = body.toString("latin1");
    const held = remembered.get(text);
    if (held !== undefined) return held;
    const value = parseStrictJson(body);
    if (isSmallQuery(value)) remembered.set(text, value);
    return value;
  }

  // What has no body is over before it is read (`optimizeEmptyRequests`): whoever names a type for it all the same would be waited for in vain.
  app.addHook("preParsing", ({ raw }, _reply, payload, done) => {
    done(null, raw.readableEnded && raw.headers["content-type"] !== undefined ? Readable.from([]) : payload);
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request: FastifyRequest, body: Buffer, done) => {
    try {
      done(null, read(request, body));
    } catch (error) {
      done(error as Error);
    }
  });
}

/** Whether a body is a GraphQL request that writes nothing, and few values. Looked at as it was read: a text can be written in many ways. */
function isSmallQuery(body: unknown): body is object {
  if (body === null || typeof body !== "object") return false;
  const query: unknown = Reflect.get(body, "query");
  if (typeof query !== "string" || query.includes("mutation")) return false;
  return Object.keys(body).every((name) => MEMBERS.has(name)) && isSmall(body);
}

function isSmall(body: object): boolean {
  const values: unknown[] = [body];
  // Grows while it is walked.
  for (const value of values) {
    if (value !== null && typeof value === "object") values.push(...Object.values(value));
    if (values.length > MOST_VALUES) return false;
  }
  return true;
}
