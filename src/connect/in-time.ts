import { performance } from "node:perf_hooks";
import { gatewayError } from "../errors.ts";

/** What `promise` gives, unless that takes longer than `ms` milliseconds: then `late` settles it. Others may go on waiting for the promise. */
function unlessLate<T>(promise: Promise<T>, ms: number, late: (settle: PromiseWithResolvers<T>) => void): Promise<T> {
  const outcome = Promise.withResolvers<T>();
  const timer = setTimeout(() => late(outcome), Math.max(ms, 1));
  const settle =
    <V>(by: (value: V) => void) =>
    (value: V): void => {
      clearTimeout(timer);
      by(value);
    };
  promise.then(settle(outcome.resolve), settle(outcome.reject));
  return outcome.promise;
}

/** What `promise` gives, or undefined when that takes longer than `ms` milliseconds; others may go on waiting for it. */
export function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  return unlessLate<T | undefined>(promise, ms, ({ resolve }) => resolve(undefined));
}

/**
 * What `promise` gives, unless the deadline (ms on the monotonic clock; none when left out) comes first: then `UpstreamTimeout`, and others may go on
 * waiting for it.
 */
export function inTime<T>(promise: Promise<T>, deadline: number | undefined): Promise<T> {
  if (deadline === undefined) return promise;
  return unlessLate(promise, deadline - performance.now(), ({ reject }) => reject(gatewayError("UpstreamTimeout")));
}
