import { setTimeout as sleep } from "node:timers/promises";
import { type GatewayError, gatewayError } from "../errors.ts";
import type { Scrubber } from "../scrub.ts";
import { badAnswer, upstreamError } from "./answer-errors.ts";
import { revealingJson, sealAnswer } from "./seal.ts";
import type { TokenCache } from "./token-cache.ts";
import { type Exchange, type Transport, TransportError } from "./transport.ts";

/** What travels with every call: ids for tracing, checked by the face that took them. */
export type Call = { readonly correlationId: string; readonly traceparent?: string | undefined };

export type UpstreamRequest = {
  readonly method: "GET" | "POST" | "DELETE";
  readonly path: string;
  readonly query?: URLSearchParams | undefined;
  /** Sent as JSON; the secrets in it are opened on the way out. */
  readonly body?: unknown;
};

/** One finished exchange with upstream, for logs and metrics. */
export type CallReport = {
  readonly method: string;
  readonly outcome: string;
  readonly ms: number;
  readonly attempts: number;
  readonly correlationId: string;
};

export type Http = {
  /**
   * Asks upstream and returns the sealed JSON of its answer. Reads are tried three times inside the deadline; a write is repeated only when it
   * certainly did not arrive. Errors are GatewayErrors: upstream's own codes, or `Upstream…`.
   */
  request(call: Call, request: UpstreamRequest): Promise<unknown>;
};

type Options = {
  readonly transport: Transport;
  readonly tokens: TokenCache;
  readonly scrubber: Scrubber;
  readonly totalMs: number;
  readonly userAgent: string;
  readonly random: () => number;
  readonly report: (report: CallReport) => void;
};

const ATTEMPTS = 3;
const FIRST_BACKOFF = 100;
const RETRIED = new Set([429, 502, 503, 504]);

/** Makes the client of one project's Connect API. */
export function createHttp(options: Options): Http {
  const { transport, tokens, scrubber, random } = options;
  const budget = createRetryBudget();

  async function exchange(call: Call, request: UpstreamRequest, body: string | undefined, deadline: number): Promise<Exchange> {
    const path = request.query === undefined || request.query.size === 0 ? request.path : `${request.path}?${request.query.toString()}`;
    const send = (token: string) =>
      transport.send(
        { method: request.method, path, headers: headers(call, token, options.userAgent, body), ...(body === undefined ? {} : { body }) },
        deadline,
      );
    const token = await tokens.get();
    const answer = await send(token);
    if (answer.status !== 401) return answer;
    // Revoked before its time: a 401 means that nothing was done, so one more try with a new token is safe for any method.
    tokens.drop(token);
    return send(await tokens.get());
  }

  async function request(call: Call, request: UpstreamRequest): Promise<unknown> {
    const started = performance.now();
    const deadline = started + options.totalMs;
    const body = request.body === undefined ? undefined : revealingJson(request.body, scrubber);
    budget.earn();
    for (let attempt = 1; ; attempt++) {
      const outcome = await exchange(call, request, body, deadline).catch((error: unknown) => error);
      const again = attempt < ATTEMPTS && mayRepeat(request.method, outcome) && budget.spend();
      const pause = FIRST_BACKOFF * 2 ** (attempt - 1) * random();
      if (again && performance.now() + pause < deadline) {
        await sleep(pause);
        continue;
      }
      return conclude(call, request, outcome, started, attempt);
    }
  }

  function conclude(call: Call, request: UpstreamRequest, outcome: unknown, started: number, attempts: number): unknown {
    const report = (text: string): void =>
      options.report({
        method: request.method,
        outcome: text,
        ms: performance.now() - started,
        attempts,
        correlationId: call.correlationId,
      });
    try {
      const result = toResult(request, outcome, scrubber);
      report("ok");
      return result;
    } catch (error) {
      report((error as GatewayError).code ?? "General");
      throw error;
    }
  }

  return { request };
}

function headers(call: Call, token: string, userAgent: string, body: string | undefined): Record<string, string> {
  return {
    authorization: `Bearer ${token}`,
    accept: "application/json",
    "user-agent": userAgent,
    "x-correlation-id": call.correlationId,
    ...(call.traceparent === undefined ? {} : { traceparent: call.traceparent }),
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
}

function mayRepeat(method: string, outcome: unknown): boolean {
  if (outcome instanceof TransportError) return outcome.unsent || (method === "GET" && outcome.kind === "broken");
  return method === "GET" && isExchange(outcome) && RETRIED.has(outcome.status) && !asksToWait(outcome);
}

/** A `Retry-After` of more than a second is for the caller to obey, not for us to sit out. */
function asksToWait(exchange: Exchange): boolean {
  const header = exchange.headers["retry-after"];
  return header !== undefined && !/^[01]$/.test(String(header));
}

function toResult(request: UpstreamRequest, outcome: unknown, scrubber: Scrubber): unknown {
  const write = request.method !== "GET";
  if (outcome instanceof TransportError) throw transportFailure(outcome, write);
  if (!isExchange(outcome)) throw outcome;
  const { status } = outcome;
  if (status < 200 || status > 299) throw upstreamError(outcome, write, scrubber);
  const answer = parse(outcome);
  if (answer === undefined) throw badAnswer(write);
  sealAnswer(answer, scrubber);
  return answer;
}

function transportFailure(error: TransportError, write: boolean): GatewayError {
  if (error.kind === "unreachable") return gatewayError("UpstreamUnavailable", undefined, { retryAfter: 1, cause: error });
  if (error.kind === "connect-timeout") return gatewayError("UpstreamTimeout", undefined, { cause: error });
  if (write) return gatewayError("UpstreamOutcomeUnknown", undefined, { cause: error });
  if (error.kind === "too-large") return gatewayError("UpstreamBadResponse", undefined, { cause: error });
  if (error.kind === "timeout") return gatewayError("UpstreamTimeout", undefined, { cause: error });
  return gatewayError("UpstreamUnavailable", undefined, { retryAfter: 1, cause: error });
}

function parse(exchange: Exchange): object | undefined {
  try {
    const value: unknown = JSON.parse(exchange.text);
    return value !== null && typeof value === "object" ? value : undefined;
  } catch {
    return undefined;
  }
}

function isExchange(value: unknown): value is Exchange {
  return value !== null && typeof value === "object" && "status" in value && "text" in value;
}

/** Retries may be a tenth of the requests (ten saved up at most): an outage must not be answered with a flood. */
function createRetryBudget(): { earn(): void; spend(): boolean } {
  let saved = 10;
  return {
    earn: () => {
      saved = Math.min(saved + 0.1, 10);
    },
    spend: () => {
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
  };
}
