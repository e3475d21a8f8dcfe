import type {
  Call,
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
import { GatewayError, gatewayError, toGatewayError } from "../errors.ts";
import type { Access, ProjectId, ServiceRequest } from "./access.ts";
import type { Once } from "./idempotency.ts";
import { ifThere, isMadeFrom, isRedeployed, settled } from "./lost-writes.ts";
import { refuseMasks } from "./masks.ts";
import { type Expected, freshly, withCurrentVersion } from "./versions.ts";

/** The rules of deployments, for every protocol. */
export type Deployments = ReturnType<typeof createDeployments>;

/** States in which Connect refuses a redeploy, with its own words for each. */
const BUSY: Readonly<Record<string, string>> = { Queued: "queued", Deploying: "deploying", Undeploying: "undeploying" };

/** Makes the deployments service. Every method checks the caller's permission before anything else. */
export function createDeployments(access: Access, once: Once) {
  return {
    /** One page of a project's deployments. */
    async list(request: ServiceRequest, project: ProjectId, query: DeploymentsQuery): Promise<Page<Sealed<Deployment>>> {
      return access.open(request.caller, project, "deployments.list").deployments.list(request.call, query);
    },

    /** One deployment; `ResourceNotFound` when there is none. */
    async get(request: ServiceRequest, project: ProjectId, ref: Ref): Promise<Sealed<Deployment>> {
      return access.open(request.caller, project, "deployments.get").deployments.get(request.call, ref);
    },

    /** Starts a deployment. A secured value that is only a mask is refused before anything goes upstream. */
    async create(request: ServiceRequest, project: ProjectId, draft: Sealed<DeploymentDraft>): Promise<Sealed<Deployment>> {
      const connect = access.open(request.caller, project, "deployments.create");
      refuseMasks(draft.configurations, draft.globalConfiguration, "configurations");
      const key = draft.key ?? once.keyFor(request, project);
      const named = key === undefined ? draft : { ...draft, key };
      const find = async (call: Call): Promise<Sealed<Deployment> | undefined> => {
        if (key === undefined) throw gatewayError("UpstreamOutcomeUnknown");
        const found = await ifThere(connect.deployments.get(call, { key }));
        return found !== undefined && isMadeFrom(found, draft) ? found : undefined;
      };
      const run = () => settled(request.call, () => connect.deployments.create(request.call, named), find);
      return once.do(request, project, ["deployments.create", draft], { run, find: () => find(freshly(request.call)) });
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
      for (const action of update.actions) refuseMasks(action.configurationValues, action.globalConfiguration, "configurationValues");
      const read = async () => {
        const current = await connect.deployments.get(freshly(request.call), ref);
        refuseBusy(current.status);
        return current.version;
      };
      const readBack = async (call: Call, version: number): Promise<Sealed<Deployment> | undefined> => {
        const found = await connect.deployments.get(call, ref);
        return isRedeployed(found, version, update) ? found : undefined;
      };
      const run = () =>
        withCurrentVersion(read, update.version, expected, (version) =>
          settled(
            request.call,
            () => connect.deployments.update(request.call, ref, { ...update, version }),
            (call) => readBack(call, version),
          ),
        );
      const find = async () => {
        // Without a version nobody can tell whose change it is that is seen.
        if (update.version === undefined) throw gatewayError("UpstreamOutcomeUnknown");
        return readBack(freshly(request.call), update.version);
      };
      return once.do(request, project, ["deployments.update", ref, update, expected], { run, find });
    },

    /**
     * Starts the undeployment; the answer is the deployment in its new state. Connect checks no version here: one that the caller expects is
     * compared with the current one first.
     */
    async remove(
      request: ServiceRequest,
      project: ProjectId,
      ref: Ref,
      expected: Expected & { readonly version?: number | undefined } = {},
    ): Promise<Sealed<Deployment>> {
      const connect = access.open(request.caller, project, "deployments.delete");
      const undeploy = () =>
        settled(
          request.call,
          () => connect.deployments.remove(request.call, ref),
          async (call) => {
            const found = await connect.deployments.get(call, ref);
            return found.status === "Undeploying" ? found : undefined;
          },
        );
      if (expected.version === undefined && expected.ifMatch === undefined) return undeploy();
      const read = async () => (await connect.deployments.get(freshly(request.call), ref)).version;
      return withCurrentVersion(read, expected.version, expected, undeploy, { compare: true });
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

function refuseBusy(status: string): void {
  const word = BUSY[status];
  if (word === undefined) return;
  const entry = { code: "DeploymentInvalidStatusTransition", message: `Invalid status change: Already ${word}` };
  throw new GatewayError(400, [entry]);
}
