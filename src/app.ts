import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { type Backend, openBackend, VERSION } from "./backend.ts";
import type { Config, ProjectConfig } from "./config/index.ts";
import { createFetch } from "./connect/index.ts";
import { isMutation, registerGraphql } from "./graphql/index.ts";
import { registerAccessLog } from "./plugins/access-log.ts";
import { registerAdmission } from "./plugins/admission.ts";
import { type Auth, registerAuth } from "./plugins/auth.ts";
import { registerBodyParser } from "./plugins/body.ts";
import { registerConnections } from "./plugins/connections.ts";
import { registerDocs } from "./plugins/docs.ts";
import { registerErrors } from "./plugins/errors.ts";
import { registerGraphiql } from "./plugins/graphiql.ts";
import { createGuards, hostsFor, registerGuards } from "./plugins/guards.ts";
import { registerHealth } from "./plugins/health.ts";
import { registerRate } from "./plugins/rate.ts";
import { registerRepeats } from "./plugins/repeats.ts";
import { createServer } from "./plugins/server.ts";
import { registerStages, type Stages } from "./plugins/stages.ts";
import { parseStrictJson } from "./plugins/strict-json.ts";
import { registerTiming } from "./plugins/timing.ts";
import type { Ports } from "./ports.ts";
import { startEmulator } from "./projects.ts";
import { registerRest } from "./rest/index.ts";
import { PERMISSIONS } from "./services/index.ts";

export type Gateway = {
  readonly url: string;
  readonly log: Logger;
  readonly projects: readonly ProjectConfig[];
  /** Where the embedded emulator listens, when it stands in for the Connect API. */
  readonly emulatorUrl: string | undefined;
  /** Good for every project; made only when no JWT_SECRET is set. */
  readonly developmentToken: string | undefined;
  /** Finishes what is under way, then ends everything that was started. `urgent` serves nobody on for a while. */
  stop(urgent?: boolean): Promise<void>;
};

/** Starts the gateway as `config` says, with the emulator behind it when no upstream project is configured. What was opened is closed when it cannot, or `goOn` throws. */
export async function startGateway(config: Config, ports: Ports, goOn?: () => Promise<void>): Promise<Gateway> {
  const opened = new AsyncDisposableStack();
  return orClose(opened, async () => {
    const emulator = config.projects.length === 0 ? await startEmulator() : undefined;
    opened.defer(async () => emulator?.close());
    const projects = emulator?.projects ?? config.projects;
    const backend = await openBackend(opened, config, projects, ports);
    const { app, signToken, leave, drain } = await build(opened, config, backend, ports);
    await goOn?.();
    const scope = projects.map((project) => `manage_project:${project.projectKey}`).join(" ");
    await app.listen({ host: config.host, port: config.port });
    const { port } = app.server.address() as AddressInfo;
    return {
      url: `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`,
      log: backend.log,
      projects,
      emulatorUrl: emulator?.url,
      developmentToken: config.jwtSecret === undefined && config.issuers.length === 0 ? signToken("developer", scope) : undefined,
      stop: async (urgent = false) => {
        leave();
        await sleep(urgent ? 0 : config.preStopMs);
        drain();
        backend.halt();
        await opened.disposeAsync();
      },
    };
  });
}

/** Opens things; closes what was opened so far, the newest first, when one of them fails. */
async function orClose<T>(opened: AsyncDisposableStack, open: () => Promise<T>): Promise<T> {
  try {
    return await open();
  } catch (error) {
    // Why it could not be opened is worth more than why it could not be closed.
    await opened.disposeAsync().catch(() => undefined);
    throw error;
  }
}

/** A gateway, built and not listening yet. */
type App = Pick<Stages, "leave" | "drain"> & { readonly app: FastifyInstance; readonly signToken: Auth["signToken"] };

/** Puts the faces before `backend`, in `opened`. This page is the table of contents, in the order in which a request meets the parts. */
async function build(opened: AsyncDisposableStack, config: Config, backend: Backend, ports: Ports): Promise<App> {
  const { log, telemetry, pressure, services, makeRoom } = backend;
  const { meter } = telemetry;
  const keys = opened.adopt(createFetch(config.outbound.keys), ({ close }) => close());
  const refusalOf = createGuards(hostsFor(config.host, config.allowedHosts));
  const app = createServer(log, { refusalOf, meter });
  opened.defer(() => app.close());
  const connections = registerConnections(app, { mostFiles: ports.mostFiles, preStopMs: config.preStopMs });
  registerErrors(app);
  telemetry.register(app);
  registerAccessLog(app);
  registerGuards(app, refusalOf);
  registerBodyParser(app, { pressure });
  const { isOpen, draining, leave, drain } = registerStages(app);
  registerHealth(app, [{ name: "accepting-requests", fault: () => (isOpen() ? undefined : "the gateway stops") }], backend.checks);
  await registerDocs(app, VERSION, new URL("../assets/docs/", import.meta.url));
  registerGraphiql(app, new URL("../assets/graphiql/", import.meta.url));
  let signToken: Auth["signToken"] = () => "";
  await app.register(async (faces) => {
    const rate = await registerRate(faces, config.rate);
    const auth = await registerAuth(faces, {
      countFailure: rate.countFailure,
      pressure,
      secret: ports.jwtSecret,
      development: !config.production && (config.jwtSecret !== undefined || config.issuers.length === 0),
      issuers: config.issuers,
      permissions: PERMISSIONS,
      fetch: keys.fetch,
    });
    registerTiming(faces);
    const admission = registerAdmission(faces, { ...config.admission, short: pressure.high, makeRoom, meter, isMutation });
    // Without a cache nothing comes again, and with traces each request has a span of its own.
    if (config.reads.cacheMs > 0 && telemetry.tracer === undefined)
      registerRepeats(faces, { isOpen, rate, auth, admission, connections, telemetry });
    signToken = auth.signToken;
    await registerGraphql(faces, {
      services,
      meter,
      pressure,
      openSchema: !config.production,
      closing: draining,
      authenticate: auth.authenticate,
      countFailure: rate.countFailure,
      readJson: parseStrictJson,
      refusalOf,
    });
    await registerRest(faces, { services, meter, closing: draining });
  });
  await app.ready();
  return { app, signToken, leave, drain };
}
