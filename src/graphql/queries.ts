import { projectId } from "../identifiers.ts";
import type { QueryResolvers } from "./schema.types.ts";
import { argumentRef, dropNull, known, pageSize, paging, toFilter } from "./arguments.ts";

export const queries: QueryResolvers = {
  projects: (_root, _args, { services, request }) =>
    services.projects.visible(request.caller).map((project) => ({ ...project, id: projectId(project) })),

  connector: async (_root, args, { services, reading, project, own }, info) => {
    const request = reading(info.path.key);
    const at = project(args.project);
    return own(at, await services.connectors.get(request, at, argumentRef(args)));
  },

  connectors: async (_root, args, { services, reading, project, ownPage }, info) => {
    const request = reading(info.path.key);
    const at = project(args.project);
    const { text, private: assigned, creatorCompany, ids, keys } = args;
    const lists = { id: ids?.slice(), key: keys?.slice(), integrationTypes: known("integrationTypes", args.integrationTypes) };
    const query = { text, private: assigned, "creator.company": creatorCompany, ...lists };
    return ownPage(at, await services.connectors.search(request, at, { ...dropNull(query), ...paging(args) }));
  },

  connectorStaged: async (_root, args, { services, reading, project, own }, info) => {
    const request = reading(info.path.key);
    const at = project(args.project);
    return own(at, await services.drafts.get(request, at, argumentRef(args)));
  },

  connectorsStaged: async (_root, args, { services, reading, project, ownPage }, info) => {
    const request = reading(info.path.key);
    const at = project(args.project);
    const filters = { isPrivate: args.isPrivate, integrationTypes: known("integrationTypes", args.integrationTypes) };
    return ownPage(at, await services.drafts.list(request, at, { ...dropNull(filters), ...paging(args) }));
  },

  deployment: async (_root, args, { services, reading, project, own }, info) => {
    const request = reading(info.path.key);
    const at = project(args.project);
    return own(at, await services.deployments.get(request, at, argumentRef(args)));
  },

  deployments: async (_root, args, { services, reading, project, ownPage }, info) => {
    const request = reading(info.path.key);
    const at = project(args.project);
    const integrationTypes = known("integrationTypes", args.integrationTypes);
    const [deploymentType] = known("deploymentType", args.deploymentType ? [args.deploymentType] : undefined) ?? [];
    return ownPage(
      at,
      await services.deployments.list(request, at, { ...dropNull({ integrationTypes, deploymentType }), ...paging(args) }),
    );
  },

  deploymentLogs: async (_root, args, { services, request, project }) => {
    const { applicationName, startDate, endDate, pageToken } = args;
    const query = dropNull({ applicationName, startDate, endDate, pageToken });
    return services.deployments.logs(request, project(args.project), argumentRef(args), query);
  },

  events: async (_root, args, { services, request }) => {
    const { after, types, project, key } = args;
    return services.events.list(request.caller, toFilter({ after, types, project, key }), pageSize(args.limit));
  },
  webhooks: (_root, _args, { services, request }) => services.webhooks.list(request.caller),
  webhookDeliveries: async (_root, { id, limit, before }, { services, request }) =>
    (await services.webhooks.deliveries(request.caller, id, pageSize(limit), before ?? undefined)).deliveries,
};
