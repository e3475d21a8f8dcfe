import { performance } from "node:perf_hooks";
import { type Call, unchanged } from "../connect/index.ts";
import { gatewayError } from "../errors.ts";

/** A request is answered within this time after it was read and has its place, whatever it needs of upstream, in milliseconds. */
const REQUEST_MS = 15_000;
/** What of it is kept back for finding out what became of a write, and the least that a write is begun with. */
const READ_BACK_MS = 3_000;
const LEAST_MS = 1_000;

/** When a request that is begun now has to be answered, in milliseconds on the monotonic clock. */
export function deadlineFromNow(): number {
  return performance.now() + REQUEST_MS;
}

/** The call for a write: some time stays for reading back. Throws `UpstreamTimeout` when there is too little left to begin, so that nothing is sent. */
export function beforeReadBack(call: Call): Call {
  if (call.deadline === undefined) return call;
  const deadline = call.deadline - READ_BACK_MS;
  if (deadline - performance.now() < LEAST_MS) throw unchanged(gatewayError("UpstreamTimeout"));
  return { ...call, deadline };
}

/** The call for a read that is to take `ms` milliseconds at most. */
export function callWithin(call: Call, ms: number): Call {
  return { ...call, deadline: Math.min(call.deadline ?? Number.POSITIVE_INFINITY, performance.now() + ms) };
}
