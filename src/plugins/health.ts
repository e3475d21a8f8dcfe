import type { FastifyInstance } from "fastify";
import { createStalls } from "./stalls.ts";

/** What readiness is made of: a name, and whether it is well now. */
export type Check = {
  readonly name: string;
  /** What is not well, in words; undefined when all is. */
  readonly fault: () => string | undefined | Promise<string | undefined>;
};

/**
 * Adds `/livez` (the process answers) and `/readyz` (it wants traffic; `?verbose` names each check). No traffic is wanted while one of the `required`
 * checks is not well, nor just after the process stood still. The `told` ones are only told, and only asked when somebody wants to know.
 */
export function registerHealth(app: FastifyInstance, required: readonly Check[], told: readonly Check[]): void {
  const stalls = createStalls({ stalled: (ms) => app.log.warn({ ms: Math.round(ms) }, "the process stood still") });
  app.addHook("onClose", async () => stalls.stop());
  const all = [...required, { name: "event-loop", fault: stalls.fault }];
  app.get("/livez", { schema: { hide: true } }, async () => ({ status: "ok" }));
  app.get<{ Querystring: { verbose?: string } }>("/readyz", { schema: { hide: true } }, async (request, reply) => {
    const results = await Promise.all(all.map((check) => ask(check, "failing")));
    const ready = results.every(({ status }) => status === "ok");
    reply.code(ready ? 200 : 503);
    const status = ready ? "ok" : "unavailable";
    if (request.query.verbose === undefined) return { status };
    return { status, checks: [...results, ...(await Promise.all(told.map((check) => ask(check, "degraded"))))] };
  });
}

async function ask({ name, fault }: Check, otherwise: string): Promise<{ name: string; status: string; reason?: string }> {
  try {
    const reason = await fault();
    return reason === undefined ? { name, status: "ok" } : { name, status: otherwise, reason };
  } catch {
    return { name, status: otherwise, reason: "it cannot be told" };
  }
}
