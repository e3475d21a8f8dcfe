/** E: Fastify and undici hand upstream's bytes on as they are: no masking, no auth, no log. */
import { fastify } from "fastify";
import { Pool } from "undici";

const [port = "0", upstream = ""] = process.argv.slice(2);
const pool = new Pool(upstream, { connections: 64 });
const app = fastify();

app.post("/graphql", async (_request, reply) => {
  const { headers, body } = await pool.request({ method: "GET", path: "/my-project/deployments?limit=20&offset=0" });
  return reply.type(String(headers["content-type"])).send(Buffer.from(await body.arrayBuffer()));
});

await app.listen({ host: "127.0.0.1", port: Number(port) });
