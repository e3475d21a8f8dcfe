import { performance } from "node:perf_hooks";
import type { Tell } from "../log.ts";
import { type Meter, NO_METER } from "../meter.ts";
import type { ProjectScrubber, Scrubber } from "../scrub/index.ts";
import { reveal, type Secret } from "../secret.ts";
import type { Tracer } from "../tracer.ts";
import type { Proxy } from "../tunnels.ts";
import type { CallReport } from "./call.ts";
import { type Clock, createClock } from "./clock.ts";
import { countCall, countTokens, traceCalls } from "./figures.ts";
import { createHttp, type Http } from "./http.ts";
import { createInflow, type Inflow } from "./inflow.ts";
import { type AllPlaces, createPlaces, type Share } from "./limits.ts";
import { createMemory, type Memory } from "./memory.ts";
import { createOauth } from "./oauth.ts";
import type { Written } from "./marks.ts";
import { createWariness } from "./patience.ts";
import type { ReadLimits } from "./read.ts";
import { createReads, type Reads } from "./reads.ts";
import { createScopes, type Scopes } from "./scopes.ts";
import { createTokenCache } from "./token-cache.ts";
import { createTransport, DEFAULT_LIMITS, type TransportLimits } from "./transport.ts";

export type ConnectOptions = {
  readonly region: string;
  readonly projectKey: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  /** Scopes to ask for, separated by spaces; undefined asks for all of the credential's. */
  readonly scope: string | undefined;
  readonly authUrl: string;
  readonly connectUrl: string;
  /** Ways out, direct when left out. */
  readonly proxies?: { readonly connect: Proxy | undefined; readonly auth: Proxy | undefined };
  readonly scrubber: Scrubber;
  readonly userAgent: string;
  readonly report: (report: CallReport & { readonly region: string; readonly projectKey: string }) => void;
  /** What a principal is called among processes; by the own name when left out. */
  readonly nameOf?: ((principal: string) => string) | undefined;
  /** Hears of each write that was done, or may have been, before its caller does; `isOver` when nothing may be left of what it was for. Never fails. */
  readonly wrote?: ((write: Written, isOver: boolean) => Promise<void>) | undefined;
  /** Hears of what an operator should look at. */
  readonly warn?: Tell;
  readonly now?: () => number;
  /** The machine's clock, in milliseconds since 1970. */
  readonly wall?: () => number;
  readonly random?: () => number;
  readonly limits?: Partial<TransportLimits>;
  /** Nothing is remembered when left out. */
  readonly reads?: ReadLimits;
  /** What all projects of the process remember; a memory of its own when left out. */
  readonly memory?: Memory;
  /** The answers of all projects that are on their way; an inflow of its own when left out. */
  readonly inflow?: Inflow;
  /**
   * What the project may have of the requests to upstream that are under way at once, and of the callers who wait for one; all when left out. Callers who can be
   * told what was `known` have places of their own, or some of those of the others when that is left out; the requests made for them, the `refreshes`, a limit of
   * their own, or none but that of all requests.
   */
  readonly places?: { readonly calls: Share; readonly callers: Share; readonly known?: Share; readonly refreshes?: Share } | undefined;
  readonly meter?: Meter;
  /** No spans when left out. */
  readonly tracer?: Tracer | undefined;
};

type Parts = {
  readonly http: Http;
  readonly reads: Reads;
  readonly scrubber: ProjectScrubber;
  readonly callers: AllPlaces;
  readonly clock: Clock;
  readonly scopes: Scopes;
  close(): Promise<void>;
};

const BOUNDLESS: Share = { pool: { size: Number.POSITIVE_INFINITY, taken: 0 }, times: 1, inTrouble: Number.POSITIVE_INFINITY };

const ALL: NonNullable<ConnectOptions["places"]> = { calls: BOUNDLESS, callers: BOUNDLESS };

/** What one project's client is made of. */
export function createParts(options: ConnectOptions): Parts {
  const { region, projectKey, clientId, clientSecret, scope, authUrl, userAgent, proxies } = options;
  const { now = () => performance.now(), random = Math.random, meter = NO_METER, reads = { cacheMs: 0, staleMs: 0 } } = options;
  const { nameOf = (principal) => principal } = options;
  const { memory = createMemory({ ...reads, now }), inflow = createInflow(), places = ALL } = options;
  const limits = { ...DEFAULT_LIMITS, ...options.limits };
  const lane = inflow.lane();
  const transport = createTransport(options.connectUrl, limits, lane, proxies?.connect);
  const authTransport = createTransport(authUrl, limits, lane, proxies?.auth);
  options.scrubber.keep(reveal(clientSecret));
  const scrubber = options.scrubber.of(region, projectKey);
  const { totalMs } = limits;
  const scopes = createScopes({
    asked: scope,
    projectKey,
    lacks: (missing) => options.warn?.("the client of a project lacks scopes", { region, projectKey, missing }),
  });
  const { granted } = scopes;
  const oauth = createOauth({
    transport: authTransport,
    clientId,
    clientSecret,
    scope,
    scrubber: options.scrubber,
    userAgent,
    totalMs,
    granted,
  });
  const tokens = createTokenCache({
    key: `${authUrl} ${clientId} ${scope ?? ""}`,
    request: countTokens(meter, oauth),
    now,
  });
  const wariness = createWariness(now, reads.patienceMs);
  const clock = createClock({
    now,
    wall: options.wall ?? Date.now,
    apart: (aheadMs) => options.warn?.("this machine's clock and the Connect API's are apart", { region, projectKey, aheadMs }),
  });
  meter.gauge("clocks_apart", () => (clock.ahead() === undefined ? 0 : 1), { region });
  const plain = createHttp({
    transport,
    tokens,
    clock,
    places: createPlaces(places.calls, wariness),
    scrubber,
    totalMs,
    userAgent,
    now,
    random,
    report: (report) => {
      countCall(meter, report);
      options.report({ ...report, region, projectKey });
    },
  });
  meter.gauge("breakers_open", () => (plain.keptBack() === "nothing" ? 0 : 1), { region });
  const callers = createPlaces(places.callers, wariness);
  const known = places.known === undefined ? callers.known : createPlaces(places.known, wariness).reads;
  const refreshes = createPlaces(places.refreshes ?? BOUNDLESS, wariness);
  const http = traceCalls(plain, options.tracer, region);
  return {
    http,
    reads: createReads({
      http,
      scrubber,
      now,
      meter,
      memory,
      wariness,
      callers,
      known,
      refreshes: refreshes.reads,
      nameOf,
      ...reads,
    }),
    scrubber,
    callers,
    clock,
    scopes,
    close: async () => {
      if (memory !== options.memory) memory.close();
      await Promise.all([transport.close(), authTransport.close()]);
    },
  };
}
