import type { FastifyInstance } from "fastify";
import type { Timing } from "../timing.ts";

declare module "fastify" {
  interface FastifyReply {
    /** What was waited for; set by the face that answers. */
    timing: Timing | undefined;
  }
}

const HEADER = "server-timing";

/** Adds `Server-Timing`: what was waited for, and the time of the whole request, in milliseconds. Strangers get none. */
export function registerTiming(app: FastifyInstance): void {
  app.decorateReply("timing");
  app.addHook("onSend", (request, reply, _payload, done) => {
    // Set by the auth plugin only, whatever its type says.
    if ((request.caller as unknown) !== undefined) {
      const noted = reply.timing?.print() ?? "";
      const total = `total;dur=${reply.elapsedTime.toFixed(1)}`;
      reply.header(HEADER, noted === "" ? total : `${noted}, ${total}`);
    }
    done();
  });
}
