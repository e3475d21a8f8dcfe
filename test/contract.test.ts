import { readFileSync } from "node:fs";
import {
  buildSchema,
  type GraphQLSchema,
  isEnumType,
  isInputObjectType,
  isObjectType,
  isScalarType,
  isSpecifiedDirective,
  isSpecifiedScalarType,
} from "graphql";
import { test } from "tap";
import { type Operation, OPERATIONS } from "../src/services/index.ts";
import { at, type Json, read, startBoth } from "./helpers/gateway.ts";

type Facts = {
  endpoints: { method: string; path: string; query: string[] }[];
  types: Record<string, string[]>;
  enums: Record<string, string[]>;
  actions: { connectorStaged: Record<string, string[]>; deployment: Record<string, string[]> };
  errors: Record<string, string[]>;
};

const facts = JSON.parse(readFileSync(new URL("fixtures/connect-facts.json", import.meta.url), "utf8")) as Facts;
const SOURCE = readFileSync("schema.graphql", "utf8");
const bare = (field: string): string => field.replace("?", "");

/** Names that GraphQL has in the place of upstream's. Types that are only envelopes have none: see below. */
const TYPES: Readonly<Record<string, string>> = {
  ConnectorSearchPagedQueryResponse: "ConnectorQueryResult",
  ConnectorStagedPagedQueryResponse: "ConnectorStagedQueryResult",
  DeploymentPagedQueryResponse: "DeploymentQueryResult",
  DeploymentLogCursorPagedQueryResponse: "DeploymentLogQueryResult",
  ConnectorReference: "ConnectorReferenceInput",
  DeploymentConfigurationApplication: "DeploymentConfigurationApplicationInput",
};
/** In GraphQL, an update is the arguments of its mutation, and an error is an entry of `errors`. */
const MUTATIONS: Readonly<Record<string, string>> = { ConnectorUpdate: "updateConnectorStaged", DeploymentUpdate: "updateDeployment" };
const ENVELOPES = new Set(["ConnectorUpdateAction", "DeploymentUpdateAction", "ErrorObject", "ErrorResponse"]);
const ENUMS: Readonly<Record<string, string>> = {
  "ConnectorConfigurationApplication.applicationType": "ApplicationType",
  "DeploymentLog.type": "DeploymentLogType",
};
const PREVIEWABLE: Readonly<Record<string, string>> = { true: "Previewable", false: "NotPreviewable", pending: "Pending", none: "None" };
const ARGUMENTS: Readonly<Record<string, string>> = { "creator.company": "creatorCompany" };
const FIELDS: Readonly<Record<string, string>> = {
  "GET /connectors/search": "connectors",
  "GET /connectors/{ID}": "connector",
  "GET /connectors/drafts": "connectorsStaged",
  "POST /connectors/drafts": "createConnectorStaged",
  "GET /connectors/drafts/{ID}": "connectorStaged",
  "POST /connectors/drafts/{ID}": "updateConnectorStaged",
  "DELETE /connectors/drafts/{ID}": "deleteConnectorStaged",
  "GET /{projectKey}/deployments": "deployments",
  "POST /{projectKey}/deployments": "createDeployment",
  "GET /{projectKey}/deployments/{ID}": "deployment",
  "POST /{projectKey}/deployments/{ID}": "updateDeployment",
  "DELETE /{projectKey}/deployments/{ID}": "deleteDeployment",
  "GET /{projectKey}/deployments/{ID}/logs": "deploymentLogs",
};

function fieldsOf(schema: GraphQLSchema, name: string): readonly string[] {
  const type = schema.getType(name);
  return isObjectType(type) || isInputObjectType(type) ? Object.keys(type.getFields()) : [];
}

function argumentsOf(schema: GraphQLSchema, name: string): readonly string[] {
  const field = schema.getQueryType()?.getFields()[name] ?? schema.getMutationType()?.getFields()[name];
  return field?.args.map((argument) => argument.name) ?? [];
}

