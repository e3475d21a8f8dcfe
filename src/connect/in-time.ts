import { gatewayError } from "../errors.ts";

/** What `promise` gives, or undefined when that takes longer than `ms` milliseconds; others may go on waiting for it. */
export async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), Math.max(ms, 1));
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What `promise` gives, unless the deadline (ms on the monotonic clock; none when left out) comes first: then `UpstreamTimeout`, and others may go on
 * waiting for it.
 */
export async function inTime<T>(promise: T | Promise<T>, deadline: number | undefined): Promise<T> {
  if (!(promise instanceof Promise) || deadline === undefined) return promise;
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(gatewayError("UpstreamTimeout")), Math.max(deadline - performance.now(), 1));
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
