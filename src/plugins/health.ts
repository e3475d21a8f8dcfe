import type { FastifyInstance } from "fastify";

/** What readiness is made of: a name, and whether it is well now. */
export type Check = {
  readonly name: string;
  /** Whether no traffic is wanted while it is not well. */
  readonly required: boolean;
  readonly ok: () => boolean;
};

/** Adds `/livez` (the process answers) and `/readyz` (it wants traffic; `?verbose` names each check). */
export function registerHealth(app: FastifyInstance, checks: readonly Check[]): void {
  app.get("/livez", { schema: { hide: true } }, async () => ({ status: "ok" }));
  app.get<{ Querystring: { verbose?: string } }>("/readyz", { schema: { hide: true } }, async (request, reply) => {
    const results = checks.map((check) => ({ name: check.name, status: check.ok() ? "ok" : check.required ? "failing" : "degraded" }));
    const ready = results.every((result) => result.status !== "failing");
    reply.code(ready ? 200 : 503);
    const status = ready ? "ok" : "unavailable";
    return request.query.verbose === undefined ? { status } : { status, checks: results };
  });
}