/** Everything of the facts that a GraphQL schema does not have. */
function missingFromSchema(schema: GraphQLSchema): string[] {
  const gaps: string[] = [];
  const need = (place: string, wanted: readonly string[], held: readonly string[]) =>
    void gaps.push(...wanted.filter((each) => !held.includes(each)).map((each) => `${place}: ${each}`));
  for (const [name, fields] of Object.entries(facts.types)) {
    const mutation = MUTATIONS[name];
    if (mutation !== undefined) need(mutation, fields, argumentsOf(schema, mutation));
    else if (!ENVELOPES.has(name)) need(name, fields.map(bare), fieldsOf(schema, TYPES[name] ?? name));
  }
  for (const [name, values] of Object.entries(facts.enums)) {
    if (name === "Region") continue;
    const type = schema.getType(ENUMS[name] ?? name);
    const held = isEnumType(type) ? type.getValues().map((value) => value.name) : [];
    const wanted =
      name === "IsPreviewable" ? values.map((value) => PREVIEWABLE[value] ?? value) : values.map((value) => value.replaceAll("-", "_"));
    need(name, [...wanted, "Unknown"], held);
  }
  for (const [resource, actions] of Object.entries(facts.actions)) {
    const union = resource === "deployment" ? "DeploymentUpdateAction" : "ConnectorStagedUpdateAction";
    need(union, Object.keys(actions), fieldsOf(schema, union));
    const type = schema.getType(union);
    for (const [action, fields] of Object.entries(actions)) {
      const input = isInputObjectType(type) ? type.getFields()[action]?.type : undefined;
      if (fields.length > 0) need(action, fields.map(bare), isInputObjectType(input) ? Object.keys(input.getFields()) : []);
    }
  }
  const codes = schema.getType("ErrorCode");
  need("ErrorCode", Object.keys(facts.errors), isEnumType(codes) ? codes.getValues().map((value) => value.name) : []);
  for (const { method, path, query } of facts.endpoints) {
    const place = `${method} ${path.replace("key={key}", "{ID}")}`;
    const lists = place === "GET /connectors/search" ? { id: "ids", key: "keys" } : {};
    const names: Readonly<Record<string, string>> = { ...ARGUMENTS, ...lists };
    const segment = path.includes("key={key}") ? ["key"] : path.includes("{ID}") ? ["id"] : [];
    need(place, [...segment, ...query.map((each) => names[each] ?? each)], argumentsOf(schema, FIELDS[place] ?? ""));
  }
  return gaps;
}

/** Everything of the facts that an OpenAPI document does not have. */
function missingFromOpenApi(document: Json): string[] {
  const gaps: string[] = [];
  const schema = (name: string): unknown => at(document, `components.schemas.${name}`);
  const need = (place: string, wanted: readonly string[], held: unknown) =>
    void gaps.push(
      ...wanted
        .map(bare)
        .filter((each) => at(held, each) === undefined)
        .map((each) => `${place}: ${each}`),
    );
  for (const [name, fields] of Object.entries(facts.types)) {
    // The two action types are unions: their `action` stands in each member.
    if (name === "ConnectorUpdateAction" || name === "DeploymentUpdateAction") need("", [name], at(document, "components.schemas"));
    else need(name, fields, at(schema(name), "properties"));
  }
  const actions = Object.values(facts.actions).flatMap((each) => Object.entries(each));
  for (const [action, fields] of actions) {
    const title = action[0]?.toUpperCase() + action.slice(1);
    const name = action === "redeploy" ? "DeploymentRedeployAction" : `Connector${title}Action`;
    need(name, ["action", ...fields], at(schema(name), "properties"));
  }
  for (const [code, fields] of Object.entries(facts.errors))
    need(`${code}Error`, ["code", "message", ...fields], at(schema(`${code}Error`), "properties"));
  for (const [name, values] of Object.entries(facts.enums)) {
    const told = String(
      at(schema(name.split(".")[0] ?? ""), name.includes(".") ? `properties.${name.split(".")[1]}.description` : "description"),
    );
    gaps.push(...values.filter((value) => !told.includes(value)).map((value) => `${name}: ${value}`));
  }
  for (const { method, path, query } of facts.endpoints) {
    const route = Reflect.get(Object(document["paths"]), `/connect/{region}${path.replace("{ID}", "{id}")}`) as Json | undefined;
    const operation = at(route, method.toLowerCase());
    const parameters = at(operation, "parameters");
    const names = Array.isArray(parameters) ? parameters.map((each) => at(each, "name")) : [];
    if (operation === undefined) gaps.push(`${method} ${path}`);
    gaps.push(...query.filter((each) => !names.includes(each)).map((each) => `${method} ${path}: ${each}`));
  }
  return gaps;
}

