import type { FastifyInstance } from "fastify";

const HEADER = "server-timing";

/** Completes `Server-Timing` with the time of the whole request, in milliseconds; a face has told what was waited for. Strangers get none. */
export function registerTiming(app: FastifyInstance): void {
  app.addHook("onSend", (request, reply, _payload, done) => {
    // Set by the auth plugin only, whatever its type says.
    if ((request.caller as unknown) !== undefined) {
      const noted = reply.getHeader(HEADER);
      const total = `total;dur=${reply.elapsedTime.toFixed(1)}`;
      reply.header(HEADER, typeof noted === "string" ? `${noted}, ${total}` : total);
    }
    done();
  });
}
