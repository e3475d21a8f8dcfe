// Generated from schema.graphql by `npm run codegen`; do not edit.
import type { Secret } from "../secret.ts";
import type { GraphQLResolveInfo, GraphQLScalarType, GraphQLScalarTypeConfig } from "graphql";
import type {
  CertificationInfo as CertificationInfoModel,
  CertificationInfoComment as CertificationInfoCommentModel,
  ConfigurationValue as ConfigurationValueModel,
  Connector as ConnectorModel,
  ConnectorApiClient as ConnectorApiClientModel,
  ConnectorConfigurationApplication as ConnectorConfigurationApplicationModel,
  ConnectorGlobalConfiguration as ConnectorGlobalConfigurationModel,
  ConnectorReport as ConnectorReportModel,
  ConnectorReportEntry as ConnectorReportEntryModel,
  ConnectorStaged as ConnectorStagedModel,
  Creator as CreatorModel,
  DeploymentApiClient as DeploymentApiClientModel,
  DeploymentConnector as DeploymentConnectorModel,
  DeploymentCreator as DeploymentCreatorModel,
  DeploymentDetails as DeploymentDetailsModel,
  DeploymentDetailsBuild as DeploymentDetailsBuildModel,
  DeploymentLog as DeploymentLogModel,
  DeploymentReport as DeploymentReportModel,
  DeploymentReportEntry as DeploymentReportEntryModel,
  Repository as RepositoryModel,
  RetryPolicy as RetryPolicyModel,
  SecuredConfigurationKey as SecuredConfigurationKeyModel,
  StandardConfigurationKey as StandardConfigurationKeyModel,
} from "../connect/index.ts";
import type {
  ApplicationDeploymentRow,
  ConnectorPage,
  ConnectorStagedPage,
  DeploymentRow,
  GlobalConfigurationRow,
  LogPage,
  DeploymentPage,
  EventRow,
  EventPage,
  SecuredValueRow,
  WebhookRow,
  DeliveryRow,
} from "./rows.ts";
import type { GraphContext } from "./context.ts";
export type Maybe<T> = T | null;
export type InputMaybe<T> = Maybe<T>;
export type Omit<T, K extends keyof T> = Pick<T, Exclude<keyof T, K>>;
export type RequireFields<T, K extends keyof T> = Omit<T, K> & { [P in K]-?: NonNullable<T[P]> };
/** All built-in and custom scalars, mapped to their actual values */
export type Scalars = {
  ID: { input: string; output: string };
  String: { input: string; output: string };
  Boolean: { input: boolean; output: boolean };
  Int: { input: number; output: number };
  Float: { input: number; output: number };
  /** A moment as ISO 8601 text in UTC, such as `2026-01-31T00:00:00.000Z`. */
  DateTime: { input: string; output: string };
  /** A whole number of up to 53 bits, from 0 up. */
  Long: { input: number; output: number };
  /** Any JSON value. */
  Json: { input: unknown; output: unknown };
  /** A region of Connect, such as `europe-west1.gcp`. Open: Connect adds regions without notice. */
  Region: { input: string; output: string };
  /** A secured value on its way in. Only as a variable, never written into the document, never read back. */
  SecretString: { input: Secret; output: string };
};

/** What can be read. */
export type Query = {
  readonly __typename?: "Query";
  /** The projects that the token grants something for. Source: the gateway. */
  readonly projects: ReadonlyArray<Project>;
  /** One published connector by `id` or `key`. Error `ResourceNotFound` when there is none. Needs the scope `view_connectors`. */
  readonly connector: Maybe<Connector>;
  /** Searches the published connectors that the project may deploy. Error `LimitExceeded` when the arguments take more than 8,192 characters in an address. Needs the scope `view_connectors`. */
  readonly connectors: ConnectorQueryResult;
  /** One staged connector by `id` or `key`. Error `ResourceNotFound` when there is none. Needs the scope `view_connectors`. */
  readonly connectorStaged: Maybe<ConnectorStaged>;
  /** The staged connectors that the project's credential owns. Needs the scope `view_connectors`. */
  readonly connectorsStaged: ConnectorStagedQueryResult;
  /** One deployment by `id` or `key`. Error `ResourceNotFound` when there is none. Needs the scope `view_connectors_deployments`. */
  readonly deployment: Maybe<Deployment>;
  /** The deployments of a project. Needs the scope `view_connectors_deployments`. */
  readonly deployments: DeploymentQueryResult;
  /**
   * One page of a deployment's logs, at most 30 days back. Needs the scope `view_connectors_deployments`.
   * @deprecated Connect removes deployment logs after 31 January 2027; the error is then `LogsRemoved`.
   */
  readonly deploymentLogs: DeploymentLogQueryResult;
  /** The event log by cursor. What the token may read of a project decides which of its events it sees. Source: the gateway. */
  readonly events: EventQueryResult;
  /** The webhooks that the token may manage. Needs the scope `manage_webhooks`. Source: the gateway. */
  readonly webhooks: ReadonlyArray<Webhook>;
  /** The newest deliveries of a webhook first. Needs the scope `manage_webhooks`. Source: the gateway. */
  readonly webhookDeliveries: ReadonlyArray<WebhookDelivery>;
};

/** What can be read. */
export type QueryConnectorArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  id: InputMaybe<Scalars["String"]["input"]>;
  key: InputMaybe<Scalars["String"]["input"]>;
};

/** What can be read. */
export type QueryConnectorsArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  text: InputMaybe<Scalars["String"]["input"]>;
  private: InputMaybe<Scalars["Boolean"]["input"]>;
  creatorCompany: InputMaybe<Scalars["String"]["input"]>;
  ids: InputMaybe<ReadonlyArray<Scalars["String"]["input"]>>;
  keys: InputMaybe<ReadonlyArray<Scalars["String"]["input"]>>;
  integrationTypes: InputMaybe<ReadonlyArray<IntegrationType>>;
  limit?: InputMaybe<Scalars["Int"]["input"]>;
  offset?: InputMaybe<Scalars["Int"]["input"]>;
  sort: InputMaybe<ReadonlyArray<Scalars["String"]["input"]>>;
};

/** What can be read. */
export type QueryConnectorStagedArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  id: InputMaybe<Scalars["String"]["input"]>;
  key: InputMaybe<Scalars["String"]["input"]>;
};

/** What can be read. */
export type QueryConnectorsStagedArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  isPrivate: InputMaybe<Scalars["Boolean"]["input"]>;
  integrationTypes: InputMaybe<ReadonlyArray<IntegrationType>>;
  limit?: InputMaybe<Scalars["Int"]["input"]>;
  offset?: InputMaybe<Scalars["Int"]["input"]>;
  sort: InputMaybe<ReadonlyArray<Scalars["String"]["input"]>>;
};

/** What can be read. */
export type QueryDeploymentArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  id: InputMaybe<Scalars["String"]["input"]>;
  key: InputMaybe<Scalars["String"]["input"]>;
};

/** What can be read. */
export type QueryDeploymentsArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  integrationTypes: InputMaybe<ReadonlyArray<IntegrationType>>;
  deploymentType: InputMaybe<DeploymentType>;
  limit?: InputMaybe<Scalars["Int"]["input"]>;
  offset?: InputMaybe<Scalars["Int"]["input"]>;
  sort: InputMaybe<ReadonlyArray<Scalars["String"]["input"]>>;
};

/** What can be read. */
export type QueryDeploymentLogsArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  id: InputMaybe<Scalars["String"]["input"]>;
  key: InputMaybe<Scalars["String"]["input"]>;
  applicationName: InputMaybe<Scalars["String"]["input"]>;
  startDate: InputMaybe<Scalars["DateTime"]["input"]>;
  endDate: InputMaybe<Scalars["DateTime"]["input"]>;
  pageToken: InputMaybe<Scalars["String"]["input"]>;
};

/** What can be read. */
export type QueryEventsArgs = {
  after: InputMaybe<Scalars["String"]["input"]>;
  limit?: InputMaybe<Scalars["Int"]["input"]>;
  types: InputMaybe<ReadonlyArray<Scalars["String"]["input"]>>;
  project: InputMaybe<Scalars["String"]["input"]>;
  key: InputMaybe<Scalars["String"]["input"]>;
};

/** What can be read. */
export type QueryWebhookDeliveriesArgs = {
  id: Scalars["String"]["input"];
  limit?: InputMaybe<Scalars["Int"]["input"]>;
  before: InputMaybe<Scalars["String"]["input"]>;
};

/** What can be followed as it happens: over server-sent events, by `Accept: text/event-stream`, or over a WebSocket, by `graphql-transport-ws`. */
export type Subscription = {
  readonly __typename?: "Subscription";
  /** Changes of deployments. Needs the scope `view_connectors_deployments`. */
  readonly deploymentChanged: Event;
  /** Changes of staged connectors. Needs the scope `view_connectors`. */
  readonly connectorStagedChanged: Event;
  /** All events that the token may see. */
  readonly events: Event;
};

/** What can be followed as it happens: over server-sent events, by `Accept: text/event-stream`, or over a WebSocket, by `graphql-transport-ws`. */
export type SubscriptionDeploymentChangedArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  key: InputMaybe<Scalars["String"]["input"]>;
  after: InputMaybe<Scalars["String"]["input"]>;
};

/** What can be followed as it happens: over server-sent events, by `Accept: text/event-stream`, or over a WebSocket, by `graphql-transport-ws`. */
export type SubscriptionConnectorStagedChangedArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  key: InputMaybe<Scalars["String"]["input"]>;
  after: InputMaybe<Scalars["String"]["input"]>;
};

/** What can be followed as it happens: over server-sent events, by `Accept: text/event-stream`, or over a WebSocket, by `graphql-transport-ws`. */
export type SubscriptionEventsArgs = {
  types: InputMaybe<ReadonlyArray<Scalars["String"]["input"]>>;
  project: InputMaybe<Scalars["String"]["input"]>;
  key: InputMaybe<Scalars["String"]["input"]>;
  after: InputMaybe<Scalars["String"]["input"]>;
};

/** What can be changed. */
export type Mutation = {
  readonly __typename?: "Mutation";
  /** Creates a staged connector from a Git tag. Needs the scope `manage_connectors`. */
  readonly createConnectorStaged: Maybe<ConnectorStaged>;
  /** Changes a staged connector. Needs the scope `manage_connectors`. */
  readonly updateConnectorStaged: Maybe<ConnectorStaged>;
  /** Deletes a staged connector and, with it, the connector published from it. Needs the scope `manage_connectors`. */
  readonly deleteConnectorStaged: Maybe<ConnectorStaged>;
  /** Starts a deployment. Needs the scope `manage_connectors_deployments`. */
  readonly createDeployment: Maybe<Deployment>;
  /** Changes a deployment: deploys it again. Needs the scope `manage_connectors_deployments`. */
  readonly updateDeployment: Maybe<Deployment>;
  /** Starts to undeploy. The answer is the deployment in its new state; it disappears some time later. Needs the scope `manage_connectors_deployments`. */
  readonly deleteDeployment: Maybe<Deployment>;
  /** Makes a webhook; the answer alone holds its secret. Needs the scope `manage_webhooks`. */
  readonly createWebhook: WebhookSecret;
  /** Changes a webhook. Needs the scope `manage_webhooks`. */
  readonly updateWebhook: Webhook;
  /** Deletes a webhook and what it is still owed; the answer is its identifier. Needs the scope `manage_webhooks`. */
  readonly deleteWebhook: Scalars["String"]["output"];
  /** Gives a webhook a new secret; the old one is good for 24 hours more. Needs the scope `manage_webhooks`. */
  readonly rotateWebhookSecret: WebhookSecret;
  /** Sends an event of the type `webhook.test`; the answer is its identifier. Needs the scope `manage_webhooks`. */
  readonly testWebhook: Scalars["String"]["output"];
  /** Sends nothing until the webhook is resumed. Needs the scope `manage_webhooks`. */
  readonly suspendWebhook: Webhook;
  /** Sends again, also what was owed meanwhile. Needs the scope `manage_webhooks`. */
  readonly resumeWebhook: Webhook;
  /** Owes one event again, or all after a cursor, at most 1,000. Needs the scope `manage_webhooks`. */
  readonly replayWebhook: WebhookReplay;
};

/** What can be changed. */
export type MutationCreateConnectorStagedArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  draft: ConnectorStagedDraft;
};

/** What can be changed. */
export type MutationUpdateConnectorStagedArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  id: InputMaybe<Scalars["String"]["input"]>;
  key: InputMaybe<Scalars["String"]["input"]>;
  version: InputMaybe<Scalars["Long"]["input"]>;
  actions: ReadonlyArray<ConnectorStagedUpdateAction>;
};

/** What can be changed. */
export type MutationDeleteConnectorStagedArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  id: InputMaybe<Scalars["String"]["input"]>;
  key: InputMaybe<Scalars["String"]["input"]>;
  version: InputMaybe<Scalars["Long"]["input"]>;
};

/** What can be changed. */
export type MutationCreateDeploymentArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  draft: DeploymentDraft;
};

/** What can be changed. */
export type MutationUpdateDeploymentArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  id: InputMaybe<Scalars["String"]["input"]>;
  key: InputMaybe<Scalars["String"]["input"]>;
  version: InputMaybe<Scalars["Long"]["input"]>;
  actions: ReadonlyArray<DeploymentUpdateAction>;
};

/** What can be changed. */
export type MutationDeleteDeploymentArgs = {
  project: InputMaybe<Scalars["String"]["input"]>;
  id: InputMaybe<Scalars["String"]["input"]>;
  key: InputMaybe<Scalars["String"]["input"]>;
  version: InputMaybe<Scalars["Long"]["input"]>;
};

/** What can be changed. */
export type MutationCreateWebhookArgs = {
  draft: WebhookDraft;
};

/** What can be changed. */
export type MutationUpdateWebhookArgs = {
  id: Scalars["String"]["input"];
  draft: WebhookDraft;
};

/** What can be changed. */
export type MutationDeleteWebhookArgs = {
  id: Scalars["String"]["input"];
};

/** What can be changed. */
export type MutationRotateWebhookSecretArgs = {
  id: Scalars["String"]["input"];
};

/** What can be changed. */
export type MutationTestWebhookArgs = {
  id: Scalars["String"]["input"];
};

