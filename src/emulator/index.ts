import { randomUUID } from "node:crypto";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { registerConnectors } from "./connectors.ts";
import { registerControls } from "./controls.ts";
import { registerDeployments } from "./deployments.ts";
import { registerDrafts } from "./drafts.ts";
import { ApiError, fail } from "./errors.ts";
import { registerFaults } from "./faults.ts";
import { registerLogs } from "./logs.ts";
import { registerOauth } from "./oauth.ts";
import { SEED_CLIENTS, SEED_FIXTURES, SEED_PROJECTS, seedDemo } from "./seed.ts";
import { createState, type State, type StateOptions } from "./state.ts";

export { SEED } from "./seed.ts";
export type { Client, Project } from "./state.ts";
export type { Timings } from "./lifecycle.ts";

export type EmulatorOptions = Partial<Omit<StateOptions, "now">> & {
  /** Milliseconds since 1970; the machine's clock when left out. */
  readonly now?: () => number;
  readonly host?: string;
  /** Port to listen on; 0, the default, takes a free one. */
  readonly port?: number;
};

/** A running emulator. `close` ends it and every connection to it. */
export type Emulator = { readonly url: string; close(): Promise<void> };

/** Starts an emulator of the Connect API and its token endpoint on one address. Nothing of it survives `close`. */
export async function createEmulator({ host = "127.0.0.1", port = 0, ...options }: EmulatorOptions = {}): Promise<Emulator> {
  const state = createState({
    now: Date.now,
    clients: SEED_CLIENTS,
    projects: SEED_PROJECTS,
    legacy: false,
    strict: false,
    tokenLifetimeSeconds: 172_800,
    logsRemoved: false,
    certification: "timed",
    ...options,
    fixtures: [...SEED_FIXTURES, ...(options.fixtures ?? [])],
  });
  seedDemo(state);
  const app = build(state);
  const url = await app.listen({ host, port });
  return { url, close: () => app.close() };
}

function build(state: State): FastifyInstance {
  const app = fastify({
    genReqId: ({ headers }) => correlationId(headers["x-correlation-id"]),
    routerOptions: { querystringParser: readQuery, maxParamLength: 512 },
    forceCloseConnections: true,
    bodyLimit: 16 * 1024 * 1024,
    frameworkErrors: (error, request, reply) => refuse(error, request, reply.header("x-correlation-id", request.id)),
  });
  registerParsers(app);
  app.addHook("onRequest", async (request, reply) => {
    reply.header("x-correlation-id", request.id);
    state.settle();
    // Not the framework's onResponse, which does not hear of answers that are cut off.
    reply.raw.once("close", () => note(state, request, reply));
  });
  registerFaults(app, state);
  app.setErrorHandler(refuse);
  app.setNotFoundHandler((_request, reply) => reply.code(404).send(fail.noRoute().toBody()));
  registerOauth(app, state);
  registerDrafts(app, state);
  registerConnectors(app, state);
  registerDeployments(app, state);
  registerLogs(app, state);
  registerControls(app, state);
  return app;
}

/** Adds a request to the journal when it is over. */
function note(state: State, { url, method, id, headers }: FastifyRequest, { raw }: FastifyReply): void {
  if (url.startsWith("/_emulator/")) return;
  const [path = "", query = ""] = url.split("?", 2);
  state.journal.add({
    kind: "request",
    at: new Date(state.now()).toISOString(),
    method,
    path,
    // Some scripts send their credentials in it.
    query: path === "/oauth/token" ? "" : query,
    status: raw.headersSent ? raw.statusCode : 0,
    correlationId: id,
    userAgent: headers["user-agent"],
  });
}

function refuse(error: unknown, _request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const failure = toApiError(error);
  return reply.code(failure.statusCode).send(failure.toBody());
}

function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (code === "FST_ERR_BAD_URL" || code === "FST_ERR_MAX_PARAM_LENGTH") return fail.invalidPath("The path cannot be read.");
  const status = error instanceof Error && "statusCode" in error ? Number(error.statusCode) : 500;
  return status < 500 ? fail.invalidJson("The request cannot be read.") : fail.general();
}

/** JSON bodies may be empty, whatever the content type says: the official client sends one with every DELETE. The token endpoint takes forms. */
function registerParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, text, done) => {
    if (text === "") return done(null, undefined);
    try {
      return done(null, JSON.parse(String(text)));
    } catch {
      return done(fail.invalidJson("The text is not JSON."), undefined);
    }
  });
  app.addContentTypeParser("application/x-www-form-urlencoded", { parseAs: "string" }, (_request, text, done) =>
    done(null, readQuery(String(text))),
  );
}

function readQuery(text: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const held = Object.hasOwn(query, name) ? query[name] : undefined;
    query[name] = held === undefined ? value : [held, value].flat();
  }
  return query;
}

function correlationId(given: string | string[] | undefined): string {
  return typeof given === "string" && /^[\w/-]{8,256}$/.test(given) ? given : randomUUID();
}
