import { ConnectorStagedDraft, ConnectorUpdate, DeploymentDraft, DeploymentUpdate } from "../connect/model.ts";
import type { Sealed } from "../connect/index.ts";
import { invalidBody } from "../errors.ts";
import type { WebhookChange, WebhookDraft } from "../services/index.ts";
import { argumentRef, dropNull, known } from "./arguments.ts";
import { checker } from "./check.ts";
import type { MutationResolvers, WebhookDraft as WebhookDraftInput } from "./schema.types.ts";

const checkDraft = checker<ConnectorStagedDraft>(ConnectorStagedDraft);
const checkDraftUpdate = checker<ConnectorUpdate>(ConnectorUpdate);
const checkDeployment = checker<Sealed<DeploymentDraft>>(DeploymentDraft);
const checkDeploymentUpdate = checker<Sealed<DeploymentUpdate>>(DeploymentUpdate);

export const mutations: MutationResolvers = {
  createConnectorStaged: async (_root, { project: named, draft }, { services, writing, project, own }) => {
    const at = project(named);
    known("draft.integrationTypes", draft.integrationTypes);
    return own(at, await services.drafts.create(writing(), at, checkDraft(withoutNull(draft))));
  },

  updateConnectorStaged: async (_root, args, { services, writing, project, own }) => {
    const at = project(args.project);
    for (const { setIntegrationTypes: set } of args.actions) known("setIntegrationTypes.integrationTypes", set?.integrationTypes);
    return own(at, await services.drafts.update(writing(), at, argumentRef(args), checkDraftUpdate(toUpdate(args))));
  },

  deleteConnectorStaged: async (_root, args, { services, writing, project, own }) => {
    const at = project(args.project);
    return own(at, await services.drafts.remove(writing(), at, argumentRef(args), { version: args.version ?? undefined }));
  },

  createDeployment: async (_root, { project: named, draft }, { services, writing, project, own }) => {
    const at = project(named);
    known("draft.type", draft.type ? [draft.type] : undefined);
    return own(at, await services.deployments.create(writing(), at, checkDeployment(withoutNull(draft))));
  },

  updateDeployment: async (_root, args, { services, writing, project, own }) => {
    const at = project(args.project);
    return own(at, await services.deployments.update(writing(), at, argumentRef(args), checkDeploymentUpdate(toUpdate(args))));
  },

  deleteDeployment: async (_root, args, { services, writing, project, own }) => {
    const at = project(args.project);
    return own(at, await services.deployments.remove(writing(), at, argumentRef(args), { version: args.version ?? undefined }));
  },

  createWebhook: async (_root, { draft }, { services, request }) => {
    const { url, ...rest } = withoutNull(draft) as Partial<WebhookDraft>;
    if (url === undefined) throw invalidBody("at /draft: the field url is missing");
    return services.webhooks.create(request.caller, { url, ...rest });
  },
  updateWebhook: (_root, { id, draft }, { services, request }) => services.webhooks.update(request.caller, id, toChange(draft)),
  deleteWebhook: async (_root, { id }, { services, request }) => {
    await services.webhooks.remove(request.caller, id);
    return id;
  },
  rotateWebhookSecret: (_root, { id }, { services, request }) => services.webhooks.rotate(request.caller, id),
  testWebhook: async (_root, { id }, { services, request }) => (await services.webhooks.test(request.caller, id)).eventId,
  suspendWebhook: (_root, { id }, { services, request }) => services.webhooks.suspend(request.caller, id),
  resumeWebhook: (_root, { id }, { services, request }) => services.webhooks.resume(request.caller, id),
  replayWebhook: async (_root, { id, eventId, after }, { services, request }) => {
    const { replayed, next = null } = await services.webhooks.replay(request.caller, id, dropNull({ eventId, after }));
    return { replayed, next };
  },
};

/** Here null says something: it clears. */
function toChange(draft: WebhookDraftInput): WebhookChange {
  if (Object.keys(draft).length === 0) throw invalidBody("at /draft: name what is to be changed");
  return { ...draft };
}

type UpdateArguments = { readonly version?: number | null; readonly actions: readonly object[] };

function toUpdate({ version, actions }: UpdateArguments): object {
  return { actions: actions.map(toAction), ...(typeof version === "number" ? { version } : {}) };
}

/** `{ setName: { name } }` as `{ action: "setName", name }`; actions without fields are written `true`. */
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
