/** Starts the gateway as a new user would, asks it for everything that a page or a client needs, and prints what came back. */
import { randomBytes } from "node:crypto";
import { startGateway } from "../../src/app.ts";
import { readConfig } from "../../src/config/index.ts";
import { Secret } from "../../src/secret.ts";
import { rows } from "./gateway.ts";

const config = readConfig({ PORT: "0", LOG_LEVEL: "silent", DATABASE_URL: "sqlite::memory:" }, () => "");
const random = (): Secret => new Secret(randomBytes(32).toString("hex"));
const gateway = await startGateway(config, {
  write: () => {},
  mostMemory: 2 ** 30,
  mostFiles: 4_096,
  takenShare: () => 0,
  jwtSecret: random(),
  webhookSecret: random,
});
const headers = { authorization: `Bearer ${gateway.developmentToken ?? ""}`, "content-type": "application/json" };
const query = JSON.stringify({ query: "{ deployments { results { key } } }" });
const answer: unknown = await (await fetch(`${gateway.url}/graphql`, { method: "POST", headers, body: query })).json();
const status = async (path: string): Promise<number> => (await fetch(gateway.url + path)).status;
const seen: string[] = [];
for (const path of ["/graphiql", "/graphiql/graphiql.min.js", "/openapi.json", "/docs", "/docs/swagger-ui-bundle.js"])
  seen.push(`${path} ${await status(path)}`);
process.stdout.write(`deployments ${rows(answer, "data.deployments.results").length}, ${seen.join(", ")}\n`);
await gateway.stop();
