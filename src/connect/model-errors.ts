import { type Static, Type } from "typebox";
import { answer, maybe, text, whole } from "./model-shapes.ts";

/** Connect's error codes, each with the fields that its entries carry beside `code` and `message`. A `?` marks one that may be absent. */
export const ERROR_CODES = {
  AuthenticationError: [],
  AuthorizationError: [],
  BadGateway: [],
  ConcurrentModification: ["expectedVersion?", "currentVersion?"],
  ConnectorAlreadyCertified: [],
  ConnectorReferenceNotFound: [],
  ConnectorSpecificationFileNotFound: [],
  ConnectorSpecificationFileNotValid: [],
  ConnectorStagedInCertification: [],
  ConnectorStagedNotPreviewable: [],
  ConnectorStagedNotPrivate: [],
  ConnectorStagedPreviewRequestUnderProcess: [],
  DeploymentApplicationDoNotBelong: [],
  DeploymentApplicationDoesNotExist: [],
  DeploymentApplicationRequired: [],
  DeploymentConnectorUpdateFailure: [],
  DeploymentEmptyRequiredGlobalConfigurationKey: [],
  DeploymentInvalidRetryPolicy: [],
  DeploymentInvalidStatusTransition: [],
  DeploymentInvalidType: [],
  DeploymentLogInvalidDate: [],
  DeploymentLogInvalidPageToken: [],
  DeploymentLogMissingApplicationName: [],
  DeploymentMissingGlobalConfigurationKey: [],
  DeploymentProductionDeactivated: [],
  DeploymentRetryPolicyOverrideNotAllowed: [],
  DeploymentRollbackNotAllowed: [],
  DeploymentUnknownApplicationConfiguration: [],
  DeploymentUnknownApplicationConfigurationKey: [],
  DeploymentUnknownGlobalConfigurationKey: [],
  DeploymentUnsupportedRegion: [],
  DuplicateField: ["field", "duplicateValue"],
  FieldValueNotFound: ["field", "value"],
  General: [],
  GitRepositoryNotReachable: [],
  InvalidJsonInput: ["detailedErrorMessage"],
  InvalidPathParam: ["detailedErrorMessage"],
  InvalidQueryParam: ["detailedErrorMessage"],
  ResourceNotFound: [],
} as const satisfies Record<string, readonly string[]>;

/** One entry of the error envelope. */
export const ErrorObject = answer("ErrorObject", "One error; some codes carry fields of their own.", {
  code: text("What went wrong, for programs."),
  message: text("What went wrong, for people."),
});
export type ErrorObject = Static<typeof ErrorObject>;

/** The body of every error answer. */
export const ErrorResponse = answer("ErrorResponse", "The body of every error answer.", {
  statusCode: whole("HTTP status of the answer."),
  message: text("Message of the first error."),
  errors: maybe(Type.Array(ErrorObject), "All errors; all have the same HTTP status."),
});
export type ErrorResponse = Static<typeof ErrorResponse>;
