import type { Logger } from "pino";
import type { Config, ProjectConfig } from "./config/index.ts";
import { createInflow, createMemory } from "./connect/index.ts";
import { createFeed } from "./feed.ts";
import { createLog, tellTo } from "./log.ts";
import type { Check } from "./plugins/health.ts";
import { startTelemetry, type Telemetry } from "./plugins/telemetry.ts";
import type { Ports } from "./ports.ts";
import { createPressure, type Pressure } from "./pressure.ts";
import { connectTo, createHints, followChanges, placesFor, upstreamChecks } from "./projects.ts";
import { createScrubber, type Scrubber } from "./scrub/index.ts";
import { reveal, type Secret, secretParts } from "./secret.ts";
import { createServices, type Services, type WebhookPorts } from "./services/index.ts";
import { createStore } from "./store/index.ts";
import { startWatch } from "./watch/index.ts";
import { BOTH_SECRETS_MS, createGuard, type Deliveries, type Guard, secretOf, startDeliveries } from "./webhooks/index.ts";

export const VERSION = "0.1.0";

/** What stands behind the faces: the services and all that they need, and what goes on without a request. */
export type Backend = {
  readonly log: Logger;
  readonly telemetry: Telemetry;
  readonly pressure: Pressure;
  readonly services: Services;
  /** Trouble of upstream or of the store is told, and is no reason to send callers elsewhere: other replicas have the same. */
  readonly checks: readonly Check[];
  /** Places are needed: half of the waits end beside which an older answer is known, and their callers get that. */
  makeRoom(): void;
  /** Begins nothing any more without a request; what is under way ends with `opened`. */
  halt(): void;
};

/** Opens it over `projects`, each part in `opened`. */
export async function openBackend(
  opened: AsyncDisposableStack,
  config: Config,
  projects: readonly ProjectConfig[],
  ports: Ports,
): Promise<Backend> {
  const master = config.webhooks.secret ?? ports.webhookSecret(reveal(config.databaseUrl));
  const scrubber = scrubberOf(config, [ports.jwtSecret, master]);
  const log = createLog(config.logLevel, scrubber, ports.write);
  const tell = tellTo(log);
  const telemetry = await startTelemetry(config.telemetry, { version: VERSION, regions: projects.map(({ region }) => region), scrubber });
  opened.defer(() => telemetry.close());
  const { meter } = telemetry;
  meter.gauge("log_lines_dropped", ports.dropped ?? (() => 0));
  const places = placesFor(config.admission.maxInFlight, projects.length);
  const tellMemory = (high: boolean, share: number): void => tell(high ? "memory runs short" : "there is memory again", { share });
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
  const feed = await createFeed(store, tell);
  opened.defer(() => feed.stop());
  followChanges(feed, connects);
  function added(): void {
    feed.notify();
    deliveries.wake();
  }
  const common = { store, added, meter, log: tell, leaseMs: config.leaseMs };
  const proxy = config.outbound.webhooks;
  const guard = createGuard({ allowed: config.webhooks.allowed, httpsOnly: config.production, namedOnly: proxy !== undefined });
  const deliveries = startDeliveries({ ...common, guard, master, userAgent: `connect-gateway/${VERSION}`, proxy });
  opened.defer(() => deliveries.stop());
  store.listen({ grown: added, said: hints.listenFor(connects) });
  const watch = config.watch.calmMs === 0 ? undefined : await startWatch({ ...common, ...config.watch, connects });
  opened.defer(async () => watch?.stop());
  const services = createServices({
    connects,
    store,
    feed,
    webhooks: portsFor(guard, master, deliveries),
    secret: master,
    written: (project) => watch?.hint(project),
    log: tell,
  });
  return {
    log,
    telemetry,
    pressure,
    services,
    checks: [
      { name: "store", fault: () => (store.well() ? undefined : "the database cannot be used") },
      { name: "watch", fault: () => watch?.fault() },
      ...upstreamChecks(connects),
    ],
    makeRoom: () => connects.forEach((connect) => connect.makeRoom()),
    halt: () => {
      for (const stopped of [watch?.stop(), deliveries.stop()])
        stopped?.catch((error: unknown) => tell("work could not be stopped", { err: error }));
    },
  };
}

/** Knows the secrets of the process itself. */
function scrubberOf(config: Config, secrets: readonly Secret[]): Scrubber {
  const scrubber = createScrubber();
  const proxies = Object.values(config.outbound).filter((proxy) => proxy !== undefined);
  for (const secret of [...secrets, ...proxies.flatMap(({ tls }) => tls.key ?? [])]) scrubber.keep(reveal(secret));
  const addresses = [config.databaseUrl, ...proxies.map(({ url }) => url)];
  for (const address of addresses) for (const part of secretParts(reveal(address))) scrubber.keep(part);
  return scrubber;
}

function portsFor(guard: Guard, master: Secret, { wake }: Deliveries): WebhookPorts {
  const derive = (id: string, generation: number): Secret => secretOf(master, id, generation);
  return { checkUrl: guard.checkUrl, secretOf: derive, bothSecretsMs: BOTH_SECRETS_MS, wake };
}
