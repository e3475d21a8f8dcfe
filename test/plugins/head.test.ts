import { fastify } from "fastify";
import { test } from "tap";
import { registerGuards } from "../../src/plugins/guards.ts";
import { HEADERS } from "../../src/plugins/head.ts";
import { startBoth } from "../helpers/gateway.ts";

test("security headers stand on every answer, and CORS is off", async (t) => {
  const { gateway } = await startBoth(t);
  for (const path of ["/livez", "/v1/projects", "/nowhere", "/openapi.json", "/docs", "/graphiql"]) {
    const { headers } = await gateway.rest("GET", path, undefined, { headers: { origin: "https://evil.example" } });
    // One policy: of two that were sent a browser would obey both, and the list of them has a comma.
    t.match(headers.get("content-security-policy"), /^default-src 'none';[^,]* frame-ancestors 'none'$/);
    t.same(
      [
        headers.get("cache-control"),
        headers.get("x-content-type-options"),
        headers.get("vary"),
        headers.get("x-frame-options"),
        headers.get("referrer-policy"),
        headers.get("cross-origin-resource-policy"),
        headers.get("access-control-allow-origin"),
      ],
      ["no-store", "nosniff", "Origin", "DENY", "no-referrer", "same-origin", null],
      path,
    );
  }
});

test("where Node prints heads in another way the headers are set one by one", async (t) => {
  const app = fastify();
  t.teardown(() => app.close());
  registerGuards(app, () => undefined);
  app.get("/", async (_request, reply) => {
    reply.header("content-security-policy", "sandbox");
    return {};
  });
  const { headers } = await app.inject("/");
  t.match(headers, { ...HEADERS, "content-security-policy": "sandbox" });
});
