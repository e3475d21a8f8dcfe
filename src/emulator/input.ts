import { type TSchema, Type } from "typebox";
import { Compile } from "typebox/compile";
import { Clean } from "typebox/value";
import { fail } from "./errors.ts";
import { firstError } from "./specification.ts";
import type { State } from "./state.ts";

const strict = { additionalProperties: false } as const;
const text = Type.String();
const maybe = Type.Optional(text);
/** Keys of drafts and deployments. */
const key = Type.String({ pattern: "^[A-Za-z0-9_-]+$", minLength: 2, maxLength: 256 });
const project = Type.String({ pattern: "^[a-zA-Z0-9_.-]+:[a-zA-Z0-9_-]{2,36}$" });
const version = Type.Number();
export const REGIONS = ["europe-west1.gcp", "us-central1.gcp", "australia-southeast1.gcp", "us-east-2.aws", "eu-central-1.aws"];
const region = Type.Enum(REGIONS);
export const INTEGRATION_TYPES = "tax marketplace oms psp pim promotion search erp crm email analytics shipping giftcard other".split(" ");
const integrationTypes = Type.Array(Type.Enum(INTEGRATION_TYPES));
export const DEPLOYMENT_TYPES = ["preview", "sandbox", "production"];

const values = Type.Array(Type.Object({ key: text, value: text }, strict));
const configuration = Type.Object({ standardConfiguration: Type.Optional(values), securedConfiguration: Type.Optional(values) }, strict);
const applications = Type.Array(
  Type.Object(
    {
      applicationName: text,
      standardConfiguration: Type.Optional(values),
      securedConfiguration: Type.Optional(values),
      schedule: maybe,
      retryPolicy: Type.Optional(Type.Unknown()),
    },
    strict,
  ),
);

/** Bodies of the requests, by Connect's names. */
export const DraftBody = Type.Object(
  {
    key: Type.Optional(key),
    name: text,
    description: maybe,
    integrationTypes: Type.Optional(integrationTypes),
    creator: Type.Object(
      {
        email: Type.String({ pattern: String.raw`^[^\s@]+@[^\s@]+\.[^\s@]+$` }),
        name: maybe,
        title: maybe,
        company: maybe,
        noOfContributors: Type.Optional(Type.Integer({ minimum: 1 })),
        logoUrl: maybe,
        supportUrl: maybe,
      },
      strict,
    ),
    repository: Type.Object({ url: text, tag: text }, strict),
    supportedRegions: Type.Optional(Type.Array(region)),
    privateProjects: Type.Optional(Type.Array(project)),
    documentationUrl: maybe,
  },
  strict,
);
export const DeploymentBody = Type.Object(
  {
    key: Type.Optional(key),
    type: Type.Optional(Type.Enum(DEPLOYMENT_TYPES)),
    connector: Type.Object({ id: maybe, key: maybe, staged: Type.Optional(Type.Boolean()), version: Type.Optional(version) }, strict),
    configurations: applications,
    globalConfiguration: Type.Optional(configuration),
    region: text,
  },
  strict,
);
export const UpdateBody = Type.Object(
  { version, actions: Type.Array(Type.Object({ action: text }, { additionalProperties: Type.Unknown() })) },
  strict,
);

const action = (fields: Record<string, TSchema>) => Type.Object({ action: text, ...fields }, strict);

/** Fields of each update action of a staged connector. */
export const DRAFT_ACTIONS: Readonly<Record<string, TSchema>> = {
  setName: action({ name: text }),
  setDescription: action({ description: text }),
  setIntegrationTypes: action({ integrationTypes }),
  setRepository: action({ url: maybe, tag: text }),
  setSupportedRegions: action({ regions: Type.Array(region, { minItems: 1 }) }),
  setDocumentationUrl: action({ documentationUrl: text }),
  setCreatorName: action({ creatorName: text }),
  setCreatorTitle: action({ creatorTitle: text }),
  setCreatorEmail: action({ creatorEmail: text }),
  setCreatorCompany: action({ creatorCompany: text }),
  setCreatorLogo: action({ logoUrl: text }),
  setCreatorSupportUrl: action({ creatorSupportUrl: text }),
  setCreatorNoOfContributors: action({ creatorNoOfContributors: Type.Integer({ minimum: 1 }) }),
  addPrivateProject: action({ privateProject: project }),
  removePrivateProject: action({ privateProject: project }),
  updatePreviewable: action({}),
  publish: action({ certification: Type.Boolean() }),
  addCertificationComment: action({ comment: text }),
  unlist: action({}),
};

/** Fields of each update action of a deployment. */
export const DEPLOYMENT_ACTIONS: Readonly<Record<string, TSchema>> = {
  redeploy: action({
    skipScripts: Type.Optional(Type.Boolean()),
    configurationValues: Type.Optional(applications),
    globalConfiguration: Type.Optional(configuration),
    updateConnector: Type.Optional(Type.Boolean()),
  }),
};

const compiled = new WeakMap<TSchema, ReturnType<typeof Compile>>();

/** Checks a body; unknown fields are dropped, as upstream does, or refused in strict mode. The type of the result is the caller's claim. */
export function readBody<T>(state: State, schema: TSchema, body: unknown, path = ""): T {
  const validator = compiled.get(schema) ?? Compile(schema);
  compiled.set(schema, validator);
  if (body === undefined) throw fail.invalidJson("The request body is empty.");
  const value: unknown = state.options.strict ? body : Clean(schema, body);
  if (!validator.Check(value)) throw fail.invalidJson(path + firstError(validator, value));
  return value as T;
}

/** One update action by its name, with its fields checked. */
export type Action = { readonly action: string; readonly [field: string]: unknown };

/** Checks an update: its envelope, then every action by the rules of its name. */
export function readUpdate(
  state: State,
  actions: Readonly<Record<string, TSchema>>,
  body: unknown,
): { version: number; actions: Action[] } {
  const { version: expected, actions: given } = readBody<{ version: number; actions: Action[] }>(state, UpdateBody, body);
  const read = given.map((each, at) => {
    const schema = Object.hasOwn(actions, each.action) ? actions[each.action] : undefined;
    if (schema === undefined) throw fail.invalidJson(`/actions/${at}/action: names no update action`);
    return readBody<Action>(state, schema, each, `/actions/${at}`);
  });
  return { version: expected, actions: read };
}
