/**
 * The figures that the gateway keeps of itself. Rooms count and observe through this port; what is done with the figures is decided where the port
 * is made. Labels are fixed words, never anything that came from outside.
 */
export type Meter = {
  /** Adds one to a counter. */
  count(name: string, labels?: Labels): void;
  /** Adds a duration, in milliseconds, to a histogram. */
  observe(name: string, ms: number, labels?: Labels): void;
};

export type Labels = Readonly<Record<string, string>>;

/** Keeps nothing. */
export const NO_METER: Meter = { count: () => undefined, observe: () => undefined };
