/** Resources as the emulator keeps them. Secured values are kept as their masks only: nothing here ever needs them. */

export type Definition = { readonly key: string; readonly description: string; readonly required?: boolean; readonly default?: string };
export type Definitions = { readonly standardConfiguration: readonly Definition[]; readonly securedConfiguration: readonly Definition[] };
export type ConfigurationApplication = Definitions & { readonly applicationName: string; readonly applicationType: string };

/** What a connect.yaml says, beyond what Connect shows of it. */
export type Specification = {
  readonly configurations: readonly ConfigurationApplication[];
  readonly globalConfiguration: Definitions | undefined;
  readonly apiClient: { readonly scopes: readonly string[] } | undefined;
  readonly applications: ReadonlyMap<string, ApplicationSpecification>;
};
export type ApplicationSpecification = {
  readonly endpoint: string | undefined;
  readonly schedule: string | undefined;
  readonly postDeploy: boolean;
  readonly preUndeploy: boolean;
  readonly retryPolicy: RetryPolicy | undefined;
};
export type RetryPolicy = {
  readonly strategy: string;
  readonly minBackoffSeconds?: number;
  readonly maxBackoffSeconds?: number;
  readonly maxAttempts?: number;
};

export type Creator = {
  email: string;
  name?: string;
  title?: string;
  company?: string;
  noOfContributors?: number;
  logoUrl?: string;
  supportUrl?: string;
};
export type Repository = { readonly url: string; readonly tag: string };
export type ReportEntry = {
  type: "Information" | "Warning" | "Error";
  title: string;
  message?: string;
  application?: string;
  createdAt: string;
};
export type Report = { entries: ReportEntry[] };
export type Comment = { readonly userId: string; readonly datetime: string; readonly comment: string };

/** One internal step of a resource that is due at `at`, in milliseconds; a chain is replaced as a whole. */
export type Step<T> = { readonly at: number; readonly chain: string; readonly change: (resource: T, at: number) => void };
type Moving<T> = { readonly id: string; readonly key: string | undefined; version: number; steps: Step<T>[] };

/** Fields that a draft and the connector published from it share. */
export type ConnectorContent = {
  name: string;
  description: string | undefined;
  integrationTypes: readonly string[];
  creator: Creator;
  repository: Repository;
  specification: Specification;
  supportedRegions: readonly string[];
  documentationUrl: string | undefined;
};

export interface Draft extends Moving<Draft>, ConnectorContent {
  /** Key of the project whose credential created it. */
  readonly owner: string;
  readonly createdAt: number;
  lastModifiedAt: number;
  private: boolean;
  privateProjects: readonly string[];
  comments: Comment[];
  status: "Draft" | "Processing" | "ReadyForCertification" | "InCertification" | "Published" | "Failed";
  publishingReport: Report | undefined;
  alreadyListed: boolean;
  hasChanges: boolean;
  isPreviewable: "true" | "false" | "pending" | "none";
  previewableReport: Report | undefined;
}

export type Connector = ConnectorContent & {
  readonly id: string;
  readonly key: string | undefined;
  readonly owner: string;
  readonly createdAt: number;
  version: number;
  private: boolean;
  privateProjects: readonly string[];
  certified: boolean;
  listed: boolean;
};

export type Value = { readonly key: string; readonly value: string };
export type Values = { standardConfiguration: Value[]; securedConfiguration: Value[] };
export type Application = Values & {
  readonly id: string;
  readonly applicationName: string;
  url?: string;
  topic?: string;
  schedule?: string;
  retryPolicy?: RetryPolicy;
};

export type DeploymentStatus = "Draft" | "Queued" | "Deploying" | "Deployed" | "Failed" | "Undeploying" | "UndeployFailed";
export type DeploymentType = "preview" | "sandbox" | "production";

/** The connector as it was when the deployment was made. */
export type Snapshot = ConnectorContent & {
  readonly id: string;
  readonly key: string | undefined;
  readonly version: number;
  readonly certified: boolean;
};

export interface Deployment extends Moving<Deployment> {
  readonly projectKey: string;
  readonly type: DeploymentType;
  readonly deployedRegion: string;
  readonly createdAt: number;
  lastModifiedAt: number;
  connector: Snapshot;
  globalConfiguration: Values | undefined;
  apiClient: { readonly name: string; readonly scopes: readonly string[] } | undefined;
  build: { readonly id: string; report: Report | undefined } | undefined;
  applications: Application[];
  status: DeploymentStatus;
}
