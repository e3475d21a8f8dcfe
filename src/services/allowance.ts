import { gatewayError } from "../errors.ts";

/** So many uses in a while, for each name. */
export type Allowance = {
  /** Takes one use of each name, or none of any: throws `RateLimited` with the seconds until there is one again. */
  take(names: readonly string[]): void;
};

const MINUTE = 60_000;

/** Makes an allowance of `perMinute` uses of each name in any minute; `elapsed` is monotonic, in milliseconds. It is of this process alone. */
export function createAllowance(perMinute: number, elapsed: () => number): Allowance {
  const uses = new Map<string, readonly number[]>();
  return {
    take: (names) => {
      const at = elapsed();
      const recent = names.map((name) => [name, (uses.get(name) ?? []).filter((time) => time > at - MINUTE)] as const);
      const full = recent.find(([, times]) => times.length >= perMinute)?.[1];
      if (full !== undefined) {
        const retryAfter = Math.max(Math.ceil(((full[0] ?? at) + MINUTE - at) / 1_000), 1);
        throw gatewayError("RateLimited", `Test deliveries and replays are limited to ${perMinute} a minute and project.`, { retryAfter });
      }
      for (const [name, times] of recent) uses.set(name, [...times, at]);
    },
  };
}
