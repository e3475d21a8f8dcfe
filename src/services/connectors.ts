import type { Connector, ConnectorSearchQuery, Page, Ref } from "../connect/index.ts";
import type { ProjectId } from "../identifiers.ts";
import type { Access, ServiceRequest } from "./access.ts";

/** The rules of published connectors, for every protocol. */
export type Connectors = ReturnType<typeof createConnectors>;

/** Makes the connectors service. Every method checks the caller's permission before anything else. */
export function createConnectors(access: Access) {
  return {
    /** One page of the connectors that the project may deploy: public ones and the private ones assigned to it. */
    async search(request: ServiceRequest, project: ProjectId, query: ConnectorSearchQuery): Promise<Page<Connector>> {
      return await access.open(request.caller, project, "connectors.search").connectors.search(request.call, query);
    },

    /** One published connector; `ResourceNotFound` when there is none. */
    async get(request: ServiceRequest, project: ProjectId, ref: Ref): Promise<Connector> {
      return await access.open(request.caller, project, "connectors.get").connectors.get(request.call, ref);
    },
  };
}
