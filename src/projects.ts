import type { Logger } from "pino";
import type { Config, ProjectConfig } from "./config/index.ts";
import { type Connect, type ConnectOptions, createConnect } from "./connect/index.ts";
import type { Telemetry } from "./plugins/telemetry.ts";
import { Secret } from "./secret.ts";

/** Starts the emulator that stands in for the Connect API, and gives the one project that it has. */
export async function startEmulator(): Promise<{ url: string; projects: readonly ProjectConfig[]; close(): Promise<void> }> {
  const { createEmulator, SEED } = await import("./emulator/index.ts");
  const { url, close } = await createEmulator();
  const clientSecret = new Secret(SEED.clientSecret);
  const { region, projectKey, clientId } = SEED;
  return { url, close, projects: [{ region, projectKey, clientId, clientSecret, scope: undefined, authUrl: url, connectUrl: url }] };
}

type Parts = Required<Pick<ConnectOptions, "places" | "memory" | "scrubber">> & {
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
    userAgent: `connect-gateway/${version}`,
    report: (report) => log[report.outcome.startsWith("Upstream") ? "warn" : "debug"]({ upstream: report }, "upstream call"),
  });
}

/**
 * With several projects each may have twice as many places as are free: alone two thirds of all, and what two or three slow ones leave is still enough for one that is
 * well. A single project may have calls under way that nobody waits for any more. Where callers wait in vain, the most of the places is for those who can be told
 * what was known.
 */
export function placesFor(maxInFlight: number, projects: number): NonNullable<ConnectOptions["places"]> {
  const several = projects > 1;
  const share = () => ({
    pool: { size: several ? maxInFlight : 2 * maxInFlight, taken: 0 },
    times: several ? 2 : Number.POSITIVE_INFINITY,
    inTrouble: Math.ceil(maxInFlight / 4),
  });
  return { calls: share(), callers: share() };
}
