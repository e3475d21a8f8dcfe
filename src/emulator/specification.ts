import { parseDocument } from "yaml";
import { type TSchema, Type } from "typebox";
import { Compile } from "typebox/compile";
import type { ApplicationSpecification, ConfigurationApplication, Definition, Definitions, RetryPolicy, Specification } from "./types.ts";

/** A file that breaks a rule of connect.yaml; the message says which. */
export class SpecificationError extends Error {}

const ENDPOINT = String.raw`^(?!.*//)[A-Za-z0-9_\-/]{1,256}$`;
const SCHEDULE = String.raw`^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|@every (\d+(ns|us|µs|ms|s|m|h))+|(\S+ ){4,6}\S+)$`;
const strict = { additionalProperties: false } as const;
const words = Type.String({ pattern: String.raw`\S` });
const name = Type.String({ pattern: "^[a-zA-Z0-9_-]{2,256}$" });
const key = Type.String({ pattern: "^[a-zA-Z0-9_]{2,256}$" });
const second = Type.Integer({ minimum: 1, maximum: 20 });
const endpoint = Type.String({ pattern: ENDPOINT });

const standardKey = Type.Object(
  { key, description: words, required: Type.Optional(Type.Boolean()), default: Type.Optional(words) },
  strict,
);
const securedKey = Type.Object({ key, description: words, required: Type.Optional(Type.Boolean()) }, strict);
const Configuration = Type.Object(
  {
    standardConfiguration: Type.Optional(Type.Array(standardKey)),
    securedConfiguration: Type.Optional(Type.Array(securedKey)),
  },
  strict,
);
const backoff = Type.Integer({ minimum: 1, maximum: 600 });
/** How a connect.yaml writes a retry policy; requests write it the same way. */
export const RetryPolicySchema = Type.Union([
  Type.Object({ strategy: Type.Literal("immediate") }, strict),
  Type.Object(
    {
      strategy: Type.Literal("exponential-backoff"),
      minBackoffSeconds: backoff,
      maxBackoffSeconds: backoff,
      maxAttempts: Type.Optional(Type.Integer({ minimum: 5, maximum: 100 })),
    },
    strict,
  ),
]);

const common = { name, configuration: Type.Optional(Configuration) };
const scripts = Type.Optional(Type.Object({ postDeploy: Type.Optional(words), preUndeploy: Type.Optional(words) }, strict));
const healthCheck = Type.Optional(
  Type.Object(
    {
      path: endpoint,
      intervalSeconds: Type.Optional(second),
      timeoutSeconds: Type.Optional(second),
      unhealthyThreshold: Type.Optional(second),
    },
    strict,
  ),
);
const of = (type: string, fields: Record<string, TSchema>) =>
  Type.Object({ ...common, applicationType: Type.Literal(type), ...fields }, strict);

/** One rule set for each type of application. */
const APPLICATIONS: Readonly<Record<string, ReturnType<typeof Compile>>> = Object.fromEntries(
  [
    of("service", { endpoint, scripts, healthCheck }),
    of("event", { endpoint, scripts, healthCheck, retryPolicy: Type.Optional(RetryPolicySchema) }),
    of("job", { endpoint, scripts, properties: Type.Object({ schedule: Type.String({ pattern: SCHEDULE }) }, strict) }),
    Type.Object({ name, applicationType: Type.Literal("assets") }, strict),
    of("merchant-center-custom-application", { scripts }),
    of("merchant-center-custom-view", { scripts }),
  ].map((schema) => [schema.properties.applicationType.const, Compile(schema)]),
);
/** The fields that are read from an application of a type that is not known here; it may have more. */
const Unknown = Compile(
  Type.Object({
    ...common,
    applicationType: Type.String(),
    endpoint: Type.Optional(endpoint),
    scripts,
    retryPolicy: Type.Optional(RetryPolicySchema),
    properties: Type.Optional(Type.Object({ schedule: Type.Optional(Type.String()) })),
  }),
);
const File = Compile(
  Type.Object(
    {
      deployAs: Type.Array(Type.Object({ name, applicationType: Type.String() }), { minItems: 1 }),
      inheritAs: Type.Optional(
        Type.Object(
          {
            configuration: Type.Optional(Configuration),
            apiClient: Type.Optional(Type.Object({ scopes: Type.Array(words, { minItems: 1 }) }, strict)),
          },
          strict,
        ),
      ),
    },
    strict,
  ),
);

type RawConfiguration = { standardConfiguration?: Definition[]; securedConfiguration?: Definition[] };
type RawApplication = {
  name: string;
  applicationType: string;
  configuration?: RawConfiguration;
  endpoint?: string;
  properties?: { schedule: string };
  scripts?: { postDeploy?: string; preUndeploy?: string };
  retryPolicy?: RetryPolicy;
};
type RawFile = { deployAs: RawApplication[]; inheritAs?: { configuration?: RawConfiguration; apiClient?: { scopes: string[] } } };