/** What can be changed. */
export type MutationSuspendWebhookArgs = {
  id: Scalars["String"]["input"];
};

/** What can be changed. */
export type MutationResumeWebhookArgs = {
  id: Scalars["String"]["input"];
};

/** What can be changed. */
export type MutationReplayWebhookArgs = {
  id: Scalars["String"]["input"];
  eventId: InputMaybe<Scalars["String"]["input"]>;
  after: InputMaybe<Scalars["String"]["input"]>;
};

/** One thing that happened, as it stands in the log. Source: the gateway. */
export type Event = {
  readonly __typename?: "Event";
  /** Place in the log, to go on from. */
  readonly cursor: Scalars["String"]["output"];
  /** Identifier: the same for every reader, channel and attempt. */
  readonly id: Scalars["String"]["output"];
  /** Such as `deployment.status_changed`. */
  readonly type: Scalars["String"]["output"];
  /** When it was found. */
  readonly timestamp: Scalars["DateTime"]["output"];
  /** What changed, as in the REST face: project, resource, versions, outcome. Never configuration values. */
  readonly data: Scalars["Json"]["output"];
};

/** One page of the event log. Source: the gateway. */
export type EventQueryResult = {
  readonly __typename?: "EventQueryResult";
  /** Events of this page, in the order in which they were numbered. */
  readonly events: ReadonlyArray<Event>;
  /** Cursor to go on from. */
  readonly next: Scalars["String"]["output"];
  /** Whether events after the cursor are gone already: read the resources again. */
  readonly resync: Scalars["Boolean"]["output"];
};

/** An endpoint that is told of events. Source: the gateway. */
export type Webhook = {
  readonly __typename?: "Webhook";
  /** Identifier. */
  readonly id: Scalars["String"]["output"];
  /** Where events are sent. */
  readonly url: Scalars["String"]["output"];
  /** For people. */
  readonly description: Maybe<Scalars["String"]["output"]>;
  /** Only these events; all when null. */
  readonly types: Maybe<ReadonlyArray<Scalars["String"]["output"]>>;
  /** Only these projects, as `{region}:{projectKey}`. */
  readonly projects: ReadonlyArray<Scalars["String"]["output"]>;
  /** Of deployments, only those of these types; all when null. */
  readonly deploymentTypes: Maybe<ReadonlyArray<Scalars["String"]["output"]>>;
  /** Only resources with these keys; all when null. */
  readonly keys: Maybe<ReadonlyArray<Scalars["String"]["output"]>>;
  /** How its deliveries go. */
  readonly status: WebhookStatus;
};

/** A webhook with its secret, which is shown this once. Source: the gateway. */
export type WebhookSecret = {
  readonly __typename?: "WebhookSecret";
  /** The webhook. */
  readonly webhook: Webhook;
  /** The secret, `whsec_…`, with which its deliveries are signed from now on. */
  readonly secret: Scalars["String"]["output"];
};

/** How the deliveries of a webhook go. Source: the gateway. */
export type WebhookStatus =
  /** The last delivery arrived. */
  | "Healthy"
  /** The last delivery failed; it is tried again. */
  | "TemporaryError"
  /** It failed for five days or answered 410: nothing is sent until it is resumed. */
  | "ConfigurationErrorDeliveryStopped"
  /** Somebody suspended it. */
  | "ManuallySuspended";

/** What is owed to a webhook again. Source: the gateway. */
export type WebhookReplay = {
  readonly __typename?: "WebhookReplay";
  /** Number of events. */
  readonly replayed: Scalars["Int"]["output"];
  /** Cursor to go on from when there may be more; null when that was all. */
  readonly next: Maybe<Scalars["String"]["output"]>;
};

/** One event owed to a webhook. Source: the gateway. */
export type WebhookDelivery = {
  readonly __typename?: "WebhookDelivery";
  /** Place in the list, for `before`. */
  readonly cursor: Scalars["String"]["output"];
  /** When it was owed, or owed again. */
  readonly createdAt: Scalars["DateTime"]["output"];
  /** Identifier of the event. */
  readonly eventId: Scalars["String"]["output"];
  /** Type of the event. */
  readonly type: Scalars["String"]["output"];
  /** `pending`, `succeeded` or `dead`. */
  readonly state: Scalars["String"]["output"];
  /** Attempts so far. */
  readonly attempts: Scalars["Int"]["output"];
  /** HTTP status of the last answer; null when there was none. */
  readonly lastStatus: Maybe<Scalars["Int"]["output"]>;
  /** Why the last attempt failed, in a word. */
  readonly lastReason: Maybe<Scalars["String"]["output"]>;
};

/** A project that the gateway fronts and the token grants something for. Source: the gateway. */
export type Project = {
  readonly __typename?: "Project";
  /** Identity: `{region}:{projectKey}`. */
  readonly id: Scalars["String"]["output"];
  /** Region whose Connect API serves the project. */
  readonly region: Scalars["Region"]["output"];
  /** Key of the project. */
  readonly projectKey: Scalars["String"]["output"];
  /** What the token grants for it, each as `{scope}:{projectKey}`. */
  readonly scopes: ReadonlyArray<Scalars["String"]["output"]>;
};

/** One page of published connectors. Source: commercetools Connect API. */
export type ConnectorQueryResult = {
  readonly __typename?: "ConnectorQueryResult";
  /** Largest number of results asked for. */
  readonly limit: Scalars["Int"]["output"];
  /** Number of results skipped. */
  readonly offset: Scalars["Int"]["output"];
  /** Number of results in this page. */
  readonly count: Scalars["Int"]["output"];
  /** Number of results in all pages. */
  readonly total: Scalars["Long"]["output"];
  /** Whether there is any result at all. */
  readonly exists: Scalars["Boolean"]["output"];
  /** Connectors of this page. */
  readonly results: ReadonlyArray<Connector>;
};

/** One page of staged connectors. Source: commercetools Connect API. */
export type ConnectorStagedQueryResult = {
  readonly __typename?: "ConnectorStagedQueryResult";
  /** Largest number of results asked for. */
  readonly limit: Scalars["Int"]["output"];
  /** Number of results skipped. */
  readonly offset: Scalars["Int"]["output"];
  /** Number of results in this page. */
  readonly count: Scalars["Int"]["output"];
  /** Number of results in all pages. */
  readonly total: Scalars["Long"]["output"];
  /** Whether there is any result at all. */
  readonly exists: Scalars["Boolean"]["output"];
  /** Staged connectors of this page. */
  readonly results: ReadonlyArray<ConnectorStaged>;
};

/** One page of deployments. Source: commercetools Connect API. */
export type DeploymentQueryResult = {
  readonly __typename?: "DeploymentQueryResult";
  /** Largest number of results asked for. */
  readonly limit: Scalars["Int"]["output"];
  /** Number of results skipped. */
  readonly offset: Scalars["Int"]["output"];
  /** Number of results in this page. */
  readonly count: Scalars["Int"]["output"];
  /** Number of results in all pages. */
  readonly total: Scalars["Long"]["output"];
  /** Whether there is any result at all. */
  readonly exists: Scalars["Boolean"]["output"];
  /** Deployments of this page. */
  readonly results: ReadonlyArray<Deployment>;
};

/** One page of log lines. Source: commercetools Connect API. */
export type DeploymentLogQueryResult = {
  readonly __typename?: "DeploymentLogQueryResult";
  /** Log lines of this page. */
  readonly data: ReadonlyArray<DeploymentLog>;
  /** Token of the next page; null at the end. */
  readonly next: Maybe<Scalars["String"]["output"]>;
};

/** A published connector, ready to be deployed. Source: commercetools Connect API. */
export type Connector = {
  readonly __typename?: "Connector";
  /** Identifier (UUID), the same for a connector and its staged form. */
  readonly id: Scalars["String"]["output"];
  /** Key that the creator chose; it cannot be changed. */
  readonly key: Maybe<Scalars["String"]["output"]>;
  /** Version, raised by every change, also by changes that Connect makes itself. */
  readonly version: Scalars["Long"]["output"];
  /** Name of the connector. */
  readonly name: Scalars["String"]["output"];
  /** What the connector does. */
  readonly description: Maybe<Scalars["String"]["output"]>;
  /** Fields of business that the connector serves. */
  readonly integrationTypes: ReadonlyArray<IntegrationType>;
  /** `integrationTypes` as upstream spells them. */
  readonly integrationTypesRaw: ReadonlyArray<Scalars["String"]["output"]>;
  /** Who made the connector. */
  readonly creator: Creator;
  /** Where the connector's source is. */
  readonly repository: Repository;
  /** Applications of the connector and the configuration they take. */
  readonly configurations: ReadonlyArray<ConnectorConfigurationApplication>;
  /** Definitions of the configuration that all applications share. */
  readonly globalConfiguration: Maybe<ConnectorGlobalConfiguration>;
  /** What the connector asks of the API Client that Connect makes for each deployment; null if it asks for none. */
  readonly apiClient: Maybe<ConnectorApiClient>;
  /** Whether only named projects can use the connector. */
  readonly private: Scalars["Boolean"]["output"];
  /** Regions that the connector supports; empty means all. */
  readonly supportedRegions: ReadonlyArray<Scalars["Region"]["output"]>;
  /** Whether commercetools certified the connector. */
  readonly certified: Scalars["Boolean"]["output"];
  /** Address of the connector's documentation. */
  readonly documentationUrl: Maybe<Scalars["String"]["output"]>;
  /** Its staged form, if the project's credential owns it; else null. Source: the gateway, by the common identifier. */
  readonly connectorStaged: Maybe<ConnectorStaged>;
  /** Deployments of it in the project it was read for. Source: the gateway, by the connector's identifier. */
  readonly deployments: DeploymentQueryResult;
};

/** A published connector, ready to be deployed. Source: commercetools Connect API. */
export type ConnectorDeploymentsArgs = {
  limit?: InputMaybe<Scalars["Int"]["input"]>;
  offset?: InputMaybe<Scalars["Int"]["input"]>;
};

/** A connector as its creator works on it, published or not. Source: commercetools Connect API. */
export type ConnectorStaged = {
  readonly __typename?: "ConnectorStaged";
  /** Identifier (UUID), the same for a connector and its staged form. */
  readonly id: Scalars["String"]["output"];
  /** Key that the creator chose; it cannot be changed. */
  readonly key: Maybe<Scalars["String"]["output"]>;
  /** Version, raised by every change, also by changes that Connect makes itself. */
  readonly version: Scalars["Long"]["output"];
  /** Name of the connector. */
  readonly name: Scalars["String"]["output"];
  /** What the connector does. */
  readonly description: Maybe<Scalars["String"]["output"]>;
  /** Fields of business that the connector serves. */
  readonly integrationTypes: ReadonlyArray<IntegrationType>;
  /** `integrationTypes` as upstream spells them. */
  readonly integrationTypesRaw: ReadonlyArray<Scalars["String"]["output"]>;
  /** Who made the connector. */
  readonly creator: Creator;
  /** Where the connector's source is. */
  readonly repository: Repository;
  /** Applications of the connector and the configuration they take, read from its specification file at the tag. */
  readonly configurations: ReadonlyArray<ConnectorConfigurationApplication>;
  /** Definitions of the configuration that all applications share. */
  readonly globalConfiguration: Maybe<ConnectorGlobalConfiguration>;
  /** What the connector asks of the API Client that Connect makes for each deployment; null if it asks for none. */
  readonly apiClient: Maybe<ConnectorApiClient>;
  /** Whether only named projects can use the connector; true until it was published with certification. */
  readonly private: Scalars["Boolean"]["output"];
  /** Projects that may use the private connector, as `{region}:{projectKey}`; empty means the creator only. */
  readonly privateProjects: ReadonlyArray<Scalars["String"]["output"]>;
  /** Regions that the connector supports; empty means all. */
  readonly supportedRegions: ReadonlyArray<Scalars["Region"]["output"]>;
  /** The talk between reviewers and creator. */
  readonly certificationInfo: Maybe<CertificationInfo>;
  /** Where publishing stands. */
  readonly status: ConnectorStatus;
  /** `status` as upstream spells it. */
  readonly statusRaw: Scalars["String"]["output"];
  /** Findings of the last publishing. */
  readonly publishingReport: Maybe<ConnectorReport>;
  /** Whether a connector was published from this one. */
  readonly alreadyListed: Scalars["Boolean"]["output"];
  /** Whether it differs from the published connector; has no meaning before `alreadyListed` is true. */
  readonly hasChanges: Scalars["Boolean"]["output"];
  /** Whether it may be deployed for a preview. */
  readonly isPreviewable: IsPreviewable;
  /** `isPreviewable` as upstream spells it: `true`, `false`, `pending` or `none`. */
  readonly isPreviewableRaw: Scalars["String"]["output"];
  /** Findings of the last check for a preview. */
  readonly previewableReport: Maybe<ConnectorReport>;
  /** Address of the connector's documentation. */
  readonly documentationUrl: Maybe<Scalars["String"]["output"]>;
  /** Whether a preview can be deployed now: `isPreviewable` is `Previewable`. Source: the gateway. */
  readonly previewable: Scalars["Boolean"]["output"];
  /** Whether the review waits for the creator: it is under review and the newest comment is not by the project it was read for. Source: the gateway. */
  readonly feedbackRequired: Scalars["Boolean"]["output"];
  /** The connector published from it, or null. Source: the gateway, by the common identifier. */
  readonly connector: Maybe<Connector>;
  /** Deployments of it in the project it was read for. Source: the gateway, by the connector's identifier. */
  readonly deployments: DeploymentQueryResult;
};

/** A connector as its creator works on it, published or not. Source: commercetools Connect API. */
export type ConnectorStagedDeploymentsArgs = {
  limit?: InputMaybe<Scalars["Int"]["input"]>;
  offset?: InputMaybe<Scalars["Int"]["input"]>;
};

/** The person or company that made a connector. Source: commercetools Connect API. */
export type Creator = {
  readonly __typename?: "Creator";
  /** E-mail address of the creator. */
  readonly email: Scalars["String"]["output"];
  /** Name of the creator. */
  readonly name: Maybe<Scalars["String"]["output"]>;
  /** Title of the creator, such as a form of address or a job. */
  readonly title: Maybe<Scalars["String"]["output"]>;
  /** Company of the creator. */
  readonly company: Maybe<Scalars["String"]["output"]>;
  /** Number of people who work on the connector. */
  readonly noOfContributors: Maybe<Scalars["Int"]["output"]>;
  /** Address of the creator's logo. */
  readonly logoUrl: Maybe<Scalars["String"]["output"]>;
  /** Address at which users of the connector find help. */
  readonly supportUrl: Maybe<Scalars["String"]["output"]>;
};

