import { gatewayError } from "../errors.ts";
import { unchanged } from "./answer-errors.ts";
import type { Call } from "./call.ts";

/** A number of places: whoever finds none is turned away. */
export type Places = {
  /** Takes a place; false when all are taken. */
  enter(): boolean;
  leave(): void;
};

/** Places that all projects of the process share. */
export type Pool = { readonly size: number; taken: number };

/** What a project may have of a pool. */
export type Share = {
  readonly pool: Pool;
  /** So many times the places that are free: however many projects take what they can get, some places are left for the others. */
  readonly times: number;
  /** The most for reads, and for writes, while upstream answers too late: whoever waits in vain must not take the places of callers who need not wait. */
  readonly inTrouble: number;
};

/**
 * The same places for reads, for writes with the reads that belong to one, and for those who could do without, because an older answer is known: while upstream answers
 * too late none of them takes those of another.
 */
export type AllPlaces = { readonly reads: Places; readonly writes: Places; readonly known: Places };

/**
 * While upstream is slow, those who could do without may have so much of what the others may, and half as many while it answers too late. With twice the
 * free places for the others that is a third of all instead of two.
 */
const KNOWN_SHARE = 1 / 4;
const KNOWN_IN_TROUBLE = 1 / 2;

/** How upstream does. */
export type Pace = {
  /** Whether it answers too late. */
  readonly isLate: () => boolean;
  /** Whether its answers take long, as far as is known. */
  readonly isSlow: () => boolean;
};

/** Makes the places of one project. */
export function createPlaces({ pool, times, inTrouble }: Share, { isLate, isSlow }: Pace): AllPlaces {
  let taken = 0;

  function places(share = () => 1, most = inTrouble): Places {
    let own = 0;
    return {
      enter: () => {
        const free = pool.size - pool.taken;
        if (free <= 0 || taken >= free * times * share() || (own >= most && isLate())) return false;
        own += 1;
        taken += 1;
        pool.taken += 1;
        return true;
      },
      leave: () => {
        own -= 1;
        taken -= 1;
        pool.taken -= 1;
      },
    };
  }

  return { reads: places(), writes: places(), known: places(() => (isSlow() ? KNOWN_SHARE : 1), Math.ceil(inTrouble * KNOWN_IN_TROUBLE)) };
}

/** The places for a call: what is asked for itself alone is asked by a write. */
export function placesOfCall({ reads, writes, known }: AllPlaces, method: string, { fresh, spare }: Call): Places {
  if (method !== "GET" || fresh === "own") return writes;
  return spare === true ? known : reads;
}

/** Takes a place; throws `Overloaded` when there is none. Whoever took one leaves it. */
export function enter(places: Places): void {
  if (!places.enter()) throw unchanged(gatewayError("Overloaded", undefined, { retryAfter: 1 }));
}

/** Works in a place; without one nothing is done, and `Overloaded` is thrown. */
export async function inPlace<T>(places: Places, work: () => Promise<T>): Promise<T> {
  enter(places);
  try {
    return await work();
  } finally {
    places.leave();
  }
}

/**
 * Retries may be a tenth of the requests that were answered, and a few that were saved up: an outage must not be answered with a flood, and earns
 * none, however many requests there are in it.
 */
export type RetryBudget = { earn(): void; spend(): boolean };

/** Retries that can be saved up: less than a tenth of the first hundred requests in an outage. */
const MOST_SAVED = 9;

/** Makes a full budget. */
export function createRetryBudget(): RetryBudget {
  let saved = MOST_SAVED;
  return {
    earn: () => {
      saved = Math.min(saved + 0.1, MOST_SAVED);
    },
    spend: () => {
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
  };
}

/** Slows a project down for as long as upstream asks: a few requests go through now and then, and some that are answered otherwise, one after the other, end it. */
export type Throttle = {
  /** Upstream asked to wait so long, in milliseconds. */
  asked(ms: number): void;
  /** Upstream answered without asking to wait. */
  answered(): void;
  /** Milliseconds to wait before another request may be sent, 0 when one may. */
  wait(): number;
  /** Tells that a request is let through. */
  begun(): void;
  /** Whether upstream asks to wait. */
  on(): boolean;
};

/** Requests that go through at once while upstream asks to wait, and in each second after. */
const THROTTLED_BURST = 5;
const THROTTLED_PER_SECOND = 1;
/** So many answers in a row tell that upstream does not ask any more. One alone does not: whoever takes so many requests a minute answers some and refuses others. */
const ANSWERED = 5;

/** Makes the throttle of one project; `now` is in milliseconds. */
export function createThrottle(now: () => number): Throttle {
  let until = 0;
  let free = 0;
  let filledAt = 0;
  let answered = 0;

  function fill(): void {
    const time = now();
    free = Math.min(free + ((time - filledAt) / 1_000) * THROTTLED_PER_SECOND, THROTTLED_BURST);
    filledAt = time;
  }

  // No clock is read for what was never asked.
  const isOn = (): boolean => until > 0 && until > now();

  return {
    on: isOn,
    asked: (ms) => {
      if (until <= now()) [free, filledAt] = [THROTTLED_BURST, now()];
      until = Math.max(until, now() + ms);
      answered = 0;
    },
    answered: () => {
      if (++answered >= ANSWERED) until = 0;
    },
    wait: () => {
      if (!isOn()) return 0;
      fill();
      return free < 1 ? until - now() : 0;
    },
    begun: () => {
      if (isOn()) free -= 1;
    },
  };
}
