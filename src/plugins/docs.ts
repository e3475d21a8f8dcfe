import swagger from "@fastify/swagger";
import type { FastifyInstance } from "fastify";
import { servePage } from "./pages.ts";

/** Only this server's own files and requests. Nothing is sent by a form of the page: its script makes the requests. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Connect Gateway: API</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <div id="docs">Loading…</div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/boot.js"></script>
  </body>
</html>
`;

/** Without `validatorUrl: null` the page would send the document's address to a server of others. The token that a reader enters is not stored. */
const BOOT = `SwaggerUIBundle({
  url: "/openapi.json",
  domNode: document.getElementById("docs"),
  validatorUrl: null,
  persistAuthorization: false,
});
`;

/** Adds `/openapi.json`, an OpenAPI 3.1 document made from the schemas that check the requests, and `/docs`, a page to read it and to try requests. */
export async function registerDocs(app: FastifyInstance, version: string, assets: URL): Promise<void> {
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
  // Printed once: nobody who asks needs a token.
  let bytes: Buffer | undefined;
  app.get("/openapi.json", { schema: { hide: true } }, (_request, reply) => {
    bytes ??= Buffer.from(JSON.stringify(app.swagger()));
    return reply.type("application/json; charset=utf-8").send(bytes);
  });
  const files = ["swagger-ui.css", "swagger-ui-bundle.js"];
  servePage(app, { path: "/docs", html: PAGE, boot: BOOT, files, assets, policy: POLICY });
}