/** The operation behind each field of the roots. */
const BEHIND: Readonly<Record<string, Operation>> = {
  connector: "connectors.get",
  connectors: "connectors.search",
  connectorStaged: "connectorsStaged.get",
  connectorsStaged: "connectorsStaged.list",
  createConnectorStaged: "connectorsStaged.create",
  updateConnectorStaged: "connectorsStaged.update",
  deleteConnectorStaged: "connectorsStaged.delete",
  deployment: "deployments.get",
  deployments: "deployments.list",
  deploymentLogs: "deployments.logs",
  createDeployment: "deployments.create",
  updateDeployment: "deployments.update",
  deleteDeployment: "deployments.delete",
};

test("both documents name the scope that the checks ask for", async (t) => {
  const schema = buildSchema(SOURCE);
  t.equal(Object.keys(BEHIND).length, 13);
  const fields = { ...schema.getQueryType()?.getFields(), ...schema.getMutationType()?.getFields() };
  for (const [name, { description }] of Object.entries(fields)) {
    // "projects" and "events" show whatever the token opens.
    const operation = BEHIND[name] ?? (/webhook/i.test(name) ? "webhooks.manage" : undefined);
    if (operation !== undefined) t.match(description, new RegExp(`Needs the scope \\\`${OPERATIONS[operation]}\\\`\\.`), name);
  }
  const { gateway } = await startBoth(t);
  const { body } = await read(await fetch(`${gateway.url}/openapi.json`));
  for (const { method, path } of facts.endpoints) {
    const operation = BEHIND[FIELDS[`${method} ${path.replace("key={key}", "{ID}")}`] ?? ""];
    const route = Reflect.get(Object(body["paths"]), `/connect/{region}${path.replace("{ID}", "{id}")}`) as Json;
    t.match(
      at(route, `${method.toLowerCase()}.description`),
      operation === undefined ? "?" : `\`${OPERATIONS[operation]}\``,
      `${method} ${path}`,
    );
  }
});

/** Everything in the schema that says nothing about itself. */
function undescribed(schema: GraphQLSchema): string[] {
  const gaps: string[] = [];
  const check = (place: string, held: { readonly description?: string | null | undefined }) => void (held.description || gaps.push(place));
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith("__") || isSpecifiedScalarType(type)) continue;
    check(type.name, type);
    if (isEnumType(type)) for (const value of type.getValues()) check(`${type.name}.${value.name}`, value);
    if (isEnumType(type) || isScalarType(type) || !("getFields" in type)) continue;
    for (const field of Object.values(type.getFields())) {
      check(`${type.name}.${field.name}`, field);
      if ("args" in field) for (const argument of field.args) check(`${type.name}.${field.name}(${argument.name})`, argument);
    }
  }
  return gaps;
}

test("schema.graphql has every type, field, enum value, action and query parameter of Connect", (t) => {
  const schema = buildSchema(SOURCE);
  t.same(missingFromSchema(schema), []);
  t.same(undescribed(schema), []);
  t.ok(schema.getDirectives().every(isSpecifiedDirective), "no directives of its own");
  t.match(argumentsOf(schema, "deploymentLogs"), ["project", "id", "key"]);
  t.ok(schema.getQueryType()?.getFields()["deploymentLogs"]?.deprecationReason?.includes("31 January 2027"));
  for (const [cut, gap] of [
    ["  isPreviewable: IsPreviewable!", "ConnectorStaged: isPreviewable"],
    ["  unlist: Boolean", "ConnectorStagedUpdateAction: unlist"],
    ["  giftcard", "IntegrationType: giftcard"],
    ["    creatorCompany: String", "GET /connectors/search: creatorCompany"],
  ] as const) {
    const [before = "", after = ""] = SOURCE.split(`${cut}\n`);
    t.same(
      missingFromSchema(buildSchema(`${before.trimEnd().replace(/"[^"\n]*"$/, "")}\n${after}`)),
      [gap],
      `the test sees that ${gap} is gone`,
    );
  }
  t.end();
});

test("/openapi.json has every type, field, enum value, action and query parameter of Connect", async (t) => {
  const { gateway } = await startBoth(t);
  const { body } = await read(await fetch(`${gateway.url}/openapi.json`));
  t.same(missingFromOpenApi(body), []);
  const paths = { ...(body["paths"] as Json) };
  delete (paths as Record<string, unknown>)["/connect/{region}/connectors/search"];
  t.ok(missingFromOpenApi({ ...body, paths }).includes("GET /connectors/search"), "the test sees that a route is gone");
});
