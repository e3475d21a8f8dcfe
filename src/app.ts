import { randomUUID } from "node:crypto";
import { type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import fastify, { type FastifyInstance, LogController } from "fastify";
import type { Logger } from "pino";
import type { Config, ProjectConfig } from "./config/index.ts";
import { type Connect, createConnect } from "./connect/index.ts";
import { gatewayError } from "./errors.ts";
import { registerGraphql } from "./graphql/index.ts";
import { createLog } from "./log.ts";
import { registerAuth, type SignToken } from "./plugins/auth.ts";
import { registerBodyParser } from "./plugins/body.ts";
import { registerDocs } from "./plugins/docs.ts";
import { registerErrors } from "./plugins/errors.ts";
import { registerHealth } from "./plugins/health.ts";
import { registerRest } from "./rest/index.ts";
import { createScrubber } from "./scrub.ts";
import { reveal, Secret } from "./secret.ts";
import { createServices, PERMISSIONS } from "./services/index.ts";

const VERSION = "0.1.0";

/** What the process gives: where log lines go, and the key that signs development tokens. */
export type Ports = { readonly write: (line: string) => void; readonly jwtSecret: Secret };

export type App = {
  readonly app: FastifyInstance;
  readonly log: Logger;
  readonly signToken: SignToken;
  /** Turns readiness off and refuses new requests, while those under way are finished. */
  drain(): void;
};

export type Gateway = {
  readonly url: string;
  readonly log: Logger;
  readonly projects: readonly ProjectConfig[];
  /** Where the embedded emulator listens, when it stands in for the Connect API. */
  readonly emulatorUrl: string | undefined;
  /** Good for every project; made only when no JWT_SECRET is set. */
  readonly developmentToken: string | undefined;
  /** Finishes what is under way, then ends everything that was started. */
  stop(): Promise<void>;
};

/** Starts the gateway as `config` says, with the emulator behind it when no upstream project is configured. */
export async function startGateway(config: Config, ports: Ports): Promise<Gateway> {
  const emulator = config.projects.length === 0 ? await startEmulator() : undefined;
  const projects = emulator?.projects ?? config.projects;
  const { app, log, signToken, drain } = await buildApp(config, projects, ports);
  const scope = projects.map((project) => `manage_project:${project.projectKey}`).join(" ");
  try {
    await app.listen({ host: config.host, port: config.port });
  } catch (error) {
    await Promise.all([app.close(), emulator?.close()]);
    throw error;
  }
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`,
    log,
    projects,
    emulatorUrl: emulator?.url,
    developmentToken: config.jwtSecret === undefined && config.issuers.length === 0 ? signToken("developer", scope) : undefined,
    stop: async () => {
      drain();
      await app.close();
      await emulator?.close();
    },
  };
}

async function startEmulator(): Promise<{ url: string; projects: readonly ProjectConfig[]; close(): Promise<void> }> {
  const { createEmulator, SEED } = await import("./emulator/index.ts");
  const { url, close } = await createEmulator();
  const clientSecret = new Secret(SEED.clientSecret);
  const { region, projectKey, clientId } = SEED;
  return { url, close, projects: [{ region, projectKey, clientId, clientSecret, scope: undefined, authUrl: url, connectUrl: url }] };
}

/** Builds the gateway over `projects`. This page is its table of contents, in the order in which a request meets the parts. */
export async function buildApp(config: Config, projects: readonly ProjectConfig[], ports: Ports): Promise<App> {
  const scrubber = createScrubber();
  scrubber.add(reveal(ports.jwtSecret));
  const log = createLog(config.logLevel, scrubber, ports.write);
  const connects = projects.map((project) => connectTo(project, scrubber, log));
  const services = createServices(connects);
  let draining = false;

  const app = fastify({
    loggerInstance: log,
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "correlationId" }),
    genReqId: correlationId,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    bodyLimit: 256 * 1024,
    requestTimeout: 15_000,
    keepAliveTimeout: 65_000,
    http: { headersTimeout: 10_000, maxHeaderSize: 16 * 1024 },
    onProtoPoisoning: "error",
    onConstructorPoisoning: "error",
    routerOptions: { maxParamLength: 512, querystringParser: (text) => parseQuery(text) },
    frameworkErrors: (error, request, reply) => app.errorHandler(error, request, reply),
    ajv: {
      customOptions: {
        coerceTypes: false,
        removeAdditional: false,
        allErrors: false,
        verbose: true,
        discriminator: true,
        useDefaults: false,
      },
    },
  }) as unknown as FastifyInstance;

  registerErrors(app);
  registerBodyParser(app);
  registerAccessLog(app);
  app.addHook("onRequest", async (request) => {
    if (draining && !request.url.startsWith("/livez") && !request.url.startsWith("/readyz"))
      throw gatewayError("Draining", undefined, { retryAfter: 1 });
  });
  // A connection that stays open after its last answer would hold up the stop.
  app.addHook("onSend", async (_request, reply) => void (draining && reply.header("connection", "close")));
  registerHealth(app, [{ name: "accepting-requests", ok: () => !draining }]);
  await registerDocs(app, VERSION);
  let signToken: SignToken = () => "";
  await app.register(async (faces) => {
    signToken = await registerAuth(faces, {
      secret: ports.jwtSecret,
      development: !config.production && (config.jwtSecret !== undefined || config.issuers.length === 0),
      issuers: config.issuers,
      permissions: PERMISSIONS,
      fetch: globalThis.fetch,
    });
    await registerGraphql(faces, { services });
    await registerRest(faces, { services });
  });
  app.addHook("onClose", async () => void (await Promise.all(connects.map((connect) => connect.close()))));
  await app.ready();
  return { app, log, signToken, drain: () => void (draining = true) };
}

function connectTo(project: ProjectConfig, scrubber: ReturnType<typeof createScrubber>, log: Logger): Connect {
  return createConnect({
    ...project,
    scrubber,
    userAgent: `connect-gateway/${VERSION}`,
    report: (report) => log[report.outcome.startsWith("Upstream") ? "warn" : "debug"]({ upstream: report }, "upstream call"),
  });
}

/** The caller's `X-Correlation-ID` if it is a plain one, else a new one. */
function correlationId(request: IncomingMessage): string {
  const given = request.headers["x-correlation-id"];
  return typeof given === "string" && /^[\w/-]{8,256}$/.test(given) ? given : randomUUID();
}

/** Repeated keys become lists, dots stay dots, `+` is a space: the reading that Connect and its SDK share. */
function parseQuery(text: string): Record<string, string | string[]> {
  const query: Record<string, string | string[]> = Object.create(null) as Record<string, string | string[]>;
  for (const [name, value] of new URLSearchParams(text)) {
    const held = query[name];
    query[name] = held === undefined ? value : [held, value].flat();
  }
  return query;
}

function registerAccessLog(app: FastifyInstance): void {
  app.addHook("onRequest", async (request, reply) => {
    reply.headers({ "x-correlation-id": request.id, "cache-control": "no-store", "x-content-type-options": "nosniff" });
  });
  app.addHook("onResponse", async (request, reply) => {
    const fields = {
      method: request.method,
      route: request.routeOptions.url ?? "-",
      status: reply.statusCode,
      ms: Math.round(reply.elapsedTime * 10) / 10,
    };
    request.log.info({ ...fields, subject: request.caller?.subject }, "request");
  });
}
