import type { Connector, ConnectorStaged, Deployment, Page } from "../connect/index.ts";
import {
  APPLICATION_TYPES,
  CONNECTOR_STATUSES,
  DEPLOYMENT_STATUSES,
  DEPLOYMENT_TYPES,
  INTEGRATION_TYPES,
  LOG_SEVERITIES,
  LOG_TYPES,
  REPORT_ENTRY_TYPES,
} from "../connect/model.ts";
import { MASK } from "../secret.ts";
import { paging } from "./arguments.ts";
import type { GraphContext } from "./context.ts";
import type { DeploymentPage, DeploymentRow } from "./rows.ts";
import type { Resolvers } from "./schema.types.ts";

/** A value of upstream as a member of the enum, or `Unknown`: upstream adds values without notice. */
function oneOf<T extends string>(known: readonly T[]): (value: string | null | undefined) => T | "Unknown" {
  const values = new Set<string>(known);
  return (value) => (value !== null && value !== undefined && values.has(value) ? (value as T) : "Unknown");
}

const integrationType = oneOf(INTEGRATION_TYPES);
const connectorStatus = oneOf(CONNECTOR_STATUSES);
const deploymentStatus = oneOf(DEPLOYMENT_STATUSES);
const deploymentType = oneOf(DEPLOYMENT_TYPES);
const reportEntryType = oneOf(REPORT_ENTRY_TYPES);
const logType = oneOf(LOG_TYPES);
const logSeverity = oneOf(LOG_SEVERITIES);

type Name<T extends string> = T extends `${infer A}-${infer B}` ? `${A}_${Name<B>}` : T;
/** A hyphen is not allowed in a GraphQL name. */
const applicationType = oneOf(APPLICATION_TYPES.map((type) => type.replaceAll("-", "_") as Name<typeof type>));

/** Old statuses that meant: under review, and the creator is asked something. */
const FEEDBACK = new Set(["FEEDBACK_REQUIRED", "FeedbackRequired"]);
const PREVIEWABLE = { true: "Previewable", false: "NotPreviewable", pending: "Pending", none: "None" } as const;

/** What upstream may leave out of any connector. */
const connectorFields = {
  integrationTypes: (row: Listed) => (row.integrationTypes ?? []).map(integrationType),
  integrationTypesRaw: (row: Listed) => row.integrationTypes ?? [],
  configurations: <T>(row: { readonly configurations?: T[] | null }) => row.configurations ?? [],
};
type Listed = { readonly integrationTypes?: string[] | null };

/** What upstream may leave out of anything that is configured. */
const configurationFields = {
  standardConfiguration: <T>(row: { readonly standardConfiguration?: T[] | null }) => row.standardConfiguration ?? [],
  securedConfiguration: <T>(row: { readonly securedConfiguration?: T[] | null }) => row.securedConfiguration ?? [],
};

const reportEntryFields = {
  type: (row: { readonly type: string }) => reportEntryType(row.type),
  typeRaw: (row: { readonly type: string }) => row.type,
};

const page = { exists: (row: Page<unknown>) => row.total > 0 };
const keyFields = { required: (row: { readonly required?: boolean | null }) => row.required ?? false };

