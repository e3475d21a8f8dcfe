import type { Structure } from "../scrub/index.ts";
import { MODEL_SCHEMAS } from "./model-registry.ts";
import { ERROR_CODES } from "./model-errors.ts";
import { CONNECTOR_STATUSES, DEPLOYMENT_STATUSES, LOG_SEVERITIES, LOG_TYPES, REPORT_ENTRY_TYPES } from "./model-values.ts";

const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)$/;
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const oneOf = (...words: readonly string[]): RegExp => new RegExp(`^(?:${words.join("|")})$`);

/** The names that the vocabulary has for fields, at any depth. */
const NAMES: ReadonlySet<string> = new Set([...MODEL_SCHEMAS.values()].flatMap(namesIn));

function namesIn(schema: unknown): string[] {
  if (schema === null || typeof schema !== "object") return [];
  const { properties } = schema as { properties?: object };
  return [...Object.keys(properties ?? {}), ...Object.values(schema).flatMap(namesIn)];
}

const isName = (name: string): boolean => NAMES.has(name);

/** By the names of fields: what in them programs go by. Anything else in there may quote somebody's text. */
const PLAIN: ReadonlyMap<string, Pick<RegExp, "test">> = new Map<string, Pick<RegExp, "test">>([
  ["code", oneOf(...Object.keys(ERROR_CODES))],
  ["field", { test: isName }],
  ["type", oneOf(...REPORT_ENTRY_TYPES, ...LOG_TYPES)],
  ["severity", oneOf(...LOG_SEVERITIES)],
  ["status", oneOf(...DEPLOYMENT_STATUSES, ...CONNECTOR_STATUSES)],
  ["applicationName", /^[\w-]+$/],
  ["createdAt", MOMENT],
  ["timestamp", MOMENT],
  ["id", ID],
  ["deploymentId", ID],
]);
const PLAIN_NUMBERS: ReadonlySet<string> = new Set(["statusCode", "version", "currentVersion", "expectedVersion"]);

/** What an application wrote into its log is its own. */
const OWN_WORDS: Structure = { isName, isPlain: () => false, inside: new Map() };

/** What upstream's errors, reports and log pages hold beside texts. */
export const STRUCTURE: Structure = {
  isName,
  isPlain: (name, value) => (typeof value === "number" ? PLAIN_NUMBERS.has(name) : PLAIN.get(name)?.test(value) === true),
  inside: new Map([["details", OWN_WORDS]]),
};
