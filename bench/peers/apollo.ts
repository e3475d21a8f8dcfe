/** Apollo Server, which has no compiled execution. No rights, no log. */
import { load, resolvers, schema } from "./page.ts";

type Apollo = { ApolloServer: new (options: object) => object };
type Standalone = { startStandaloneServer(server: object, options: object): Promise<{ url: string }> };
const { ApolloServer } = await load<Apollo>("@apollo/server");
const { startStandaloneServer } = await load<Standalone>("@apollo/server/standalone");
const server = new ApolloServer({ typeDefs: schema, resolvers });
const { url } = await startStandaloneServer(server, { listen: { host: "127.0.0.1", port: 0 } });
process.stdout.write(`listening ${url.replace("localhost", "127.0.0.1")}\n`);