/** The Git repository and tag from which a connector is built. Source: commercetools Connect API. */
export type Repository = {
  readonly __typename?: "Repository";
  /** HTTPS or SSH address of the repository; private repositories have an SSH address. */
  readonly url: Scalars["String"]["output"];
  /** Git tag of the release. */
  readonly tag: Scalars["String"]["output"];
};

/** One application of a connector and the configuration it takes, as its specification file says. Source: commercetools Connect API. */
export type ConnectorConfigurationApplication = {
  readonly __typename?: "ConnectorConfigurationApplication";
  /** Name of the application, unique in the connector. */
  readonly applicationName: Scalars["String"]["output"];
  /** What kind of application it is. */
  readonly applicationType: ApplicationType;
  /** `applicationType` as upstream spells it. */
  readonly applicationTypeRaw: Scalars["String"]["output"];
  /** Definitions of the values that are stored in clear. */
  readonly standardConfiguration: ReadonlyArray<StandardConfigurationKey>;
  /** Definitions of the values that are kept secret. */
  readonly securedConfiguration: ReadonlyArray<SecuredConfigurationKey>;
};

/** Definitions of the configuration that all applications of a connector share. Source: commercetools Connect API. */
export type ConnectorGlobalConfiguration = {
  readonly __typename?: "ConnectorGlobalConfiguration";
  /** Definitions of the shared values that are stored in clear. */
  readonly standardConfiguration: ReadonlyArray<StandardConfigurationKey>;
  /** Definitions of the shared values that are kept secret. */
  readonly securedConfiguration: ReadonlyArray<SecuredConfigurationKey>;
};

/** Definition of a configuration value that is stored in clear. Source: commercetools Connect API. */
export type StandardConfigurationKey = {
  readonly __typename?: "StandardConfigurationKey";
  /** Name of the value. */
  readonly key: Scalars["String"]["output"];
  /** What the value is for. */
  readonly description: Scalars["String"]["output"];
  /** Value used when a deployment gives none. */
  readonly default: Maybe<Scalars["String"]["output"]>;
  /** Whether a deployment must give the value. */
  readonly required: Scalars["Boolean"]["output"];
};

/** Definition of a configuration value that is kept secret. Source: commercetools Connect API. */
export type SecuredConfigurationKey = {
  readonly __typename?: "SecuredConfigurationKey";
  /** Name of the value. */
  readonly key: Scalars["String"]["output"];
  /** What the value is for. */
  readonly description: Scalars["String"]["output"];
  /** Whether a deployment must give the value. */
  readonly required: Scalars["Boolean"]["output"];
};

/** What a connector asks of the API Client that Connect makes for each deployment. Source: commercetools Connect API. */
export type ConnectorApiClient = {
  readonly __typename?: "ConnectorApiClient";
  /** Scopes that the API Client gets. */
  readonly scopes: ReadonlyArray<Scalars["String"]["output"]>;
};

/** The talk between reviewers and creator during a certification. Source: commercetools Connect API. */
export type CertificationInfo = {
  readonly __typename?: "CertificationInfo";
  /** Remarks, oldest first. */
  readonly comments: ReadonlyArray<CertificationInfoComment>;
};

/** One remark of a reviewer or the creator in a certification. Source: commercetools Connect API. */
export type CertificationInfoComment = {
  readonly __typename?: "CertificationInfoComment";
  /** Author: the key of the author's project. */
  readonly userId: Scalars["String"]["output"];
  /** When the remark was made. */
  readonly datetime: Scalars["DateTime"]["output"];
  /** Text of the remark. */
  readonly comment: Scalars["String"]["output"];
};

/** Findings of the checks of a connector. Source: commercetools Connect API. */
export type ConnectorReport = {
  readonly __typename?: "ConnectorReport";
  /** Findings in the order in which they were made. */
  readonly entries: ReadonlyArray<ConnectorReportEntry>;
};

/** One finding of a check of a connector. Source: commercetools Connect API. */
export type ConnectorReportEntry = {
  readonly __typename?: "ConnectorReportEntry";
  /** Weight of the finding; an `Error` does not mean that the whole failed: the status tells. */
  readonly type: ConnectorReportEntryType;
  /** `type` as upstream spells it. */
  readonly typeRaw: Scalars["String"]["output"];
  /** What was checked and how it went, in short. */
  readonly title: Scalars["String"]["output"];
  /** More on the finding. */
  readonly message: Maybe<Scalars["String"]["output"]>;
  /** Application that the finding is about. */
  readonly application: Maybe<Scalars["String"]["output"]>;
  /** When the finding was made. */
  readonly createdAt: Scalars["DateTime"]["output"];
};

/** A connector that runs, or is being made to run, in a project. Source: commercetools Connect API. */
export type Deployment = {
  readonly __typename?: "Deployment";
  /** Identifier (UUID). */
  readonly id: Scalars["String"]["output"];
  /** Key that was chosen at creation; it cannot be set later. */
  readonly key: Maybe<Scalars["String"]["output"]>;
  /** Version, raised by every change, also by changes that Connect makes itself. */
  readonly version: Scalars["Long"]["output"];
  /** What the deployment is for. Old deployments have no type: `preview` then decides. */
  readonly type: DeploymentType;
  /** `type` as upstream spells it. */
  readonly typeRaw: Scalars["String"]["output"];
  /** The deployed connector as it was when the deployment was made or last updated. */
  readonly connector: DeploymentConnector;
  /** Values that all applications share. */
  readonly globalConfiguration: Maybe<DeploymentGlobalConfiguration>;
  /** API Client that Connect made for the deployment; null if the connector asks for none. */
  readonly apiClient: Maybe<DeploymentApiClient>;
  /** What is known of the work behind the deployment. */
  readonly details: DeploymentDetails;
  /** Region in which the applications run. */
  readonly deployedRegion: Scalars["Region"]["output"];
  /** Applications, in no defined order. */
  readonly applications: ReadonlyArray<ApplicationDeployment>;
  /** Whether it is a preview of a staged connector. */
  readonly preview: Scalars["Boolean"]["output"];
  /** Where the deployment stands. */
  readonly status: DeploymentStatus;
  /** `status` as upstream spells it. */
  readonly statusRaw: Scalars["String"]["output"];
  /** Revision that the deployment was rolled back to; null if it never was. */
  readonly rollbackRevision: Maybe<Scalars["Long"]["output"]>;
  /** The published connector as it is now, or null. Source: the gateway, by the connector's identifier. */
  readonly liveConnector: Maybe<Connector>;
  /** The staged connector as it is now, if the project's credential owns it; else null. Source: the gateway, by the connector's identifier. */
  readonly liveConnectorStaged: Maybe<ConnectorStaged>;
};

/** A connector as it was when a deployment was made or last updated. Source: commercetools Connect API. */
export type DeploymentConnector = {
  readonly __typename?: "DeploymentConnector";
  /** Identifier (UUID) of the connector. */
  readonly id: Scalars["String"]["output"];
  /** Key of the connector. */
  readonly key: Maybe<Scalars["String"]["output"]>;
  /** Version of the connector that is deployed. */
  readonly version: Scalars["Long"]["output"];
  /** Name of the connector. */
  readonly name: Scalars["String"]["output"];
  /** What the connector does. */
  readonly description: Maybe<Scalars["String"]["output"]>;
  /** Fields of business that the connector serves. */
  readonly integrationTypes: ReadonlyArray<IntegrationType>;
  /** `integrationTypes` as upstream spells them. */
  readonly integrationTypesRaw: ReadonlyArray<Scalars["String"]["output"]>;
  /** Who made the connector. */
  readonly creator: DeploymentCreator;
  /** Where the connector's source is. */
  readonly repository: Repository;
  /** Applications of the connector and the configuration they take. */
  readonly configurations: ReadonlyArray<ConnectorConfigurationApplication>;
  /** Definitions of the configuration that all applications share. */
  readonly globalConfiguration: Maybe<ConnectorGlobalConfiguration>;
  /** Whether commercetools certified the connector. */
  readonly certified: Scalars["Boolean"]["output"];
  /** Regions that the connector supports; empty means all. */
  readonly supportedRegions: ReadonlyArray<Scalars["Region"]["output"]>;
  /** Address of the connector's documentation. */
  readonly documentationUrl: Maybe<Scalars["String"]["output"]>;
};

/** Who made a deployed connector. Source: commercetools Connect API. */
export type DeploymentCreator = {
  readonly __typename?: "DeploymentCreator";
  /** E-mail address of the creator. */
  readonly email: Scalars["String"]["output"];
  /** Name of the creator. */
  readonly name: Maybe<Scalars["String"]["output"]>;
  /** Title of the creator, such as a form of address or a job. */
  readonly title: Maybe<Scalars["String"]["output"]>;
  /** Company of the creator. */
  readonly company: Maybe<Scalars["String"]["output"]>;
  /** Number of people who work on the connector. */
  readonly noOfContributors: Maybe<Scalars["Int"]["output"]>;
  /** Address of the creator's logo. */
  readonly logoUrl: Maybe<Scalars["String"]["output"]>;
  /** Address at which users of the connector find help. */
  readonly supportUrl: Maybe<Scalars["String"]["output"]>;
};

/** Values of the configuration that all applications of a deployment share. Source: commercetools Connect API. */
export type DeploymentGlobalConfiguration = {
  readonly __typename?: "DeploymentGlobalConfiguration";
  /** Shared values that are stored in clear. */
  readonly standardConfiguration: ReadonlyArray<ConfigurationValue>;
  /** Shared values that are kept secret, masked. */
  readonly securedConfiguration: ReadonlyArray<SecuredConfigurationValue>;
};

/** A configuration value that is stored in clear. Source: commercetools Connect API. */
export type ConfigurationValue = {
  readonly __typename?: "ConfigurationValue";
  /** Name of the value. */
  readonly key: Scalars["String"]["output"];
  /** The value; always text. */
  readonly value: Scalars["String"]["output"];
};

/** A configuration value that is kept secret. Source: commercetools Connect API. */
export type SecuredConfigurationValue = {
  readonly __typename?: "SecuredConfigurationValue";
  /** Name of the value. */
  readonly key: Scalars["String"]["output"];
  /** Always `***`: secured values cannot be read, and their length is not told. */
  readonly value: Scalars["String"]["output"];
};

/** The API Client that Connect made for a deployment; its secret is never told. Source: commercetools Connect API. */
export type DeploymentApiClient = {
  readonly __typename?: "DeploymentApiClient";
  /** Client id of the API Client. */
  readonly name: Scalars["String"]["output"];
  /** Scopes of the API Client. */
  readonly scopes: ReadonlyArray<Scalars["String"]["output"]>;
};

/** What is known of the work behind a deployment; without a build until one exists. Source: commercetools Connect API. */
export type DeploymentDetails = {
  readonly __typename?: "DeploymentDetails";
  /** The last build, or null. */
  readonly build: Maybe<DeploymentDetailsBuild>;
};

/** The build of a deployment. Source: commercetools Connect API. */
export type DeploymentDetailsBuild = {
  readonly __typename?: "DeploymentDetailsBuild";
  /** Identifier of the build. */
  readonly id: Scalars["String"]["output"];
  /** Findings of the build; arrives late and may hold entries also after success. */
  readonly report: Maybe<DeploymentReport>;
};

/** Findings during a deployment. Source: commercetools Connect API. */
export type DeploymentReport = {
  readonly __typename?: "DeploymentReport";
  /** Findings in the order in which they were made. */
  readonly entries: ReadonlyArray<DeploymentReportEntry>;
};

/** One finding during a deployment. Source: commercetools Connect API. */
export type DeploymentReportEntry = {
  readonly __typename?: "DeploymentReportEntry";
  /** Weight of the finding; an `Error` does not mean that the whole failed: the status tells. */
  readonly type: DeploymentReportEntryType;
  /** `type` as upstream spells it. */
  readonly typeRaw: Scalars["String"]["output"];
  /** What happened, in short. */
  readonly title: Scalars["String"]["output"];
  /** More on the finding. */
  readonly message: Maybe<Scalars["String"]["output"]>;
  /** Name of the application that the finding is about. */
  readonly application: Maybe<Scalars["String"]["output"]>;
  /** When the finding was made. */
  readonly createdAt: Scalars["DateTime"]["output"];
};

/** One application of a deployment. Source: commercetools Connect API. */
export type ApplicationDeployment = {
  readonly __typename?: "ApplicationDeployment";
  /** Identifier (UUID). */
  readonly id: Scalars["String"]["output"];
  /** Name of the application, as in the connector. */
  readonly applicationName: Scalars["String"]["output"];
  /** Values that are stored in clear. */
  readonly standardConfiguration: ReadonlyArray<ConfigurationValue>;
  /** Values that are kept secret, masked. */
  readonly securedConfiguration: ReadonlyArray<SecuredConfigurationValue>;
  /** Address of a service, a Merchant Center customization or assets, once deployed; may lack the scheme. */
  readonly url: Maybe<Scalars["String"]["output"]>;
  /** Destination of an event application's events, once deployed. */
  readonly topic: Maybe<Scalars["String"]["output"]>;
  /** Cron expression by which a job application runs. */
  readonly schedule: Maybe<Scalars["String"]["output"]>;
  /** How events are repeated for an event application. */
  readonly retryPolicy: Maybe<RetryPolicy>;
};

/** How Connect repeats an event that an event application did not acknowledge. Source: commercetools Connect API. */
export type RetryPolicy = {
  readonly __typename?: "RetryPolicy";
  /** Known values: `immediate`, `exponential-backoff`. */
  readonly strategy: Scalars["String"]["output"];
  /** Shortest pause between two tries, in seconds. */
  readonly minBackoffSeconds: Maybe<Scalars["Int"]["output"]>;
  /** Longest pause between two tries, in seconds. */
  readonly maxBackoffSeconds: Maybe<Scalars["Int"]["output"]>;
  /** Largest number of tries. */
  readonly maxAttempts: Maybe<Scalars["Int"]["output"]>;
};

