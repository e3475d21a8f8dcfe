import type { FastifyRequest, FastifySchemaValidationError } from "fastify";
import { GatewayError, invalidBody, invalidPath, invalidQuery } from "../errors.ts";
import { connectorActions, deploymentActions } from "../connect/model.ts";
import { nearest } from "../nearest.ts";

type Found = FastifySchemaValidationError & {
  readonly parentSchema?: {
    readonly $id?: string;
    readonly properties?: Readonly<Record<string, unknown>>;
    readonly description?: string;
  };
};

/** The names of update actions, by the name of the type that is one of them. */
const ACTIONS: Readonly<Record<string, readonly string[]>> = {
  ConnectorUpdateAction: connectorActions.map(({ properties }) => properties.action.const),
  DeploymentUpdateAction: deploymentActions.map(({ properties }) => properties.action.const),
};

/** Old or neighbouring names and what they are called here: the mistakes that people make. */
const KNOWN_MISTAKES: Readonly<Record<string, string>> = {
  configurations: "configurationValues",
  configurationValues: "configurations",
  noOfDevelopers: "noOfContributors",
  creatorNoOfDevelopers: "creatorNoOfContributors",
  supportedRegions: "regions",
  creatorLogo: "logoUrl",
  creatorLogoUrl: "logoUrl",
  triggerCertification: "publish",
  setCreatorNoOfDevelopers: "setCreatorNoOfContributors",
  secureConfiguration: "securedConfiguration",
  securedConfigurations: "securedConfiguration",
  standardConfigurations: "standardConfiguration",
  deployedRegion: "region",
};

/** A failed check of a body or query as an error that says what is wrong, where, and what would be right, and quotes nothing that was sent. */
export function validationFailure(errors: readonly FastifySchemaValidationError[], part: string): GatewayError {
  const [first] = errors as readonly Found[];
  const detail = first === undefined ? "it does not have the expected form" : explain(first);
  if (part === "querystring") return invalidQuery(detail);
  return part === "params" ? invalidPath(detail) : invalidBody(detail);
}

function explain(found: Found): string {
  const where = found.instancePath === "" ? "" : `at ${found.instancePath}: `;
  const { params, parentSchema } = found;
  switch (found.keyword) {
    case "additionalProperties":
      return `${where}${unknownField(String(params["additionalProperty"]), Object.keys(parentSchema?.properties ?? {}))}`;
    case "required":
      return `${where}the field ${String(params["missingProperty"])} is missing`;
    case "type":
      return `${where}must be ${[params["type"]].flat().map(String).map(article).join(" or ")}`;
    case "enum":
      return `${where}must be one of ${(params["allowedValues"] as readonly unknown[]).join(", ")}`;
    case "discriminator":
      return `${where}${unknownAction(params["tagValue"], ACTIONS[parentSchema?.$id ?? ""] ?? [])}`;
    case "pattern":
      return `${where}has the wrong form. ${parentSchema?.description ?? ""}`.trim();
    default:
      // Limits such as minimum and maxLength: their messages hold the schema's numbers only.
      return `${where}${found.message ?? "is not valid"}`;
  }
}

function unknownField(name: string, allowed: readonly string[]): string {
  const meant = suggestion(name, allowed);
  const list = allowed.length === 0 ? "none is allowed here" : `allowed are ${allowed.join(", ")}`;
  return `unknown field; ${meant === undefined ? "" : `did you mean ${meant}? `}${list}`;
}

function unknownAction(name: unknown, allowed: readonly string[]): string {
  const meant = typeof name === "string" ? suggestion(name, allowed) : undefined;
  return `the field action does not name an update action; ${meant === undefined ? "" : `did you mean ${meant}? `}allowed are ${allowed.join(", ")}`;
}

/** The allowed name that was probably meant: that of a known mistake, or the nearest. */
function suggestion(name: string, allowed: readonly string[]): string | undefined {
  const known = Object.hasOwn(KNOWN_MISTAKES, name) ? KNOWN_MISTAKES[name] : undefined;
  if (known !== undefined && allowed.includes(known)) return known;
  return nearest(name, allowed);
}

function article(type: string): string {
  if (type === "null") return type;
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}

type ParameterSchema = { readonly type?: string; readonly items?: unknown };

/**
 * Gives query parameters their types before they are checked: whole numbers, booleans and lists by their schema, strictly, where a general coercion
 * would take `0x10` or `1e2` for a number and the first of two values for one. What is wrong with one of them, if something is.
 */
export function readQuery(request: FastifyRequest): GatewayError | undefined {
  const schema = request.routeOptions.schema?.querystring as { properties?: Record<string, ParameterSchema> } | undefined;
  // Made for this request, without a prototype that a name could reach.
  const query = request.query as Record<string, unknown>;
  for (const [name, value] of Object.entries(query as Record<string, string | string[]>)) {
    const parameter = schema?.properties !== undefined && Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined;
    // An unknown parameter is refused by its schema, under its own name there, which is not repeated.
    const read = parameter === undefined ? value : readParameter(name, parameter, value);
    if (read instanceof GatewayError) return read;
    query[name] = read;
  }
  return undefined;
}

/** The value of a parameter by its type, or what is wrong with it. */
function readParameter(name: string, { type }: ParameterSchema, value: string | string[]): unknown {
  if (type === "array") return [value].flat();
  if (Array.isArray(value)) return invalidQuery(`${name} may be given once only`);
  if (type === "integer") {
    if (!/^(0|[1-9]\d{0,14})$/.test(value)) return invalidQuery(`${name} must be a whole number, without sign`);
    return Number(value);
  }
  if (type === "boolean") {
    if (value !== "true" && value !== "false") return invalidQuery(`${name} must be true or false`);
    return value === "true";
  }
  return value;
}
