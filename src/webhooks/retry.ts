const [SECOND, MINUTE, HOUR] = [1_000, 60_000, 3_600_000];

/** Pauses after each failed attempt. */
const PAUSES = [5 * SECOND, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 5 * HOUR, 10 * HOUR, 14 * HOUR, 20 * HOUR, 24 * HOUR];
/** A webhook that has failed for so long is disabled. */
export const GIVE_UP_MS = 5 * 24 * HOUR;
export const LONGEST_WAIT = 24 * HOUR;
const [LEAST_JITTER, MOST_JITTER] = [0.9, 1.1];
/** The longest pauses, by the number of attempts so far. */
export const LONGEST_PAUSES = [0, ...PAUSES].map((pause) => Math.ceil(pause * MOST_JITTER));

/** What an attempt brought. */
export type Attempt = {
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** Why it failed, in a word; never a text of the receiver. */
  readonly reason: string | undefined;
  /** Milliseconds that the receiver asked to wait. */
  readonly retryAfter: number | undefined;
};

/** What becomes of a delivery after an attempt. */
export type Verdict =
  | { readonly state: "succeeded" | "dead"; readonly dueAt?: undefined }
  | { readonly state: "pending"; readonly dueAt: number };

/** Milliseconds that a receiver asked to wait with 429 or 503, a day at most. */
export function askedWait({ status, retryAfter = 0 }: Attempt): number {
  return status === 429 || status === 503 ? Math.min(retryAfter, LONGEST_WAIT) : 0;
}

/**
 * 2xx alone is success; anything else is tried again after the next pause, until the pauses are used up; what the receiver asked to wait is its endpoint's
 * matter. 410 disables the endpoint: the delivery that drew it waits with all others until it is resumed.
 */
export function judge(attempt: Attempt, attempts: number, now: number, random: number): Verdict {
  const { status } = attempt;
  if (status !== undefined && status >= 200 && status < 300) return { state: "succeeded" };
  if (status === 410) return { state: "pending", dueAt: now };
  const pause = PAUSES[attempts - 1];
  if (pause === undefined) return { state: "dead" };
  return { state: "pending", dueAt: Math.round(now + pause * (LEAST_JITTER + (MOST_JITTER - LEAST_JITTER) * random)) };
}
