import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Config, ProjectConfig } from "./config/index.ts";
import { createFetch, createInflow, createMemory } from "./connect/index.ts";
import { gatewayError } from "./errors.ts";
import { isMutation, registerGraphql } from "./graphql/index.ts";
import { createFeed } from "./feed.ts";
import { createLog } from "./log.ts";
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
import { createServer } from "./plugins/server.ts";
import { parseStrictJson } from "./plugins/strict-json.ts";
import { startTelemetry } from "./plugins/telemetry.ts";
import { registerTiming } from "./plugins/timing.ts";
import type { Ports } from "./ports.ts";
import { createPressure } from "./pressure.ts";
import { connectTo, createHints, followChanges, placesFor, startEmulator, upstreamChecks } from "./projects.ts";
import { registerRest } from "./rest/index.ts";
import { createScrubber } from "./scrub/index.ts";
import { reveal, type Secret, secretParts } from "./secret.ts";
import { createServices, PERMISSIONS, type WebhookPorts } from "./services/index.ts";
import { createStore } from "./store/index.ts";
import { startWatch, type Watch, type WatchOptions } from "./watch/index.ts";
import { BOTH_SECRETS_MS, createGuard, type Deliveries, type Guard, secretOf, startDeliveries } from "./webhooks/index.ts";

const VERSION = "0.1.0";