/** One line of a deployment's logs. Source: commercetools Connect API. */
export type DeploymentLog = {
  readonly __typename?: "DeploymentLog";
  /** What the line is about, which decides the form of `details`. */
  readonly type: DeploymentLogType;
  /** `type` as upstream spells it. */
  readonly typeRaw: Scalars["String"]["output"];
  /** Identifier (UUID) of the deployment. */
  readonly deploymentId: Scalars["String"]["output"];
  /** Application that wrote the line. */
  readonly applicationName: Scalars["String"]["output"];
  /** Weight of the line. */
  readonly severity: DeploymentLogSeverity;
  /** `severity` as upstream spells it. */
  readonly severityRaw: Scalars["String"]["output"];
  /** When the line was written. */
  readonly timestamp: Scalars["DateTime"]["output"];
  /** Content of the line. Text lines hold `message`; request lines hold method, address, status and user agent. */
  readonly details: Scalars["Json"]["output"];
};

/** A built file of an application; declared by Connect and used by nothing. Source: commercetools Connect API. */
export type Artifact = {
  readonly __typename?: "Artifact";
  /** Name of the application. */
  readonly applicationName: Scalars["String"]["output"];
  /** Where the file is. */
  readonly artifactPath: Scalars["String"]["output"];
};

/** Where a staged connector stands on its way to publication. Source: commercetools Connect API. */
export type ConnectorStatus =
  /** Can be edited; not yet published. */
  | "Draft"
  /** Publishing runs; every update is refused until it ends. */
  | "Processing"
  /** Automatic checks passed; waits for the review. */
  | "ReadyForCertification"
  /** Under review; reviewers and creator exchange comments. */
  | "InCertification"
  /** A connector was published from it. */
  | "Published"
  /** Publishing failed; the publishing report tells why. */
  | "Failed"
  /** A value that this gateway does not know; see the field ending in `Raw`. */
  | "Unknown";

/** Whether a staged connector may be deployed for a preview. Source: commercetools Connect API, which writes `true`, `false`, `pending` and `none`. */
export type IsPreviewable =
  /** A preview can be deployed; upstream's `true`. */
  | "Previewable"
  /** The check failed; upstream's `false`. The report tells why. */
  | "NotPreviewable"
  /** The check runs; upstream's `pending`. */
  | "Pending"
  /** No check was asked for since the repository was set; upstream's `none`. */
  | "None"
  /** A value that this gateway does not know; see the field ending in `Raw`. */
  | "Unknown";

/** Where a deployment stands. Source: commercetools Connect API. */
export type DeploymentStatus =
  /** Not described by Connect and hardly ever seen. */
  | "Draft"
  /** Waits to be deployed; cannot be redeployed now. */
  | "Queued"
  /** Is being deployed; cannot be redeployed now. */
  | "Deploying"
  /** Runs. The report may still hold warnings. */
  | "Deployed"
  /** Deploying failed; the report tells why. */
  | "Failed"
  /** Is being undeployed, then disappears. */
  | "Undeploying"
  /** Undeploying failed; delete or redeploy again. */
  | "UndeployFailed"
  /** A value that this gateway does not know; see the field ending in `Raw`. */
  | "Unknown";

/** What a deployment is for. Source: commercetools Connect API. */
export type DeploymentType =
  /** Try-out of a staged connector. */
  | "preview"
  /** Runs a published connector for tests; sleeps while unused. */
  | "sandbox"
  /** Runs a published connector for production projects. */
  | "production"
  /** A value that this gateway does not know; see the field ending in `Raw`. Not for input. */
  | "Unknown";

/** Kind of an application of a connector; a hyphen of upstream's name is an underscore here. Source: commercetools Connect API. */
export type ApplicationType =
  /** Answers HTTP requests. */
  | "service"
  /** Receives events. */
  | "event"
  /** Runs by schedule. */
  | "job"
  /** Application in the Merchant Center; upstream's `merchant-center-custom-application`. */
  | "merchant_center_custom_application"
  /** View in the Merchant Center; upstream's `merchant-center-custom-view`. */
  | "merchant_center_custom_view"
  /** Static files. */
  | "assets"
  /** A value that this gateway does not know; see the field ending in `Raw`. */
  | "Unknown";

/** Field of business that a connector serves. Source: commercetools Connect API. */
export type IntegrationType =
  /** Taxes. */
  | "tax"
  /** Marketplaces. */
  | "marketplace"
  /** Order management. */
  | "oms"
  /** Payment service providers. */
  | "psp"
  /** Product information management. */
  | "pim"
  /** Promotions. */
  | "promotion"
  /** Search. */
  | "search"
  /** Enterprise resource planning. */
  | "erp"
  /** Customer relationship management. */
  | "crm"
  /** E-mail. */
  | "email"
  /** Analytics. */
  | "analytics"
  /** Shipping. */
  | "shipping"
  /** Gift cards. */
  | "giftcard"
  /** Anything else. */
  | "other"
  /** A value that this gateway does not know; see the field ending in `Raw`. Not for input. */
  | "Unknown";

/** Weight of a finding about a connector. Source: commercetools Connect API. */
export type ConnectorReportEntryType =
  /** For information. */
  | "Information"
  /** Should be looked at. */
  | "Warning"
  /** A check that did not pass; the status tells whether the whole failed. */
  | "Error"
  /** A value that this gateway does not know; see the field ending in `Raw`. */
  | "Unknown";

/** Weight of a finding about a deployment. Source: commercetools Connect API. */
export type DeploymentReportEntryType =
  /** For information. */
  | "Information"
  /** Should be looked at, also when the deployment runs. */
  | "Warning"
  /** Something failed; the status tells whether the whole did. */
  | "Error"
  /** A value that this gateway does not know; see the field ending in `Raw`. */
  | "Unknown";

/** What a log line is about. Source: commercetools Connect API. */
export type DeploymentLogType =
  /** A request to the application. */
  | "HTTP_REQUEST"
  /** Text that the application wrote. */
  | "APPLICATION_TEXT"
  /** JSON that the application wrote. */
  | "APPLICATION_JSON"
  /** A value that this gateway does not know; see the field ending in `Raw`. */
  | "Unknown";

/** Weight of a log line, least first. Source: commercetools Connect API. */
export type DeploymentLogSeverity =
  /** No weight was given. */
  | "DEFAULT"
  /** For debugging. */
  | "DEBUG"
  /** Routine. */
  | "INFO"
  /** Normal but significant. */
  | "NOTICE"
  /** Might cause problems. */
  | "WARNING"
  /** Likely to cause problems. */
  | "ERROR"
  /** Causes severe problems. */
  | "CRITICAL"
  /** Someone must act at once. */
  | "ALERT"
  /** Unusable. */
  | "EMERGENCY"
  /** A value that this gateway does not know; see the field ending in `Raw`. */
  | "Unknown";

/** A new webhook, or what to change of one: a field that is left out stays, null clears a filter. Source: the gateway. */
export type WebhookDraft = {
  /** Where events are sent; needed for a new one. An address in a private network must be allowed by the operator. */
  readonly url?: InputMaybe<Scalars["String"]["input"]>;
  /** For people. */
  readonly description?: InputMaybe<Scalars["String"]["input"]>;
  /** Only these events; `deployment.*` names all of a group. All when left out. */
  readonly types?: InputMaybe<ReadonlyArray<Scalars["String"]["input"]>>;
  /** Only these projects, as `{region}:{projectKey}`; all that the token may manage webhooks of when left out. */
  readonly projects?: InputMaybe<ReadonlyArray<Scalars["String"]["input"]>>;
  /** Of deployments, only those of these types. */
  readonly deploymentTypes?: InputMaybe<ReadonlyArray<Scalars["String"]["input"]>>;
  /** Only resources with these keys. */
  readonly keys?: InputMaybe<ReadonlyArray<Scalars["String"]["input"]>>;
};

/** A new staged connector. Source: commercetools Connect API. */
export type ConnectorStagedDraft = {
  /** Key of the connector: 2 to 256 characters from A-Z, a-z, 0-9, _ and -. It cannot be set or changed later. */
  readonly key?: InputMaybe<Scalars["String"]["input"]>;
  /** Name of the connector. */
  readonly name: Scalars["String"]["input"];
  /** What the connector does. */
  readonly description?: InputMaybe<Scalars["String"]["input"]>;
  /** Fields of business that the connector serves. */
  readonly integrationTypes?: InputMaybe<ReadonlyArray<IntegrationType>>;
  /** Who made the connector. */
  readonly creator: CreatorInput;
  /** Where the connector's source is. */
  readonly repository: RepositoryInput;
  /** Regions that the connector supports; empty or left out means all. */
  readonly supportedRegions?: InputMaybe<ReadonlyArray<Scalars["Region"]["input"]>>;
  /** Projects that may use the connector, as `{region}:{projectKey}`; empty means the creator only. */
  readonly privateProjects?: InputMaybe<ReadonlyArray<Scalars["String"]["input"]>>;
  /** Address of the connector's documentation. */
  readonly documentationUrl?: InputMaybe<Scalars["String"]["input"]>;
};

/** Who made a connector. Source: commercetools Connect API. */
export type CreatorInput = {
  /** E-mail address of the creator. */
  readonly email: Scalars["String"]["input"];
  /** Name of the creator. */
  readonly name?: InputMaybe<Scalars["String"]["input"]>;
  /** Title of the creator, such as a form of address or a job. */
  readonly title?: InputMaybe<Scalars["String"]["input"]>;
  /** Company of the creator. */
  readonly company?: InputMaybe<Scalars["String"]["input"]>;
  /** Number of people who work on the connector; at least 1. */
  readonly noOfContributors?: InputMaybe<Scalars["Int"]["input"]>;
  /**
   * Old name of `noOfContributors`, under which it is sent on.
   * @deprecated Use noOfContributors.
   */
  readonly noOfDevelopers?: InputMaybe<Scalars["Int"]["input"]>;
  /** Address of the creator's logo. */
  readonly logoUrl?: InputMaybe<Scalars["String"]["input"]>;
  /** Address at which users of the connector find help. */
  readonly supportUrl?: InputMaybe<Scalars["String"]["input"]>;
};

/** The Git repository and tag from which a connector is built. Source: commercetools Connect API. */
export type RepositoryInput = {
  /** HTTPS or SSH address of the repository; a private repository needs SSH. */
  readonly url: Scalars["String"]["input"];
  /** Git tag of the release. */
  readonly tag: Scalars["String"]["input"];
};

