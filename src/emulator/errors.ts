/** One entry of the error envelope. */
export type ErrorEntry = { readonly code: string; readonly message: string; readonly [field: string]: unknown };

/** A refusal that is answered in Connect's error envelope. */
export class ApiError extends Error {
  readonly statusCode: number;
  readonly errors: readonly ErrorEntry[];
  /** Extra fields beside `errors`, such as the token endpoint's `error`. */
  readonly extra: Readonly<Record<string, unknown>>;

  constructor(statusCode: number, errors: readonly ErrorEntry[], extra: Readonly<Record<string, unknown>> = {}) {
    super(errors[0]?.message ?? "");
    this.name = "ApiError";
    this.statusCode = statusCode;
    this.errors = errors;
    this.extra = extra;
  }

  /** The body that goes out. */
  toBody(): object {
    return { statusCode: this.statusCode, message: this.message, errors: this.errors, ...this.extra };
  }
}

/** Names a resource in a message, as Connect's own templates do. */
export type Named = { readonly id?: string | undefined; readonly key?: string | null | undefined };
const nameOf = ({ id, key }: Named): string => `id=${id ?? ""} or key=${key ?? ""}`;

const error = (status: number, code: string, message: string, fields: object = {}) => new ApiError(status, [{ code, message, ...fields }]);
const bad = (code: string, message: string, fields: object = {}) => error(400, code, message, fields);

/** Refuses an update of a draft while its publishing runs. Connect's own code for it is not documented: this one is the emulator's. */
const DRAFT_LOCKED = "ConnectorStagedProcessing";

