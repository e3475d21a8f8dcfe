import type { FastifyBaseLogger, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { watchCaller } from "./gone.ts";
import type { Repeat, Repeated } from "./repeats.ts";

/** Writes the line of an answer: the route's pattern and never the path, which may hold anything. */
export function logAnswer(request: FastifyRequest, reply: FastifyReply): void {
  const { method, routeOptions, caller } = request;
  const ms = Math.round(reply.elapsedTime * 10) / 10;
  request.log.info({ method, route: routeOptions.url ?? "-", status: reply.statusCode, ms, subject: caller?.subject }, "request");
}

/** Writes the line of an answer to a request that came again. */
export function logRepeat(log: FastifyBaseLogger, { method, route, caller }: Repeat, { correlationId, status, ms }: Repeated): void {
  log.info({ correlationId, method, route, status, ms, subject: caller.subject }, "request");
}

/** Writes one line for each request, also when its caller does not wait for the end of the answer. After spans are made, which have a word of their own for that. */
export function registerAccessLog(app: FastifyInstance): void {
  app.addHook("onRequest", (_request, reply, done) => {
    watchCaller(reply.raw);
    done();
  });
  app.addHook("onResponse", (request, reply, done) => {
    logAnswer(request, reply);
    done();
  });
}
