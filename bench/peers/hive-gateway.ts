/** Hive Gateway over an OpenAPI source, compiled. It masks nothing. No rights, no log. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROJECT } from "../work.ts";
import { load } from "./page.ts";

const [text, whole] = [{ type: "string" }, { type: "integer" }];
const of = (properties: object) => ({ type: "object", properties });
const list = (name: string) => ({ type: "array", items: { $ref: `#/components/schemas/${name}` } });
const query = (name: string) => ({ name, in: "query", schema: whole });
const page = { description: "a page", content: { "application/json": { schema: { $ref: "#/components/schemas/Page" } } } };
const document = {
  openapi: "3.0.3",
  info: { title: "Connect", version: "1" },
  paths: {
    [`/${PROJECT}/deployments`]: {
      get: { operationId: "deployments", parameters: [query("limit"), query("offset")], responses: { 200: page } },
    },
  },
  components: {
    schemas: {
      Page: of({ total: whole, results: list("Deployment") }),
      Deployment: of({
        id: text,
        key: text,
        version: whole,
        status: text,
        deployedRegion: text,
        applications: list("Application"),
        connector: { $ref: "#/components/schemas/Connector" },
      }),
      Connector: of({ id: text, name: text, version: whole }),
      Application: of({ applicationName: text, securedConfiguration: list("Value") }),
      Value: of({ key: text, value: text }),
    },
  },
};

type Compose = { getComposedSchemaFromConfig(config: object, logger: object): Promise<string> };
type Runtime = { createGatewayRuntime(options: object): RequestListener };
type OpenApi = { loadOpenAPISubgraph(name: string, options: object): unknown };
const { getComposedSchemaFromConfig } = await load<Compose>("@graphql-mesh/compose-cli");
const { createGatewayRuntime } = await load<Runtime>("@graphql-hive/gateway-runtime");
const { loadOpenAPISubgraph } = await load<OpenApi>("@omnigraph/openapi");
const cwd = mkdtempSync(join(tmpdir(), "bench-hive-"));
const source = join(cwd, "connect.json");
writeFileSync(source, JSON.stringify(document));
const quiet = () => undefined;
const logger: object = { debug: quiet, info: quiet, log: quiet, warn: quiet, error: process.stderr.write, child: () => logger };
const sourceHandler = loadOpenAPISubgraph("Connect", { source, endpoint: process.env["UPSTREAM"] });
const supergraph = await getComposedSchemaFromConfig({ subgraphs: [{ sourceHandler }], fetch, cwd }, logger);
const gateway = createGatewayRuntime({ supergraph: () => supergraph, logging: false, landingPage: false, graphiql: false, jit: true });
const server = createServer(gateway).listen(0, "127.0.0.1", () =>
  process.stdout.write(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
);
