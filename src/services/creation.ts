import type { Call } from "../connect/index.ts";
import { type GatewayError, gatewayError } from "../errors.ts";
import type { ProjectId } from "../identifiers.ts";
import type { Turn, Ways } from "./idempotency.ts";
import { ifThere, refuseIfTaken, settled } from "./lost-writes.ts";
import type { OwnWrites, Writing } from "./own-writes.ts";
import { freshly } from "./versions.ts";

/** How something is created, and what it is told by when the answer is lost. */
type Creation<T> = {
  readonly call: Call;
  /** The key that the caller gives it. */
  readonly key: string | undefined;
  /** Creates it, under this key if there is one. */
  readonly create: (call: Call, key: string | undefined) => Promise<T>;
  readonly get: (call: Call, ref: { readonly key: string }) => Promise<T>;
  /** Whether what is found is what was asked for, as far as can be told. */
  readonly isAsAsked: (found: T) => boolean;
  /** Whether nothing was done with it since it was made. */
  readonly isNew: (found: T) => boolean;
};

type Created = { readonly id: string; readonly key?: string | null | undefined; readonly version: number };

/** The ways to create something once: what became of a lost creation is looked for under its key. */
export function waysToCreate<T extends Created>(writes: OwnWrites, project: ProjectId, creation: Creation<T>): Ways<T> {
  const { call, key, create, get, isAsAsked, isNew } = creation;
  const keyOf = ({ ownKey }: Turn): string | undefined => key ?? ownKey;

  async function look(by: Call, turn: Turn, writing: Writing, refusal?: GatewayError): Promise<T | undefined> {
    const name = keyOf(turn);
    if (name === undefined) throw gatewayError("UpstreamOutcomeUnknown");
    const found = await ifThere(get(by, { key: name }));
    refuseIfTaken(found, refusal);
    // Under a key that this request alone has there is nothing else; under the caller's own there may be.
    if (found === undefined || key === undefined) return found;
    // A version that is noted is that of what was there before.
    if (turn.version === undefined && isAsAsked(found) && writing.mayHaveMade(found)) return found;
    throw gatewayError("UpstreamOutcomeUnknown");
  }

  /** The same right after the write: what is not new any more, under the caller's own key, was there before for all that is known. */
  async function readBack(by: Call, turn: Turn, writing: Writing): Promise<T | undefined> {
    const found = await look(by, turn, writing);
    if (key === undefined || found === undefined || isNew(found)) return found;
    await turn.note(found.version);
    return undefined;
  }

  return writes.ways(project, key === undefined ? undefined : { key }, (writing) => ({
    run: (turn) =>
      settled(
        call,
        (by) => writing.answered(create(by, keyOf(turn))),
        (by) => readBack(by, turn, writing),
      ),
    find: (turn, refusal) => look(freshly(call), turn, writing, refusal),
  }));
}
