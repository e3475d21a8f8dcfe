import type { Call, Deployment, DeploymentUpdate, Ref, Sealed } from "../connect/index.ts";
import { gatewayError } from "../errors.ts";
import type { ProjectId } from "../identifiers.ts";
import { mayBeOlder, versionIfFree } from "./deployment-rules.ts";
import type { Turn, Ways } from "./idempotency.ts";
import { isRedeployed, lookFor, settled } from "./lost-writes.ts";
import type { OwnWrites, Writing } from "./own-writes.ts";
import { type Expected, freshly, withCurrentVersion } from "./versions.ts";

/** How something is redeployed, and what is expected of it before. */
type Redeployment = {
  readonly call: Call;
  readonly ref: Ref;
  readonly update: Sealed<DeploymentUpdate>;
  readonly expected: Expected;
  readonly get: (call: Call, ref: Ref) => Promise<Sealed<Deployment>>;
  readonly send: (call: Call, ref: Ref, update: Sealed<DeploymentUpdate>) => Promise<Sealed<Deployment>>;
};

/** The ways to redeploy once: what became of a lost redeployment is told by the deployment's version and values. */
export function waysToRedeploy(writes: OwnWrites, project: ProjectId, redeployment: Redeployment): Ways<Sealed<Deployment>> {
  const { call, ref, update, expected, get, send } = redeployment;
  // Nobody looked whether it was the version of that moment.
  const isUnseen = update.version !== undefined && expected.ifMatch === undefined;
  const read = (): Promise<Sealed<Deployment>> => get(freshly(call), ref);
  const shows = (found: Sealed<Deployment>, version: number, writing: Writing): boolean =>
    isRedeployed(found, version, update) && writing.mayHaveChanged(found, version);

  async function readBack(by: Call, version: number, turn: Turn, writing: Writing): Promise<Sealed<Deployment> | undefined> {
    const found = await get(by, ref);
    if (!shows(found, version, writing)) return undefined;
    if (!isUnseen || !mayBeOlder(found, version)) return found;
    await turn.note(found.version);
    return undefined;
  }

  const write = (version: number, turn: Turn, writing: Writing): Promise<Sealed<Deployment>> =>
    settled(
      call,
      (by) => writing.answered(send(by, ref, { ...update, version }), version),
      (by) => readBack(by, version, turn, writing),
    );

  return writes.ways(project, ref, (writing) => ({
    run: (turn) =>
      withCurrentVersion(
        { read: async () => versionIfFree(await read()), write: (version) => write(version, turn, writing) },
        { ...expected, version: update.version },
        turn,
      ),
    find: async (turn, refusal) => {
      // What was found in the place of the lost one's effect: whose it is nobody can tell any more.
      if (isUnseen && turn.version !== undefined && turn.version !== update.version) throw gatewayError("UpstreamOutcomeUnknown");
      return lookFor(turn, { read, shows: (found, version) => shows(found, version, writing), refusal });
    },
  }));
}
