/** graphql-yoga at its best setting: compiled, its caches of parsed and validated documents on, its page and log off. No rights. */
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { load, resolvers, schema } from "./page.ts";

type Yoga = { createYoga(options: object): RequestListener; createSchema(options: object): object };
const { createYoga, createSchema } = await load<Yoga>("graphql-yoga");
const { useGraphQlJit } = await load<{ useGraphQlJit(): object }>("@envelop/graphql-jit");
const yoga = createYoga({
  schema: createSchema({ typeDefs: schema, resolvers }),
  plugins: [useGraphQlJit()],
  logging: false,
  graphiql: false,
  landingPage: false,
});
const server = createServer(yoga).listen(0, "127.0.0.1", () =>
  process.stdout.write(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}\n`),
);
