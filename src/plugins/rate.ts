import { performance } from "node:perf_hooks";
import rateLimit, { type FastifyRateLimitStore, type FastifyRateLimitStoreCtor } from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { LRUCache } from "lru-cache";
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
const WINDOW = 2 * SECOND;
/** Principals and addresses that are counted at once; the one seen longest ago makes room. */
const COUNTED = 10_000;

export type Rate = {
  readonly countFailure: CountFailure;
  /** Takes one request of a principal's share, outside of any route; gives the lines of a head that tell of it, undefined when nothing is left. */
  readonly takeShare: (subject: string) => string | undefined;
};

/** Requests of one window of time so far, and how long it lasts on, in milliseconds. */
type Counted = { readonly current: number; readonly ttl: number };

/** Counts as the package's own store does, which nobody else can ask. */
class Windows implements FastifyRateLimitStore {
  readonly #open = new LRUCache<string, { count: number; readonly endsAt: number }>({ max: COUNTED });

  incr(key: string, done: (error: null, result: Counted) => void, windowMs: number): void {
    done(null, this.count(key, windowMs));
  }

  count(key: string, windowMs: number): Counted {
    const now = Math.floor(performance.now());
    const held = this.#open.get(key);
    const window = held === undefined || held.endsAt <= now ? { count: 0, endsAt: now + windowMs } : held;
    window.count += 1;
    if (window !== held) this.#open.set(key, window);
    return { current: window.count, ttl: window.endsAt - now };
  }

  child(): Windows {
    return new Windows();
  }
}

/** Limits what each principal may ask of the routes behind `app`, told in the `RateLimit` headers. Counted in this process alone. */
export async function registerRate(app: FastifyInstance, { perSecond, failedAuthPerSecond }: RateLimits): Promise<Rate> {
  const max = Math.max(perSecond, 1) * 2;
  const windows = new Windows();
  await app.register(rateLimit, {
    global: perSecond > 0,
    // After the caller is known, before a body is read.
    hook: "preParsing",
    max,
    timeWindow: WINDOW,
    // The package makes it with `new`, which gives what such a function gives.
    store: function store() {
      return windows;
    } as unknown as FastifyRateLimitStoreCtor,
    keyGenerator: (request) => request.caller.subject,
    enableDraftSpec: true,
    errorResponseBuilder: (_request, { ttl }) => limited(ttl),
  });
  const takeShare = (subject: string): string | undefined => {
    if (perSecond === 0) return "";
    const { current, ttl } = windows.count(subject, WINDOW);
    if (current > max) return undefined;
    return `ratelimit-limit: ${max}\r\nratelimit-remaining: ${max - current}\r\nratelimit-reset: ${Math.ceil(ttl / SECOND)}\r\n`;
  };
  return { countFailure: createCountFailure(app, failedAuthPerSecond), takeShare };
}

function createCountFailure(app: FastifyInstance, perSecond: number): CountFailure {
  if (perSecond === 0) return async () => undefined;
  const count = app.createRateLimit({
    max: perSecond,
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
