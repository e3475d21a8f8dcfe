import { type Static, Type } from "typebox";
import { answer, described, flag, list, maybe, moment, open, openEnum, text, whole } from "./model-shapes.ts";
import { APPLICATION_TYPES, CONNECTOR_STATUSES, INTEGRATION_TYPES, IS_PREVIEWABLE, REGIONS, REPORT_ENTRY_TYPES } from "./model-values.ts";

const integrationType = open(INTEGRATION_TYPES, "Field of business that the connector serves.");
const region = open(REGIONS, "Region of Connect.");

/** Where a staged connector stands on its way to publication. */
export const ConnectorStatus = openEnum(
  "ConnectorStatus",
  CONNECTOR_STATUSES,
  "Where a staged connector stands on its way to publication.",
);
export type ConnectorStatus = Static<typeof ConnectorStatus>;

/** Weight of a finding about a connector. */
export const ConnectorReportEntryType = openEnum("ConnectorReportEntryType", REPORT_ENTRY_TYPES, "Weight of a finding about a connector.");
export type ConnectorReportEntryType = Static<typeof ConnectorReportEntryType>;

/** Whether a staged connector may be deployed for a preview. Connect writes text; a JSON boolean, as in old examples, is taken as well. */
export const IsPreviewable = Type.Union([Type.String(), Type.Boolean()], {
  $id: "IsPreviewable",
  description: `Whether a staged connector may be deployed for a preview, as text: ${IS_PREVIEWABLE.join(", ")}. Others may appear. Source: commercetools Connect API.`,
});
export type IsPreviewable = Static<typeof IsPreviewable>;

/** Who made a connector. */
export const Creator = answer("Creator", "The person or company that made a connector.", {
  email: text("E-mail address of the creator."),
  name: maybe(Type.String(), "Name of the creator."),
  title: maybe(Type.String(), "Title of the creator, such as a form of address or a job."),
  company: maybe(Type.String(), "Company of the creator."),
  noOfContributors: maybe(Type.Integer(), "Number of people who work on the connector."),
  logoUrl: maybe(Type.String(), "Address of the creator's logo."),
  supportUrl: maybe(Type.String(), "Address at which users of the connector find help."),
});
export type Creator = Static<typeof Creator>;

/** Where a connector's source is. */
export const Repository = answer("Repository", "The Git repository and tag from which a connector is built.", {
  url: text("HTTPS or SSH address of the repository; private repositories have an SSH address."),
  tag: text("Git tag of the release."),
});
export type Repository = Static<typeof Repository>;

/** Definition of a configuration value that is stored in clear. */
export const StandardConfigurationKey = answer("StandardConfigurationKey", "Definition of a configuration value that is stored in clear.", {
  key: text("Name of the value."),
  description: text("What the value is for."),
  default: maybe(Type.String(), "Value used when a deployment gives none."),
  required: maybe(Type.Boolean(), "Whether a deployment must give the value; false when absent."),
});
export type StandardConfigurationKey = Static<typeof StandardConfigurationKey>;

/** Definition of a configuration value that is kept secret. */
export const SecuredConfigurationKey = answer("SecuredConfigurationKey", "Definition of a configuration value that is kept secret.", {
  key: text("Name of the value."),
  description: text("What the value is for."),
  required: maybe(Type.Boolean(), "Whether a deployment must give the value; false when absent."),
});
export type SecuredConfigurationKey = Static<typeof SecuredConfigurationKey>;

/** One application of a connector and the configuration it takes. */
export const ConnectorConfigurationApplication = answer(
  "ConnectorConfigurationApplication",
  "One application of a connector and the configuration it takes, as its specification file says.",
  {
    applicationName: text("Name of the application, unique in the connector."),
    applicationType: open(APPLICATION_TYPES, "What kind of application it is."),
    standardConfiguration: maybe(Type.Array(StandardConfigurationKey), "Definitions of the values that are stored in clear."),
    securedConfiguration: maybe(Type.Array(SecuredConfigurationKey), "Definitions of the values that are kept secret."),
  },
);
export type ConnectorConfigurationApplication = Static<typeof ConnectorConfigurationApplication>;

/** Configuration that all applications of a connector share. */
export const ConnectorGlobalConfiguration = answer(
  "ConnectorGlobalConfiguration",
  "Definitions of the configuration that all applications of a connector share.",
  {
    standardConfiguration: maybe(Type.Array(StandardConfigurationKey), "Definitions of the shared values that are stored in clear."),
    securedConfiguration: maybe(Type.Array(SecuredConfigurationKey), "Definitions of the shared values that are kept secret."),
  },
);
export type ConnectorGlobalConfiguration = Static<typeof ConnectorGlobalConfiguration>;

