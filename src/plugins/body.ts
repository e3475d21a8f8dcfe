import type { FastifyInstance } from "fastify";
import { parseStrictJson } from "./strict-json.ts";

/** Leaves JSON as the only kind of body, parsed strictly; every other content type is a 415. */
export function registerBodyParser(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, async (_request: unknown, body: Buffer) => parseStrictJson(body));
}
