import type { FastifyInstance } from "fastify";
import type { Timing } from "../timing.ts";

declare module "fastify" {
  interface FastifyReply {
    /** What was waited for; set by the face that answers. */
    timing: Timing | undefined;
    /** Sets the header now, for an answer that no hook sees leave. */
    setTiming(): void;
  }
}

const HEADER = "server-timing";

/** Adds `Server-Timing`: what was waited for, and the time of the whole request, in milliseconds. Strangers get none. */
export function registerTiming(app: FastifyInstance): void {
  app.decorateReply("timing");
  app.decorateReply("setTiming", function () {
    // Set by the auth plugin only, whatever its type says.
    if ((this.request.caller as unknown) === undefined) return;
    const noted = this.timing?.print() ?? "";
    const total = `total;dur=${this.elapsedTime.toFixed(1)}`;
    this.header(HEADER, noted === "" ? total : `${noted}, ${total}`);
  });
  app.addHook("onSend", (_request, reply, _payload, done) => {
    reply.setTiming();
    done();
  });
}
