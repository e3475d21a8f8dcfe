/** mercurius at its best setting: compiled after the first query. No rights, no log. */
import { fastify } from "fastify";
import mercurius from "mercurius";
import { resolvers, schema } from "./page.ts";

const app = fastify();
await app.register(mercurius, { schema, jit: 1, resolvers });
process.stdout.write(`listening ${await app.listen({ host: "127.0.0.1", port: 0 })}\n`);