/** What a connector asks of the API Client that Connect makes for it. */
export const ConnectorApiClient = answer("ConnectorApiClient", "The API Client that Connect makes for each deployment of the connector.", {
  scopes: list(Type.String(), "Scopes that the API Client gets."),
});
export type ConnectorApiClient = Static<typeof ConnectorApiClient>;

/** One remark in a certification. */
export const CertificationInfoComment = answer("CertificationInfoComment", "One remark of a reviewer or the creator in a certification.", {
  userId: text("Author: the key of the author's project."),
  datetime: moment("When the remark was made."),
  comment: text("Text of the remark."),
});
export type CertificationInfoComment = Static<typeof CertificationInfoComment>;

/** The talk between reviewers and creator. */
export const CertificationInfo = answer("CertificationInfo", "The talk between reviewers and creator during a certification.", {
  comments: list(CertificationInfoComment, "Remarks, oldest first."),
});
export type CertificationInfo = Static<typeof CertificationInfo>;

/** One finding of a check. */
export const ConnectorReportEntry = answer("ConnectorReportEntry", "One finding of a check of a connector.", {
  type: described(ConnectorReportEntryType, "Weight of the finding; an Error does not mean that the whole failed, the status tells."),
  title: text("What was checked and how it went, in short."),
  message: maybe(Type.String(), "More on the finding."),
  application: maybe(Type.String(), "Application that the finding is about; seen, but not declared."),
  createdAt: moment("When the finding was made."),
});
export type ConnectorReportEntry = Static<typeof ConnectorReportEntry>;

/** Findings of the checks of a connector. */
export const ConnectorReport = answer("ConnectorReport", "Findings of the checks of a connector.", {
  entries: list(ConnectorReportEntry, "Findings in the order in which they were made."),
});
export type ConnectorReport = Static<typeof ConnectorReport>;

const shared = {
  id: text("Identifier (UUID), the same for a connector and its staged form."),
  key: maybe(Type.String(), "Key that the creator chose; it cannot be changed."),
  version: whole("Version, raised by every change, also by changes that Connect makes itself."),
  name: text("Name of the connector."),
  description: maybe(Type.String(), "What the connector does."),
  integrationTypes: maybe(Type.Array(integrationType), "Fields of business that the connector serves."),
  creator: described(Creator, "Who made the connector."),
  repository: described(Repository, "Where the connector's source is."),
  configurations: maybe(Type.Array(ConnectorConfigurationApplication), "Applications of the connector and their configuration."),
  globalConfiguration: maybe(ConnectorGlobalConfiguration, "Configuration that all applications share."),
  apiClient: maybe(ConnectorApiClient, "API Client made for each deployment; absent if the connector asks for none."),
  private: flag("Whether only named projects can use the connector."),
  supportedRegions: list(region, "Regions that the connector supports; empty means all."),
  documentationUrl: maybe(Type.String(), "Address of the connector's documentation."),
};

/** A published connector. */
export const Connector = answer("Connector", "A published connector, ready to be deployed.", {
  ...shared,
  certified: flag("Whether commercetools certified the connector."),
});
export type Connector = Static<typeof Connector>;

/** A connector under work. */
export const ConnectorStaged = answer("ConnectorStaged", "A connector as its creator works on it, published or not.", {
  ...shared,
  privateProjects: maybe(Type.Array(Type.String()), "Projects that may use the private connector, as {region}:{projectKey}."),
  certificationInfo: maybe(CertificationInfo, "The talk between reviewers and creator."),
  status: described(ConnectorStatus, "Where publishing stands."),
  publishingReport: maybe(ConnectorReport, "Findings of the last publishing."),
  alreadyListed: flag("Whether a connector was published from this one."),
  hasChanges: flag("Whether it differs from the published connector; has no meaning before alreadyListed is true."),
  isPreviewable: described(IsPreviewable, "Whether it may be deployed for a preview."),
  previewableReport: maybe(ConnectorReport, "Findings of the last check for a preview."),
});
export type ConnectorStaged = Static<typeof ConnectorStaged>;

/** The counts that stand around the results of every page. */
export const pageCounts = {
  limit: whole("Largest number of results asked for."),
  offset: whole("Number of results skipped."),
  count: whole("Number of results in this page."),
  total: whole("Number of results in all pages."),
};

/** One page of published connectors. */
export const ConnectorSearchPagedQueryResponse = answer("ConnectorSearchPagedQueryResponse", "One page of published connectors.", {
  ...pageCounts,
  results: list(Connector, "Connectors of this page."),
});
export type ConnectorSearchPagedQueryResponse = Static<typeof ConnectorSearchPagedQueryResponse>;

/** One page of staged connectors. */
export const ConnectorStagedPagedQueryResponse = answer("ConnectorStagedPagedQueryResponse", "One page of staged connectors.", {
  ...pageCounts,
  results: list(ConnectorStaged, "Staged connectors of this page."),
});
export type ConnectorStagedPagedQueryResponse = Static<typeof ConnectorStagedPagedQueryResponse>;
