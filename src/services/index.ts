import type { Connect } from "../connect/index.ts";
import { createAccess } from "./access.ts";
import { createConnectors } from "./connectors.ts";
import { createDeployments } from "./deployments.ts";
import { createDrafts } from "./drafts.ts";

export {
  type Access,
  type Caller,
  type Operation,
  OPERATIONS,
  PERMISSIONS,
  type Permission,
  type ProjectId,
  projectId,
  type ServiceRequest,
} from "./access.ts";
export type { Expected } from "./versions.ts";

/** The rules of the gateway, once, for every protocol. */
export type Services = ReturnType<typeof createServices>;

/** Makes the services over the clients of the configured projects. */
export function createServices(connects: readonly Connect[]) {
  const access = createAccess(connects);
  return {
    projects: { resolve: access.resolve, visible: access.visible },
    connectors: createConnectors(access),
    drafts: createDrafts(access),
    deployments: createDeployments(access),
  };
}
