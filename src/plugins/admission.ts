import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { gatewayError } from "../errors.ts";
import { STAYS } from "../long-lived.ts";
import type { Meter } from "../meter.ts";

/** How much is worked on at once. */
export type AdmissionLimits = {
  /** Requests under way. */
  readonly maxInFlight: number;
  /** Requests that wait for a place; further ones are refused at once. */
  readonly maxQueued: number;
  /** The longest wait, in milliseconds. */
  readonly queueWaitMs: number;
};

type Options = AdmissionLimits & {
  /** Whether memory runs short. */
  readonly short: () => boolean;
  readonly meter: Meter;
};

type Waiting = { readonly enter: () => void };

/**
 * Lets a bounded number of the requests behind `app` be worked on; a bounded number of others wait a moment, writes before reads, and the rest is
 * refused with 503 `Overloaded`. What is admitted is served in good time, whatever is turned away. While memory is `short` it is an eighth as many.
 */
export function registerAdmission(app: FastifyInstance, { maxInFlight, maxQueued, queueWaitMs, short, meter }: Options): void {
  let inFlight = 0;
  const writes = new Set<Waiting>();
  const reads = new Set<Waiting>();
  meter.gauge("in_flight", () => inFlight);
  meter.gauge("queue_depth", () => reads.size + writes.size);

  const isFree = (): boolean => inFlight < (short() ? Math.ceil(maxInFlight / 8) : maxInFlight);

  function leave(): void {
    inFlight -= 1;
    const [next] = writes.size > 0 ? writes : reads;
    if (isFree()) next?.enter();
  }

  /** Takes a place until the answer is over, or is a stream: that one stays for hours, does next to nothing, and has limits of its own. */
  function enter({ raw }: FastifyReply): void {
    inFlight += 1;
    let held = true;
    const over = (): void => {
      if (held) leave();
      held = false;
    };
    raw.on("close", over).on(STAYS, over);
  }

  async function wait(reply: FastifyReply, queue: Set<Waiting>): Promise<void> {
    const admitted = await new Promise<boolean>((resolve) => {
      const end = (value: boolean): void => {
        clearTimeout(timer);
        queue.delete(waiting);
        reply.raw.off("close", gone);
        resolve(value);
      };
      const gone = (): void => end(false);
      const timer = setTimeout(gone, queueWaitMs);
      const waiting: Waiting = {
        enter: () => {
          enter(reply);
          end(true);
        },
      };
      queue.add(waiting);
      reply.raw.once("close", gone);
    });
    if (admitted) return;
    meter.count("admission_refusals", { reason: "late" });
    throw overloaded();
  }

  app.addHook("preHandler", (request, reply, done) => {
    // Gone while its token was looked at: nobody would say when its place is free again.
    if (reply.raw.destroyed) return done(overloaded());
    if (isFree()) {
      enter(reply);
      return done();
    }
    if (reads.size + writes.size >= maxQueued) {
      meter.count("admission_refusals", { reason: "full" });
      return done(overloaded());
    }
    request.log.debug({ waiting: reads.size + writes.size + 1 }, "waiting for a place");
    return wait(reply, isWrite(request) ? writes : reads);
  });
}

const overloaded = () => gatewayError("Overloaded", undefined, { retryAfter: 1 });

function isWrite({ method, url, body }: FastifyRequest): boolean {
  if (method === "GET") return false;
  if (!url.startsWith("/graphql")) return true;
  const query: unknown = body !== null && typeof body === "object" ? Reflect.get(body, "query") : undefined;
  return typeof query === "string" && /^\s*mutation\b/.test(query);
}
