import type { Logger } from "pino";
import type { Config, ProjectConfig } from "./config/index.ts";
import { type Connect, type ConnectOptions, createConnect } from "./connect/index.ts";
import type { Feed } from "./feed.ts";
import type { Check } from "./plugins/health.ts";
import type { Telemetry } from "./plugins/telemetry.ts";
import { Secret } from "./secret.ts";
import type { StoredEvent } from "./store/index.ts";

/** Starts the emulator that stands in for the Connect API, and gives the one project that it has. */
export async function startEmulator(): Promise<{ url: string; projects: readonly ProjectConfig[]; close(): Promise<void> }> {
  const { createEmulator, SEED } = await import("./emulator/index.ts");
  const { url, close } = await createEmulator();
  const clientSecret = new Secret(SEED.clientSecret);
  const { region, projectKey, clientId } = SEED;
  return { url, close, projects: [{ region, projectKey, clientId, clientSecret, scope: undefined, authUrl: url, connectUrl: url }] };
}

type Parts = Required<Pick<ConnectOptions, "places" | "memory" | "inflow" | "scrubber">> & {
  readonly config: Config;
  readonly log: Logger;
  readonly telemetry: Telemetry;
  readonly version: string;
};

/** Makes the client of one project. */
export function connectTo(project: ProjectConfig, { config, log, telemetry, version, ...parts }: Parts): Connect {
  return createConnect({
    ...project,
    ...parts,
    proxies: config.outbound,
    reads: config.reads,
    meter: telemetry.meter,
    tracer: telemetry.tracer,
    warn: (message, fields) => log.warn(fields, message),
    userAgent: `connect-gateway/${version}`,
    report: (report) => log[report.outcome.startsWith("Upstream") ? "warn" : "debug"]({ upstream: report }, "upstream call"),
  });
}

/** What the event log tells makes old what is remembered of a project, also where another process found it. */
export function followChanges(feed: Feed, connects: readonly Connect[]): void {
  const byProject = new Map(connects.map((connect) => [`${connect.project.region}:${connect.project.projectKey}`, connect]));
  const form = {
    name: "changes",
    query: { projects: [...byProject.keys()] },
    render: (page: readonly StoredEvent[]) => new Set(page.map(({ project }) => project)),
  };
  feed.join(form, undefined, {
    take: (projects) => projects.forEach((project) => byProject.get(project)?.changed()),
    ready: () => undefined,
    // It reads nothing from the database, and the feed says by itself when that fails.
    fail: () => undefined,
  });
}

/**
 * With several projects each may have twice as many places as are free: alone two thirds of all, and what two or three slow ones leave is still enough for one that is
 * well. A single project may have calls under way that nobody waits for any more; of its callers those who can be told what was known leave a ninth of the places to
 * others like them, so that a slow upstream has nobody turned away. Where callers wait in vain, the most of the places is for those who can be told.
 */
export function placesFor(maxInFlight: number, projects: number): NonNullable<ConnectOptions["places"]> {
  const share = (size: number, times: number) => ({ pool: { size, taken: 0 }, times, inTrouble: Math.ceil(maxInFlight / 4) });
  if (projects > 1) return { calls: share(maxInFlight, 2), callers: share(maxInFlight, 2) };
  const boundless = () => share(2 * maxInFlight, Number.POSITIVE_INFINITY);
  return { calls: boundless(), callers: boundless(), known: share(maxInFlight, 8) };
}

/** What of upstream is told with the health of the process. */
export function upstreamChecks(connects: readonly Connect[]): readonly Check[] {
  return [
    { name: "clock", fault: () => clockFault(connects) },
    { name: "scopes", fault: () => scopeFault(connects) },
  ];
}

/** Whether this machine's clock can be trusted, in words: what tokens and events say of time depends on it. */
function clockFault(connects: readonly Connect[]): string | undefined {
  const apart = connects.find((connect) => connect.clockAhead() !== undefined);
  if (apart === undefined) return undefined;
  const seconds = Math.round((apart.clockAhead() ?? 0) / 1_000);
  const by = seconds > 0 ? `${seconds} seconds ahead of` : `${-seconds} seconds behind`;
  return `this machine's clock is ${by} the Connect API's in ${apart.project.region}`;
}

function scopeFault(connects: readonly Connect[]): string | undefined {
  const lacking = connects.filter((connect) => connect.missingScopes().length > 0).length;
  return lacking === 0 ? undefined : `the clients of ${lacking} of ${connects.length} projects lack scopes; the log says which`;
}
