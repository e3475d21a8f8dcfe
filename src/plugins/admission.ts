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
  /** Whether the body of a GraphQL request is one that writes. Asked only while there is no place. */
  readonly isMutation: (body: unknown) => boolean;
};

/** Something that waits for a place: it gets one, or hears that it gets none. */
type Waiting = { readonly subject: string; readonly end: (admitted: boolean) => void };

/** A principal may have so many times the places that are free: alone three quarters of all, whatever it does with them. */
const TIMES = 3;
/** Answers that are longer, in bytes, hold their place until they are taken: together they need much memory. */
const LONG = 16 * 1024;
/** Principals without a place are forgotten when there are so many. No entry is taken out sooner: a map from which they go at once is made anew again and again. */
const MOST_PRINCIPALS = 1_000;

/** How many places each principal has. */
function createShares() {
  const taken = new Map<string, number>();
  return {
    of: (subject: string): number => taken.get(subject) ?? 0,
    add: (subject: string, by: number): void => {
      if (taken.size >= MOST_PRINCIPALS) for (const [each, count] of taken) if (count === 0) taken.delete(each);
      taken.set(subject, (taken.get(subject) ?? 0) + by);
    },
  };
}

declare module "fastify" {
  interface FastifyReply {
    /** Gives the place back that the request was worked on in; undefined before it has one. */
    leavePlace: (() => void) | undefined;
  }
}

/**
 * Lets a bounded number of the requests behind `app` be worked on; a bounded number of others wait a moment, writes before reads, and the rest is
 * refused with 503 `Overloaded`. What is admitted is served in good time, whatever is turned away. While memory is `short` it is an eighth as many.
 */
export function registerAdmission(app: FastifyInstance, { maxInFlight, maxQueued, queueWaitMs, short, meter, isMutation }: Options): void {
  let inFlight = 0;
  const shares = createShares();
  const writes = new Set<Waiting>();
  const reads = new Set<Waiting>();
  meter.gauge("in_flight", () => inFlight);
  meter.gauge("queue_depth", () => reads.size + writes.size);

  function isFree(subject: string): boolean {
    const free = (short() ? Math.ceil(maxInFlight / 8) : maxInFlight) - inFlight;
    return free > 0 && shares.of(subject) < free * TIMES;
  }

  const isWrite = ({ method, url, body }: FastifyRequest): boolean => method !== "GET" && (!url.startsWith("/graphql") || isMutation(body));

  function leave(subject: string): void {
    inFlight -= 1;
    shares.add(subject, -1);
    for (const waiting of [writes, reads].flatMap((queue) => (queue.size === 0 ? [] : [...queue]))) {
      if (isFree(waiting.subject)) return waiting.end(true);
    }
  }

  /** Takes a place until the answer is made, or taken if it is long. A stream stays for hours, does next to nothing, and has limits of its own. */
  function enter(reply: FastifyReply, subject: string): void {
    inFlight += 1;
    shares.add(subject, 1);
    let held = true;
    const over = (): void => {
      if (held) leave(subject);
      held = false;
    };
    reply.leavePlace = over;
    reply.raw.on("close", over).on(STAYS, over);
  }

  async function wait(reply: FastifyReply, subject: string, queue: Set<Waiting>): Promise<void> {
    const admitted = await new Promise<boolean>((resolve) => {
      const end = (value: boolean): void => {
        clearTimeout(timer);
        queue.delete(waiting);
        reply.raw.off("close", gone);
        if (value) enter(reply, subject);
        resolve(value);
      };
      const gone = (): void => end(false);
      const timer = setTimeout(gone, queueWaitMs);
      const waiting: Waiting = { subject, end };
      queue.add(waiting);
      reply.raw.once("close", gone);
    });
    if (admitted) return;
    meter.count("admission_refusals", { reason: "late" });
    throw overloaded();
  }

  app.decorateReply("leavePlace");
  app.addHook("preHandler", (request, reply, done) => {
    // Gone while its token was looked at: nobody would say when its place is free again.
    if (reply.raw.destroyed) return done(overloaded());
    const { subject } = request.caller;
    if (isFree(subject)) {
      enter(reply, subject);
      return done();
    }
    const queue = isWrite(request) ? writes : reads;
    const full = reads.size + writes.size >= maxQueued;
    // A write takes the place of the read that came last.
    if (full && queue === writes) [...reads].at(-1)?.end(false);
    if (reads.size + writes.size >= maxQueued) {
      meter.count("admission_refusals", { reason: "full" });
      return done(overloaded());
    }
    request.log.debug({ waiting: reads.size + writes.size + 1 }, "waiting for a place");
    return wait(reply, subject, queue);
  });
  app.addHook("onSend", (_request, reply, payload, done) => {
    const isShort = payload === null || ((typeof payload === "string" || Buffer.isBuffer(payload)) && payload.length <= LONG);
    if (isShort) reply.leavePlace?.();
    done();
  });
}

const overloaded = () => gatewayError("Overloaded", undefined, { retryAfter: 1 });
