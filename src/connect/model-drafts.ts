import { type Static, Type } from "typebox";
import { REGION } from "../identifiers.ts";
import { body, closed, described, flag, keyText, list, optional, text, whole } from "./model-shapes.ts";
import { DEPLOYMENT_TYPES, INTEGRATION_TYPES, REGIONS } from "./model-values.ts";

/** A region in a request: open, because Connect adds regions without notice. */
export const Region = Type.String({
  $id: "Region",
  description: `Region of Connect. Known values: ${REGIONS.join(", ")}. Source: commercetools Connect API.`,
  pattern: REGION.source,
});

/** A field of business in a request: open, because Connect adds more without notice. */
export const IntegrationType = Type.String({
  $id: "IntegrationType",
  description: `Field of business. Known values: ${INTEGRATION_TYPES.join(", ")}. Source: commercetools Connect API.`,
  pattern: "^[A-Za-z0-9_-]+$",
  maxLength: 64,
});

/** A project in a request. */
export const ProjectIdentifier = Type.String({
  $id: "ProjectIdentifier",
  description: "A project as {region}:{projectKey}, such as europe-west1.gcp:my-project. Source: commercetools Connect API.",
  pattern: "^[a-zA-Z0-9_.-]+:[a-zA-Z0-9_-]{2,36}$",
  maxLength: 128,
});

/** Who made a connector, as its creator writes it. */
export const CreatorDraft = body("CreatorDraft", "The person or company that made a connector.", {
  email: text("E-mail address of the creator."),
  name: optional(Type.String(), "Name of the creator."),
  title: optional(Type.String(), "Title of the creator, such as a form of address or a job."),
  company: optional(Type.String(), "Company of the creator."),
  noOfContributors: optional(Type.Integer({ minimum: 1 }), "Number of people who work on the connector; at least 1."),
  noOfDevelopers: Type.Optional(
    Type.Integer({ minimum: 1, deprecated: true, description: "Old name of noOfContributors, under which it is sent on." }),
  ),
  logoUrl: optional(Type.String(), "Address of the creator's logo."),
  supportUrl: optional(Type.String(), "Address at which users of the connector find help."),
});
export type CreatorDraft = Static<typeof CreatorDraft>;

/** Where a connector's source is, as its creator writes it. */
export const RepositoryDraft = body("RepositoryDraft", "The Git repository and tag from which a connector is built.", {
  url: text("HTTPS or SSH address of the repository; a private repository needs SSH."),
  tag: text("Git tag of the release."),
});
export type RepositoryDraft = Static<typeof RepositoryDraft>;

/** A new staged connector. */
export const ConnectorStagedDraft = body("ConnectorStagedDraft", "A new staged connector.", {
  key: Type.Optional(keyText("Key of the connector; it cannot be set or changed later.")),
  name: text("Name of the connector."),
  description: optional(Type.String(), "What the connector does."),
  integrationTypes: Type.Optional(list(IntegrationType, "Fields of business that the connector serves.")),
  creator: described(CreatorDraft, "Who made the connector."),
  repository: described(RepositoryDraft, "Where the connector's source is."),
  supportedRegions: Type.Optional(list(Region, "Regions that the connector supports; empty or left out means all.")),
  privateProjects: Type.Optional(list(ProjectIdentifier, "Projects that may use the connector; empty means the creator only.")),
  documentationUrl: optional(Type.String(), "Address of the connector's documentation."),
});
export type ConnectorStagedDraft = Static<typeof ConnectorStagedDraft>;

/** A configuration value in a request. */
export const ConfigurationValueDraft = body("ConfigurationValueDraft", "A configuration value that is stored in clear.", {
  key: text("Name of the value, as the connector defines it."),
  value: text("The value; always text."),
});
export type ConfigurationValueDraft = Static<typeof ConfigurationValueDraft>;

/** A secured configuration value in a request. */
export const SecuredConfigurationValueDraft = body("SecuredConfigurationValueDraft", "A configuration value that is kept secret.", {
  key: text("Name of the value, as the connector defines it."),
  value: Type.String({ description: "The value, in full: a mask is refused.", format: "password", writeOnly: true }),
});
export type SecuredConfigurationValueDraft = Static<typeof SecuredConfigurationValueDraft>;