/** One change of a staged connector: exactly one field is set. Source: commercetools Connect API. */
export type ConnectorStagedUpdateAction =
  /** Gives the connector another name. */
  | {
      readonly setName: SetConnectorStagedName;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Changes what the connector says of itself. */
  | {
      readonly setName?: never;
      readonly setDescription: SetConnectorStagedDescription;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Replaces the fields of business. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes: SetConnectorStagedIntegrationTypes;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Changes where the source is; a granted preview is lost. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository: SetConnectorStagedRepository;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Replaces the supported regions. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions: SetConnectorStagedSupportedRegions;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Changes the address of the documentation. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl: SetConnectorStagedDocumentationUrl;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Changes the creator's name. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName: SetConnectorStagedCreatorName;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Changes the creator's title. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle: SetConnectorStagedCreatorTitle;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Changes the creator's e-mail address. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail: SetConnectorStagedCreatorEmail;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Changes the creator's company. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany: SetConnectorStagedCreatorCompany;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Changes the address of the creator's logo. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo: SetConnectorStagedCreatorLogo;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Changes where users find help. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl: SetConnectorStagedCreatorSupportUrl;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Changes the number of people who work on the connector. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors: SetConnectorStagedCreatorNoOfContributors;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Lets one more project use the private connector. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject: AddConnectorStagedPrivateProject;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Takes the private connector away from a project. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject: RemoveConnectorStagedPrivateProject;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Asks for the check that allows previews. The action has no fields: write `true`. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable: Scalars["Boolean"]["input"];
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Starts publishing. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish: PublishConnectorStaged;
      readonly addCertificationComment?: never;
      readonly unlist?: never;
    } /** Adds a remark to the review. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment: AddConnectorStagedCertificationComment;
      readonly unlist?: never;
    } /** Takes a certified connector out of search; deployments stay. The action has no fields: write `true`. */
  | {
      readonly setName?: never;
      readonly setDescription?: never;
      readonly setIntegrationTypes?: never;
      readonly setRepository?: never;
      readonly setSupportedRegions?: never;
      readonly setDocumentationUrl?: never;
      readonly setCreatorName?: never;
      readonly setCreatorTitle?: never;
      readonly setCreatorEmail?: never;
      readonly setCreatorCompany?: never;
      readonly setCreatorLogo?: never;
      readonly setCreatorSupportUrl?: never;
      readonly setCreatorNoOfContributors?: never;
      readonly addPrivateProject?: never;
      readonly removePrivateProject?: never;
      readonly updatePreviewable?: never;
      readonly publish?: never;
      readonly addCertificationComment?: never;
      readonly unlist: Scalars["Boolean"]["input"];
    };

/** Gives the connector another name. Source: commercetools Connect API. */
export type SetConnectorStagedName = {
  /** New name. */
  readonly name: Scalars["String"]["input"];
};

/** Changes what the connector says of itself. Source: commercetools Connect API. */
export type SetConnectorStagedDescription = {
  /** New description. */
  readonly description: Scalars["String"]["input"];
};

/** Replaces the fields of business. Source: commercetools Connect API. */
export type SetConnectorStagedIntegrationTypes = {
  /** All fields of business that the connector serves from now on. */
  readonly integrationTypes: ReadonlyArray<IntegrationType>;
};

/** Changes where the source is; a granted preview is lost. Source: commercetools Connect API. */
export type SetConnectorStagedRepository = {
  /** HTTPS or SSH address of the repository; when left out, it stays. */
  readonly url?: InputMaybe<Scalars["String"]["input"]>;
  /** Git tag of the release. */
  readonly tag: Scalars["String"]["input"];
};

/** Replaces the supported regions. Source: commercetools Connect API. */
export type SetConnectorStagedSupportedRegions = {
  /** All regions that the connector supports from now on; at least one. */
  readonly regions: ReadonlyArray<Scalars["Region"]["input"]>;
};

/** Changes the address of the documentation. Source: commercetools Connect API. */
export type SetConnectorStagedDocumentationUrl = {
  /** New address. */
  readonly documentationUrl: Scalars["String"]["input"];
};

/** Changes the creator's name. Source: commercetools Connect API. */
export type SetConnectorStagedCreatorName = {
  /** New name. */
  readonly creatorName: Scalars["String"]["input"];
};

/** Changes the creator's title. Source: commercetools Connect API. */
export type SetConnectorStagedCreatorTitle = {
  /** New title. */
  readonly creatorTitle: Scalars["String"]["input"];
};

/** Changes the creator's e-mail address. Source: commercetools Connect API. */
export type SetConnectorStagedCreatorEmail = {
  /** New e-mail address. */
  readonly creatorEmail: Scalars["String"]["input"];
};

/** Changes the creator's company. Source: commercetools Connect API. */
export type SetConnectorStagedCreatorCompany = {
  /** New company. */
  readonly creatorCompany: Scalars["String"]["input"];
};

/** Changes the address of the creator's logo. Source: commercetools Connect API. */
export type SetConnectorStagedCreatorLogo = {
  /** New address; the field is not named like its siblings. */
  readonly logoUrl: Scalars["String"]["input"];
};

/** Changes where users find help. Source: commercetools Connect API. */
export type SetConnectorStagedCreatorSupportUrl = {
  /** New address. */
  readonly creatorSupportUrl: Scalars["String"]["input"];
};

/** Changes the number of people who work on the connector. Source: commercetools Connect API. */
export type SetConnectorStagedCreatorNoOfContributors = {
  /** Number of people; at least 1. */
  readonly creatorNoOfContributors: Scalars["Int"]["input"];
};

/** Lets one more project use the private connector. Source: commercetools Connect API. */
export type AddConnectorStagedPrivateProject = {
  /** The project, as `{region}:{projectKey}`. */
  readonly privateProject: Scalars["String"]["input"];
};

/** Takes the private connector away from a project. Source: commercetools Connect API. */
export type RemoveConnectorStagedPrivateProject = {
  /** The project, as `{region}:{projectKey}`. */
  readonly privateProject: Scalars["String"]["input"];
};

/** Starts publishing. Source: commercetools Connect API. */
export type PublishConnectorStaged = {
  /** true: review by commercetools, then public; false: private, without review. */
  readonly certification: Scalars["Boolean"]["input"];
};

/** Adds a remark to the review. Source: commercetools Connect API. */
export type AddConnectorStagedCertificationComment = {
  /** Text of the remark. */
  readonly comment: Scalars["String"]["input"];
};

/** A new deployment. Source: commercetools Connect API. */
export type DeploymentDraft = {
  /** Key of the deployment: 2 to 256 characters from A-Z, a-z, 0-9, _ and -. Recommended: it cannot be set later and makes a lost answer traceable. */
  readonly key?: InputMaybe<Scalars["String"]["input"]>;
  /** `preview` for a staged connector; `sandbox` (the default) or `production` for a published one. */
  readonly type?: InputMaybe<DeploymentType>;
  /** The connector to deploy. */
  readonly connector: ConnectorReferenceInput;
  /** Configuration values, application by application. */
  readonly configurations: ReadonlyArray<DeploymentConfigurationApplicationInput>;
  /** Values that all applications share. */
  readonly globalConfiguration?: InputMaybe<DeploymentGlobalConfigurationInput>;
  /** Region in which the applications shall run. */
  readonly region: Scalars["Region"]["input"];
};

/** The connector to deploy, named by id or by key. Source: commercetools Connect API. */
export type ConnectorReferenceInput = {
  /** Identifier (UUID) of the connector; this or the key is needed. */
  readonly id?: InputMaybe<Scalars["String"]["input"]>;
  /** Key of the connector; this or the id is needed. */
  readonly key?: InputMaybe<Scalars["String"]["input"]>;
  /** Whether the staged connector is meant, for a preview. */
  readonly staged?: InputMaybe<Scalars["Boolean"]["input"]>;
  /** Version that the connector must have; better left out, because versions move by themselves. */
  readonly version?: InputMaybe<Scalars["Long"]["input"]>;
};

/** Configuration values for one application of a deployment. Source: commercetools Connect API. */
export type DeploymentConfigurationApplicationInput = {
  /** Name of the application, as in the connector. */
  readonly applicationName: Scalars["String"]["input"];
  /** Values that are stored in clear. */
  readonly standardConfiguration?: InputMaybe<ReadonlyArray<ConfigurationValueInput>>;
  /** Values that are kept secret. */
  readonly securedConfiguration?: InputMaybe<ReadonlyArray<SecuredConfigurationValueInput>>;
  /** Cron expression for a job application, in the place of the connector's own. */
  readonly schedule?: InputMaybe<Scalars["String"]["input"]>;
  /** How events are repeated, for an event application. */
  readonly retryPolicy?: InputMaybe<RetryPolicyInput>;
};

/** A configuration value that is stored in clear. Source: commercetools Connect API. */
export type ConfigurationValueInput = {
  /** Name of the value, as the connector defines it. */
  readonly key: Scalars["String"]["input"];
  /** The value; always text. */
  readonly value: Scalars["String"]["input"];
};

/** A configuration value that is kept secret. Source: commercetools Connect API. */
export type SecuredConfigurationValueInput = {
  /** Name of the value, as the connector defines it. */
  readonly key: Scalars["String"]["input"];
  /** The value, in full and as a variable: a mask is refused with the error `MaskedValue`. */
  readonly value: Scalars["SecretString"]["input"];
};

/** Values of the configuration that all applications of a deployment share. Source: commercetools Connect API. */
export type DeploymentGlobalConfigurationInput = {
  /** Shared values that are stored in clear. */
  readonly standardConfiguration?: InputMaybe<ReadonlyArray<ConfigurationValueInput>>;
  /** Shared values that are kept secret. */
  readonly securedConfiguration?: InputMaybe<ReadonlyArray<SecuredConfigurationValueInput>>;
};

/** How Connect repeats an event that an event application did not acknowledge. Source: commercetools Connect API. */
export type RetryPolicyInput = {
  /** Known values: `immediate`, `exponential-backoff`. */
  readonly strategy: Scalars["String"]["input"];
  /** Shortest pause between two tries, in seconds, 1 to 600. */
  readonly minBackoffSeconds?: InputMaybe<Scalars["Int"]["input"]>;
  /** Longest pause between two tries, in seconds, 1 to 600. */
  readonly maxBackoffSeconds?: InputMaybe<Scalars["Int"]["input"]>;
  /** Largest number of tries, 5 to 100. */
  readonly maxAttempts?: InputMaybe<Scalars["Int"]["input"]>;
};

/** One change of a deployment: exactly one field is set. Source: commercetools Connect API. */
export type DeploymentUpdateAction =
  /** Deploys again, with other values if some are given. */
  { readonly redeploy: RedeployDeployment };

/** Deploys again, with other values if some are given. Source: commercetools Connect API. */
export type RedeployDeployment = {
  /** Whether to leave out the scripts that run after deployment. */
  readonly skipScripts?: InputMaybe<Scalars["Boolean"]["input"]>;
  /** New values, application by application; left out, they stay. The name is not `configurations` here. */
  readonly configurationValues?: InputMaybe<ReadonlyArray<DeploymentConfigurationApplicationInput>>;
  /** New values that all applications share; left out, they stay. */
  readonly globalConfiguration?: InputMaybe<DeploymentGlobalConfigurationInput>;
  /** Whether to move to the newest state of the connector. */
  readonly updateConnector?: InputMaybe<Scalars["Boolean"]["input"]>;
};

/** Values of `extensions.code` in errors: upstream's, passed on as they are, and the gateway's own. Upstream may add more. HTTP 400 unless said otherwise. */
export type ErrorCode =
  /** The bearer token is missing or not valid. HTTP 401. */
  | "AuthenticationError"
  /** The token lacks a scope for a project that it does name. HTTP 403. */
  | "AuthorizationError"
  /** Upstream's own infrastructure failed. */
  | "BadGateway"
  /** The resource has a different version than expected; `currentVersion` may tell which. HTTP 409. */
  | "ConcurrentModification"
  /** The staged connector is already certified. */
  | "ConnectorAlreadyCertified"
  /** The connector to deploy does not exist, or not in the version named. */
  | "ConnectorReferenceNotFound"
  /** The repository has no connect.yaml at the tag. */
  | "ConnectorSpecificationFileNotFound"
  /** The connect.yaml at the tag breaks a rule. */
  | "ConnectorSpecificationFileNotValid"
  /** The staged connector is already under review. */
  | "ConnectorStagedInCertification"
  /** The staged connector may not be deployed for a preview: ask with `updatePreviewable` first. */
  | "ConnectorStagedNotPreviewable"
  /** Private projects can only be changed while the staged connector is private. */
  | "ConnectorStagedNotPrivate"
  /** The check for a preview already runs. */
  | "ConnectorStagedPreviewRequestUnderProcess"
  /** The deployment has no application of this name. */
  | "DeploymentApplicationDoNotBelong"
  /** The logs of an application were asked for that the deployment does not have. */
  | "DeploymentApplicationDoesNotExist"
  /** A deployment needs at least one application. */
  | "DeploymentApplicationRequired"
  /** The deployment could not be moved to the newest state of its connector. */
  | "DeploymentConnectorUpdateFailure"
  /** A required shared value is empty. */
  | "DeploymentEmptyRequiredGlobalConfigurationKey"
  /** The retry policy breaks a rule. */
  | "DeploymentInvalidRetryPolicy"
  /** The deployment is busy and cannot be redeployed now. */
  | "DeploymentInvalidStatusTransition"
  /** The connector cannot be deployed as this type. */
  | "DeploymentInvalidType"
  /** A date of the log window is not valid. */
  | "DeploymentLogInvalidDate"
  /** The page token is not valid, or belongs to other filters. */
  | "DeploymentLogInvalidPageToken"
  /** Logs of deployments on AWS need the application's name. */
  | "DeploymentLogMissingApplicationName"
  /** A required shared value is missing. */
  | "DeploymentMissingGlobalConfigurationKey"
  /** The project may not deploy for production. */
  | "DeploymentProductionDeactivated"
  /** The application's retry policy cannot be replaced. */
  | "DeploymentRetryPolicyOverrideNotAllowed"
  /** The deployment cannot be rolled back. */
  | "DeploymentRollbackNotAllowed"
  /** The connector has no application of this name. */
  | "DeploymentUnknownApplicationConfiguration"
  /** The application does not take a value of this name. */
  | "DeploymentUnknownApplicationConfigurationKey"
  /** The connector does not take a shared value of this name. */
  | "DeploymentUnknownGlobalConfigurationKey"
  /** The connector does not support the region. */
  | "DeploymentUnsupportedRegion"
  /** The gateway is shutting down. HTTP 503. */
  | "Draining"
  /** The value is taken; `field` and `duplicateValue` tell which. */
  | "DuplicateField"
  /** The value is not there; `field` and `value` tell which. */
  | "FieldValueNotFound"
  /** Something went wrong inside. HTTP 500. */
  | "General"
  /** The repository with the tag cannot be reached. */
  | "GitRepositoryNotReachable"
  /** The request headers are too large. HTTP 431. */
  | "HeaderFieldsTooLarge"
  /** A request with this Idempotency-Key is still being worked on. HTTP 409. */
  | "IdempotencyKeyInUse"
  /** This Idempotency-Key was used with another request. HTTP 422. */
  | "IdempotencyKeyReused"
  /** A request header is not valid. HTTP 400. */
  | "InvalidHeader"
  /** The body or a variable does not have the right form. HTTP 400. */
  | "InvalidJsonInput"
  /** A path parameter, or an argument that stands for one, is not valid. HTTP 400. */
  | "InvalidPathParam"
  /** A query parameter is not valid. HTTP 400. */
  | "InvalidQueryParam"
  /** The request is larger than a limit allows. HTTP 400. */
  | "LimitExceeded"
  /** Connect no longer serves deployment logs. HTTP 410. */
  | "LogsRemoved"
  /** A secured value consists of asterisks only: it is a mask on its way back. HTTP 400. */
  | "MaskedValue"
  /** The method is not allowed on this path. HTTP 405. */
  | "MethodNotAllowed"
  /** The host name is not served here. HTTP 421. */
  | "MisdirectedRequest"
  /** None of the accepted media types can be produced. HTTP 406. */
  | "NotAcceptable"
  /** The gateway is at its limit; try again shortly. HTTP 503. */
  | "Overloaded"
  /** The request body is too large. HTTP 413. */
  | "PayloadTooLarge"
  /** The resource has another version than If-Match names. HTTP 412. */
  | "PreconditionFailed"
  /** The project must be named: the token grants none or several. HTTP 400. */
  | "ProjectRequired"
  /** The caller sends too many requests. HTTP 429. */
  | "RateLimited"
  /** The request did not arrive in time. HTTP 408. */
  | "RequestTimeout"
  /** The resource does not exist, or the caller may not know of it. HTTP 404. */
  | "ResourceNotFound"
  /** The gateway's store cannot be used at the moment. HTTP 503. */
  | "StorageUnavailable"
  /** The media type of the body is not supported. HTTP 415. */
  | "UnsupportedMediaType"
  /** Connect refused the gateway's own credentials. HTTP 502. */
  | "UpstreamAuthFailed"
  /** Connect answered in a form that cannot be understood. HTTP 502. */
  | "UpstreamBadResponse"
  /** A write was sent and no answer came: read before repeating it. HTTP 504. */
  | "UpstreamOutcomeUnknown"
  /** Connect throttles the gateway. HTTP 503. */
  | "UpstreamThrottled"
  /** Connect did not answer in time. HTTP 504. */
  | "UpstreamTimeout"
  /** Connect cannot be reached or is failing. HTTP 503. */
  | "UpstreamUnavailable"
  /** The request path is too long. HTTP 414. */
  | "UriTooLong";

export type ResolverTypeWrapper<T> = Promise<T> | T;

export type ResolverWithResolve<TResult, TParent, TContext, TArgs> = {
  resolve: ResolverFn<TResult, TParent, TContext, TArgs>;
};
export type Resolver<
  TResult,
  TParent = Record<PropertyKey, never>,
  TContext = Record<PropertyKey, never>,
  TArgs = Record<PropertyKey, never>,
> = ResolverFn<TResult, TParent, TContext, TArgs> | ResolverWithResolve<TResult, TParent, TContext, TArgs>;

export type ResolverFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => Promise<TResult> | TResult;

export type SubscriptionSubscribeFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => AsyncIterable<TResult> | Promise<AsyncIterable<TResult>>;

export type SubscriptionResolveFn<TResult, TParent, TContext, TArgs> = (
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => TResult | Promise<TResult>;

export interface SubscriptionSubscriberObject<TResult, TKey extends string, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<{ [key in TKey]: TResult }, TParent, TContext, TArgs>;
  resolve?: SubscriptionResolveFn<TResult, { [key in TKey]: TResult }, TContext, TArgs>;
}

export interface SubscriptionResolverObject<TResult, TParent, TContext, TArgs> {
  subscribe: SubscriptionSubscribeFn<any, TParent, TContext, TArgs>;
  resolve: SubscriptionResolveFn<TResult, any, TContext, TArgs>;
}

export type SubscriptionObject<TResult, TKey extends string, TParent, TContext, TArgs> =
  | SubscriptionSubscriberObject<TResult, TKey, TParent, TContext, TArgs>
  | SubscriptionResolverObject<TResult, TParent, TContext, TArgs>;

export type SubscriptionResolver<
  TResult,
  TKey extends string,
  TParent = Record<PropertyKey, never>,
  TContext = Record<PropertyKey, never>,
  TArgs = Record<PropertyKey, never>,
> =
  | ((...args: any[]) => SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>)
  | SubscriptionObject<TResult, TKey, TParent, TContext, TArgs>;

export type TypeResolveFn<TTypes, TParent = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  parent: TParent,
  context: TContext,
  info: GraphQLResolveInfo,
) => Maybe<TTypes> | Promise<Maybe<TTypes>>;

