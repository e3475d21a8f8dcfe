/** Statuses of a staged connector. */
export const CONNECTOR_STATUSES = ["Draft", "Processing", "ReadyForCertification", "InCertification", "Published", "Failed"] as const;

/** Statuses of a deployment. */
export const DEPLOYMENT_STATUSES = ["Draft", "Queued", "Deploying", "Deployed", "Failed", "Undeploying", "UndeployFailed"] as const;

/** Types of a deployment. */
export const DEPLOYMENT_TYPES = ["preview", "sandbox", "production"] as const;

/** Types of an application of a connector. */
export const APPLICATION_TYPES = [
  "service",
  "event",
  "job",
  "merchant-center-custom-application",
  "merchant-center-custom-view",
  "assets",
] as const;

/** Fields of business that a connector serves. */
export const INTEGRATION_TYPES = [
  "tax",
  "marketplace",
  "oms",
  "psp",
  "pim",
  "promotion",
  "search",
  "erp",
  "crm",
  "email",
  "analytics",
  "shipping",
  "giftcard",
  "other",
] as const;

/** Regions in which Connect runs applications. */
export const REGIONS = ["europe-west1.gcp", "us-central1.gcp", "australia-southeast1.gcp", "us-east-2.aws", "eu-central-1.aws"] as const;

/** Answers to whether a staged connector may be deployed for a preview: texts, also the two that look like booleans. */
export const IS_PREVIEWABLE = ["true", "false", "pending", "none"] as const;

/** Types of an entry in a report of a connector or a deployment. */
export const REPORT_ENTRY_TYPES = ["Information", "Warning", "Error"] as const;

/** Severities of a log line, least first. */
export const LOG_SEVERITIES = ["DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"] as const;

/** Types of a log line. */
export const LOG_TYPES = ["HTTP_REQUEST", "APPLICATION_TEXT", "APPLICATION_JSON"] as const;
