import { type Static, Type } from "typebox";
import { IntegrationType } from "./model-drafts.ts";
import { body, closed, list, optional } from "./model-shapes.ts";
import { DEPLOYMENT_TYPES } from "./model-values.ts";

/** The largest page that Connect gives. */
export const MAX_LIMIT = 500;
/** The farthest that Connect skips. */
export const MAX_OFFSET = 10_000;

const paging = {
  limit: optional(
    Type.Integer({ minimum: 0, maximum: MAX_LIMIT }),
    "Largest number of results: 0 to 500, 20 when left out; 0 counts only.",
  ),
  offset: optional(Type.Integer({ minimum: 0, maximum: MAX_OFFSET }), "Number of results to skip: 0 to 10000, 0 when left out."),
  sort: Type.Optional(list(Type.String(), "Order: fields, each with an optional `asc` or `desc` after a space.")),
};
const integrationTypes = Type.Optional(list(IntegrationType, "Only connectors that serve one of these fields of business."));

/** Query parameters of the listing of staged connectors. */
export const ConnectorsStagedQuery = body("ConnectorsStagedQuery", "Which staged connectors to list.", {
  ...paging,
  isPrivate: optional(Type.Boolean(), "true: private ones only; false: public ones only; left out: both."),
  integrationTypes,
});
export type ConnectorsStagedQuery = Static<typeof ConnectorsStagedQuery>;

/** Query parameters of the search for published connectors. */
export const ConnectorSearchQuery = body("ConnectorSearchQuery", "Which published connectors to list.", {
  ...paging,
  text: optional(Type.String(), "Words in the name or the description."),
  private: optional(Type.Boolean(), "true: only those that are private to the project; false: all that are available."),
  "creator.company": optional(Type.String(), "Company of the creator."),
  id: Type.Optional(list(Type.String(), "Only connectors with one of these identifiers.")),
  key: Type.Optional(list(Type.String(), "Only connectors with one of these keys.")),
  integrationTypes,
});
export type ConnectorSearchQuery = Static<typeof ConnectorSearchQuery>;

/** Query parameters of the listing of deployments. */
export const DeploymentsQuery = body("DeploymentsQuery", "Which deployments to list.", {
  ...paging,
  integrationTypes,
  deploymentType: Type.Optional(closed(DEPLOYMENT_TYPES, "Only deployments of this type.")),
});
export type DeploymentsQuery = Static<typeof DeploymentsQuery>;

/** Query parameters of a deployment's logs. */
export const DeploymentLogsQuery = body("DeploymentLogsQuery", "Which log lines to list.", {
  pageToken: optional(Type.String(), "Token of the page, from `next` of the one before."),
  applicationName: optional(Type.String(), "Only lines of this application; needed for deployments on AWS."),
  startDate: optional(Type.String(), "Earliest moment, ISO 8601; at most 30 days back."),
  endDate: optional(Type.String(), "Latest moment, ISO 8601."),
});
export type DeploymentLogsQuery = Static<typeof DeploymentLogsQuery>;
