import type { FastifyInstance } from "fastify";
import type { ConnectorSearchQuery } from "../connect/index.ts";
import type { RestOptions } from "./index.ts";
import { headerProject, keyRef, serviceRequest, toRef } from "./request.ts";
import { mirrored } from "./schemas.ts";

/** Endpoints 9 to 11 of the Connect API: published connectors. */
export function registerConnectors(app: FastifyInstance, { services }: RestOptions): void {
  const { connectors } = services;

  app.get<{ Params: { region: string }; Querystring: ConnectorSearchQuery }>(
    "/connectors/search",
    {
      schema: mirrored("connectors.search", "Search Connectors", {
        query: "ConnectorSearchQuery",
        success: [200, "ConnectorSearchPagedQueryResponse"],
      }),
    },
    async (request, reply) =>
      connectors.search(serviceRequest(request, reply), headerProject(request, request.params.region, services), request.query),
  );

  app.get<{ Params: { region: string; id: string } }>(
    "/connectors/:id",
    { schema: mirrored("connectors.get", "Get Connector by ID", { success: [200, "Connector"] }) },
    async (request, reply) =>
      connectors.get(serviceRequest(request, reply), headerProject(request, request.params.region, services), toRef(request.params.id)),
  );

  app.get<{ Params: { region: string; key: string } }>(
    "/connectors/key=:key",
    { schema: mirrored("connectors.get", "Get Connector by key", { success: [200, "Connector"] }) },
    async (request, reply) =>
      connectors.get(serviceRequest(request, reply), headerProject(request, request.params.region, services), keyRef(request.params.key)),
  );
}
