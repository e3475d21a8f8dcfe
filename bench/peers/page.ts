/** What every GraphQL peer serves: the same part of the schema over the same REST call, masked while the page is read. */
import { Pool } from "undici";
import { PROJECT } from "../work.ts";

export const schema = `
  type Query { deployments(limit: Int, offset: Int): Page! }
  type Page { total: Int! results: [Deployment!]! }
  type Deployment { id: String! key: String version: Int! status: String! deployedRegion: String! connector: Connector! applications: [Application!]! }
  type Connector { id: String! name: String! version: Int! }
  type Application { applicationName: String! securedConfiguration: [Value!]! }
  type Value { key: String! value: String! }`;

type Page = { results: { applications: { securedConfiguration: { value: string }[] }[] }[] };
const upstream = new Pool(process.env["UPSTREAM"] ?? "", { connections: 256 });

export const resolvers = {
  Query: {
    deployments: async (_root: unknown, { limit, offset }: { limit: number; offset: number }) => {
      const { body } = await upstream.request({ method: "GET", path: `/${PROJECT}/deployments?limit=${limit}&offset=${offset}` });
      const page = JSON.parse(await body.text()) as Page;
      for (const { applications } of page.results)
        for (const { securedConfiguration } of applications) for (const entry of securedConfiguration) entry.value = "***";
      return page;
    },
  },
};

/** Loads a package that only `npm ci --prefix bench` brings. */
export const load = async <T>(name: string): Promise<T> => (await import(name)) as T;
