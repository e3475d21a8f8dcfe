import type {
  Deployment,
  DeploymentDraft,
  DeploymentLogCursorPagedQueryResponse,
  DeploymentLogsQuery,
  DeploymentsQuery,
  DeploymentUpdate,
  Page,
  Ref,
  Sealed,
} from "../connect/index.ts";
import { gatewayError, toGatewayError } from "../errors.ts";
import type { ProjectId } from "../identifiers.ts";
import type { Access, ServiceRequest } from "./access.ts";
import { waysToCreate } from "./creation.ts";
import { BUSY, checkDraft, checkUpdate, isNew, refuseBusy, spelledOut, spelledOutAction } from "./deployment-rules.ts";
import type { Once } from "./idempotency.ts";
import { ifThere, isMadeFrom, readBeforeDelete, refOf, settled } from "./lost-writes.ts";
import { createOwnWrites } from "./own-writes.ts";
import { waysToRedeploy } from "./redeployment.ts";
import { type Expected, freshly, refuseOther } from "./versions.ts";
import type { Patience, Wait } from "./waiting.ts";

/** The rules of deployments, for every protocol. */
export type Deployments = ReturnType<typeof createDeployments>;

/** Makes the deployments service. Every method checks the caller's permission before anything else. */
export function createDeployments(access: Access, once: Once, wait: Wait) {
  const writes = createOwnWrites();

  return {
    /** One page of a project's deployments. */
    async list(request: ServiceRequest, project: ProjectId, query: DeploymentsQuery): Promise<Page<Sealed<Deployment>>> {
      return await access.open(request.caller, project, "deployments.list").deployments.list(request.call, query);
    },

    /** One deployment; `ResourceNotFound` when there is none. */
    async get(request: ServiceRequest, project: ProjectId, ref: Ref): Promise<Sealed<Deployment>> {
      return await access.open(request.caller, project, "deployments.get").deployments.get(request.call, ref);
    },

    /** Starts a deployment. A secured value that is only a mask is refused before anything goes upstream. */
    async create(request: ServiceRequest, project: ProjectId, draft: Sealed<DeploymentDraft>): Promise<Sealed<Deployment>> {
      const connect = access.open(request.caller, project, "deployments.create");
      checkDraft(draft);
      const ways = waysToCreate(writes, project, {
        call: request.call,
        key: draft.key,
        create: (call, key) => connect.deployments.create(call, key === undefined ? draft : { ...draft, key }),
        get: connect.deployments.get,
        isAsAsked: (found) => isMadeFrom(found, draft),
        isNew,
      });
      return once.do(request, project, ["deployments.create", spelledOut(draft)], ways);
    },

    /** What {@link create} would send, after all of its checks. */
    async planCreate(request: ServiceRequest, project: ProjectId, draft: Sealed<DeploymentDraft>): Promise<Sealed<DeploymentDraft>> {
      access.open(request.caller, project, "deployments.create");
      checkDraft(draft);
      return draft;
    },

    /** Redeploys. Without a version the current one is read, and the write is sent only if the deployment can still take it. */
    async update(
      request: ServiceRequest,
      project: ProjectId,
      ref: Ref,
      update: Sealed<DeploymentUpdate>,
      expected: Expected = {},
    ): Promise<Sealed<Deployment>> {
      const connect = access.open(request.caller, project, "deployments.update");
      checkUpdate(update);
      const { get, update: send } = connect.deployments;
      const ways = waysToRedeploy(writes, project, { call: request.call, ref, update, expected, get, send });
      const what = ["deployments.update", ref, update.actions.map(spelledOutAction), update.version, expected];
      const unversioned = update.version === undefined && expected.ifMatch === undefined;
      return once.do(request, project, what, { ...ways, unversioned });
    },

    /** What {@link update} would send, after all of its checks; also a version that the caller names is compared. */
    async planUpdate(
      request: ServiceRequest,
      project: ProjectId,
      ref: Ref,
      update: Sealed<DeploymentUpdate>,
      expected: Expected = {},
    ): Promise<Sealed<DeploymentUpdate>> {
      const connect = access.open(request.caller, project, "deployments.update");
      checkUpdate(update);
      const { status, version } = await connect.deployments.get(freshly(request.call), ref);
      refuseOther(version, { ...expected, version: update.version });
      refuseBusy(status);
      return { ...update, version };
    },

    /**
     * Starts the undeployment; the answer is the deployment in its new state. Connect checks no version here: one that the caller expects is
     * compared with the current one first.
     */
    async remove(request: ServiceRequest, project: ProjectId, ref: Ref, expected: Expected = {}): Promise<Sealed<Deployment>> {
      const connect = access.open(request.caller, project, "deployments.delete");
      const before = await readBeforeDelete(request.call, expected, (call) => connect.deployments.get(call, ref));
      const meant = refOf(ref, expected, before);
      return settled(
        request.call,
        (call) => connect.deployments.remove(call, meant),
        async (call) => {
          const found = await ifThere(connect.deployments.get(call, meant));
          if (found === undefined) return before && { ...before, status: "Undeploying" };
          return found.status === "Undeploying" ? found : undefined;
        },
      );
    },

    /** Whether {@link remove} would send anything: it throws what would keep it from that. */
    async planRemove(request: ServiceRequest, project: ProjectId, ref: Ref, expected: Expected = {}): Promise<void> {
      const connect = access.open(request.caller, project, "deployments.delete");
      refuseOther((await connect.deployments.get(freshly(request.call), ref)).version, expected);
    },

    /** Waits until nothing is under way with the deployment that a write gave, and gives it as it is then. */
    async settle(
      request: ServiceRequest,
      project: ProjectId,
      written: Sealed<Deployment>,
      patience: Patience,
    ): Promise<Sealed<Deployment>> {
      const { deployments } = access.open(request.caller, project, "deployments.get");
      return wait(request.call, patience, written, {
        read: (call) => deployments.get(call, { id: written.id }),
        atRest: ({ status }) => BUSY[status] === undefined,
        mayGo: written.status === "Undeploying",
      });
    },

    /** One page of a deployment's logs. After upstream's sunset a 404 means that logs are gone, not the deployment: a read tells which. */
    async logs(
      request: ServiceRequest,
      project: ProjectId,
      ref: Ref,
      query: DeploymentLogsQuery,
    ): Promise<DeploymentLogCursorPagedQueryResponse> {
      const { deployments } = access.open(request.caller, project, "deployments.logs");
      try {
        return await deployments.logs(request.call, ref, query);
      } catch (error) {
        const failure = toGatewayError(error);
        if (failure.statusCode === 410) throw gatewayError("LogsRemoved");
        if (failure.statusCode !== 404) throw error;
        await deployments.get(freshly(request.call), ref);
        throw gatewayError("LogsRemoved");
      }
    },
  };
}
