import type { ConnectorStaged, Deployment, Sealed } from "../connect/index.ts";

/** What is remembered of a deployment: nothing of its configuration. */
export type DeploymentState = {
  readonly typeId: "deployment";
  readonly id: string;
  readonly key: string | null;
  readonly version: number;
  readonly status: string;
  readonly type: string;
  readonly connector: { readonly id: string; readonly version: number };
  readonly report: { readonly errors: number; readonly warnings: number };
  readonly applications: readonly { readonly applicationName: string; readonly url: string | null }[];
};

/** What is remembered of a staged connector. */
export type ConnectorStagedState = {
  readonly typeId: "connectorStaged";
  readonly id: string;
  readonly key: string | null;
  readonly version: number;
  readonly status: string;
  readonly isPreviewable: string;
  readonly comments: number;
  readonly tag: string;
};

export type State = DeploymentState | ConnectorStagedState;

/** What to remember of a deployment. */
export function deploymentState(row: Sealed<Deployment>): DeploymentState {
  const entries = row.details?.build?.report?.entries ?? [];
  const count = (type: string): number => entries.filter((entry) => entry.type === type).length;
  return {
    typeId: "deployment",
    id: row.id,
    key: row.key ?? null,
    version: row.version,
    status: row.status,
    type: row.type ?? (row.preview ? "preview" : "sandbox"),
    connector: { id: row.connector.id, version: row.connector.version },
    report: { errors: count("Error"), warnings: count("Warning") },
    applications: row.applications.map(({ applicationName, url }) => ({ applicationName, url: url ?? null })),
  };
}

/** What to remember of a staged connector. */
export function connectorStagedState(row: ConnectorStaged): ConnectorStagedState {
  return {
    typeId: "connectorStaged",
    id: row.id,
    key: row.key ?? null,
    version: row.version,
    status: row.status,
    isPreviewable: String(row.isPreviewable),
    comments: row.certificationInfo?.comments.length ?? 0,
    tag: row.repository.tag,
  };
}

const MOVING = new Set(["Queued", "Deploying", "Undeploying", "Processing"]);

/** Whether something is under way that ends by itself within minutes. */
export function inMotion(state: State): boolean {
  return MOVING.has(state.status) || (state.typeId === "connectorStaged" && state.isPreviewable === "pending");
}
