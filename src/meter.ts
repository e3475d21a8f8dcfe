/**
 * The figures that the gateway keeps of itself. Rooms count and observe through this port; what is done with the figures is decided where the port
 * is made. Names and labels are fixed words, never anything that came from outside. No method throws: what is not known is left out.
 */
export type Meter = {
  /** Adds one, or `by`, to a counter. */
  count(name: string, labels?: Labels, by?: number): void;
  /** Adds a duration, in milliseconds, to a histogram. */
  observe(name: string, ms: number, labels?: Labels): void;
  /** From now on `read` is asked for the value whenever the figures are; several with the same labels are added up. */
  gauge(name: string, read: () => number | Promise<number>, labels?: Labels): void;
};

export type Labels = Readonly<Record<string, string>>;

/** Keeps nothing. */
export const NO_METER: Meter = { count: () => undefined, observe: () => undefined, gauge: () => undefined };
