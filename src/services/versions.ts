import type { Call } from "../connect/index.ts";
import { GatewayError, gatewayError, toGatewayError } from "../errors.ts";
import type { Turn } from "./idempotency.ts";

/** The version of what nobody has changed since it was made. */
export const FIRST_VERSION = 1;

/** The call for a read that decides about a write: no answer that was asked for before will do. */
export function freshly(call: Call): Call {
  return { ...call, fresh: "own" };
}

/** What the caller expects the resource to be before a write: by `If-Match`, and by the version that the write names. */
export type Expected = { readonly ifMatch?: number | undefined; readonly version?: number | undefined };

type Writing<T> = {
  /** Gives the current version if the resource can still take the write. */
  readonly read: () => Promise<number>;
  readonly write: (version: number) => Promise<T>;
};

/**
 * Writes with the version that the caller named; with the current one if none was named. In the second case a conflict means that the resource moved by itself
 * (Connect raises versions on internal steps): it is read again, which checks the intent again, and written once more.
 *
 * Each version is noted before it is written with. When an earlier turn noted one that the caller did not name, that one is used and no other: it tells
 * whether the write of then was done. Throws `ConcurrentModification` or, for `If-Match`, `PreconditionFailed`, both with `currentVersion`.
 */
export async function withCurrentVersion<T>({ read, write }: Writing<T>, { ifMatch, version }: Expected, turn: Turn): Promise<T> {
  const noted = async (current: number): Promise<T> => {
    await turn.note(current);
    return write(current);
  };
  if (ifMatch !== undefined) refuseOther(await read(), { ifMatch });
  const named = version ?? ifMatch ?? turn.version;
  if (named !== undefined) return asPrecondition(ifMatch, () => noted(named));
  const current = await read();
  try {
    return await noted(current);
  } catch (error) {
    if (toGatewayError(error).code !== "ConcurrentModification") throw error;
    // That write was refused: should nobody get to another one, nothing was sent.
    await turn.note(undefined);
    return noted(await read());
  }
}

/** Compares the current version with what the caller expects, where Connect itself does not. Throws as {@link withCurrentVersion} does. */
export function refuseOther(currentVersion: number, { ifMatch, version }: Expected): void {
  if (ifMatch !== undefined && ifMatch !== currentVersion)
    throw gatewayError("PreconditionFailed", undefined, { fields: { currentVersion } });
  if (version === undefined || version === currentVersion) return;
  throw gatewayError("ConcurrentModification", undefined, { fields: { expectedVersion: version, currentVersion } });
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
