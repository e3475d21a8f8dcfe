import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { gatewayError } from "../errors.ts";
import { createCounts, STAYS } from "../long-lived.ts";
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
  /** Has some of those leave their place who wait in it although they could be answered. */
  readonly makeRoom: () => void;
  readonly meter: Meter;
  /** Whether the body of a GraphQL request is one that writes. Asked only while there is no place. */
  readonly isMutation: (body: unknown) => boolean;
};

/** What has to be known to answer without a place. */
export type Admission = {
  /** Whether a read of this principal would get a place at once. */
  admits(subject: string): boolean;
  /** Tells of an answer to it, of so many bytes, that lies in this process; gives what is to be called when it does not any more. */
  lie(subject: string, bytes: number): () => void;
};

/** Something that waits for a place: it gets one, or hears that it gets none. */
type Waiting = { readonly end: (admitted: boolean) => void };

/** Answers that are longer, in bytes, hold their place while they lie in this process: together they need much memory. */
const LONG = 16 * 1024;
/** The part of all places that one principal may hold with answers that nobody takes. There may be as many of those as there are places. */
const UNTAKEN_SHARE = 1 / 4;

declare module "fastify" {
  interface FastifyReply {
    /** Gives the place back that the request was worked on in; undefined before it has one. */
    leavePlace: (() => void) | undefined;
  }
}

/**
 * Lets a bounded number of the requests behind `app` be worked on; a bounded number of others wait a moment, writes before reads, and the rest is
 * refused with 503 `Overloaded`. What is admitted is served in good time, whatever is turned away. While memory is `short` it is an eighth as many.
 * Whoever does not take his long answers gets no further ones.
 */
export function registerAdmission(app: FastifyInstance, options: Options): Admission {
  const { maxInFlight, maxQueued, queueWaitMs, short, makeRoom, meter, isMutation } = options;
  let inFlight = 0;
  const writes = new Set<Waiting>();
  const reads = new Set<Waiting>();
  const untaken = createCounts(maxInFlight);
  const held = createCounts(Math.ceil(maxInFlight * UNTAKEN_SHARE));
  meter.gauge("in_flight", () => inFlight);
  meter.gauge("queue_depth", () => reads.size + writes.size);

  const isFree = (): boolean => inFlight < (short() ? Math.ceil(maxInFlight / 8) : maxInFlight);

  const isWrite = ({ method, url, body }: FastifyRequest): boolean => method !== "GET" && (!url.startsWith("/graphql") || isMutation(body));

  function leave(): void {
    inFlight -= 1;
    const [next] = writes.size > 0 ? writes : reads;
    if (isFree()) next?.end(true);
  }

  /** Takes a place; gives what gives it back, once. */
  function takePlace(): () => void {
    inFlight += 1;
    let isTaken = true;
    return () => {
      if (isTaken) leave();
      isTaken = false;
    };
  }

  /** Takes a place until the answer is made, or taken if it is long. A stream stays for hours, does next to nothing, and has limits of its own. */
  function enter(reply: FastifyReply): void {
    const over = takePlace();
    reply.leavePlace = over;
    reply.raw.on("close", over).on(STAYS, over);
  }

  /** Counts a long answer that lies in this process, and gives its place back beyond the share of its principal. To be called when it does not lie there any more: what this gives. */
  function countLying(subject: string, leavePlace: () => void): () => void {
    const counts = [untaken, held].filter((count) => {
      const isCounted = count.enter(subject);
      if (!isCounted) leavePlace();
      return isCounted;
    });
    return () => counts.forEach((count) => count.leave(subject));
  }

  /** Gives the place of an answer back that was just sent, unless it lies in this process. */
  function leaveUnlessUntaken({ caller: { subject } }: FastifyRequest, { raw, leavePlace = () => undefined }: FastifyReply): void {
    const isTaken = raw.destroyed || (raw.writableEnded && raw.writableLength === 0);
    if (isTaken) leavePlace();
    else raw.once("close", countLying(subject, leavePlace));
  }

  async function wait(reply: FastifyReply, queue: Set<Waiting>): Promise<void> {
    const admitted = await new Promise<boolean>((resolve) => {
      const end = (value: boolean): void => {
        clearTimeout(timer);
        queue.delete(waiting);
        reply.raw.off("close", gone);
        if (value) enter(reply);
        resolve(value);
      };
      const gone = (): void => end(false);
      // Most get a place before the half of their time is over: nobody has to give one back for them.
      let timer = setTimeout(() => {
        timer = setTimeout(gone, queueWaitMs / 2);
        makeRoom();
      }, queueWaitMs / 2);
      const waiting: Waiting = { end };
      queue.add(waiting);
      reply.raw.once("close", gone);
    });
    if (admitted) return;
    // Nobody is refused, and so nothing is told but that the caller left.
    if (reply.raw.destroyed) return void reply.hijack();
    meter.count("admission_refusals", { reason: "late" });
    throw overloaded();
  }

  app.decorateReply("leavePlace");
  app.addHook("preHandler", (request, reply, done) => {
    // Gone while its token was looked at: nobody would say when its place is free again.
    if (reply.raw.destroyed) return void reply.hijack();
    if (untaken.isFull(request.caller.subject) && !isWrite(request)) {
      meter.count("admission_refusals", { reason: "untaken" });
      return done(gatewayError("Overloaded", UNTAKEN, { retryAfter: 1 }));
    }
    if (isFree()) {
      enter(reply);
      return done();
    }
    if ((reads.size + writes.size) * 2 >= maxQueued) makeRoom();
    const queue = isWrite(request) ? writes : reads;
    const full = reads.size + writes.size >= maxQueued;
    // A write takes the place of the read that came last.
    if (full && queue === writes) [...reads].at(-1)?.end(false);
    if (reads.size + writes.size >= maxQueued) {
      meter.count("admission_refusals", { reason: "full" });
      return done(overloaded());
    }
    request.log.debug({ waiting: reads.size + writes.size + 1 }, "waiting for a place");
    return wait(reply, queue);
  });
  app.addHook("onSend", (request, reply, payload, done) => {
    const isShort = payload === null || ((typeof payload === "string" || Buffer.isBuffer(payload)) && payload.length <= LONG);
    if (isShort) reply.leavePlace?.();
    done();
    if (!isShort && reply.leavePlace !== undefined) leaveUnlessUntaken(request, reply);
  });
  return {
    admits: (subject) => isFree() && !untaken.isFull(subject),
    lie: (subject, bytes) => {
      if (bytes <= LONG) return () => undefined;
      const leavePlace = takePlace();
      const gone = countLying(subject, leavePlace);
      return () => {
        leavePlace();
        gone();
      };
    },
  };
}

const UNTAKEN = "Too many answers to this principal lie untaken: take them first.";
const overloaded = () => gatewayError("Overloaded", undefined, { retryAfter: 1 });