export type IsTypeOfResolverFn<T = Record<PropertyKey, never>, TContext = Record<PropertyKey, never>> = (
  obj: T,
  context: TContext,
  info: GraphQLResolveInfo,
) => boolean | Promise<boolean>;

export type NextResolverFn<T> = () => Promise<T>;

export type DirectiveResolverFn<
  TResult = Record<PropertyKey, never>,
  TParent = Record<PropertyKey, never>,
  TContext = Record<PropertyKey, never>,
  TArgs = Record<PropertyKey, never>,
> = (
  next: NextResolverFn<TResult>,
  parent: TParent,
  args: TArgs,
  context: TContext,
  info: GraphQLResolveInfo,
) => TResult | Promise<TResult>;

/** Mapping between all available schema types and the resolvers types */
export type ResolversTypes = {
  DateTime: ResolverTypeWrapper<Scalars["DateTime"]["output"]>;
  Long: ResolverTypeWrapper<Scalars["Long"]["output"]>;
  Json: ResolverTypeWrapper<Scalars["Json"]["output"]>;
  Region: ResolverTypeWrapper<Scalars["Region"]["output"]>;
  SecretString: ResolverTypeWrapper<Scalars["SecretString"]["output"]>;
  Query: ResolverTypeWrapper<Record<PropertyKey, never>>;
  String: ResolverTypeWrapper<Scalars["String"]["output"]>;
  Boolean: ResolverTypeWrapper<Scalars["Boolean"]["output"]>;
  Int: ResolverTypeWrapper<Scalars["Int"]["output"]>;
  Subscription: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Mutation: ResolverTypeWrapper<Record<PropertyKey, never>>;
  Event: ResolverTypeWrapper<EventRow>;
  EventQueryResult: ResolverTypeWrapper<EventPage>;
  Webhook: ResolverTypeWrapper<WebhookRow>;
  WebhookSecret: ResolverTypeWrapper<Omit<WebhookSecret, "webhook"> & { webhook: ResolversTypes["Webhook"] }>;
  WebhookStatus: WebhookStatus;
  WebhookReplay: ResolverTypeWrapper<WebhookReplay>;
  WebhookDelivery: ResolverTypeWrapper<DeliveryRow>;
  Project: ResolverTypeWrapper<Project>;
  ConnectorQueryResult: ResolverTypeWrapper<ConnectorPage>;
  ConnectorStagedQueryResult: ResolverTypeWrapper<ConnectorStagedPage>;
  DeploymentQueryResult: ResolverTypeWrapper<DeploymentPage>;
  DeploymentLogQueryResult: ResolverTypeWrapper<LogPage>;
  Connector: ResolverTypeWrapper<ConnectorModel>;
  ConnectorStaged: ResolverTypeWrapper<ConnectorStagedModel>;
  Creator: ResolverTypeWrapper<CreatorModel>;
  Repository: ResolverTypeWrapper<RepositoryModel>;
  ConnectorConfigurationApplication: ResolverTypeWrapper<ConnectorConfigurationApplicationModel>;
  ConnectorGlobalConfiguration: ResolverTypeWrapper<ConnectorGlobalConfigurationModel>;
  StandardConfigurationKey: ResolverTypeWrapper<StandardConfigurationKeyModel>;
  SecuredConfigurationKey: ResolverTypeWrapper<SecuredConfigurationKeyModel>;
  ConnectorApiClient: ResolverTypeWrapper<ConnectorApiClientModel>;
  CertificationInfo: ResolverTypeWrapper<CertificationInfoModel>;
  CertificationInfoComment: ResolverTypeWrapper<CertificationInfoCommentModel>;
  ConnectorReport: ResolverTypeWrapper<ConnectorReportModel>;
  ConnectorReportEntry: ResolverTypeWrapper<ConnectorReportEntryModel>;
  Deployment: ResolverTypeWrapper<DeploymentRow>;
  DeploymentConnector: ResolverTypeWrapper<DeploymentConnectorModel>;
  DeploymentCreator: ResolverTypeWrapper<DeploymentCreatorModel>;
  DeploymentGlobalConfiguration: ResolverTypeWrapper<GlobalConfigurationRow>;
  ConfigurationValue: ResolverTypeWrapper<ConfigurationValueModel>;
  SecuredConfigurationValue: ResolverTypeWrapper<SecuredValueRow>;
  DeploymentApiClient: ResolverTypeWrapper<DeploymentApiClientModel>;
  DeploymentDetails: ResolverTypeWrapper<DeploymentDetailsModel>;
  DeploymentDetailsBuild: ResolverTypeWrapper<DeploymentDetailsBuildModel>;
  DeploymentReport: ResolverTypeWrapper<DeploymentReportModel>;
  DeploymentReportEntry: ResolverTypeWrapper<DeploymentReportEntryModel>;
  ApplicationDeployment: ResolverTypeWrapper<ApplicationDeploymentRow>;
  RetryPolicy: ResolverTypeWrapper<RetryPolicyModel>;
  DeploymentLog: ResolverTypeWrapper<DeploymentLogModel>;
  Artifact: ResolverTypeWrapper<Artifact>;
  ConnectorStatus: ConnectorStatus;
  IsPreviewable: IsPreviewable;
  DeploymentStatus: DeploymentStatus;
  DeploymentType: DeploymentType;
  ApplicationType: ApplicationType;
  IntegrationType: IntegrationType;
  ConnectorReportEntryType: ConnectorReportEntryType;
  DeploymentReportEntryType: DeploymentReportEntryType;
  DeploymentLogType: DeploymentLogType;
  DeploymentLogSeverity: DeploymentLogSeverity;
  WebhookDraft: WebhookDraft;
  ConnectorStagedDraft: ConnectorStagedDraft;
  CreatorInput: CreatorInput;
  RepositoryInput: RepositoryInput;
  ConnectorStagedUpdateAction: ConnectorStagedUpdateAction;
  SetConnectorStagedName: SetConnectorStagedName;
  SetConnectorStagedDescription: SetConnectorStagedDescription;
  SetConnectorStagedIntegrationTypes: SetConnectorStagedIntegrationTypes;
  SetConnectorStagedRepository: SetConnectorStagedRepository;
  SetConnectorStagedSupportedRegions: SetConnectorStagedSupportedRegions;
  SetConnectorStagedDocumentationUrl: SetConnectorStagedDocumentationUrl;
  SetConnectorStagedCreatorName: SetConnectorStagedCreatorName;
  SetConnectorStagedCreatorTitle: SetConnectorStagedCreatorTitle;
  SetConnectorStagedCreatorEmail: SetConnectorStagedCreatorEmail;
  SetConnectorStagedCreatorCompany: SetConnectorStagedCreatorCompany;
  SetConnectorStagedCreatorLogo: SetConnectorStagedCreatorLogo;
  SetConnectorStagedCreatorSupportUrl: SetConnectorStagedCreatorSupportUrl;
  SetConnectorStagedCreatorNoOfContributors: SetConnectorStagedCreatorNoOfContributors;
  AddConnectorStagedPrivateProject: AddConnectorStagedPrivateProject;
  RemoveConnectorStagedPrivateProject: RemoveConnectorStagedPrivateProject;
  PublishConnectorStaged: PublishConnectorStaged;
  AddConnectorStagedCertificationComment: AddConnectorStagedCertificationComment;
  DeploymentDraft: DeploymentDraft;
  ConnectorReferenceInput: ConnectorReferenceInput;
  DeploymentConfigurationApplicationInput: DeploymentConfigurationApplicationInput;
  ConfigurationValueInput: ConfigurationValueInput;
  SecuredConfigurationValueInput: SecuredConfigurationValueInput;
  DeploymentGlobalConfigurationInput: DeploymentGlobalConfigurationInput;
  RetryPolicyInput: RetryPolicyInput;
  DeploymentUpdateAction: DeploymentUpdateAction;
  RedeployDeployment: RedeployDeployment;
  ErrorCode: ErrorCode;
};

/** Mapping between all available schema types and the resolvers parents */
export type ResolversParentTypes = {
  DateTime: Scalars["DateTime"]["output"];
  Long: Scalars["Long"]["output"];
  Json: Scalars["Json"]["output"];
  Region: Scalars["Region"]["output"];
  SecretString: Scalars["SecretString"]["output"];
  Query: Record<PropertyKey, never>;
  String: Scalars["String"]["output"];
  Boolean: Scalars["Boolean"]["output"];
  Int: Scalars["Int"]["output"];
  Subscription: Record<PropertyKey, never>;
  Mutation: Record<PropertyKey, never>;
  Event: EventRow;
  EventQueryResult: EventPage;
  Webhook: WebhookRow;
  WebhookSecret: Omit<WebhookSecret, "webhook"> & { webhook: ResolversParentTypes["Webhook"] };
  WebhookReplay: WebhookReplay;
  WebhookDelivery: DeliveryRow;
  Project: Project;
  ConnectorQueryResult: ConnectorPage;
  ConnectorStagedQueryResult: ConnectorStagedPage;
  DeploymentQueryResult: DeploymentPage;
  DeploymentLogQueryResult: LogPage;
  Connector: ConnectorModel;
  ConnectorStaged: ConnectorStagedModel;
  Creator: CreatorModel;
  Repository: RepositoryModel;
  ConnectorConfigurationApplication: ConnectorConfigurationApplicationModel;
  ConnectorGlobalConfiguration: ConnectorGlobalConfigurationModel;
  StandardConfigurationKey: StandardConfigurationKeyModel;
  SecuredConfigurationKey: SecuredConfigurationKeyModel;
  ConnectorApiClient: ConnectorApiClientModel;
  CertificationInfo: CertificationInfoModel;
  CertificationInfoComment: CertificationInfoCommentModel;
  ConnectorReport: ConnectorReportModel;
  ConnectorReportEntry: ConnectorReportEntryModel;
  Deployment: DeploymentRow;
  DeploymentConnector: DeploymentConnectorModel;
  DeploymentCreator: DeploymentCreatorModel;
  DeploymentGlobalConfiguration: GlobalConfigurationRow;
  ConfigurationValue: ConfigurationValueModel;
  SecuredConfigurationValue: SecuredValueRow;
  DeploymentApiClient: DeploymentApiClientModel;
  DeploymentDetails: DeploymentDetailsModel;
  DeploymentDetailsBuild: DeploymentDetailsBuildModel;
  DeploymentReport: DeploymentReportModel;
  DeploymentReportEntry: DeploymentReportEntryModel;
  ApplicationDeployment: ApplicationDeploymentRow;
  RetryPolicy: RetryPolicyModel;
  DeploymentLog: DeploymentLogModel;
  Artifact: Artifact;
  WebhookDraft: WebhookDraft;
  ConnectorStagedDraft: ConnectorStagedDraft;
  CreatorInput: CreatorInput;
  RepositoryInput: RepositoryInput;
  ConnectorStagedUpdateAction: ConnectorStagedUpdateAction;
  SetConnectorStagedName: SetConnectorStagedName;
  SetConnectorStagedDescription: SetConnectorStagedDescription;
  SetConnectorStagedIntegrationTypes: SetConnectorStagedIntegrationTypes;
  SetConnectorStagedRepository: SetConnectorStagedRepository;
  SetConnectorStagedSupportedRegions: SetConnectorStagedSupportedRegions;
  SetConnectorStagedDocumentationUrl: SetConnectorStagedDocumentationUrl;
  SetConnectorStagedCreatorName: SetConnectorStagedCreatorName;
  SetConnectorStagedCreatorTitle: SetConnectorStagedCreatorTitle;
  SetConnectorStagedCreatorEmail: SetConnectorStagedCreatorEmail;
  SetConnectorStagedCreatorCompany: SetConnectorStagedCreatorCompany;
  SetConnectorStagedCreatorLogo: SetConnectorStagedCreatorLogo;
  SetConnectorStagedCreatorSupportUrl: SetConnectorStagedCreatorSupportUrl;
  SetConnectorStagedCreatorNoOfContributors: SetConnectorStagedCreatorNoOfContributors;
  AddConnectorStagedPrivateProject: AddConnectorStagedPrivateProject;
  RemoveConnectorStagedPrivateProject: RemoveConnectorStagedPrivateProject;
  PublishConnectorStaged: PublishConnectorStaged;
  AddConnectorStagedCertificationComment: AddConnectorStagedCertificationComment;
  DeploymentDraft: DeploymentDraft;
  ConnectorReferenceInput: ConnectorReferenceInput;
  DeploymentConfigurationApplicationInput: DeploymentConfigurationApplicationInput;
  ConfigurationValueInput: ConfigurationValueInput;
  SecuredConfigurationValueInput: SecuredConfigurationValueInput;
  DeploymentGlobalConfigurationInput: DeploymentGlobalConfigurationInput;
  RetryPolicyInput: RetryPolicyInput;
  DeploymentUpdateAction: DeploymentUpdateAction;
  RedeployDeployment: RedeployDeployment;
};

