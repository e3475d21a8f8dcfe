import { DEPLOYMENT_TYPES } from "../connect/model.ts";
import { KEY, PROJECT } from "../identifiers.ts";
import { nearest } from "../nearest.ts";

/** Every type of event that there is. */
const EVENT_TYPES = [
  "deployment.created",
  "deployment.status_changed",
  "deployment.updated",
  "deployment.deleted",
  "connector_staged.created",
  "connector_staged.status_changed",
  "connector_staged.previewable_changed",
  "connector_staged.certification_comment_added",
  "connector_staged.updated",
  "connector_staged.deleted",
  "webhook.test",
  "webhook.disabled",
  "watch.degraded",
  "watch.recovered",
] as const;

const GROUPS = [...new Set(EVENT_TYPES.map((type) => `${type.slice(0, type.indexOf("."))}.*`))];
const TYPES: readonly string[] = [...EVENT_TYPES, ...GROUPS];
const KINDS: readonly string[] = DEPLOYMENT_TYPES;
const MOST = 100;

/** What is wrong with a list of a filter, in words that quote nothing of it; undefined when nothing is. Lists that could never match are wrong. */
export type Check = (values: readonly string[]) => string | undefined;

/** Types of events: exact ones, or groups such as `deployment.*`. */
export const checkTypes: Check = (values) =>
  outOfBounds(values) ?? faultIn(values, (value) => TYPES.includes(value), `each must be one of ${TYPES.join(", ")}`, TYPES);

/** Types of deployments. */
export const checkDeploymentTypes: Check = (values) =>
  outOfBounds(values) ?? faultIn(values, (value) => KINDS.includes(value), `each must be one of ${KINDS.join(", ")}`, KINDS);

/** Keys of resources. */
export const checkKeys: Check = (values) =>
  outOfBounds(values) ??
  faultIn(values, (value) => KEY.test(value), "each must be a key: 2 to 256 characters from A-Z, a-z, 0-9, _ and -", []);

/** Projects, with their regions. */
export const checkProjects: Check = (values) =>
  outOfBounds(values) ??
  faultIn(values, (value) => PROJECT.test(value), "each must be {region}:{projectKey}, such as europe-west1.gcp:my-project", []);

function outOfBounds({ length }: readonly string[]): string | undefined {
  return length >= 1 && length <= MOST ? undefined : `must name 1 to ${MOST}; leave it out for all`;
}

function faultIn(
  values: readonly string[],
  fits: (value: string) => boolean,
  text: string,
  allowed: readonly string[],
): string | undefined {
  const wrong = values.find((value) => !fits(value));
  if (wrong === undefined) return undefined;
  const meant = nearest(wrong, allowed);
  return meant === undefined ? text : `${text}; did you mean ${meant}?`;
}
