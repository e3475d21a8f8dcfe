import { gatewayError } from "../errors.ts";

/** What `promise` gives, or undefined when that takes longer than `ms` milliseconds; others may go on waiting for it. */
export function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  return unlessLate(promise, ms, (late) => late.resolve(undefined));
}

/**
 * What `promise` gives, unless the deadline (ms on the monotonic clock; none when left out) comes first: then `UpstreamTimeout`, and others may go on
 * waiting for it.
 */
export async function inTime<T>(promise: T | Promise<T>, deadline: number | undefined): Promise<T> {
  if (!(promise instanceof Promise) || deadline === undefined) return promise;
  return unlessLate(promise, deadline - performance.now(), (late) => late.reject(gatewayError("UpstreamTimeout")));
}

type Late<T> = Pick<PromiseWithResolvers<T>, "resolve" | "reject">;

/** By hand: `Promise.race` costs each of many who wait for the same three promises more. */
function unlessLate<T, U>(promise: Promise<T>, ms: number, end: (late: Late<T | U>) => void): Promise<T | U> {
  return new Promise<T | U>((resolve, reject) => {
    const timer = setTimeout(end, Math.max(ms, 1), { resolve, reject });
    const over = (): void => clearTimeout(timer);
    promise.then(resolve, reject);
    promise.then(over, over);
  });
}
