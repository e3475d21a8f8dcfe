import type { FastifyInstance } from "fastify";
import type { ConnectorStagedDraft, ConnectorsStagedQuery, ConnectorUpdate, Ref } from "../connect/index.ts";
import type { RestOptions } from "./index.ts";
import { headerProject, ifMatch, keyRef, serviceRequest, toRef } from "./request.ts";
import { mirrored, queryVersion } from "./schemas.ts";

type Region = { region: string };

/** Endpoints 1 to 8 of the Connect API: staged connectors, which upstream keeps under `/connectors/drafts`. */
export function registerDrafts(app: FastifyInstance, { services }: RestOptions): void {
  const { drafts } = services;

  app.post<{ Params: Region; Body: ConnectorStagedDraft }>(
    "/connectors/drafts",
    {
      schema: mirrored("connectorsStaged.create", "Create ConnectorStaged", {
        body: "ConnectorStagedDraft",
        success: [201, "ConnectorStaged"],
      }),
    },
    async (request, reply) => {
      const project = headerProject(request, request.params.region, services);
      const created = await drafts.create(serviceRequest(request, reply), project, request.body);
      return reply.code(201).header("etag", `"${created.version}"`).send(created);
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

  registerOne(app, "/connectors/drafts/:id", "by ID", ({ id }) => toRef(id ?? ""));
  registerOne(app, "/connectors/drafts/key=:key", "by key", ({ key }) => keyRef(key ?? ""));

  function registerOne(target: FastifyInstance, path: string, by: string, ref: (params: { id?: string; key?: string }) => Ref): void {
    type Params = Region & { id?: string; key?: string };

    target.get<{ Params: Params }>(
      path,
      { schema: mirrored("connectorsStaged.get", `Get ConnectorStaged ${by}`, { success: [200, "ConnectorStaged"] }) },
      async (request, reply) => {
        const project = headerProject(request, request.params.region, services);
        const found = await drafts.get(serviceRequest(request, reply), project, ref(request.params));
        return reply.header("etag", `"${found.version}"`).send(found);
      },
    );

    target.post<{ Params: Params; Body: ConnectorUpdate }>(
      path,
      {
        schema: mirrored("connectorsStaged.update", `Update ConnectorStaged ${by}`, {
          body: "ConnectorUpdate",
          success: [201, "ConnectorStaged"],
        }),
      },
      async (request, reply) => {
        const project = headerProject(request, request.params.region, services);
        const updated = await drafts.update(serviceRequest(request, reply), project, ref(request.params), request.body, ifMatch(request));
        return reply.code(201).header("etag", `"${updated.version}"`).send(updated);
      },
    );

    target.delete<{ Params: Params; Querystring: { version?: number } }>(
      path,
      {
        schema: mirrored("connectorsStaged.delete", `Delete ConnectorStaged ${by}`, {
          query: queryVersion,
          success: [200, "ConnectorStaged"],
        }),
      },
      async (request, reply) => {
        const project = headerProject(request, request.params.region, services);
        return drafts.remove(serviceRequest(request, reply), project, ref(request.params), {
          ...ifMatch(request),
          version: request.query.version,
        });
      },
    );
  }
}
