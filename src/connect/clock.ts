/** Tells whether this machine's clock and upstream's go together, by what upstream says in `Date`. */
export type Clock = {
  /** An answer came, with this `Date`. */
  heard(date: string | string[] | undefined): void;
  /** Milliseconds by which this machine is ahead of upstream, negative when it is behind; undefined while the difference does no harm. */
  ahead(): number | undefined;
};

type Options = {
  /** Monotonic, in milliseconds. */
  readonly now: () => number;
  /** The clock in question, in milliseconds since 1970. */
  readonly wall: () => number;
  /** Called when the two are too far apart, and again only after they were not. */
  readonly apart: (aheadMs: number) => void;
};

/** More than an answer takes on its way: tokens begin to be refused, and times that are told to others are wrong. */
const TOO_FAR_MS = 30_000;
/** One `Date` in so many milliseconds is looked at, and the one after one that was too far away. */
const EVERY_MS = 5_000;

/** Makes the comparison for one upstream host. */
export function createClock({ now, wall, apart }: Options): Clock {
  let lookAt = Number.NEGATIVE_INFINITY;
  let inRow = 0;
  let aheadMs = 0;

  return {
    heard: (date) => {
      if (now() < lookAt) return;
      const told = typeof date === "string" ? Date.parse(date) : Number.NaN;
      if (Number.isNaN(told)) return;
      aheadMs = wall() - told;
      inRow = Math.abs(aheadMs) > TOO_FAR_MS ? inRow + 1 : 0;
      // It takes two in a row: some proxy may answer with one of its own.
      if (inRow !== 1) lookAt = now() + EVERY_MS;
      if (inRow === 2) apart(aheadMs);
    },
    ahead: () => (inRow < 2 ? undefined : aheadMs),
  };
}
