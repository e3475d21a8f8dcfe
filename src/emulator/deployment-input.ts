import { Compile } from "typebox/compile";
import { type ConfigurationKind, fail, type Named } from "./errors.ts";
import { RetryPolicySchema } from "./specification.ts";
import type { Application, Definition, Definitions, RetryPolicy, Specification, Value, Values } from "./types.ts";

/** Values for one application, as requests carry them. */
export type ApplicationInput = {
  applicationName: string;
  standardConfiguration?: Value[];
  securedConfiguration?: Value[];
  schedule?: string;
  retryPolicy?: unknown;
};
export type ConfigurationInput = { standardConfiguration?: Value[]; securedConfiguration?: Value[] };

/** Connect's own mask: as long as the value. */
const mask = ({ key, value }: Value): Value => ({ key, value: "*".repeat(value.length) });

/** The applications of a new deployment. */
export function newApplications(specification: Specification, given: readonly ApplicationInput[], newId: () => string): Application[] {
  if (given.length === 0) throw fail.applicationRequired();
  return given.map((input) => {
    const application: Application = {
      id: newId(),
      applicationName: input.applicationName,
      standardConfiguration: [],
      securedConfiguration: [],
    };
    return changed(specification, application, input);
  });
}

/** The applications of a deployment after a redeploy: values that are not repeated stay as they are. */
export function changedApplications(
  specification: Specification,
  applications: readonly Application[],
  given: readonly ApplicationInput[] | undefined,
  named: Named,
): Application[] {
  if (given === undefined) return [...applications];
  if (given.length === 0) throw fail.applicationRequired();
  for (const { applicationName } of given) {
    if (applications.some((each) => each.applicationName === applicationName)) continue;
    const known = specification.configurations.some((each) => each.applicationName === applicationName);
    throw known ? fail.applicationDoesNotBelong(named, applicationName) : fail.unknownApplication(applicationName);
  }
  return applications.map((application) => {
    const input = given.find((each) => each.applicationName === application.applicationName);
    return input === undefined ? application : changed(specification, application, input);
  });
}

function changed(specification: Specification, application: Application, input: ApplicationInput): Application {
  const name = input.applicationName;
  const definitions = specification.configurations.find((each) => each.applicationName === name);
  if (definitions === undefined) throw fail.unknownApplication(name);
  refuseUnknown(definitions, input, (kind, key) => fail.unknownKey(kind, key, name));
  const retryPolicy = readRetryPolicy(definitions.applicationType, input);
  return {
    ...application,
    ...merged(application, input),
    ...(input.schedule !== undefined && definitions.applicationType === "job" ? { schedule: input.schedule } : {}),
    ...(retryPolicy === undefined ? {} : { retryPolicy }),
  };
}

/** The values that all applications share, of a new deployment. */
export function newGlobalConfiguration(definitions: Definitions | undefined, given: ConfigurationInput | undefined): Values | undefined {
  if (given !== undefined) refuseUnknown(definitions, given, fail.unknownGlobalKey);
  if (definitions === undefined) return undefined;
  const input = given ?? {};
  forKinds(definitions, input, (kind, defined, values) => {
    for (const definition of defined.filter((each) => each.required === true)) {
      const value = values.find((each) => each.key === definition.key);
      if (value === undefined && definition.default === undefined) throw fail.missingGlobalKey(kind, definition.key);
      if (value?.value === "") throw fail.emptyGlobalKey(kind, definition.key);
    }
  });
  return merged({ standardConfiguration: [], securedConfiguration: [] }, input);
}

/** The shared values after a redeploy; empty lists, which the official CLI always sends, change nothing. */
export function changedGlobalConfiguration(
  definitions: Definitions | undefined,
  held: Values | undefined,
  given: ConfigurationInput | undefined,
): Values | undefined {
  if (given === undefined) return held;
  refuseUnknown(definitions, given, fail.unknownGlobalKey);
  if (definitions === undefined) return held;
  forKinds(definitions, given, (kind, defined, values) => {
    const empty = values.find(({ key, value }) => value === "" && defined.some((each) => each.key === key && each.required === true));
    if (empty !== undefined) throw fail.emptyGlobalKey(kind, empty.key);
  });
  return merged(held ?? { standardConfiguration: [], securedConfiguration: [] }, given);
}

type KindVisitor = (kind: ConfigurationKind, defined: readonly Definition[], values: readonly Value[]) => void;

function forKinds(definitions: Definitions | undefined, given: ConfigurationInput, visit: KindVisitor): void {
  visit("standard", definitions?.standardConfiguration ?? [], given.standardConfiguration ?? []);
  visit("secret", definitions?.securedConfiguration ?? [], given.securedConfiguration ?? []);
}

function refuseUnknown(
  definitions: Definitions | undefined,
  given: ConfigurationInput,
  refusal: (kind: ConfigurationKind, key: string) => Error,
): void {
  forKinds(definitions, given, (kind, defined, values) => {
    const unknown = values.find(({ key }) => !defined.some((each) => each.key === key));
    if (unknown !== undefined) throw refusal(kind, unknown.key);
  });
}

function merged(held: Values, given: ConfigurationInput): Values {
  const merge = (before: readonly Value[], after: readonly Value[]): Value[] => {
    const values = new Map([...before, ...after].map((each) => [each.key, each]));
    return [...values.values()];
  };
  return {
    standardConfiguration: merge(held.standardConfiguration, given.standardConfiguration ?? []),
    securedConfiguration: merge(held.securedConfiguration, (given.securedConfiguration ?? []).map(mask)),
  };
}

const retryPolicyRules = Compile(RetryPolicySchema);

function readRetryPolicy(applicationType: string, { applicationName, retryPolicy }: ApplicationInput): RetryPolicy | undefined {
  if (retryPolicy === undefined) return undefined;
  if (applicationType !== "event") throw fail.retryPolicyOverride(applicationName);
  if (!retryPolicyRules.Check(retryPolicy)) throw fail.retryPolicy("it does not have the form of one of the strategies");
  const policy = retryPolicy as RetryPolicy;
  if ((policy.minBackoffSeconds ?? 0) > (policy.maxBackoffSeconds ?? 0))
    throw fail.retryPolicy("minBackoffSeconds is above maxBackoffSeconds");
  return policy;
}