/** Resolvers of every type that is not simply upstream's own form. They are plain functions: no promise for a leaf. */
export const types: Omit<Resolvers, "Query" | "Mutation" | "Subscription"> = {
  ConnectorQueryResult: page,
  ConnectorStagedQueryResult: page,
  DeploymentQueryResult: page,
  DeploymentLogQueryResult: { next: (row) => (row.next === "" ? null : (row.next ?? null)) },

  Connector: {
    ...connectorFields,
    supportedRegions: (row) => row.supportedRegions ?? [],
    connectorStaged: (row, _args, { links, projectOf }) => links.connectorStaged(projectOf(row), row.id),
    deployments: deploymentsOf,
  },

  ConnectorStaged: {
    ...connectorFields,
    supportedRegions: (row) => row.supportedRegions ?? [],
    privateProjects: (row) => row.privateProjects ?? [],
    status: (row) => (FEEDBACK.has(row.status) ? "InCertification" : connectorStatus(row.status)),
    statusRaw: (row) => row.status,
    isPreviewable: (row) => previewable(row),
    isPreviewableRaw: (row) => String(row.isPreviewable),
    previewable: (row) => previewable(row) === "Previewable",
    feedbackRequired: (row, _args, { projectOf }) => feedbackRequired(row, projectOf(row).projectKey),
    connector: (row, _args, { links, projectOf }) => links.connector(projectOf(row), row.id),
    deployments: deploymentsOf,
  },

  ConnectorConfigurationApplication: {
    ...configurationFields,
    applicationType: (row) => applicationType(row.applicationType.replaceAll("-", "_")),
    applicationTypeRaw: (row) => row.applicationType,
  },
  ConnectorGlobalConfiguration: configurationFields,
  StandardConfigurationKey: keyFields,
  SecuredConfigurationKey: keyFields,
  ConnectorReportEntry: reportEntryFields,

  Deployment: {
    type: (row) => deploymentType(typeOf(row)),
    typeRaw: typeOf,
    status: (row) => deploymentStatus(row.status),
    statusRaw: (row) => row.status,
    details: (row) => row.details ?? {},
    liveConnector: (row, _args, { links, projectOf }) => links.connector(projectOf(row), row.connector.id),
    liveConnectorStaged: (row, _args, { links, projectOf }) => links.connectorStaged(projectOf(row), row.connector.id),
  },
  DeploymentConnector: { ...connectorFields, supportedRegions: (row) => row.supportedRegions ?? [] },
  DeploymentGlobalConfiguration: configurationFields,
  ApplicationDeployment: configurationFields,
  SecuredConfigurationValue: { value: () => MASK },
  DeploymentReportEntry: reportEntryFields,
  Event: {
    id: ({ body }) => String(parsed(body)["id"]),
    timestamp: ({ body }) => String(parsed(body)["timestamp"]),
    data: ({ body }) => parsed(body)["data"],
  },
  WebhookDelivery: { createdAt: (row) => new Date(row.createdAt).toISOString() },
  DeploymentLog: {
    type: (row) => logType(row.type),
    typeRaw: (row) => row.type,
    severity: (row) => logSeverity(row.severity),
    severityRaw: (row) => row.severity,
  },
};

const parsed = (body: string): Record<string, unknown> => JSON.parse(body) as Record<string, unknown>;

/** Deployments made before there were types have none. */
function typeOf(row: Pick<Deployment, "type" | "preview">): string {
  return row.type ?? (row.preview ? "preview" : "sandbox");
}

function previewable({ isPreviewable }: ConnectorStaged): (typeof PREVIEWABLE)[keyof typeof PREVIEWABLE] | "Unknown" {
  const text = String(isPreviewable);
  return Object.hasOwn(PREVIEWABLE, text) ? PREVIEWABLE[text as keyof typeof PREVIEWABLE] : "Unknown";
}

/** Since the old status for it is gone, an open question shows only as a newest comment by somebody else. */
function feedbackRequired({ status, certificationInfo }: ConnectorStaged, projectKey: string): boolean {
  if (FEEDBACK.has(status)) return true;
  const newest = certificationInfo?.comments.at(-1);
  return status === "InCertification" && newest !== undefined && newest.userId !== projectKey;
}

async function deploymentsOf(
  row: Connector | ConnectorStaged,
  args: { readonly limit?: number | null; readonly offset?: number | null },
  { links, projectOf }: GraphContext,
): Promise<DeploymentPage> {
  const { limit, offset } = paging(args);
  const all: readonly DeploymentRow[] = await links.deploymentsOf(projectOf(row), row.id);
  const results = all.slice(offset, offset + limit);
  return { limit, offset, count: results.length, total: all.length, results };
}