export type App = {
  readonly app: FastifyInstance;
  readonly log: Logger;
  readonly signToken: Auth["signToken"];
  /** Turns readiness off, so that no more callers are sent here, and serves those who come all the same. */
  leave(): void;
  /** Refuses new requests, while those under way are finished. */
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
    const { app, log, signToken, leave, drain } = await buildApp(config, projects, ports);
    opened.defer(() => app.close());
    await goOn?.();
    const scope = projects.map((project) => `manage_project:${project.projectKey}`).join(" ");
    await app.listen({ host: config.host, port: config.port });
    const { port } = app.server.address() as AddressInfo;
    return {
      url: `http://${config.host.includes(":") ? `[${config.host}]` : config.host}:${port}`,
      log,
      projects,
      emulatorUrl: emulator?.url,
      developmentToken: config.jwtSecret === undefined && config.issuers.length === 0 ? signToken("developer", scope) : undefined,
      stop: async (urgent = false) => {
        leave();
        await sleep(urgent ? 0 : config.preStopMs);
        drain();
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

/** Builds the gateway over `projects`. This page is its table of contents, in the order in which a request meets the parts. */
export async function buildApp(config: Config, projects: readonly ProjectConfig[], ports: Ports): Promise<App> {
  const opened = new AsyncDisposableStack();
  return orClose(opened, () => buildOver(opened, config, projects, ports));
}

async function buildOver(opened: AsyncDisposableStack, config: Config, projects: readonly ProjectConfig[], ports: Ports): Promise<App> {
  const scrubber = createScrubber();
  scrubber.keep(reveal(ports.jwtSecret));
  for (const proxy of Object.values(config.outbound))
    for (const part of proxy === undefined ? [] : secretParts(reveal(proxy.url))) scrubber.keep(part);
  const master = config.webhooks.secret ?? ports.webhookSecret(reveal(config.databaseUrl));
  scrubber.keep(reveal(master));
  const log = createLog(config.logLevel, scrubber, ports.write);
  const telemetry = await startTelemetry(config.telemetry, { version: VERSION, regions: projects.map(({ region }) => region), scrubber });
  opened.defer(() => telemetry.close());
  const { meter } = telemetry;
  meter.gauge("log_lines_dropped", ports.dropped ?? (() => 0));
  const places = placesFor(config.admission.maxInFlight, projects.length);
  const tellMemory = (high: boolean, share: number): void => log.warn({ share }, high ? "memory runs short" : "there is memory again");
  const pressure = opened.adopt(createPressure({ share: ports.takenShare, changed: tellMemory }), (made) => made.stop());
  const memory = opened.adopt(createMemory({ ...config.reads, mostMemory: ports.mostMemory }), (made) => made.close());
  pressure.relieve(memory.clear);
  const inflow = createInflow({ mostMemory: ports.mostMemory, short: pressure.high, came: pressure.look });
  const store = await createStore(reveal(config.databaseUrl));
  opened.defer(() => store.close());
  const hints = createHints(store, master, log);
  const parts = { config, places, memory, inflow, hints, scrubber, log, telemetry, version: VERSION };
  const connects = projects.map((project) => connectTo(project, parts));
  opened.defer(async () => void (await Promise.all(connects.map((connect) => connect.close()))));
  const feed = await createFeed(store, (message, fields) => log.warn(fields, message));
  opened.defer(() => feed.stop());
  followChanges(feed, connects);
  const proxy = config.outbound.webhooks;
  const guard = createGuard({ allowed: config.webhooks.allowed, httpsOnly: config.production, namedOnly: proxy !== undefined });
  function added(): void {
    feed.notify();
    deliveries.wake();
  }
  const deliveries = startDeliveries({
    store,
    guard,
    master,
    userAgent: `connect-gateway/${VERSION}`,
    proxy,
    leaseMs: config.leaseMs,
    added,
    meter,
    log: (message, fields, level = "warn") => log[level](fields, message),
  });
  opened.defer(() => deliveries.stop());
  store.listen({ grown: added, said: (words) => hints.take(words, connects) });
  const watch = config.watch.calmMs === 0 ? undefined : await watchOver(config, { connects, store, added, log, meter });
  opened.defer(async () => watch?.stop());
  const services = createServices({
    connects,
    store,
    feed,
    webhooks: portsFor(guard, master, deliveries),
    secret: master,
    written: (project) => watch?.hint(project),
    log: (message, fields) => log.warn(fields, message),
  });
  const closing = new AbortController();
  let stage: "open" | "leaving" | "draining" = "open";

  const refusalOf = createGuards(hostsFor(config.host, config.allowedHosts));
  const app = createServer(log, { refusalOf, meter });
  registerConnections(app, { mostFiles: ports.mostFiles, preStopMs: config.preStopMs });
  registerErrors(app);
  telemetry.register(app);
  registerAccessLog(app);
  registerGuards(app, refusalOf);
  registerBodyParser(app, { pressure });
  app.addHook("onRequest", (request, _reply, done) => {
    const refused = stage === "draining" && !request.url.startsWith("/livez") && !request.url.startsWith("/readyz");
    done(refused ? gatewayError("Draining", undefined, { retryAfter: 1 }) : undefined);
  });
  // A connection that stays open after its last answer would hold up the stop; whoever makes a new one is sent elsewhere.
  app.addHook("onSend", (_request, reply, _payload, done) => {
    if (stage !== "open") reply.header("connection", "close");
    done();
  });
  registerHealth(
    app,
    [{ name: "accepting-requests", fault: () => (stage === "open" ? undefined : "the gateway stops") }],
    // Trouble of upstream or of the store is told, and is no reason to send callers elsewhere: other replicas have the same.
    [
      { name: "store", fault: () => (store.well() ? undefined : "the database cannot be used") },
      { name: "watch", fault: () => watch?.fault() },
      ...upstreamChecks(connects),
    ],
  );
  await registerDocs(app, VERSION, new URL("../assets/docs/", import.meta.url));
  registerGraphiql(app, new URL("../assets/graphiql/", import.meta.url));
  let signToken: Auth["signToken"] = () => "";
  await app.register(async (faces) => {
    const countFailure = await registerRate(faces, config.rate);
    const auth = await registerAuth(faces, {
      countFailure,
      pressure,
      secret: ports.jwtSecret,
      development: !config.production && (config.jwtSecret !== undefined || config.issuers.length === 0),
      issuers: config.issuers,
      permissions: PERMISSIONS,
      fetch: opened.adopt(createFetch(config.outbound.keys), ({ close }) => close()).fetch,
    });
    registerTiming(faces);
    registerAdmission(faces, { ...config.admission, short: pressure.high, meter, isMutation });
    signToken = auth.signToken;
    await registerGraphql(faces, {
      services,
      meter,
      pressure,
      openSchema: !config.production,
      closing: closing.signal,
      authenticate: auth.authenticate,
      countFailure,
      readJson: parseStrictJson,
      refusalOf,
    });
    await registerRest(faces, { services, meter, closing: closing.signal });
  });
  app.addHook("onClose", () => opened.disposeAsync());
  await app.ready();
  const drain = (): void => {
    stage = "draining";
    closing.abort();
    // They begin nothing any more; that they have ended is waited for at the close.
    for (const stopped of [watch?.stop(), deliveries.stop()])
      stopped?.catch((error: unknown) => log.warn({ err: error }, "work could not be stopped"));
  };
  return { app, log, signToken, leave: () => void (stage = "leaving"), drain };
}

function portsFor(guard: Guard, master: Secret, { wake }: Deliveries): WebhookPorts {
  const derive = (id: string, generation: number): Secret => secretOf(master, id, generation);
  return { checkUrl: guard.checkUrl, secretOf: derive, bothSecretsMs: BOTH_SECRETS_MS, wake };
}

type WatchParts = Pick<WatchOptions, "connects" | "store" | "added" | "meter"> & { readonly log: Logger };

function watchOver(config: Config, { log, ...parts }: WatchParts): Promise<Watch> {
  return startWatch({
    ...parts,
    ...config.watch,
    leaseMs: config.leaseMs,
    log: (message, fields, level = "warn") => log[level](fields, message),
  });
}
