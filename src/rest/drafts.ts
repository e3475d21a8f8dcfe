import type { FastifyInstance } from "fastify";
import type { ConnectorStagedDraft, ConnectorsStagedQuery, ConnectorUpdate, Ref } from "../connect/index.ts";
import type { RestOptions } from "./index.ts";
import { headerProject, ifMatch, keyRef, patience, sendPlan, serviceRequest, toRef, type WriteQuery } from "./request.ts";
import { deleteQuery, mirrored, writeQuery } from "./schemas.ts";

type Region = { region: string };

/** Endpoints 1 to 8 of the Connect API: staged connectors, which upstream keeps under `/connectors/drafts`. */
export function registerDrafts(app: FastifyInstance, { services, closing }: RestOptions): void {
  const { drafts } = services;

  app.post<{ Params: Region; Querystring: WriteQuery; Body: ConnectorStagedDraft }>(
    "/connectors/drafts",
    {
      schema: mirrored("connectorsStaged.create", "Create ConnectorStaged", {
        body: "ConnectorStagedDraft",
        query: writeQuery,
        success: [201, "ConnectorStaged"],
      }),
    },
    async (request, reply) => {
      const project = headerProject(request, request.params.region, services);
      const asked = serviceRequest(request, reply);
      if (request.query.dryRun === true) return sendPlan(request, reply, await drafts.planCreate(asked, project, request.body));
      const written = await drafts.create(asked, project, request.body);
      const created = await drafts.settle(asked, project, written, patience(request, reply, closing));
      reply.code(201).header("etag", `"${created.version}"`);
      return created;
    },
  );

  app.get<{ Params: Region; Querystring: ConnectorsStagedQuery }>(
    "/connectors/drafts",
    {
      schema: mirrored("connectorsStaged.list", "Query ConnectorStaged", {
        query: "ConnectorsStagedQuery",
        success: [200, "ConnectorStagedPagedQueryResponse"],
      }),
    },
    async (request, reply) =>
      drafts.list(serviceRequest(request, reply), headerProject(request, request.params.region, services), request.query),
  );

  registerOne("/connectors/drafts/:id", "by ID", ({ id }) => toRef(id ?? ""));
  registerOne("/connectors/drafts/key=:key", "by key", ({ key }) => keyRef(key ?? ""));

  function registerOne(path: string, by: string, ref: (params: { id?: string; key?: string }) => Ref): void {
    type Params = Region & { id?: string; key?: string };

    app.get<{ Params: Params }>(
      path,
      { schema: mirrored("connectorsStaged.get", `Get ConnectorStaged ${by}`, { success: [200, "ConnectorStaged"] }) },
      async (request, reply) => {
        const project = headerProject(request, request.params.region, services);
        const found = await drafts.get(serviceRequest(request, reply), project, ref(request.params));
        reply.header("etag", `"${found.version}"`);
        return found;
      },
    );

    app.post<{ Params: Params; Querystring: WriteQuery; Body: ConnectorUpdate }>(
      path,
      {
        schema: mirrored("connectorsStaged.update", `Update ConnectorStaged ${by}`, {
          body: "ConnectorUpdate",
          query: writeQuery,
          success: [201, "ConnectorStaged"],
        }),
      },
      async (request, reply) => {
        const project = headerProject(request, request.params.region, services);
        const asked = serviceRequest(request, reply);
        const change = [asked, project, ref(request.params), request.body, ifMatch(request)] as const;
        if (request.query.dryRun === true) return sendPlan(request, reply, await drafts.planUpdate(...change));
        const updated = await drafts.settle(asked, project, await drafts.update(...change), patience(request, reply, closing));
        reply.code(201).header("etag", `"${updated.version}"`);
        return updated;
      },
    );

    app.delete<{ Params: Params; Querystring: WriteQuery }>(
      path,
      {
        schema: mirrored("connectorsStaged.delete", `Delete ConnectorStaged ${by}`, {
          query: deleteQuery,
          success: [200, "ConnectorStaged"],
        }),
      },
      async (request, reply) => {
        const project = headerProject(request, request.params.region, services);
        const expected = { ...ifMatch(request), version: request.query.version };
        const removal = [serviceRequest(request, reply), project, ref(request.params), expected] as const;
        if (request.query.dryRun !== true) return drafts.remove(...removal);
        await drafts.planRemove(...removal);
        return sendPlan(request, reply);
      },
    );
  }
}