export interface DateTimeScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes["DateTime"], any> {
  name: "DateTime";
}

export interface LongScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes["Long"], any> {
  name: "Long";
}

export interface JsonScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes["Json"], any> {
  name: "Json";
}

export interface RegionScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes["Region"], any> {
  name: "Region";
}

export interface SecretStringScalarConfig extends GraphQLScalarTypeConfig<ResolversTypes["SecretString"], any> {
  name: "SecretString";
}

export type QueryResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes["Query"] = ResolversParentTypes["Query"]> = {
  projects?: Resolver<ReadonlyArray<ResolversTypes["Project"]>, ParentType, ContextType>;
  connector?: Resolver<Maybe<ResolversTypes["Connector"]>, ParentType, ContextType, Partial<QueryConnectorArgs>>;
  connectors?: Resolver<
    ResolversTypes["ConnectorQueryResult"],
    ParentType,
    ContextType,
    RequireFields<QueryConnectorsArgs, "limit" | "offset">
  >;
  connectorStaged?: Resolver<Maybe<ResolversTypes["ConnectorStaged"]>, ParentType, ContextType, Partial<QueryConnectorStagedArgs>>;
  connectorsStaged?: Resolver<
    ResolversTypes["ConnectorStagedQueryResult"],
    ParentType,
    ContextType,
    RequireFields<QueryConnectorsStagedArgs, "limit" | "offset">
  >;
  deployment?: Resolver<Maybe<ResolversTypes["Deployment"]>, ParentType, ContextType, Partial<QueryDeploymentArgs>>;
  deployments?: Resolver<
    ResolversTypes["DeploymentQueryResult"],
    ParentType,
    ContextType,
    RequireFields<QueryDeploymentsArgs, "limit" | "offset">
  >;
  deploymentLogs?: Resolver<ResolversTypes["DeploymentLogQueryResult"], ParentType, ContextType, Partial<QueryDeploymentLogsArgs>>;
  events?: Resolver<ResolversTypes["EventQueryResult"], ParentType, ContextType, RequireFields<QueryEventsArgs, "limit">>;
  webhooks?: Resolver<ReadonlyArray<ResolversTypes["Webhook"]>, ParentType, ContextType>;
  webhookDeliveries?: Resolver<
    ReadonlyArray<ResolversTypes["WebhookDelivery"]>,
    ParentType,
    ContextType,
    RequireFields<QueryWebhookDeliveriesArgs, "id" | "limit">
  >;
};

export type SubscriptionResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["Subscription"] = ResolversParentTypes["Subscription"],
> = {
  deploymentChanged?: SubscriptionResolver<
    ResolversTypes["Event"],
    "deploymentChanged",
    ParentType,
    ContextType,
    Partial<SubscriptionDeploymentChangedArgs>
  >;
  connectorStagedChanged?: SubscriptionResolver<
    ResolversTypes["Event"],
    "connectorStagedChanged",
    ParentType,
    ContextType,
    Partial<SubscriptionConnectorStagedChangedArgs>
  >;
  events?: SubscriptionResolver<ResolversTypes["Event"], "events", ParentType, ContextType, Partial<SubscriptionEventsArgs>>;
};

export type MutationResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["Mutation"] = ResolversParentTypes["Mutation"],
> = {
  createConnectorStaged?: Resolver<
    Maybe<ResolversTypes["ConnectorStaged"]>,
    ParentType,
    ContextType,
    RequireFields<MutationCreateConnectorStagedArgs, "draft">
  >;
  updateConnectorStaged?: Resolver<
    Maybe<ResolversTypes["ConnectorStaged"]>,
    ParentType,
    ContextType,
    RequireFields<MutationUpdateConnectorStagedArgs, "actions">
  >;
  deleteConnectorStaged?: Resolver<
    Maybe<ResolversTypes["ConnectorStaged"]>,
    ParentType,
    ContextType,
    Partial<MutationDeleteConnectorStagedArgs>
  >;
  createDeployment?: Resolver<
    Maybe<ResolversTypes["Deployment"]>,
    ParentType,
    ContextType,
    RequireFields<MutationCreateDeploymentArgs, "draft">
  >;
  updateDeployment?: Resolver<
    Maybe<ResolversTypes["Deployment"]>,
    ParentType,
    ContextType,
    RequireFields<MutationUpdateDeploymentArgs, "actions">
  >;
  deleteDeployment?: Resolver<Maybe<ResolversTypes["Deployment"]>, ParentType, ContextType, Partial<MutationDeleteDeploymentArgs>>;
  createWebhook?: Resolver<ResolversTypes["WebhookSecret"], ParentType, ContextType, RequireFields<MutationCreateWebhookArgs, "draft">>;
  updateWebhook?: Resolver<ResolversTypes["Webhook"], ParentType, ContextType, RequireFields<MutationUpdateWebhookArgs, "id" | "draft">>;
  deleteWebhook?: Resolver<ResolversTypes["String"], ParentType, ContextType, RequireFields<MutationDeleteWebhookArgs, "id">>;
  rotateWebhookSecret?: Resolver<
    ResolversTypes["WebhookSecret"],
    ParentType,
    ContextType,
    RequireFields<MutationRotateWebhookSecretArgs, "id">
  >;
  testWebhook?: Resolver<ResolversTypes["String"], ParentType, ContextType, RequireFields<MutationTestWebhookArgs, "id">>;
  suspendWebhook?: Resolver<ResolversTypes["Webhook"], ParentType, ContextType, RequireFields<MutationSuspendWebhookArgs, "id">>;
  resumeWebhook?: Resolver<ResolversTypes["Webhook"], ParentType, ContextType, RequireFields<MutationResumeWebhookArgs, "id">>;
  replayWebhook?: Resolver<ResolversTypes["WebhookReplay"], ParentType, ContextType, RequireFields<MutationReplayWebhookArgs, "id">>;
};

export type EventResolvers<ContextType = GraphContext, ParentType extends ResolversParentTypes["Event"] = ResolversParentTypes["Event"]> = {
  cursor?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  id?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  type?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  timestamp?: Resolver<ResolversTypes["DateTime"], ParentType, ContextType>;
  data?: Resolver<ResolversTypes["Json"], ParentType, ContextType>;
};

export type EventQueryResultResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["EventQueryResult"] = ResolversParentTypes["EventQueryResult"],
> = {
  events?: Resolver<ReadonlyArray<ResolversTypes["Event"]>, ParentType, ContextType>;
  next?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  resync?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
};

export type WebhookResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["Webhook"] = ResolversParentTypes["Webhook"],
> = {
  id?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  url?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  types?: Resolver<Maybe<ReadonlyArray<ResolversTypes["String"]>>, ParentType, ContextType>;
  projects?: Resolver<ReadonlyArray<ResolversTypes["String"]>, ParentType, ContextType>;
  deploymentTypes?: Resolver<Maybe<ReadonlyArray<ResolversTypes["String"]>>, ParentType, ContextType>;
  keys?: Resolver<Maybe<ReadonlyArray<ResolversTypes["String"]>>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes["WebhookStatus"], ParentType, ContextType>;
};

export type WebhookSecretResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["WebhookSecret"] = ResolversParentTypes["WebhookSecret"],
> = {
  webhook?: Resolver<ResolversTypes["Webhook"], ParentType, ContextType>;
  secret?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
};

export type WebhookReplayResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["WebhookReplay"] = ResolversParentTypes["WebhookReplay"],
> = {
  replayed?: Resolver<ResolversTypes["Int"], ParentType, ContextType>;
  next?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
};

export type WebhookDeliveryResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["WebhookDelivery"] = ResolversParentTypes["WebhookDelivery"],
> = {
  cursor?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes["DateTime"], ParentType, ContextType>;
  eventId?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  type?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  state?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  attempts?: Resolver<ResolversTypes["Int"], ParentType, ContextType>;
  lastStatus?: Resolver<Maybe<ResolversTypes["Int"]>, ParentType, ContextType>;
  lastReason?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
};

export type ProjectResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["Project"] = ResolversParentTypes["Project"],
> = {
  id?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  region?: Resolver<ResolversTypes["Region"], ParentType, ContextType>;
  projectKey?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes["String"]>, ParentType, ContextType>;
};

export type ConnectorQueryResultResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["ConnectorQueryResult"] = ResolversParentTypes["ConnectorQueryResult"],
> = {
  limit?: Resolver<ResolversTypes["Int"], ParentType, ContextType>;
  offset?: Resolver<ResolversTypes["Int"], ParentType, ContextType>;
  count?: Resolver<ResolversTypes["Int"], ParentType, ContextType>;
  total?: Resolver<ResolversTypes["Long"], ParentType, ContextType>;
  exists?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
  results?: Resolver<ReadonlyArray<ResolversTypes["Connector"]>, ParentType, ContextType>;
};

export type ConnectorStagedQueryResultResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["ConnectorStagedQueryResult"] = ResolversParentTypes["ConnectorStagedQueryResult"],
> = {
  limit?: Resolver<ResolversTypes["Int"], ParentType, ContextType>;
  offset?: Resolver<ResolversTypes["Int"], ParentType, ContextType>;
  count?: Resolver<ResolversTypes["Int"], ParentType, ContextType>;
  total?: Resolver<ResolversTypes["Long"], ParentType, ContextType>;
  exists?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
  results?: Resolver<ReadonlyArray<ResolversTypes["ConnectorStaged"]>, ParentType, ContextType>;
};

export type DeploymentQueryResultResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["DeploymentQueryResult"] = ResolversParentTypes["DeploymentQueryResult"],
> = {
  limit?: Resolver<ResolversTypes["Int"], ParentType, ContextType>;
  offset?: Resolver<ResolversTypes["Int"], ParentType, ContextType>;
  count?: Resolver<ResolversTypes["Int"], ParentType, ContextType>;
  total?: Resolver<ResolversTypes["Long"], ParentType, ContextType>;
  exists?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
  results?: Resolver<ReadonlyArray<ResolversTypes["Deployment"]>, ParentType, ContextType>;
};

export type DeploymentLogQueryResultResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["DeploymentLogQueryResult"] = ResolversParentTypes["DeploymentLogQueryResult"],
> = {
  data?: Resolver<ReadonlyArray<ResolversTypes["DeploymentLog"]>, ParentType, ContextType>;
  next?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
};

export type ConnectorResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["Connector"] = ResolversParentTypes["Connector"],
> = {
  id?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  key?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  version?: Resolver<ResolversTypes["Long"], ParentType, ContextType>;
  name?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  integrationTypes?: Resolver<ReadonlyArray<ResolversTypes["IntegrationType"]>, ParentType, ContextType>;
  integrationTypesRaw?: Resolver<ReadonlyArray<ResolversTypes["String"]>, ParentType, ContextType>;
  creator?: Resolver<ResolversTypes["Creator"], ParentType, ContextType>;
  repository?: Resolver<ResolversTypes["Repository"], ParentType, ContextType>;
  configurations?: Resolver<ReadonlyArray<ResolversTypes["ConnectorConfigurationApplication"]>, ParentType, ContextType>;
  globalConfiguration?: Resolver<Maybe<ResolversTypes["ConnectorGlobalConfiguration"]>, ParentType, ContextType>;
  apiClient?: Resolver<Maybe<ResolversTypes["ConnectorApiClient"]>, ParentType, ContextType>;
  private?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
  supportedRegions?: Resolver<ReadonlyArray<ResolversTypes["Region"]>, ParentType, ContextType>;
  certified?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
  documentationUrl?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  connectorStaged?: Resolver<Maybe<ResolversTypes["ConnectorStaged"]>, ParentType, ContextType>;
  deployments?: Resolver<
    ResolversTypes["DeploymentQueryResult"],
    ParentType,
    ContextType,
    RequireFields<ConnectorDeploymentsArgs, "limit" | "offset">
  >;
};

export type ConnectorStagedResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["ConnectorStaged"] = ResolversParentTypes["ConnectorStaged"],
> = {
  id?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  key?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  version?: Resolver<ResolversTypes["Long"], ParentType, ContextType>;
  name?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  integrationTypes?: Resolver<ReadonlyArray<ResolversTypes["IntegrationType"]>, ParentType, ContextType>;
  integrationTypesRaw?: Resolver<ReadonlyArray<ResolversTypes["String"]>, ParentType, ContextType>;
  creator?: Resolver<ResolversTypes["Creator"], ParentType, ContextType>;
  repository?: Resolver<ResolversTypes["Repository"], ParentType, ContextType>;
  configurations?: Resolver<ReadonlyArray<ResolversTypes["ConnectorConfigurationApplication"]>, ParentType, ContextType>;
  globalConfiguration?: Resolver<Maybe<ResolversTypes["ConnectorGlobalConfiguration"]>, ParentType, ContextType>;
  apiClient?: Resolver<Maybe<ResolversTypes["ConnectorApiClient"]>, ParentType, ContextType>;
  private?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
  privateProjects?: Resolver<ReadonlyArray<ResolversTypes["String"]>, ParentType, ContextType>;
  supportedRegions?: Resolver<ReadonlyArray<ResolversTypes["Region"]>, ParentType, ContextType>;
  certificationInfo?: Resolver<Maybe<ResolversTypes["CertificationInfo"]>, ParentType, ContextType>;
  status?: Resolver<ResolversTypes["ConnectorStatus"], ParentType, ContextType>;
  statusRaw?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  publishingReport?: Resolver<Maybe<ResolversTypes["ConnectorReport"]>, ParentType, ContextType>;
  alreadyListed?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
  hasChanges?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
  isPreviewable?: Resolver<ResolversTypes["IsPreviewable"], ParentType, ContextType>;
  isPreviewableRaw?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  previewableReport?: Resolver<Maybe<ResolversTypes["ConnectorReport"]>, ParentType, ContextType>;
  documentationUrl?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  previewable?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
  feedbackRequired?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
  connector?: Resolver<Maybe<ResolversTypes["Connector"]>, ParentType, ContextType>;
  deployments?: Resolver<
    ResolversTypes["DeploymentQueryResult"],
    ParentType,
    ContextType,
    RequireFields<ConnectorStagedDeploymentsArgs, "limit" | "offset">
  >;
};

