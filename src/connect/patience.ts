import { type GatewayError } from "../errors.ts";
import { isTrouble } from "./answer-errors.ts";
import type { Http } from "./http.ts";
import type { Pace } from "./limits.ts";
import type { Held } from "./memory.ts";

/** How long those wait for upstream who can be given an older answer, and how often it is tried for them meanwhile. */
export type Patience = {
  /** Whether upstream is in trouble, so that they do not wait at all. */
  troubled(): boolean;
  /** Whether it is to be tried now, in the background; true once a while. */
  tryNow(): boolean;
  /** Milliseconds to wait for the successor of `held`. */
  of(held: Held): number;
  /** An answer did not come before patience ended. */
  ended(): void;
  /** A request ended after so many milliseconds, with an error or without. */
  landed(ms: number, error?: GatewayError): void;
};

/** The least patience, in milliseconds, and the least time between two tries of an upstream in trouble. */
const LEAST_MS = 1_000;
/** An answer that took long the last time is waited for twice as long, up to so many times the least patience. */
const MOST = 5;
/** After an answer came too late upstream is in trouble until one comes, or for so many times the least patience: longer than it takes a try to fail. */
const WARY = 15;

/** What answers have taught of upstream. */
export type Wariness = Pace & {
  /** One came too late. */
  begin(): void;
  /** One came, after so many milliseconds. */
  end(ms: number): void;
};

/** An answer that takes this part of the least patience is a slow one. */
const SLOW = 1 / 2;

/** Makes the wariness of one project's upstream; `now` is in milliseconds. */
export function createWariness(now: () => number, leastMs = LEAST_MS): Wariness {
  let until: number | undefined;
  let tookMs = 0;
  return {
    // No clock is read while nothing is amiss.
    isLate: () => until !== undefined && until > now(),
    isSlow: () => tookMs >= leastMs * SLOW,
    begin: () => void (until = now() + WARY * leastMs),
    end: (ms) => {
      until = undefined;
      tookMs = ms;
    },
  };
}

/** Makes the patience with one project's upstream; `now` is in milliseconds. */
export function createPatience(http: Http, wariness: Wariness, now: () => number, leastMs = LEAST_MS): Patience {
  let triedAt = Number.NEGATIVE_INFINITY;
  return {
    troubled: () => wariness.isLate() || http.trouble() !== "none",
    tryNow: () => {
      if (http.trouble() === "waiting" || now() - triedAt < leastMs) return false;
      triedAt = now();
      return true;
    },
    of: ({ tookMs }) => Math.min(Math.max(2 * tookMs, leastMs), MOST * leastMs),
    ended: wariness.begin,
    landed: (ms, error) => {
      if (error === undefined || !isTrouble(error)) wariness.end(ms);
      else if (wariness.isLate()) wariness.begin();
    },
  };
}
