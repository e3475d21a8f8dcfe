/** mercurius at its best setting, over the same REST call: compiled after the first query, masked while the page is read. No rights, no log. */
import { fastify } from "fastify";
import mercurius from "mercurius";
import { Pool } from "undici";
import { PROJECT } from "../work.ts";

const schema = `
  type Query { deployments(limit: Int, offset: Int): Page! }
  type Page { total: Int! results: [Deployment!]! }
  type Deployment { id: String! key: String version: Int! status: String! deployedRegion: String! connector: Connector! applications: [Application!]! }
  type Connector { id: String! name: String! version: Int! }
  type Application { applicationName: String! securedConfiguration: [Value!]! }
  type Value { key: String! value: String! }`;
type Page = { results: { applications: { securedConfiguration: { value: string }[] }[] }[] };

const upstream = new Pool(process.env["UPSTREAM"] ?? "", { connections: 256 });
const app = fastify();
await app.register(mercurius, {
  schema,
  jit: 1,
  resolvers: {
    Query: {
      deployments: async (_root: unknown, { limit, offset }: { limit: number; offset: number }) => {
        const { body } = await upstream.request({ method: "GET", path: `/${PROJECT}/deployments?limit=${limit}&offset=${offset}` });
        const page = JSON.parse(await body.text()) as Page;
        for (const { applications } of page.results)
          for (const { securedConfiguration } of applications) for (const entry of securedConfiguration) entry.value = "***";
        return page;
      },
    },
  },
});

process.stdout.write(`listening ${await app.listen({ host: "127.0.0.1", port: 0 })}\n`);
