import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { GatewayError, gatewayError } from "../errors.ts";
import type { ProjectScrubber } from "../scrub/index.ts";
import { badAnswer, isConnects, transportFailure, unchanged, upstreamError, waitAsked, type Weight } from "./answer-errors.ts";
import type { Call, CallReport } from "./call.ts";
import type { Clock } from "./clock.ts";
import { createGate, type KeptBack } from "./gate.ts";
import { inTime } from "./in-time.ts";
import { type AllPlaces, createRetryBudget, enter, placesOfCall } from "./limits.ts";
import type { Body } from "./receiver.ts";
import { createRenewal } from "./renewal.ts";
import { revealingJson, sealAnswer, sealingBy } from "./seal.ts";
import type { TokenCache } from "./token-cache.ts";
import { type Exchange, type Outgoing, type Transport, TransportError } from "./transport.ts";

export type UpstreamRequest = {
  readonly method: "GET" | "POST" | "DELETE";
  /** What is done, for figures: such as `deployments.list`. */
  readonly operation: string;
  /** Path and query, encoded. */
  readonly path: string;
  /** Something hangs on whether there is such a thing: see {@link Weight}. */
  readonly decisive?: boolean | undefined;
  /** What the answer most likely is. */
  readonly expected?: Body | undefined;
  /** Sent as JSON; the secrets in it are opened on the way out. */
  readonly body?: unknown;
};

export type Http = {
  /** Reads: tried three times inside the deadline. The answer as it came, which holds upstream's own masks at most. */
  read(call: Call, request: UpstreamRequest): Promise<Body>;
  /** Writes: repeated only when they certainly did not arrive. The sealed JSON of the answer, and the answer as it came. */
  write(call: Call, request: UpstreamRequest): Promise<{ readonly value: object; readonly body: Body }>;
  /** Whether upstream is known to be in trouble: then requests are refused, but for one now and then, and one is `due` or not. */
  trouble(): "none" | "waiting" | "due";
  /** What is kept from upstream because it fails. */
  keptBack(): KeptBack;
};

type Options = {
  readonly transport: Transport;
  readonly tokens: TokenCache;
  readonly clock: Clock;
  /** Requests under way at once: one project in trouble must not take what the others need. */
  readonly places: AllPlaces;
  readonly scrubber: ProjectScrubber;
  readonly totalMs: number;
  readonly userAgent: string;
  readonly now: () => number;
  readonly random: () => number;
  readonly report: (report: CallReport) => void;
};

const ATTEMPTS = 3;
const FIRST_BACKOFF = 100;
const RETRIED = new Set([429, 500, 502, 503, 504]);
/** Faults of a connection after which a read is worth another try, on another one. */
const PASSING = new Set<TransportError["kind"]>(["broken", "timeout"]);

