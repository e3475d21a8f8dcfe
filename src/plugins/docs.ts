import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";

/** Adds `/openapi.json`: an OpenAPI 3.1 document made from the schemas that check the requests. */
export async function registerDocs(app: FastifyInstance, version: string): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "Connect Gateway",
        version,
        description:
          "The commercetools Connect API, path for path under /connect/{region}, and the gateway's own resources under /v1. Secured values always read `***`.",
      },
      components: { securitySchemes: { bearer: { type: "http", scheme: "bearer", bearerFormat: "JWT" } } },
      security: [{ bearer: [] }],
    },
    refResolver: { buildLocalReference: (json, _base, _fragment, at) => (typeof json["$id"] === "string" ? json["$id"] : `def-${at}`) },
  });
  app.get("/openapi.json", { schema: { hide: true } }, async () => app.swagger());
}