/** How events that were not acknowledged are sent again, in a request. */
export const RetryPolicyDraft = body("RetryPolicyDraft", "How Connect repeats an event that an event application did not acknowledge.", {
  strategy: text("Known values: immediate, exponential-backoff."),
  minBackoffSeconds: optional(Type.Integer(), "Shortest pause between two tries, in seconds."),
  maxBackoffSeconds: optional(Type.Integer(), "Longest pause between two tries, in seconds."),
  maxAttempts: optional(Type.Integer(), "Largest number of tries."),
});
export type RetryPolicyDraft = Static<typeof RetryPolicyDraft>;

/** Values for one application; Connect takes an entry with the name alone. */
export const DeploymentConfigurationApplication = body(
  "DeploymentConfigurationApplication",
  "Configuration values for one application of a deployment.",
  {
    applicationName: text("Name of the application, as in the connector."),
    standardConfiguration: Type.Optional(list(ConfigurationValueDraft, "Values that are stored in clear.")),
    securedConfiguration: Type.Optional(list(SecuredConfigurationValueDraft, "Values that are kept secret.")),
    schedule: optional(Type.String(), "Cron expression for a job application, in the place of the connector's own."),
    retryPolicy: optional(RetryPolicyDraft, "How events are repeated, for an event application."),
  },
);
export type DeploymentConfigurationApplication = Static<typeof DeploymentConfigurationApplication>;

/** Values that all applications share, in a request. */
export const DeploymentGlobalConfigurationDraft = body(
  "DeploymentGlobalConfigurationDraft",
  "Values of the configuration that all applications of a deployment share.",
  {
    standardConfiguration: Type.Optional(list(ConfigurationValueDraft, "Shared values that are stored in clear.")),
    securedConfiguration: Type.Optional(list(SecuredConfigurationValueDraft, "Shared values that are kept secret.")),
  },
);
export type DeploymentGlobalConfigurationDraft = Static<typeof DeploymentGlobalConfigurationDraft>;

/** The connector that a new deployment runs. */
export const ConnectorReference = body("ConnectorReference", "The connector to deploy, named by id or by key.", {
  id: optional(Type.String(), "Identifier (UUID) of the connector; this or the key is needed."),
  key: optional(Type.String(), "Key of the connector; this or the id is needed."),
  staged: optional(Type.Boolean(), "Whether the staged connector is meant, for a preview; false when left out."),
  version: optional(
    Type.Integer({ minimum: 0 }),
    "Version that the connector must have; better left out, because versions move by themselves.",
  ),
});
export type ConnectorReference = Static<typeof ConnectorReference>;

/** A new deployment. */
export const DeploymentDraft = body("DeploymentDraft", "A new deployment.", {
  key: Type.Optional(keyText("Key of the deployment; recommended, because it cannot be set later and makes a lost answer traceable.")),
  type: Type.Optional(closed(DEPLOYMENT_TYPES, "preview for a staged connector; sandbox (the default) or production for a published one.")),
  connector: described(ConnectorReference, "The connector to deploy."),
  configurations: list(DeploymentConfigurationApplication, "Configuration values, application by application."),
  globalConfiguration: optional(DeploymentGlobalConfigurationDraft, "Values that all applications share."),
  region: described(Region, "Region in which the applications shall run."),
});
export type DeploymentDraft = Static<typeof DeploymentDraft>;

/** The version field of updates. Connect requires it; here it may be left out, because the gateway then reads the current one and fills it in. */
export const updateVersion = Type.Optional(
  Type.Integer({
    description: "Version that the resource is expected to have; when left out, the gateway reads and fills in the current one.",
    minimum: 0,
    // Beyond, another number would be sent than was said.
    maximum: Number.MAX_SAFE_INTEGER,
  }),
);

/** A whole number of people, at least one. */
export const contributors = whole("Number of people who work on the connector; at least 1.", 1);

/** Whether a publication goes through certification. */
export const certification = flag("true: review by commercetools, then public; false: private, without review.");
