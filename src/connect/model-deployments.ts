import { type Static, Type } from "typebox";
import { ConnectorConfigurationApplication, ConnectorGlobalConfiguration, Creator, pageCounts, Repository } from "./model-connectors.ts";
import { answer, described, flag, list, maybe, moment, open, openEnum, text, whole } from "./model-shapes.ts";
import {
  DEPLOYMENT_STATUSES,
  DEPLOYMENT_TYPES,
  INTEGRATION_TYPES,
  LOG_SEVERITIES,
  LOG_TYPES,
  REGIONS,
  REPORT_ENTRY_TYPES,
} from "./model-values.ts";

/** Where a deployment stands. */
export const DeploymentStatus = openEnum("DeploymentStatus", DEPLOYMENT_STATUSES, "Where a deployment stands.");
export type DeploymentStatus = Static<typeof DeploymentStatus>;

/** What a deployment is for. */
export const DeploymentType = openEnum("DeploymentType", DEPLOYMENT_TYPES, "What a deployment is for.");
export type DeploymentType = Static<typeof DeploymentType>;

/** Weight of a finding about a deployment. */
export const DeploymentReportEntryType = openEnum(
  "DeploymentReportEntryType",
  REPORT_ENTRY_TYPES,
  "Weight of a finding about a deployment.",
);
export type DeploymentReportEntryType = Static<typeof DeploymentReportEntryType>;

/** Weight of a log line. */
export const DeploymentLogSeverity = openEnum("DeploymentLogSeverity", LOG_SEVERITIES, "Weight of a log line, least first.");
export type DeploymentLogSeverity = Static<typeof DeploymentLogSeverity>;

/** A configuration value that is stored in clear. */
export const ConfigurationValue = answer("ConfigurationValue", "A configuration value that is stored in clear.", {
  key: text("Name of the value."),
  value: text("The value; always text."),
});
export type ConfigurationValue = Static<typeof ConfigurationValue>;

/** What stands in the place of a secured value. No type is checked: inside the gateway it is a Secret, which turns into text when it is written out. */
export const SealedValue = Type.Unsafe<string>({
  $id: "SealedValue",
  description: "A secured value. It cannot be read back: always `***`, whatever the length of the value.",
});

/** A configuration value that is kept secret. */
export const SecuredConfigurationValue = answer("SecuredConfigurationValue", "A configuration value that is kept secret.", {
  key: text("Name of the value."),
  value: SealedValue,
});
export type SecuredConfigurationValue = Static<typeof SecuredConfigurationValue>;

/** How events that were not acknowledged are sent again. */
export const RetryPolicy = answer("RetryPolicy", "How Connect repeats an event that an event application did not acknowledge.", {
  strategy: text("Known values: immediate, exponential-backoff."),
  minBackoffSeconds: maybe(Type.Integer(), "Shortest pause between two tries, in seconds."),
  maxBackoffSeconds: maybe(Type.Integer(), "Longest pause between two tries, in seconds."),
  maxAttempts: maybe(Type.Integer(), "Largest number of tries."),
});
export type RetryPolicy = Static<typeof RetryPolicy>;

/** One running application of a deployment. */
export const ApplicationDeployment = answer("ApplicationDeployment", "One application of a deployment.", {
  id: text("Identifier (UUID)."),
  applicationName: text("Name of the application, as in the connector."),
  standardConfiguration: maybe(Type.Array(ConfigurationValue), "Values that are stored in clear."),
  securedConfiguration: maybe(Type.Array(SecuredConfigurationValue), "Values that are kept secret, masked."),
  url: maybe(Type.String(), "Address of a service, a Merchant Center customization or assets, once deployed; may lack the scheme."),
  topic: maybe(Type.String(), "Destination of an event application's events, once deployed."),
  schedule: maybe(Type.String(), "Cron expression by which a job application runs."),
  retryPolicy: maybe(RetryPolicy, "How events are repeated for an event application."),
});
export type ApplicationDeployment = Static<typeof ApplicationDeployment>;

/** Who made the deployed connector. */
export const DeploymentCreator = { ...Creator, $id: "DeploymentCreator" };
export type DeploymentCreator = Static<typeof DeploymentCreator>;

/** The connector as it was when the deployment was made. */
export const DeploymentConnector = answer("DeploymentConnector", "The connector as it was when the deployment was made or last updated.", {
  id: text("Identifier (UUID) of the connector."),
  key: maybe(Type.String(), "Key of the connector."),
  version: whole("Version of the connector that is deployed."),
  name: text("Name of the connector."),
  description: maybe(Type.String(), "What the connector does."),
  integrationTypes: maybe(Type.Array(open(INTEGRATION_TYPES, "Field of business.")), "Fields of business that the connector serves."),
  creator: described(DeploymentCreator, "Who made the connector."),
  repository: described(Repository, "Where the connector's source is."),
  configurations: maybe(Type.Array(ConnectorConfigurationApplication), "Applications of the connector and their configuration."),
  globalConfiguration: maybe(ConnectorGlobalConfiguration, "Configuration that all applications share."),
  certified: flag("Whether commercetools certified the connector."),
  supportedRegions: maybe(Type.Array(open(REGIONS, "Region of Connect.")), "Regions that the connector supports; empty means all."),
  documentationUrl: maybe(Type.String(), "Address of the connector's documentation."),
});
export type DeploymentConnector = Static<typeof DeploymentConnector>;