/** Reads a connect.yaml by its rules; throws {@link SpecificationError} for the first one that is broken. */
export function parseSpecification(text: string): Specification {
  const document = parseDocument(text, { uniqueKeys: true });
  if (document.errors.length > 0) throw new SpecificationError("it is not valid YAML");
  const raw = plain(document);
  check(File, raw, "");
  const { deployAs, inheritAs } = raw as RawFile;
  const applications = deployAs.map((each, at) => {
    const type = each.applicationType === "mc-app" ? "merchant-center-custom-application" : each.applicationType;
    const rules = Object.hasOwn(APPLICATIONS, type) ? APPLICATIONS[type] : undefined;
    check(rules ?? Unknown, { ...each, applicationType: type }, `/deployAs/${at}`);
    return { ...each, applicationType: rules === undefined ? "unknown" : type };
  });
  const global = inheritAs?.configuration === undefined ? undefined : definitions(inheritAs.configuration);
  checkNames(applications.map((each) => each.name));
  checkKeys(applications, global);
  for (const each of applications) checkRetryPolicy(each);
  for (const each of applications) checkMerchantCenter(each, global);
  return {
    configurations: applications.map(configuration),
    globalConfiguration: global,
    apiClient: inheritAs?.apiClient,
    applications: new Map(applications.map((each) => [each.name, rest(each)])),
  };
}

/** The value of a document; anchors that lead nowhere or grow without end break it as much as bad syntax does. */
function plain(document: ReturnType<typeof parseDocument>): unknown {
  try {
    return document.toJS({ maxAliasCount: 50 });
  } catch {
    throw new SpecificationError("it is not valid YAML");
  }
}

function check(validator: ReturnType<typeof Compile>, value: unknown, path: string): void {
  if (!validator.Check(value)) throw new SpecificationError(path + firstError(validator, value));
}

/** Where a value breaks a schema first, and how. */
export function firstError(validator: ReturnType<typeof Compile>, value: unknown): string {
  const [first] = validator.Errors(value);
  const message = first?.message === "schema is false" ? "is not a known field" : (first?.message ?? "is not valid");
  return `${first?.instancePath ?? ""}: ${message}`;
}

function definitions({ standardConfiguration = [], securedConfiguration = [] }: RawConfiguration): Definitions {
  return { standardConfiguration, securedConfiguration };
}

function configuration({ name: applicationName, applicationType, configuration: raw = {} }: RawApplication): ConfigurationApplication {
  return { applicationName, applicationType, ...definitions(raw) };
}

function rest({ endpoint: path, properties, scripts: given, retryPolicy }: RawApplication): ApplicationSpecification {
  return {
    endpoint: path,
    schedule: properties?.schedule,
    postDeploy: given?.postDeploy !== undefined,
    preUndeploy: given?.preUndeploy !== undefined,
    retryPolicy,
  };
}

function checkNames(names: readonly string[]): void {
  const twice = names.find((each, at) => names.indexOf(each) !== at);
  if (twice !== undefined) throw new SpecificationError(`the application name ${twice} stands twice`);
}

const RESERVED = new Set(["PORT", "K_SERVICE", "K_REVISION", "K_CONFIGURATION"]);
const keysOf = (held: Definitions | undefined): string[] =>
  held === undefined ? [] : [...held.standardConfiguration, ...held.securedConfiguration].map((each) => each.key);

function checkKeys(applications: readonly RawApplication[], global: Definitions | undefined): void {
  const shared = keysOf(global);
  for (const keys of [shared, ...applications.map((each) => keysOf(definitions(each.configuration ?? {})))]) {
    const reserved = keys.find((each) => RESERVED.has(each.toUpperCase()));
    if (reserved !== undefined) throw new SpecificationError(`the key ${reserved} is reserved`);
    const twice = keys.find((each, at) => keys.indexOf(each) !== at || (keys !== shared && shared.includes(each)));
    if (twice !== undefined) throw new SpecificationError(`the key ${twice} is defined twice`);
  }
}

function checkRetryPolicy({ name: application, retryPolicy }: RawApplication): void {
  const { minBackoffSeconds = 0, maxBackoffSeconds = 0 } = retryPolicy ?? {};
  if (minBackoffSeconds > maxBackoffSeconds)
    throw new SpecificationError(`the retryPolicy of ${application} has minBackoffSeconds above maxBackoffSeconds`);
}

const MERCHANT_CENTER: Readonly<Record<string, readonly string[]>> = {
  "merchant-center-custom-application": ["CUSTOM_APPLICATION_ID", "ENTRY_POINT_URI_PATH"],
  "merchant-center-custom-view": ["CUSTOM_VIEW_ID"],
};

function checkMerchantCenter(
  { name: application, applicationType, configuration: raw = {} }: RawApplication,
  global: Definitions | undefined,
): void {
  const needed = MERCHANT_CENTER[applicationType];
  if (needed === undefined) return;
  const { standardConfiguration, securedConfiguration } = definitions(raw);
  const required = (held: readonly Definition[], wanted: string) => held.find((each) => each.key === wanted && each.required === true);
  const missing = needed.find((wanted) => required(standardConfiguration, wanted) === undefined);
  if (missing !== undefined) throw new SpecificationError(`${application} must require the standard key ${missing}`);
  if (securedConfiguration.length > 0) throw new SpecificationError(`${application} must not have secured keys`);
  const cloud =
    required(global?.standardConfiguration ?? [], "CLOUD_IDENTIFIER") ??
    standardConfiguration.find((each) => each.key === "CLOUD_IDENTIFIER" && (each.required === true || each.default !== undefined));
  if (cloud === undefined) throw new SpecificationError(`${application} needs CLOUD_IDENTIFIER`);
}
