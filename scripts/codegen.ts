/** Writes the resolver types of schema.graphql; with `--check` only tells, by its exit code, whether they are up to date. */
import { readFileSync, writeFileSync } from "node:fs";
import { spawnSync } from "node:child_process";
import { codegen } from "@graphql-codegen/core";
import * as typescript from "@graphql-codegen/typescript";
import * as resolvers from "@graphql-codegen/typescript-resolvers";
import { buildSchema, parse } from "graphql";

const TARGET = new URL("../src/graphql/schema.types.ts", import.meta.url);
const HEADER = "// Generated from schema.graphql by `npm run codegen`; do not edit.\n";

/** Types whose resolvers start from upstream's own form of them, as src/connect/model.ts describes it. */
const PLAIN = [
  "CertificationInfo",
  "CertificationInfoComment",
  "ConfigurationValue",
  "Connector",
  "ConnectorApiClient",
  "ConnectorConfigurationApplication",
  "ConnectorGlobalConfiguration",
  "ConnectorReport",
  "ConnectorReportEntry",
  "ConnectorStaged",
  "Creator",
  "DeploymentApiClient",
  "DeploymentConnector",
  "DeploymentCreator",
  "DeploymentDetails",
  "DeploymentDetailsBuild",
  "DeploymentLog",
  "DeploymentReport",
  "DeploymentReportEntry",
  "Repository",
  "RetryPolicy",
  "SecuredConfigurationKey",
  "StandardConfigurationKey",
];
const mappers: Record<string, string> = {
  ...Object.fromEntries(PLAIN.map((name) => [name, `../connect/index.ts#${name} as ${name}Model`])),
  ApplicationDeployment: "./rows.ts#ApplicationDeploymentRow",
  ConnectorQueryResult: "./rows.ts#ConnectorPage",
  ConnectorStagedQueryResult: "./rows.ts#ConnectorStagedPage",
  Deployment: "./rows.ts#DeploymentRow",
  DeploymentGlobalConfiguration: "./rows.ts#GlobalConfigurationRow",
  DeploymentLogQueryResult: "./rows.ts#LogPage",
  DeploymentQueryResult: "./rows.ts#DeploymentPage",
  Event: "./rows.ts#EventRow",
  EventQueryResult: "./rows.ts#EventPage",
  SecuredConfigurationValue: "./rows.ts#SecuredValueRow",
  Webhook: "./rows.ts#WebhookRow",
  WebhookDelivery: "./rows.ts#DeliveryRow",
};

async function generate(): Promise<string> {
  const source = readFileSync(new URL("../schema.graphql", import.meta.url), "utf8");
  buildSchema(source);
  const config = {
    useTypeImports: true,
    enumType: "string-literal",
    enumsAsTypes: true,
    strictScalars: true,
    scalars: {
      DateTime: "string",
      Json: "unknown",
      Long: "number",
      Region: "string",
      SecretString: { input: "../secret.ts#Secret", output: "string" },
    },
    contextType: "./context.ts#GraphContext",
    internalResolversPrefix: "",
    mappers,
    immutableTypes: true,
    avoidOptionals: { field: true, object: true, inputValue: false, defaultValue: true },
  };
  const body = await codegen({
    filename: "schema.types.ts",
    documents: [],
    config,
    schema: parse(source),
    plugins: [{ typescript: {} }, { resolvers: {} }],
    pluginMap: { typescript, resolvers },
  });
  return format(HEADER + body);
}

function format(text: string): string {
  const done = spawnSync("oxfmt", ["--stdin-filepath", "schema.types.ts"], { input: text, encoding: "utf8" });
  if (done.status !== 0) throw new Error(`oxfmt failed: ${done.stderr}`);
  return done.stdout;
}

const text = await generate();
if (!process.argv.includes("--check")) writeFileSync(TARGET, text);
else if (readFileSync(TARGET, "utf8") !== text) {
  process.stderr.write("src/graphql/schema.types.ts is not what schema.graphql asks for: run `npm run codegen`.\n");
  process.exitCode = 1;
}