/** Values of the configuration that all applications share. */
export const DeploymentGlobalConfiguration = answer(
  "DeploymentGlobalConfiguration",
  "Values of the configuration that all applications of a deployment share.",
  {
    standardConfiguration: maybe(Type.Array(ConfigurationValue), "Shared values that are stored in clear."),
    securedConfiguration: maybe(Type.Array(SecuredConfigurationValue), "Shared values that are kept secret, masked."),
  },
);
export type DeploymentGlobalConfiguration = Static<typeof DeploymentGlobalConfiguration>;

/** The API Client that Connect made for a deployment. */
export const DeploymentApiClient = answer(
  "DeploymentApiClient",
  "The API Client that Connect made for a deployment; its secret is never told.",
  {
    name: text("Client id of the API Client."),
    scopes: list(Type.String(), "Scopes of the API Client."),
  },
);
export type DeploymentApiClient = Static<typeof DeploymentApiClient>;

/** One finding during a deployment. */
export const DeploymentReportEntry = answer("DeploymentReportEntry", "One finding during a deployment.", {
  type: described(DeploymentReportEntryType, "Weight of the finding; an Error does not mean that the whole failed, the status tells."),
  title: text("What happened, in short."),
  message: maybe(Type.String(), "More on the finding."),
  application: maybe(Type.String(), "Name of the application that the finding is about."),
  createdAt: moment("When the finding was made."),
});
export type DeploymentReportEntry = Static<typeof DeploymentReportEntry>;

/** Findings during a deployment. */
export const DeploymentReport = answer("DeploymentReport", "Findings during a deployment.", {
  entries: list(DeploymentReportEntry, "Findings in the order in which they were made."),
});
export type DeploymentReport = Static<typeof DeploymentReport>;

/** The build of a deployment. */
export const DeploymentDetailsBuild = answer("DeploymentDetailsBuild", "The build of a deployment.", {
  id: text("Identifier of the build."),
  report: maybe(DeploymentReport, "Findings of the build; arrives late and may hold entries also after success."),
});
export type DeploymentDetailsBuild = Static<typeof DeploymentDetailsBuild>;

/** What is known of the work behind a deployment. */
export const DeploymentDetails = answer("DeploymentDetails", "What is known of the work behind a deployment; empty until a build exists.", {
  build: maybe(DeploymentDetailsBuild, "The last build."),
});
export type DeploymentDetails = Static<typeof DeploymentDetails>;

/** A connector that runs in a project. */
export const Deployment = answer("Deployment", "A connector that runs, or is being made to run, in a project.", {
  id: text("Identifier (UUID)."),
  key: maybe(Type.String(), "Key that was chosen at creation; it cannot be set later."),
  version: whole("Version, raised by every change, also by changes that Connect makes itself."),
  type: maybe(DeploymentType, "Type of the deployment; old ones have none, `preview` then tells."),
  connector: described(DeploymentConnector, "The deployed connector, as it was then."),
  globalConfiguration: maybe(DeploymentGlobalConfiguration, "Values that all applications share."),
  apiClient: maybe(DeploymentApiClient, "API Client made for the deployment; absent if the connector asks for none."),
  details: maybe(DeploymentDetails, "What is known of the work behind the deployment."),
  deployedRegion: open(REGIONS, "Region in which the applications run."),
  applications: list(ApplicationDeployment, "Applications, in no defined order."),
  preview: flag("Whether the deployment is a preview of a staged connector."),
  status: described(DeploymentStatus, "Where the deployment stands."),
  rollbackRevision: maybe(Type.Number(), "Revision that the deployment was rolled back to."),
});
export type Deployment = Static<typeof Deployment>;

/** One page of deployments. */
export const DeploymentPagedQueryResponse = answer("DeploymentPagedQueryResponse", "One page of a project's deployments.", {
  ...pageCounts,
  results: list(Deployment, "Deployments of this page."),
});
export type DeploymentPagedQueryResponse = Static<typeof DeploymentPagedQueryResponse>;

/** One log line. */
export const DeploymentLog = answer("DeploymentLog", "One line of a deployment's logs.", {
  type: open(LOG_TYPES, "What the line is about, which decides the form of `details`."),
  deploymentId: text("Identifier of the deployment."),
  applicationName: text("Application that wrote the line."),
  severity: described(DeploymentLogSeverity, "Weight of the line."),
  timestamp: moment("When the line was written."),
  details: Type.Unknown({ description: "Content of the line: any JSON. Text lines hold `message`, request lines the request." }),
});
export type DeploymentLog = Static<typeof DeploymentLog>;

/** One page of log lines. */
export const DeploymentLogCursorPagedQueryResponse = answer("DeploymentLogCursorPagedQueryResponse", "One page of a deployment's logs.", {
  data: list(DeploymentLog, "Log lines of this page."),
  next: maybe(Type.String(), "Token of the next page; empty, null or absent at the end."),
});
export type DeploymentLogCursorPagedQueryResponse = Static<typeof DeploymentLogCursorPagedQueryResponse>;

/** A built file of an application. */
export const Artifact = answer("Artifact", "A built file of an application; declared by Connect and used by nothing.", {
  applicationName: text("Name of the application."),
  artifactPath: text("Where the file is."),
});
export type Artifact = Static<typeof Artifact>;