/** The catalogue: every error that Connect documents, with its text. Statuses of the Connector and Deployment codes are not documented; 400 is assumed. */
export const fail = {
  invalidJson: (detail: string) => bad("InvalidJsonInput", "Request body does not contain valid JSON.", { detailedErrorMessage: detail }),
  invalidPath: (detail: string) => bad("InvalidPathParam", "Request path param is not valid", { detailedErrorMessage: detail }),
  invalidQuery: (detail: string) => bad("InvalidQueryParam", "Request query param is not valid", { detailedErrorMessage: detail }),
  duplicate: (field: string, value: string) =>
    bad("DuplicateField", `A duplicate value ${value} exists for field ${field}.`, { field, duplicateValue: value }),
  valueNotFound: (field: string, value: string) =>
    bad("FieldValueNotFound", `The value ${value} for the ${field} field was not found`, { field, value }),
  notFound: (named: Named) =>
    error(404, "ResourceNotFound", `The Resource with ${named.key ? "key" : "id"} '${named.key ?? named.id ?? ""}' was not found.`),
  noRoute: () => error(404, "ResourceNotFound", "The Resource was not found."),
  conflict: (named: Named, expectedVersion: number, currentVersion: number) =>
    error(
      409,
      "ConcurrentModification",
      `Object ${nameOf(named)} has a different version than expected. Expected: ${expectedVersion} - Actual: ${currentVersion})`,
      { expectedVersion, currentVersion },
    ),
  unauthenticated: () => new ApiError(401, [{ code: "invalid_token", message: "invalid_token" }], { error: "invalid_token" }),
  forbidden: (scope: string) =>
    new ApiError(403, [{ code: "insufficient_scope", message: `Insufficient scope. One of the following scopes is missing: ${scope}` }], {
      error: "insufficient_scope",
    }),
  denied: () => error(403, "AuthorizationError", "Access denied"),
  general: () => error(500, "General", "Write operations are temporarily unavailable"),

  notPreviewable: (named: Named, version: number) =>
    bad("ConnectorStagedNotPreviewable", `Connector ${nameOf(named)} with version ${version} is not previewable`),
  notPrivate: (named: Named) =>
    bad("ConnectorStagedNotPrivate", `The operation is not valid because ConnectorStaged with ${nameOf(named)} is not private`),
  previewUnderProcess: () => bad("ConnectorStagedPreviewRequestUnderProcess", "The ConnectorStaged preview request is already in progress"),
  inCertification: () => bad("ConnectorStagedInCertification", "The ConnectorStaged is already in certification"),
  alreadyCertified: () => bad("ConnectorAlreadyCertified", "The ConnectorStaged is already certified"),
  locked: () => error(409, DRAFT_LOCKED, "The ConnectorStaged is being processed and cannot be changed now"),
  referenceNotFound: (identifier: string, version: number | undefined) =>
    bad("ConnectorReferenceNotFound", `Connector '${identifier}' with version ${version ?? "any"} not found`),
  specificationNotFound: (url: string, tag: string) =>
    bad("ConnectorSpecificationFileNotFound", `The file connect.yaml at ${url} with the tag ${tag} was not found`),
  specificationNotValid: (url: string, tag: string, detail: string) =>
    bad("ConnectorSpecificationFileNotValid", `The file connect.yaml at ${url} with the tag ${tag} is not valid`, {
      detailedErrorMessage: detail,
    }),
  repositoryNotReachable: () => bad("GitRepositoryNotReachable", "Repository with the tag is not reachable"),

  unsupportedRegion: (region: string) => bad("DeploymentUnsupportedRegion", `Deployment unsupported region ${region}`),
  invalidType: (named: Named, type: string, allowed: string) =>
    bad(
      "DeploymentInvalidType",
      `The Connector ${nameOf(named)} cannot be deployed as a '${type}' type. Only '${allowed}' types are allowed.`,
    ),
  productionDeactivated: () =>
    bad(
      "DeploymentProductionDeactivated",
      "Deployments to production are disabled for this Project. Please contact support to enable production deployments.",
    ),
  unknownApplication: (name: string) =>
    bad("DeploymentUnknownApplicationConfiguration", `Deployment does not require configuration for application named '${name}'.`),
  unknownKey: (kind: ConfigurationKind, key: string, application: string) =>
    bad(
      "DeploymentUnknownApplicationConfigurationKey",
      `Deployment does not require ${kind} configuration with key ${key} for application named ${application}.`,
    ),
  missingGlobalKey: (kind: ConfigurationKind, key: string) =>
    bad("DeploymentMissingGlobalConfigurationKey", `Deployment global configuration requires ${kind} with key ${key}.`),
  unknownGlobalKey: (kind: ConfigurationKind, key: string) =>
    bad("DeploymentUnknownGlobalConfigurationKey", `Deployment global configuration does not require ${kind} with key ${key}.`),
  emptyGlobalKey: (kind: ConfigurationKind, key: string) =>
    bad(
      "DeploymentEmptyRequiredGlobalConfigurationKey",
      `Deployment requires a non empty value for ${kind} global configuration with key ${key}.`,
    ),
  applicationRequired: () => bad("DeploymentApplicationRequired", "A Deployment requires at least one application"),
  applicationDoesNotBelong: (named: Named, application: string) =>
    bad("DeploymentApplicationDoNotBelong", `Deployment with ${nameOf(named)} does not include application: ${application}`),
  invalidTransition: (status: string) => bad("DeploymentInvalidStatusTransition", `Invalid status change: Already ${status.toLowerCase()}`),
  connectorUpdateFailure: (named: Named, connector: Named, cause: string) =>
    bad(
      "DeploymentConnectorUpdateFailure",
      `Deployment with ${nameOf(named)} failed while trying to update Connector ${nameOf(connector)} (cause: ${cause})`,
    ),
  applicationDoesNotExist: (name: string) =>
    bad("DeploymentApplicationDoesNotExist", `Deployment does not have an application named ${name}.`),
  logDate: (which: "start" | "end") => bad("DeploymentLogInvalidDate", `Invalid ${which} date`),
  logPageToken: (token: string) => bad("DeploymentLogInvalidPageToken", `Invalid page token: ${token}`),
  logApplication: () => bad("DeploymentLogMissingApplicationName", "Missing application name when fetching deployment logs"),
  retryPolicy: (detail: string) => bad("DeploymentInvalidRetryPolicy", `The retry policy is not valid: ${detail}`),
  retryPolicyOverride: (name: string) =>
    bad("DeploymentRetryPolicyOverrideNotAllowed", `The retry policy of application ${name} cannot be overridden`),
} as const;

/** Connect's words for the two kinds of configuration. */
export type ConfigurationKind = "secret" | "standard";

/** The token endpoint's own envelope. */
export function oauthError(status: number, code: string, description: string): ApiError {
  return new ApiError(status, [{ code, message: description }], { error: code, error_description: description });
}