export type CreatorResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["Creator"] = ResolversParentTypes["Creator"],
> = {
  email?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  name?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  title?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  company?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  noOfContributors?: Resolver<Maybe<ResolversTypes["Int"]>, ParentType, ContextType>;
  logoUrl?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  supportUrl?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
};

export type RepositoryResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["Repository"] = ResolversParentTypes["Repository"],
> = {
  url?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  tag?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
};

export type ConnectorConfigurationApplicationResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["ConnectorConfigurationApplication"] = ResolversParentTypes["ConnectorConfigurationApplication"],
> = {
  applicationName?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  applicationType?: Resolver<ResolversTypes["ApplicationType"], ParentType, ContextType>;
  applicationTypeRaw?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  standardConfiguration?: Resolver<ReadonlyArray<ResolversTypes["StandardConfigurationKey"]>, ParentType, ContextType>;
  securedConfiguration?: Resolver<ReadonlyArray<ResolversTypes["SecuredConfigurationKey"]>, ParentType, ContextType>;
};

export type ConnectorGlobalConfigurationResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["ConnectorGlobalConfiguration"] = ResolversParentTypes["ConnectorGlobalConfiguration"],
> = {
  standardConfiguration?: Resolver<ReadonlyArray<ResolversTypes["StandardConfigurationKey"]>, ParentType, ContextType>;
  securedConfiguration?: Resolver<ReadonlyArray<ResolversTypes["SecuredConfigurationKey"]>, ParentType, ContextType>;
};

export type StandardConfigurationKeyResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["StandardConfigurationKey"] = ResolversParentTypes["StandardConfigurationKey"],
> = {
  key?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  description?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  default?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  required?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
};

export type SecuredConfigurationKeyResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["SecuredConfigurationKey"] = ResolversParentTypes["SecuredConfigurationKey"],
> = {
  key?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  description?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  required?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
};

export type ConnectorApiClientResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["ConnectorApiClient"] = ResolversParentTypes["ConnectorApiClient"],
> = {
  scopes?: Resolver<ReadonlyArray<ResolversTypes["String"]>, ParentType, ContextType>;
};

export type CertificationInfoResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["CertificationInfo"] = ResolversParentTypes["CertificationInfo"],
> = {
  comments?: Resolver<ReadonlyArray<ResolversTypes["CertificationInfoComment"]>, ParentType, ContextType>;
};

export type CertificationInfoCommentResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["CertificationInfoComment"] = ResolversParentTypes["CertificationInfoComment"],
> = {
  userId?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  datetime?: Resolver<ResolversTypes["DateTime"], ParentType, ContextType>;
  comment?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
};

export type ConnectorReportResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["ConnectorReport"] = ResolversParentTypes["ConnectorReport"],
> = {
  entries?: Resolver<ReadonlyArray<ResolversTypes["ConnectorReportEntry"]>, ParentType, ContextType>;
};

export type ConnectorReportEntryResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["ConnectorReportEntry"] = ResolversParentTypes["ConnectorReportEntry"],
> = {
  type?: Resolver<ResolversTypes["ConnectorReportEntryType"], ParentType, ContextType>;
  typeRaw?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  title?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  message?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  application?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes["DateTime"], ParentType, ContextType>;
};

export type DeploymentResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["Deployment"] = ResolversParentTypes["Deployment"],
> = {
  id?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  key?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  version?: Resolver<ResolversTypes["Long"], ParentType, ContextType>;
  type?: Resolver<ResolversTypes["DeploymentType"], ParentType, ContextType>;
  typeRaw?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  connector?: Resolver<ResolversTypes["DeploymentConnector"], ParentType, ContextType>;
  globalConfiguration?: Resolver<Maybe<ResolversTypes["DeploymentGlobalConfiguration"]>, ParentType, ContextType>;
  apiClient?: Resolver<Maybe<ResolversTypes["DeploymentApiClient"]>, ParentType, ContextType>;
  details?: Resolver<ResolversTypes["DeploymentDetails"], ParentType, ContextType>;
  deployedRegion?: Resolver<ResolversTypes["Region"], ParentType, ContextType>;
  applications?: Resolver<ReadonlyArray<ResolversTypes["ApplicationDeployment"]>, ParentType, ContextType>;
  preview?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
  status?: Resolver<ResolversTypes["DeploymentStatus"], ParentType, ContextType>;
  statusRaw?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  rollbackRevision?: Resolver<Maybe<ResolversTypes["Long"]>, ParentType, ContextType>;
  liveConnector?: Resolver<Maybe<ResolversTypes["Connector"]>, ParentType, ContextType>;
  liveConnectorStaged?: Resolver<Maybe<ResolversTypes["ConnectorStaged"]>, ParentType, ContextType>;
};

export type DeploymentConnectorResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["DeploymentConnector"] = ResolversParentTypes["DeploymentConnector"],
> = {
  id?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  key?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  version?: Resolver<ResolversTypes["Long"], ParentType, ContextType>;
  name?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  description?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  integrationTypes?: Resolver<ReadonlyArray<ResolversTypes["IntegrationType"]>, ParentType, ContextType>;
  integrationTypesRaw?: Resolver<ReadonlyArray<ResolversTypes["String"]>, ParentType, ContextType>;
  creator?: Resolver<ResolversTypes["DeploymentCreator"], ParentType, ContextType>;
  repository?: Resolver<ResolversTypes["Repository"], ParentType, ContextType>;
  configurations?: Resolver<ReadonlyArray<ResolversTypes["ConnectorConfigurationApplication"]>, ParentType, ContextType>;
  globalConfiguration?: Resolver<Maybe<ResolversTypes["ConnectorGlobalConfiguration"]>, ParentType, ContextType>;
  certified?: Resolver<ResolversTypes["Boolean"], ParentType, ContextType>;
  supportedRegions?: Resolver<ReadonlyArray<ResolversTypes["Region"]>, ParentType, ContextType>;
  documentationUrl?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
};

export type DeploymentCreatorResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["DeploymentCreator"] = ResolversParentTypes["DeploymentCreator"],
> = {
  email?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  name?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  title?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  company?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  noOfContributors?: Resolver<Maybe<ResolversTypes["Int"]>, ParentType, ContextType>;
  logoUrl?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  supportUrl?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
};

export type DeploymentGlobalConfigurationResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["DeploymentGlobalConfiguration"] = ResolversParentTypes["DeploymentGlobalConfiguration"],
> = {
  standardConfiguration?: Resolver<ReadonlyArray<ResolversTypes["ConfigurationValue"]>, ParentType, ContextType>;
  securedConfiguration?: Resolver<ReadonlyArray<ResolversTypes["SecuredConfigurationValue"]>, ParentType, ContextType>;
};

export type ConfigurationValueResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["ConfigurationValue"] = ResolversParentTypes["ConfigurationValue"],
> = {
  key?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  value?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
};

export type SecuredConfigurationValueResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["SecuredConfigurationValue"] = ResolversParentTypes["SecuredConfigurationValue"],
> = {
  key?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  value?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
};

export type DeploymentApiClientResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["DeploymentApiClient"] = ResolversParentTypes["DeploymentApiClient"],
> = {
  name?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  scopes?: Resolver<ReadonlyArray<ResolversTypes["String"]>, ParentType, ContextType>;
};

export type DeploymentDetailsResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["DeploymentDetails"] = ResolversParentTypes["DeploymentDetails"],
> = {
  build?: Resolver<Maybe<ResolversTypes["DeploymentDetailsBuild"]>, ParentType, ContextType>;
};

export type DeploymentDetailsBuildResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["DeploymentDetailsBuild"] = ResolversParentTypes["DeploymentDetailsBuild"],
> = {
  id?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  report?: Resolver<Maybe<ResolversTypes["DeploymentReport"]>, ParentType, ContextType>;
};

export type DeploymentReportResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["DeploymentReport"] = ResolversParentTypes["DeploymentReport"],
> = {
  entries?: Resolver<ReadonlyArray<ResolversTypes["DeploymentReportEntry"]>, ParentType, ContextType>;
};

export type DeploymentReportEntryResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["DeploymentReportEntry"] = ResolversParentTypes["DeploymentReportEntry"],
> = {
  type?: Resolver<ResolversTypes["DeploymentReportEntryType"], ParentType, ContextType>;
  typeRaw?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  title?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  message?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  application?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  createdAt?: Resolver<ResolversTypes["DateTime"], ParentType, ContextType>;
};

export type ApplicationDeploymentResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["ApplicationDeployment"] = ResolversParentTypes["ApplicationDeployment"],
> = {
  id?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  applicationName?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  standardConfiguration?: Resolver<ReadonlyArray<ResolversTypes["ConfigurationValue"]>, ParentType, ContextType>;
  securedConfiguration?: Resolver<ReadonlyArray<ResolversTypes["SecuredConfigurationValue"]>, ParentType, ContextType>;
  url?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  topic?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  schedule?: Resolver<Maybe<ResolversTypes["String"]>, ParentType, ContextType>;
  retryPolicy?: Resolver<Maybe<ResolversTypes["RetryPolicy"]>, ParentType, ContextType>;
};

export type RetryPolicyResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["RetryPolicy"] = ResolversParentTypes["RetryPolicy"],
> = {
  strategy?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  minBackoffSeconds?: Resolver<Maybe<ResolversTypes["Int"]>, ParentType, ContextType>;
  maxBackoffSeconds?: Resolver<Maybe<ResolversTypes["Int"]>, ParentType, ContextType>;
  maxAttempts?: Resolver<Maybe<ResolversTypes["Int"]>, ParentType, ContextType>;
};

export type DeploymentLogResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["DeploymentLog"] = ResolversParentTypes["DeploymentLog"],
> = {
  type?: Resolver<ResolversTypes["DeploymentLogType"], ParentType, ContextType>;
  typeRaw?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  deploymentId?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  applicationName?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  severity?: Resolver<ResolversTypes["DeploymentLogSeverity"], ParentType, ContextType>;
  severityRaw?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  timestamp?: Resolver<ResolversTypes["DateTime"], ParentType, ContextType>;
  details?: Resolver<ResolversTypes["Json"], ParentType, ContextType>;
};

export type ArtifactResolvers<
  ContextType = GraphContext,
  ParentType extends ResolversParentTypes["Artifact"] = ResolversParentTypes["Artifact"],
> = {
  applicationName?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
  artifactPath?: Resolver<ResolversTypes["String"], ParentType, ContextType>;
};

export type Resolvers<ContextType = GraphContext> = {
  DateTime?: GraphQLScalarType;
  Long?: GraphQLScalarType;
  Json?: GraphQLScalarType;
  Region?: GraphQLScalarType;
  SecretString?: GraphQLScalarType;
  Query?: QueryResolvers<ContextType>;
  Subscription?: SubscriptionResolvers<ContextType>;
  Mutation?: MutationResolvers<ContextType>;
  Event?: EventResolvers<ContextType>;
  EventQueryResult?: EventQueryResultResolvers<ContextType>;
  Webhook?: WebhookResolvers<ContextType>;
  WebhookSecret?: WebhookSecretResolvers<ContextType>;
  WebhookReplay?: WebhookReplayResolvers<ContextType>;
  WebhookDelivery?: WebhookDeliveryResolvers<ContextType>;
  Project?: ProjectResolvers<ContextType>;
  ConnectorQueryResult?: ConnectorQueryResultResolvers<ContextType>;
  ConnectorStagedQueryResult?: ConnectorStagedQueryResultResolvers<ContextType>;
  DeploymentQueryResult?: DeploymentQueryResultResolvers<ContextType>;
  DeploymentLogQueryResult?: DeploymentLogQueryResultResolvers<ContextType>;
  Connector?: ConnectorResolvers<ContextType>;
  ConnectorStaged?: ConnectorStagedResolvers<ContextType>;
  Creator?: CreatorResolvers<ContextType>;
  Repository?: RepositoryResolvers<ContextType>;
  ConnectorConfigurationApplication?: ConnectorConfigurationApplicationResolvers<ContextType>;
  ConnectorGlobalConfiguration?: ConnectorGlobalConfigurationResolvers<ContextType>;
  StandardConfigurationKey?: StandardConfigurationKeyResolvers<ContextType>;
  SecuredConfigurationKey?: SecuredConfigurationKeyResolvers<ContextType>;
  ConnectorApiClient?: ConnectorApiClientResolvers<ContextType>;
  CertificationInfo?: CertificationInfoResolvers<ContextType>;
  CertificationInfoComment?: CertificationInfoCommentResolvers<ContextType>;
  ConnectorReport?: ConnectorReportResolvers<ContextType>;
  ConnectorReportEntry?: ConnectorReportEntryResolvers<ContextType>;
  Deployment?: DeploymentResolvers<ContextType>;
  DeploymentConnector?: DeploymentConnectorResolvers<ContextType>;
  DeploymentCreator?: DeploymentCreatorResolvers<ContextType>;
  DeploymentGlobalConfiguration?: DeploymentGlobalConfigurationResolvers<ContextType>;
  ConfigurationValue?: ConfigurationValueResolvers<ContextType>;
  SecuredConfigurationValue?: SecuredConfigurationValueResolvers<ContextType>;
  DeploymentApiClient?: DeploymentApiClientResolvers<ContextType>;
  DeploymentDetails?: DeploymentDetailsResolvers<ContextType>;
  DeploymentDetailsBuild?: DeploymentDetailsBuildResolvers<ContextType>;
  DeploymentReport?: DeploymentReportResolvers<ContextType>;
  DeploymentReportEntry?: DeploymentReportEntryResolvers<ContextType>;
  ApplicationDeployment?: ApplicationDeploymentResolvers<ContextType>;
  RetryPolicy?: RetryPolicyResolvers<ContextType>;
  DeploymentLog?: DeploymentLogResolvers<ContextType>;
  Artifact?: ArtifactResolvers<ContextType>;
};
