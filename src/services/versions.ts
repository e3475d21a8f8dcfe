import type { Call } from "../connect/index.ts";
import { GatewayError, gatewayError, toGatewayError } from "../errors.ts";

/** The call for a read that decides about a write: no answer that was asked for before will do. */
export function freshly(call: Call): Call {
  return { ...call, fresh: "own" };
}

/** What the caller expects the resource to be before a write. */
export type Expected = { readonly ifMatch?: number | undefined };

/**
 * Writes with the version that the caller named; with the current one if none was named. In the second case a conflict means that the resource moved by itself
 * (Connect raises versions on internal steps): it is read again, which checks the intent again, and written once more.
 *
 * `compare` is for writes where Connect checks no version itself: the named one is compared here. Throws `ConcurrentModification` or, for `If-Match`,
 * `PreconditionFailed`, both with `currentVersion`.
 */
export async function withCurrentVersion<T>(
  read: () => Promise<number>,
  named: number | undefined,
  { ifMatch }: Expected,
  write: (version: number) => Promise<T>,
  { compare = false } = {},
): Promise<T> {
  if (ifMatch !== undefined) {
    const current = await read();
    if (current !== ifMatch) throw gatewayError("PreconditionFailed", undefined, { fields: { currentVersion: current } });
  }
  const version = named ?? ifMatch;
  if (version !== undefined) {
    if (compare) refuseOther(version, await read());
    return asPrecondition(ifMatch, () => write(version));
  }
  const current = await read();
  try {
    return await write(current);
  } catch (error) {
    if (toGatewayError(error).code !== "ConcurrentModification") throw error;
    return write(await read());
  }
}

function refuseOther(expectedVersion: number, currentVersion: number): void {
  if (expectedVersion !== currentVersion) {
    throw gatewayError("ConcurrentModification", undefined, { fields: { expectedVersion, currentVersion } });
  }
}

async function asPrecondition<T>(ifMatch: number | undefined, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (ifMatch === undefined || !(error instanceof GatewayError) || error.code !== "ConcurrentModification") throw error;
    const { code: _code, message: _message, ...fields } = error.errors[0] ?? { code: "", message: "" };
    throw gatewayError("PreconditionFailed", undefined, { fields });
  }
}
