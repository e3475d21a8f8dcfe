import type { Application, Connector, ConnectorContent, Creator, Deployment, Draft, Report, Snapshot } from "./types.ts";

/** How resources look on the wire: today, or in the legacy mode as they did in 2023. */
export type Printer = {
  draft(draft: Draft): object;
  connector(connector: Connector): object;
  deployment(deployment: Deployment): object;
};

/** Makes the printer. */
export function createPrinter(legacy: boolean): Printer {
  return legacy ? { draft: legacyDraft, connector, deployment: legacyDeployment } : { draft, connector, deployment };
}

function content(held: ConnectorContent): object {
  const { name, description, integrationTypes, creator, repository, specification, supportedRegions, documentationUrl } = held;
  const { configurations, globalConfiguration, apiClient } = specification;
  return {
    name,
    description,
    integrationTypes,
    creator,
    repository,
    configurations,
    globalConfiguration,
    apiClient,
    supportedRegions,
    documentationUrl,
  };
}

function draft(held: Draft): object {
  const { id, key, version, private: isPrivate, privateProjects, status, alreadyListed, hasChanges, isPreviewable, comments } = held;
  return {
    id,
    key,
    version,
    ...content(held),
    private: isPrivate,
    privateProjects,
    status,
    alreadyListed,
    hasChanges,
    isPreviewable,
    publishingReport: held.publishingReport ?? null,
    previewableReport: held.previewableReport ?? null,
    ...(comments.length === 0 ? {} : { certificationInfo: { comments } }),
  };
}

function connector(held: Connector): object {
  const { id, key, version, private: isPrivate, certified } = held;
  return { id, key, version, ...content(held), private: isPrivate, certified };
}

function snapshot({ id, key, version, certified, ...held }: Snapshot): object {
  const { apiClient: _apiClient, ...shown } = content(held) as { apiClient?: unknown };
  return { id, key, version, ...shown, certified };
}

function deployment(held: Deployment): object {
  const {
    id,
    key,
    version,
    type,
    connector: connectorThen,
    globalConfiguration,
    apiClient,
    deployedRegion,
    applications,
    status,
    build,
  } = held;
  return {
    id,
    key,
    version,
    type,
    connector: snapshot(connectorThen),
    globalConfiguration,
    apiClient,
    details: build === undefined ? {} : { build },
    deployedRegion,
    applications,
    preview: type === "preview",
    status,
  };
}

/** Shapes of 2023: fields that came later are missing, reviews that wait for the creator have a status of their own. */
function legacyDraft(held: Draft): object {
  const {
    integrationTypes: _types,
    privateProjects: _projects,
    publishingReport: _report,
    ...shown
  } = draft(held) as Record<string, unknown>;
  const asked = held.status === "InCertification" && held.comments.at(-1)?.userId !== held.owner;
  const previewableReport = held.previewableReport === undefined ? {} : { previewableReport: legacyReport(held.previewableReport) };
  const { previewableReport: _now, ...rest } = shown;
  return { ...rest, ...previewableReport, creator: legacyCreator(held.creator), status: asked ? "FEEDBACK_REQUIRED" : held.status };
}

function legacyDeployment(held: Deployment): object {
  const { type: _type, ...shown } = deployment(held) as Record<string, unknown>;
  const { integrationTypes: _types, key: _key, ...then } = snapshot(held.connector) as Record<string, unknown>;
  return {
    ...shown,
    connector: { ...then, creator: legacyCreator(held.connector.creator) },
    details: {},
    applications: held.applications.map(legacyApplication),
  };
}

function legacyCreator({ noOfContributors: _count, ...creator }: Creator): object {
  return creator;
}

function legacyReport({ entries }: Report): object {
  return { entries: entries.map(({ createdAt, title, type }) => ({ createdAt, title, type })) };
}

function legacyApplication({ id, applicationName, standardConfiguration, securedConfiguration }: Application): object {
  return { id, applicationName, standardConfiguration, securedConfiguration };
}
