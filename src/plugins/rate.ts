import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type GatewayError, gatewayError } from "../errors.ts";

/** Shares that no caller may exceed; 0 turns one off. */
export type RateLimits = {
  /** Requests of one principal in a second, on average over two: twice as many may come at once. */
  readonly perSecond: number;
  /** Refused tokens from one address in a second. */
  readonly failedAuthPerSecond: number;
};

/** Counts a refused token of the address `ip`; the error to answer with once it has sent too many, else undefined. */
export type CountFailure = (ip: string) => Promise<GatewayError | undefined>;

const SECOND = 1_000;
/** Principals and addresses that are counted at once; the one seen longest ago makes room. */
const COUNTED = 10_000;

/** Limits what each principal may ask of the routes behind `app`, told in the `RateLimit` headers. Counted in this process alone. */
export async function registerRate(app: FastifyInstance, { perSecond, failedAuthPerSecond }: RateLimits): Promise<CountFailure> {
  await app.register(rateLimit, {
    global: perSecond > 0,
    // After the caller is known, before a body is read.
    hook: "preParsing",
    max: Math.max(perSecond, 1) * 2,
    timeWindow: 2 * SECOND,
    cache: COUNTED,
    keyGenerator: (request) => request.caller.subject,
    enableDraftSpec: true,
    errorResponseBuilder: (_request, { ttl }) => limited(ttl),
  });
  if (failedAuthPerSecond === 0) return async () => undefined;
  const count = app.createRateLimit({
    max: failedAuthPerSecond,
    timeWindow: SECOND,
    keyGenerator: (request) => addressOf(request.ip),
  });
  return async (ip) => {
    // Also for a socket, which has no request any more: nothing else of one is read.
    const counted = await count({ ip, routeOptions: {} } as FastifyRequest);
    return !counted.isAllowed && counted.isExceeded ? limited(counted.ttl) : undefined;
  };
}

const limited = (ms: number): GatewayError => gatewayError("RateLimited", undefined, { retryAfter: Math.max(Math.ceil(ms / SECOND), 1) });

/** An IPv6 caller has a whole /64 to send from: it counts as one. */
function addressOf(ip: string): string {
  if (!ip.includes(":") || ip.includes(".")) return ip;
  const [before = [], after] = ip.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const left = after === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => "0");
  return [...before, ...left, ...(after ?? [])].slice(0, 4).join(":");
}
