/** What the resolvers of types with secured values or pages start from; the others start from upstream's own form of the same name. */
import type {
  ApplicationDeployment,
  Connector,
  ConnectorStaged,
  Deployment,
  DeploymentGlobalConfiguration,
  DeploymentLogCursorPagedQueryResponse,
  Page,
  Sealed,
} from "../connect/index.ts";
import type { Secret } from "../secret.ts";

export type DeploymentRow = Sealed<Deployment>;
export type ApplicationDeploymentRow = Sealed<ApplicationDeployment>;
export type GlobalConfigurationRow = Sealed<DeploymentGlobalConfiguration>;
export type SecuredValueRow = { readonly key: string; readonly value: Secret };
export type ConnectorPage = Page<Connector>;
export type ConnectorStagedPage = Page<ConnectorStaged>;
export type DeploymentPage = Page<DeploymentRow>;
export type LogPage = DeploymentLogCursorPagedQueryResponse;
export type { EventPage, ListedDelivery as DeliveryRow, PrintedEvent as EventRow, WebhookRow } from "../services/index.ts";
