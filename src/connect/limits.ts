/** A number of places: whoever finds none is turned away. */
export type Places = {
  /** Takes a place; false when all are taken. */
  enter(): boolean;
  leave(): void;
};

/** Makes so many places. */
export function createPlaces(count: number): Places {
  let taken = 0;
  return {
    enter: () => taken < count && ++taken > 0,
    leave: () => {
      taken -= 1;
    },
  };
}

/** Retries may be a tenth of the requests (ten saved up at most): an outage must not be answered with a flood. */
export type RetryBudget = { earn(): void; spend(): boolean };

/** Makes a full budget. */
export function createRetryBudget(): RetryBudget {
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

/** Slows a project down for as long as upstream asks: a few requests go through now and then, and the first that is answered otherwise ends it. */
export type Throttle = {
  /** Upstream asked to wait so long, in milliseconds. */
  asked(ms: number): void;
  over(): void;
  /** Milliseconds to wait before another request may be sent; 0 lets this one through. */
  wait(): number;
};

/** Requests that go through at once while upstream asks to wait, and in each second after. */
const THROTTLED_BURST = 5;
const THROTTLED_PER_SECOND = 1;

/** Makes the throttle of one project; `now` is in milliseconds. */
export function createThrottle(now: () => number): Throttle {
  let until = 0;
  let free = 0;
  let filledAt = 0;
  return {
    asked: (ms) => {
      if (until <= now()) [free, filledAt] = [THROTTLED_BURST, now()];
      until = Math.max(until, now() + ms);
    },
    over: () => {
      until = 0;
    },
    wait: () => {
      const time = now();
      if (until <= time) return 0;
      free = Math.min(free + ((time - filledAt) / 1_000) * THROTTLED_PER_SECOND, THROTTLED_BURST);
      filledAt = time;
      if (free < 1) return until - time;
      free -= 1;
      return 0;
    },
  };
}
