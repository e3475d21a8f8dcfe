import type { ConnectorStagedDraft, ConnectorUpdateAction, DeploymentDraft, DeploymentUpdate, Sealed } from "../connect/index.ts";
import { invalidBody } from "../errors.ts";
import { argumentRef } from "./arguments.ts";
import type { GraphContext } from "./context.ts";
import type { ConnectorStagedUpdateAction, DeploymentUpdateAction, MutationResolvers } from "./schema.types.ts";

export const mutations: MutationResolvers<GraphContext> = {
  createConnectorStaged: async (_root, { project: named, draft }, { services, request, project, own }) => {
    const at = project(named);
    return own(at, await services.drafts.create(request, at, withoutNull(draft) as ConnectorStagedDraft));
  },

  updateConnectorStaged: async (_root, args, { services, request, project, own }) => {
    const at = project(args.project);
    const update = { actions: args.actions.map(toDraftAction), ...(typeof args.version === "number" ? { version: args.version } : {}) };
    return own(at, await services.drafts.update(request, at, argumentRef(args), update));
  },

  deleteConnectorStaged: async (_root, args, { services, request, project, own }) => {
    const at = project(args.project);
    return own(at, await services.drafts.remove(request, at, argumentRef(args), { version: args.version ?? undefined }));
  },

  createDeployment: async (_root, { project: named, draft }, { services, request, project, own }) => {
    const at = project(named);
    return own(at, await services.deployments.create(request, at, withoutNull(draft) as Sealed<DeploymentDraft>));
  },

  updateDeployment: async (_root, args, { services, request, project, own }) => {
    const at = project(args.project);
    const update = {
      actions: args.actions.map(toDeploymentAction),
      ...(typeof args.version === "number" ? { version: args.version } : {}),
    };
    return own(at, await services.deployments.update(request, at, argumentRef(args), update));
  },

  deleteDeployment: async (_root, args, { services, request, project, own }) => {
    const at = project(args.project);
    return own(at, await services.deployments.remove(request, at, argumentRef(args), { version: args.version ?? undefined }));
  },
};

/** `{ setName: { name } }` as `{ action: "setName", name }`; actions without fields are written `true`. */
function toDraftAction(entry: ConnectorStagedUpdateAction): ConnectorUpdateAction {
  return toAction(entry) as ConnectorUpdateAction;
}

function toDeploymentAction(entry: DeploymentUpdateAction): Sealed<DeploymentUpdate>["actions"][number] {
  return toAction(entry) as Sealed<DeploymentUpdate>["actions"][number];
}

function toAction(entry: object): Record<string, unknown> {
  const [[action, fields] = [], ...others] = Object.entries(entry).filter(([, value]) => value !== null && value !== undefined);
  if (action === undefined || others.length > 0) throw invalidBody("each entry of actions holds exactly one action");
  if (fields === false) throw invalidBody(`the action ${action} is written ${action}: true`);
  return { action, ...(fields === true ? {} : (withoutNull(fields) as object)) };
}

/** Input without its nulls, all the way down: upstream reads a missing field, and not null, as "not given". Secrets pass as they are. */
function withoutNull(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNull);
  const prototype: unknown = value !== null && typeof value === "object" ? Object.getPrototypeOf(value) : undefined;
  if (prototype !== null && prototype !== Object.prototype) return value;
  const entries = Object.entries(value as object).filter(([, item]) => item !== null && item !== undefined);
  return Object.fromEntries(entries.map(([name, item]) => [name, withoutNull(item)]));
}
