import { LRUCache } from "lru-cache";
import { gatewayError, toGatewayError } from "../errors.ts";

/** A token and the seconds it is good for, as the token endpoint says; `expiresIn` is checked here, not before. */
export type GrantedToken = { readonly token: string; readonly expiresIn: unknown };

type Held = { readonly token: string; readonly expiresAt: number };

/** Keeps the access token of one credential. */
export type TokenCache = {
  /** The token; a first request, or one after the token's end, waits for the token endpoint, all others share that wait. */
  get(): string | Promise<string>;
  /**
   * Upstream refused `token`: it is forgotten if it is still the one held, because the late 401 of an older token must not throw away a newer one. Tells
   * whether another try with the token held then makes sense; it does not where the one before was refused moments ago as well.
   */
  drop(token: string): boolean;
  /** Upstream took a token. */
  accepted(): void;
  /** Whether there is none, and none to be asked for at the moment. */
  resting(): boolean;
};

type Options = {
  /** Identifies the credential: auth host, client id, scope. */
  readonly key: string;
  readonly request: () => Promise<GrantedToken>;
  readonly now: () => number;
};

const LONGEST_SECONDS = 172_800;
/** Also for tokens that live shorter: once upstream refuses one, another is asked for. */
const SHORTEST_SECONDS = 60;
/** Renewal starts in the background when this share of the lifetime is over; the old token serves meanwhile. */
const RENEW_AT = 0.8;
/** After a failure nobody asks the token endpoint again for this long, in milliseconds, or for longer where it asks for that. */
const COOL_DOWN = 1_000;
/** The least time between two tokens that are thrown away, in milliseconds: while upstream takes none, and once it took the last one. */
const REFUSED_PAUSE = 3_000;
const ACCEPTED_PAUSE = 1_000;

/** Makes the token cache of one credential. Its errors are those of `request`. */
export function createTokenCache({ key, request, now }: Options): TokenCache {
  let failure: { readonly until: number; readonly error: unknown } | undefined;
  let droppedAt = Number.NEGATIVE_INFINITY;
  let pause = ACCEPTED_PAUSE;
  const cache = new LRUCache<string, Held>({
    max: 1,
    perf: { now },
    ttlResolution: 0,
    allowStale: true,
    noDeleteOnFetchRejection: true,
    allowStaleOnFetchRejection: true,
    async fetchMethod(_key, _stale, { options }) {
      try {
        const granted = await request();
        const lifetime = seconds(granted.expiresIn) * 1_000;
        options.ttl = lifetime * RENEW_AT;
        failure = undefined;
        return { token: granted.token, expiresAt: now() + lifetime };
      } catch (error) {
        const { retryAfter = 0 } = toGatewayError(error);
        failure = { until: now() + Math.max(retryAfter * 1_000, COOL_DOWN), error };
        throw error;
      }
    },
  });

  function get(): string | Promise<string> {
    const held = cache.has(key) ? cache.peek(key) : undefined;
    return held !== undefined && held.expiresAt > now() ? held.token : renewed();
  }

  async function renewed(): Promise<string> {
    const held = cache.peek(key, { allowStale: true });
    const expired = held !== undefined && held.expiresAt <= now();
    if (expired) cache.delete(key);
    if (failure !== undefined && now() < failure.until) {
      if (held !== undefined && !expired) return held.token;
      throw failure.error;
    }
    const fetched = await cache.fetch(key);
    // With nothing stale to fall back on, a failed fetch gives undefined and keeps its reason to itself.
    if (fetched === undefined) throw failure?.error ?? gatewayError("UpstreamUnavailable");
    return fetched.token;
  }

  return {
    get,
    drop(token) {
      if (cache.peek(key, { allowStale: true })?.token !== token) return true;
      if (now() - droppedAt < pause) return false;
      droppedAt = now();
      pause = REFUSED_PAUSE;
      cache.delete(key);
      return true;
    },
    accepted() {
      pause = ACCEPTED_PAUSE;
    },
    resting() {
      if (failure === undefined || failure.until <= now()) return false;
      const held = cache.peek(key, { allowStale: true });
      return held === undefined || held.expiresAt <= now();
    },
  };
}

/** Seconds of life: what the endpoint says, a minute when it says less or nothing usable, two days at most. */
function seconds(expiresIn: unknown): number {
  const usable = typeof expiresIn === "number" && Number.isFinite(expiresIn);
  return usable ? Math.min(Math.max(expiresIn, SHORTEST_SECONDS), LONGEST_SECONDS) : SHORTEST_SECONDS;
}
