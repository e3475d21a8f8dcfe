/** `@fastify/http-proxy` in front of upstream, bytes as they are. No masking, no rights, no log. */
import type { FastifyPluginAsync } from "fastify";
import { fastify } from "fastify";

const name: string = "@fastify/http-proxy";
const { default: proxy } = (await import(name)) as { default: FastifyPluginAsync<{ upstream: string }> };
const app = fastify();
await app.register(proxy, { upstream: process.env["UPSTREAM"] ?? "" });

process.stdout.write(`listening ${await app.listen({ host: "127.0.0.1", port: 0 })}\n`);
