import type { Deployment, Page, Sealed } from "../connect/index.ts";
import {
  APPLICATION_TYPES,
  CONNECTOR_STATUSES,
  DEPLOYMENT_STATUSES,
  DEPLOYMENT_TYPES,
  INTEGRATION_TYPES,
  LOG_SEVERITIES,
  LOG_TYPES,
  REPORT_ENTRY_TYPES,
} from "../connect/model.ts";
import { projectId } from "../services/index.ts";
import { paging } from "./arguments.ts";
import type { GraphContext } from "./context.ts";
import type { Resolvers } from "./schema.types.ts";

/** A value of upstream as a member of the enum, or `Unknown`: upstream adds values without notice. */
function oneOf<T extends string>(known: readonly T[]): (value: unknown) => T | "Unknown" {
  const values = new Set<unknown>(known);
  return (value) => (values.has(value) ? (value as T) : "Unknown");
}
