import type { FastifyInstance } from "fastify";

/** Writes one line for each answer: the route's pattern and never the path, which may hold anything. */
export function registerAccessLog(app: FastifyInstance): void {
  app.addHook("onResponse", (request, reply, done) => {
    const { method, routeOptions, caller } = request;
    const ms = Math.round(reply.elapsedTime * 10) / 10;
    request.log.info({ method, route: routeOptions.url ?? "-", status: reply.statusCode, ms, subject: caller?.subject }, "request");
    done();
  });
}
