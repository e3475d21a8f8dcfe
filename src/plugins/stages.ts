import type { FastifyInstance } from "fastify";
import { gatewayError } from "../errors.ts";

/** How a server ends: it leaves, then drains, then closes. */
export type Stages = {
  /** Whether it wants callers. */
  readonly isOpen: () => boolean;
  /** Aborted when it drains: what stays open by itself ends with it. */
  readonly draining: AbortSignal;
  /** From now on it wants no callers, and serves those who come all the same. */
  leave(): void;
  /** Refuses new requests, while those under way are finished. */
  drain(): void;
};

/** Turns requests away once the server drains, and closes connections with their answers from when it leaves. */
export function registerStages(app: FastifyInstance): Stages {
  const draining = new AbortController();
  let isOpen = true;
  app.addHook("onRequest", (request, _reply, done) => {
    const refused = draining.signal.aborted && !request.url.startsWith("/livez") && !request.url.startsWith("/readyz");
    done(refused ? gatewayError("Draining", undefined, { retryAfter: 1 }) : undefined);
  });
  // A connection that stays open after its last answer would hold up the stop; whoever makes a new one is sent elsewhere.
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (!isOpen) reply.header("connection", "close");
    done();
  });
  return {
    isOpen: () => isOpen,
    draining: draining.signal,
    leave: () => void (isOpen = false),
    drain: () => {
      isOpen = false;
      draining.abort();
    },
  };
}