/** Makes the client of one project's Connect API. Errors are GatewayErrors: upstream's own codes, or `Upstream…`, or `Overloaded`. */
export function createHttp(options: Options): Http {
  const { transport, tokens, clock, scrubber, random, now } = options;
  const budget = createRetryBudget();
  const gate = createGate({ now, random });
  const renewal = createRenewal(tokens, gate.unauthorised);

  async function send(
    { method, path, expected }: UpstreamRequest,
    fields: Outgoing["headers"],
    body: string | undefined,
    deadline: number,
  ) {
    // What nobody has time to wait for is not begun: of a write it would not be known how it ended.
    if (performance.now() >= deadline) throw unchanged(gatewayError("UpstreamTimeout"));
    gate.pass(method);
    const outgoing = body === undefined ? { method, path, headers: fields } : { method, path, headers: fields, body };
    let exchange: Exchange;
    try {
      exchange = await transport.send(outgoing, deadline, expected);
    } catch (error) {
      gate.failed(method, error);
      throw error;
    }
    clock.heard(exchange.headers["date"]);
    gate.answered(method, exchange);
    return exchange;
  }

  function attempt(call: Call, request: UpstreamRequest, body: string | undefined, deadline: number): Promise<Exchange> {
    return renewal.send(
      (token) => send(request, headers(call, token, options.userAgent, body), body, deadline),
      // By any method: whom Connect refuses, for them it has done nothing.
      (refusal) => request.method === "GET" || isConnects(refusal),
      // Without a token nothing is sent.
      (waiting) =>
        inTime(waiting, deadline).catch((error: unknown) => {
          throw error instanceof GatewayError ? unchanged(error) : error;
        }),
    );
  }

  /** The text of what is to be sent. Its values are known before upstream can say anything about them. */
  async function written(body: unknown, deadline: number): Promise<string> {
    const text = await revealingJson(body, scrubber, deadline);
    if (text === undefined) throw unchanged(gatewayError("Overloaded", undefined, { retryAfter: 1 }));
    return text;
  }

  async function request(call: Call, request: UpstreamRequest): Promise<Exchange> {
    const started = performance.now();
    const deadline = Math.min(started + options.totalMs, call.deadline ?? Number.POSITIVE_INFINITY);
    const body = request.body === undefined ? undefined : await written(request.body, deadline);
    const places = placesOfCall(options.places, request.method, call);
    enter(places);
    try {
      for (let attempts = 1; ; attempts++) {
        let outcome: unknown;
        try {
          outcome = await attempt(call, request, body, deadline);
        } catch (error) {
          outcome = error;
        }
        const pause = pauseBefore(outcome, request.method, attempts, random);
        const again = pause !== undefined && attempts < ATTEMPTS && performance.now() + pause < deadline && budget.spend();
        if (isExchange(outcome) && outcome.status < 500 && outcome.status !== 429) budget.earn();
        // Any other error is of before it was sent.
        const sent = isExchange(outcome) || outcome instanceof TransportError ? attempts : attempts - 1;
        if (!again) return conclude(call, request, outcome, started, sent);
        await sleep(pause);
      }
    } finally {
      places.leave();
    }
  }

  function conclude({ correlationId }: Call, request: UpstreamRequest, outcome: unknown, started: number, attempts: number): Exchange {
    const { method, operation, decisive = false } = request;
    const report = (text: string): void =>
      options.report({ method, operation, outcome: text, ms: performance.now() - started, attempts, correlationId });
    try {
      const exchange = accepted(outcome, { write: method !== "GET", decisive }, scrubber);
      report("ok");
      return exchange;
    } catch (error) {
      report((error as GatewayError).code ?? "General");
      throw error;
    }
  }

  return {
    read: async (call, wanted) => (await request(call, wanted)).body,
    write: async (call, wanted) => {
      const { body } = await request(call, wanted);
      const value = body.json();
      if (value === undefined) throw badAnswer(true);
      sealWritten(value, scrubber);
      return { value, body };
    },
    trouble: () => (tokens.resting() ? "waiting" : gate.trouble()),
    keptBack: gate.keptBack,
  };
}

function headers(call: Call, token: string, userAgent: string, body: string | undefined): Record<string, string> {
  const fields: Record<string, string> = {
    authorization: `Bearer ${token}`,
    accept: "application/json",
    "user-agent": userAgent,
    "x-correlation-id": call.correlationId,
  };
  if (call.traceparent !== undefined) fields["traceparent"] = call.traceparent;
  if (body !== undefined) fields["content-type"] = "application/json";
  return fields;
}

/** The milliseconds to wait before the same request is sent again; undefined when it must not be. */
function pauseBefore(outcome: unknown, method: string, attempts: number, random: () => number): number | undefined {
  const backoff = FIRST_BACKOFF * 2 ** (attempts - 1) * random();
  // A certificate is not mended in a second.
  if (outcome instanceof TransportError && outcome.kind === "untrusted") return undefined;
  if (outcome instanceof TransportError) return outcome.unsent || (method === "GET" && PASSING.has(outcome.kind)) ? backoff : undefined;
  if (method !== "GET" || !isExchange(outcome) || !RETRIED.has(outcome.status)) return undefined;
  // Longer than a second is for the caller to wait, not for us to sit out.
  const asked = waitAsked(outcome);
  return asked <= 1 ? asked * 1_010 + backoff : undefined;
}

/** The exchange, if it went well; throws what the caller is told otherwise. */
function accepted(outcome: unknown, weight: Weight, scrubber: ProjectScrubber): Exchange {
  if (outcome instanceof TransportError) throw transportFailure(outcome, weight.write);
  if (!isExchange(outcome)) throw outcome;
  if (outcome.status < 200 || outcome.status > 299) throw upstreamError(outcome, weight, scrubber);
  return outcome;
}

/** Seals the answer to a write; one that cannot be sealed says nothing of what was done. */
function sealWritten(answer: object, scrubber: ProjectScrubber): void {
  try {
    sealAnswer(answer, sealingBy(scrubber));
  } catch {
    throw badAnswer(true);
  }
}

function isExchange(value: unknown): value is Exchange {
  return value !== null && typeof value === "object" && "status" in value && "body" in value;
}
