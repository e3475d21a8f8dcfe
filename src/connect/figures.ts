import { ERRORS, toGatewayError } from "../errors.ts";
import type { Meter } from "../meter.ts";
import type { Tracer } from "../tracer.ts";
import type { Call, CallReport } from "./call.ts";
import type { Http, UpstreamRequest } from "./http.ts";
import type { GrantedToken } from "./token-cache.ts";

const OURS = new Set(Object.keys(ERRORS).filter((code) => /^(Upstream|Overloaded$|General$)/.test(code)));

/** How a call ended, as a fixed word: codes that upstream makes up are all the same `refused`. */
const outcomeOf = (code: string): string => (code === "ok" || OURS.has(code) ? code : "refused");

/** Counts a finished call; one that was kept from upstream is none. */
export function countCall(meter: Meter, { operation, outcome, ms, attempts }: CallReport): void {
  if (attempts === 0) return meter.count("upstream_calls_kept_back", { operation });
  meter.count("upstream_calls", { operation, outcome: outcomeOf(outcome) });
  meter.observe("upstream_call", ms, { operation });
  if (attempts > 1) meter.count("upstream_retries", { operation }, attempts - 1);
}

/** The same request for a token, counted. */
export function countTokens(meter: Meter, request: () => Promise<GrantedToken>): () => Promise<GrantedToken> {
  return async () => {
    try {
      const granted = await request();
      meter.count("token_requests", { outcome: "ok" });
      return granted;
    } catch (error) {
      meter.count("token_requests", { outcome: outcomeOf(toGatewayError(error).code) });
      throw error;
    }
  };
}

/** The same client, with a span around each call that upstream can continue. */
export function traceCalls(http: Http, tracer: Tracer | undefined, region: string): Http {
  if (tracer === undefined) return http;

  async function within<T>(call: Call, { operation }: UpstreamRequest, work: (call: Call) => Promise<T>): Promise<T> {
    const span = tracer?.start(operation, region, call.traceparent);
    try {
      const result = await work({ ...call, traceparent: span?.traceparent });
      span?.end("ok");
      return result;
    } catch (error) {
      span?.end(outcomeOf(toGatewayError(error).code));
      throw error;
    }
  }

  return {
    ...http,
    read: (call, wanted) => within(call, wanted, (inner) => http.read(inner, wanted)),
    write: (call, wanted) => within(call, wanted, (inner) => http.write(inner, wanted)),
  };
}
