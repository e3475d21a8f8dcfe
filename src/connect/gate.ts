import { type GatewayError, gatewayError } from "../errors.ts";
import { isWell, throttledError, unchanged, untrustedError, waitAsked } from "./answer-errors.ts";
import { createBreaker } from "./breaker.ts";
import { createThrottle } from "./limits.ts";
import { type Exchange, TransportError } from "./transport.ts";

/** Keeps from one project's upstream what it is better not asked at the moment. */
export type Gate = {
  /** Lets a request through, which is then to be sent; else throws what its caller is told. */
  pass(method: string): void;
  /** Tells how a request was answered. */
  answered(method: string, exchange: Exchange): void;
  /** Tells that there was no answer, and why. */
  failed(method: string, error: unknown): void;
  /** Tells that upstream takes none of the tokens. */
  unauthorised(): void;
  /** Whether upstream is known to be in trouble: then requests are refused, but for one now and then, and one is `due` or not. */
  trouble(): "none" | "waiting" | "due";
  /** What is kept from a host because it fails; one of them is tried now and then. */
  keptBack(): KeptBack;
};

export type KeptBack = "nothing" | "writes" | "everything";

type Options = {
  /** In milliseconds. */
  readonly now: () => number;
  readonly random: () => number;
};

/** For so long a write leaves it to reads to try a host that fails, in milliseconds: of a write that gets no answer nobody would know what became of it. */
const LEFT_TO_READS_MS = 500;

/** Makes the gate of one project. */
export function createGate({ now, random }: Options): Gate {
  const breaker = createBreaker(now, random);
  const throttle = createThrottle(now);
  // Where writes alone fail, the reads around them must not say that all is well.
  const writes = createBreaker(now, random);
  /** What those are told who are refused because of the last failure, and when to come again, in seconds. */
  let failure = unavailable;

  function ended(method: string, well: boolean): void {
    breaker.ended(well);
    if (method !== "GET") writes.ended(well);
  }

  return {
    pass: (method) => {
      const throttled = throttle.wait();
      if (throttled > 0) throw unchanged(throttledError(Math.ceil(throttled / 1_000)));
      const isWrite = method !== "GET";
      const wait = isWrite ? Math.max(breaker.wait(LEFT_TO_READS_MS), writes.wait()) : breaker.wait();
      if (wait > 0) throw unchanged(failure(Math.ceil(wait / 1_000)));
      // Only what is sent takes the place of a try.
      throttle.begun();
      breaker.begun();
      if (isWrite) writes.begun();
    },
    answered: (method, exchange) => {
      // What is to be thought of a 401 depends on the token.
      if (exchange.status !== 401) {
        const well = isWell(exchange);
        failure = well || exchange.status >= 500 ? unavailable : strange;
        ended(method, well);
      }
      // Who names no time is given a second.
      if (exchange.status === 429) throttle.asked(Math.max(waitAsked(exchange), 1) * 1_000);
      else throttle.answered();
    },
    failed: (method, error) => {
      const kind = error instanceof TransportError ? error.kind : undefined;
      failure = kind === "untrusted" ? untrusted : unavailable;
      ended(method, kind === "too-large");
    },
    unauthorised: () => {
      failure = refused;
      breaker.ended(false);
    },
    trouble: () => {
      if (!breaker.open() && !throttle.on()) return "none";
      return breaker.wait() === 0 && throttle.wait() === 0 ? "due" : "waiting";
    },
    keptBack: () => {
      if (breaker.open()) return "everything";
      return writes.open() ? "writes" : "nothing";
    },
  };
}

const unavailable = (retryAfter: number): GatewayError => gatewayError("UpstreamUnavailable", undefined, { retryAfter });
const refused = (retryAfter: number): GatewayError => gatewayError("UpstreamAuthFailed", undefined, { retryAfter });
const strange = (retryAfter: number): GatewayError => gatewayError("UpstreamBadResponse", undefined, { retryAfter });
const untrusted = (retryAfter: number): GatewayError => untrustedError("the Connect API", { retryAfter });
