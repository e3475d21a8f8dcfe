import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { fail } from "./errors.ts";
import { readBody } from "./input.ts";
import type { State } from "./state.ts";
import { type Static, Type } from "typebox";

/** Ways to fail. `after-commit` and `lost` do the work first; the others never reach it. */
const KINDS = ["status", "html", "empty", "reset", "hang", "slow", "truncate", "after-commit", "lost"] as const;

const FaultBody = Type.Object({
  kind: Type.Enum([...KINDS]),
  match: Type.Optional(Type.Object({ method: Type.Optional(Type.String()), path: Type.Optional(Type.String()) })),
  times: Type.Optional(Type.Integer({ minimum: 1 })),
  status: Type.Optional(Type.Integer({ minimum: 200, maximum: 599 })),
  headers: Type.Optional(Type.Record(Type.String(), Type.String())),
  body: Type.Optional(Type.Unknown()),
  delayMs: Type.Optional(Type.Integer({ minimum: 0, maximum: 60_000 })),
});
/**
 * A fault for the next `times` requests (1 when left out) whose method and path match; `path` is a regular expression over path and query. A `body` that is a
 * text is a page of HTML after `after-commit`.
 */
export type Fault = Static<typeof FaultBody>;
type Armed = { readonly fault: Fault; readonly path: RegExp; left: number };

/** Adds the faults: `POST /_emulator/faults` arms one, `GET` tells those that are left, `DELETE` disarms all. */
export function registerFaults(app: FastifyInstance, state: State): void {
  let armed: Armed[] = [];
  const afterwards = new WeakMap<FastifyRequest, Fault>();

  app.post("/_emulator/faults", async (request, reply) => {
    const fault = readBody<Fault>(state, FaultBody, request.body);
    armed.push({ fault, path: toPattern(fault.match?.path ?? ""), left: fault.times ?? 1 });
    return reply.code(201).send(fault);
  });
  app.get("/_emulator/faults", async () => ({ results: armed.map(({ fault, left }) => ({ ...fault, left })) }));
  app.delete("/_emulator/faults", async (_request, reply) => {
    armed = [];
    return reply.code(204).send();
  });

  app.addHook("onRequest", async (request, reply) => {
    if (request.url.startsWith("/_emulator/")) return undefined;
    const hit = armed.find(({ fault: { match }, path }) => (match?.method ?? request.method) === request.method && path.test(request.url));
    if (hit === undefined) return undefined;
    hit.left -= 1;
    if (hit.left === 0) armed = armed.filter((each) => each !== hit);
    const { fault } = hit;
    if (fault.kind !== "after-commit" && fault.kind !== "lost") return act(request, reply, fault);
    afterwards.set(request, fault);
    return undefined;
  });

  app.addHook("onSend", async (request, reply, payload) => {
    const fault = afterwards.get(request);
    if (fault === undefined) return payload;
    if (fault.kind === "lost") {
      request.raw.socket.destroy();
      return payload;
    }
    const { status = 500, headers = {}, body = { ...fail.general().toBody(), statusCode: status } } = fault;
    const page = typeof body === "string";
    reply.code(status).headers({ "content-type": page ? "text/html" : "application/json; charset=utf-8", ...headers });
    return page ? body : JSON.stringify(body);
  });
}

function toPattern(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch {
    throw fail.invalidJson("/match/path: is not a regular expression");
  }
}

const HTML = "<!doctype html><title>Error</title><h1>The server had a problem</h1>";

async function act(request: FastifyRequest, reply: FastifyReply, fault: Fault): Promise<FastifyReply | undefined> {
  const { kind, status = kind === "html" ? 502 : 500, headers = {}, body } = fault;
  if (kind === "slow") {
    await delay(fault.delayMs ?? 1_000, undefined, { ref: false });
    return undefined;
  }
  if (kind === "reset" || kind === "hang" || kind === "truncate") {
    reply.hijack();
    if (kind === "reset") request.raw.socket.destroy();
    if (kind === "truncate") {
      reply.raw.writeHead(200, { "content-type": "application/json", "content-length": "4096" });
      reply.raw.write('{"limit":20,"offset":0,"count":1,"total":1,"results":[{"id":"', () => request.raw.socket.destroy());
    }
    return reply;
  }
  reply.code(status).headers(headers);
  if (kind === "html") return reply.type("text/html").send(HTML);
  if (kind === "empty") return reply.send();
  return reply.type("application/json").send(JSON.stringify(body ?? { ...fail.general().toBody(), statusCode: status }));
}
