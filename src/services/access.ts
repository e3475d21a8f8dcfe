import type { Call, Connect } from "../connect/index.ts";
import { gatewayError } from "../errors.ts";
import { type ProjectId, projectId } from "../identifiers.ts";

/** The scopes that decide, in Connect's own words; each is granted for one project key. */
export const PERMISSIONS = [
  "view_connectors",
  "manage_connectors",
  "view_connectors_deployments",
  "manage_connectors_deployments",
  "manage_webhooks",
  "manage_project",
] as const;
export type Permission = (typeof PERMISSIONS)[number];

/** Who asks: the subject of a verified token and what it grants, by project key. */
export type Caller = {
  readonly subject: string;
  readonly grants: ReadonlyMap<string, ReadonlySet<Permission>>;
  /** Whether the caller may read the schema itself where that is not open to all. */
  readonly introspect: boolean;
  /** When the token ends, in milliseconds since 1970: streams end with it. It may turn out to be over before, so that it is asked for each time. */
  readonly expiresAt: number;
};

/** Everything a service needs to know of the request it serves. */
export type ServiceRequest = {
  readonly caller: Caller;
  readonly call: Call;
  /** The caller's name for this request: one that comes again under it is not done twice. */
  readonly idempotencyKey?: string | undefined;
  /** Tells the caller that this is what came of the request the first time. */
  readonly replayed?: (() => void) | undefined;
  /** Tells the caller of something that was accepted but should be changed; the face shows it beside the answer. */
  warn(text: string): void;
};

/** Every operation and the scope it needs: the checks, the documentation and the tests read this one table. */
export const OPERATIONS = {
  "connectors.search": "view_connectors",
  "connectors.get": "view_connectors",
  "connectorsStaged.list": "view_connectors",
  "connectorsStaged.get": "view_connectors",
  "connectorsStaged.create": "manage_connectors",
  "connectorsStaged.update": "manage_connectors",
  "connectorsStaged.delete": "manage_connectors",
  "deployments.list": "view_connectors_deployments",
  "deployments.get": "view_connectors_deployments",
  "deployments.logs": "view_connectors_deployments",
  "deployments.create": "manage_connectors_deployments",
  "deployments.update": "manage_connectors_deployments",
  "deployments.delete": "manage_connectors_deployments",
  "webhooks.manage": "manage_webhooks",
} as const satisfies Record<string, Permission>;
export type Operation = keyof typeof OPERATIONS;

const IMPLIED_BY: Record<Permission, readonly Permission[]> = {
  view_connectors: ["manage_connectors", "manage_project"],
  manage_connectors: ["manage_project"],
  view_connectors_deployments: ["manage_connectors_deployments", "manage_project"],
  manage_connectors_deployments: ["manage_project"],
  manage_webhooks: ["manage_project"],
  manage_project: [],
};

/** The way to upstream projects: nobody reaches a Connect client but through a check. */
export type Access = {
  /** The client of `project` if the caller may do `operation` there. A project without any grant is a missing one. */
  open(caller: Caller, project: ProjectId, operation: Operation): Connect;
  /** Whether {@link Access.open} would let the caller through. */
  may(caller: Caller, project: ProjectId, operation: Operation): boolean;
  /** Whether the caller's token grants it, also for a project that is not served any more. */
  grants(caller: Caller, project: ProjectId, operation: Operation): boolean;
  /** The project a request means: the one it names as `{region}:{projectKey}` or key, else the only one granted (in `region`). */
  resolve(caller: Caller, named: { readonly region?: string | undefined; readonly project?: string | undefined }): ProjectId;
  /** What the caller may see. */
  visible(caller: Caller): readonly (ProjectId & { readonly scopes: readonly string[] })[];
};

/** Makes the access check over the configured projects. */
export function createAccess(connects: readonly Connect[]): Access {
  const byRegion = new Map<string, Map<string, Connect>>();
  for (const connect of connects) {
    const { region, projectKey } = connect.project;
    byRegion.set(region, (byRegion.get(region) ?? new Map<string, Connect>()).set(projectKey, connect));
  }
  const find = ({ region, projectKey }: ProjectId): Connect | undefined => byRegion.get(region)?.get(projectKey);

  function open(caller: Caller, project: ProjectId, operation: Operation): Connect {
    const connect = find(project);
    const granted = caller.grants.get(project.projectKey);
    if (connect === undefined || granted === undefined) throw gatewayError("ResourceNotFound");
    if (allows(granted, operation)) return connect;
    const needed = OPERATIONS[operation];
    const scope = `${needed}:${project.projectKey}`;
    throw gatewayError("AuthorizationError", `The token lacks the scope ${needed} for this project.`, { fields: { scope } });
  }

  function grants(caller: Caller, { projectKey }: ProjectId, operation: Operation): boolean {
    const granted = caller.grants.get(projectKey);
    return granted !== undefined && allows(granted, operation);
  }

  function may(caller: Caller, project: ProjectId, operation: Operation): boolean {
    return find(project) !== undefined && grants(caller, project, operation);
  }

  const granted = (caller: Caller): ProjectId[] =>
    connects.map((connect) => connect.project).filter((project) => caller.grants.has(project.projectKey));

  function resolve(caller: Caller, named: { region?: string | undefined; project?: string | undefined }): ProjectId {
    const candidates = granted(caller).filter((project) => named.region === undefined || project.region === named.region);
    if (named.project === undefined) {
      const [only, ...others] = candidates;
      if (only === undefined || others.length > 0) throw gatewayError("ProjectRequired");
      return only;
    }
    const found = candidates.find((project) => named.project === (named.region === undefined ? projectId(project) : project.projectKey));
    if (found === undefined) throw gatewayError("ResourceNotFound");
    return found;
  }

  const visible = (caller: Caller) =>
    granted(caller).map((project) => ({
      ...project,
      scopes: [...(caller.grants.get(project.projectKey) ?? [])].map((permission) => `${permission}:${project.projectKey}`),
    }));

  return { open, may, grants, resolve, visible };
}

function allows(granted: ReadonlySet<Permission>, operation: Operation): boolean {
  const needed = OPERATIONS[operation];
  return granted.has(needed) || IMPLIED_BY[needed].some((permission) => granted.has(permission));
}
