import { randomUUID } from "node:crypto";
import type { Logger } from "pino";
import type { Config, ProjectConfig } from "./config/index.ts";
import { type Connect, type ConnectOptions, createConnect, within, type Written } from "./connect/index.ts";
import type { Feed } from "./feed.ts";
import { projectId } from "./identifiers.ts";
import { tellTo } from "./log.ts";
import type { Check } from "./plugins/health.ts";
import type { Telemetry } from "./plugins/telemetry.ts";
import { digestOf, Secret } from "./secret.ts";
import type { Store, StoredEvent } from "./store/index.ts";

/** Starts the emulator that stands in for the Connect API, and gives the one project that it has. */
export async function startEmulator(): Promise<{ url: string; projects: readonly ProjectConfig[]; close(): Promise<void> }> {
  const { createEmulator, SEED } = await import("./emulator/index.ts");
  const { url, close } = await createEmulator();
  const clientSecret = new Secret(SEED.clientSecret);
  const { region, projectKey, clientId } = SEED;
  return { url, close, projects: [{ region, projectKey, clientId, clientSecret, scope: undefined, authUrl: url, connectUrl: url }] };
}

type Parts = Required<Pick<ConnectOptions, "places" | "memory" | "inflow" | "scrubber">> & {
  readonly hints: Hints;
  readonly config: Config;
  readonly log: Logger;
  readonly telemetry: Telemetry;
  readonly version: string;
};

/** Makes the client of one project. */
export function connectTo(project: ProjectConfig, { config, hints, log, telemetry, version, ...parts }: Parts): Connect {
  return createConnect({
    ...project,
    ...parts,
    proxies: config.outbound,
    reads: config.reads,
    nameOf: hints.nameOf,
    wrote: (write, isOver) => hints.say({ project: projectId(project), write, isOver }),
    meter: telemetry.meter,
    tracer: telemetry.tracer,
    warn: tellTo(log),
    userAgent: `connect-gateway/${version}`,
    report: (report) => log[report.outcome.startsWith("Upstream") ? "warn" : "debug"]({ upstream: report }, "upstream call"),
  });
}

const byName = (connects: readonly Connect[]): ReadonlyMap<string, Connect> =>
  new Map(connects.map((connect) => [projectId(connect.project), connect]));

/** Of a write to a project, its name `{region}:{projectKey}`. */
type Hint = { readonly project: string; readonly write: Written; readonly isOver: boolean };

/** Hints to the other processes on the same database. */
export type Hints = {
  /** Tells them. Never fails: what they remember is old in a second without it. */
  say(hint: Hint): Promise<void>;
  /** Gives what takes theirs, each to the project that it is of. */
  listenFor(connects: readonly Connect[]): (words: string) => void;
  /** What a principal is called in hints: whoever listens at the database hears no names. */
  nameOf(principal: string): string;
};

/** The caller of a write waits so long at most until the others have been told, in milliseconds. */
const SAY_MS = 250;

/** Makes the hints of one process; all on one database have the same `secret`. */
export function createHints(store: Store, secret: Secret, log: Logger): Hints {
  const self = randomUUID();
  const nameOf = (principal: string): string => digestOf(secret, ["principal", principal]);
  /** Whether the database takes its time: then nobody waits for it until it has answered. */
  let isLate = false;
  return {
    nameOf,
    say: async ({ project, isOver, write: { principal, subject, operation } }) => {
      const name = principal === undefined ? undefined : nameOf(principal);
      const said = store.hints
        .say(JSON.stringify({ from: self, project, isOver, write: { principal: name, subject, operation } }))
        .catch((error: unknown) => log.debug({ err: error }, "other processes could not be told of a write"))
        .then(() => {
          isLate = false;
          return true;
        });
      if (!isLate) isLate = (await within(said, SAY_MS)) !== true;
    },
    listenFor: (connects) => {
      const byProject = byName(connects);
      return (words) => {
        try {
          const { from, project, write, isOver } = JSON.parse(words) as Hint & { readonly from: string };
          if (from !== self) byProject.get(project)?.heard(write, isOver);
        } catch (error) {
          log.warn({ err: error }, "what another process told cannot be read");
        }
      };
    },
  };
}

/** What the event log tells makes old what is remembered of a project, also where another process found it. */
export function followChanges(feed: Feed, connects: readonly Connect[]): void {
  const byProject = byName(connects);
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
 * others like them, and so do the requests that are made for them. Where callers wait in vain, the most of the places is for those who can be told.
 */
export function placesFor(maxInFlight: number, projects: number): NonNullable<ConnectOptions["places"]> {
  const share = (size: number, times: number, inTrouble = Math.ceil(maxInFlight / 4)) => ({ pool: { size, taken: 0 }, times, inTrouble });
  if (projects > 1) return { calls: share(maxInFlight, 2), callers: share(maxInFlight, 2) };
  const all = Number.POSITIVE_INFINITY;
  return {
    calls: share(2 * maxInFlight, all, all),
    callers: share(2 * maxInFlight, all),
    known: share(maxInFlight, 8),
    refreshes: share(maxInFlight, 8),
  };
}

/** What of upstream is told with the health of the process. */
export function upstreamChecks(connects: readonly Connect[]): readonly Check[] {
  return [
    { name: "upstream", fault: () => upstreamFault(connects) },
    { name: "clock", fault: () => clockFault(connects) },
    { name: "scopes", fault: () => scopeFault(connects) },
  ];
}

/** What is kept from upstream because it fails, in words. */
function upstreamFault(connects: readonly Connect[]): string | undefined {
  const faults = (["everything", "writes"] as const).flatMap((kept) => {
    const failing = connects.filter((connect) => connect.keptBack() === kept).length;
    const what = kept === "writes" ? "writes alone" : "all requests";
    return failing === 0 ? [] : `the Connect API fails ${what} of ${failing} of ${connects.length} projects, so that they are kept back`;
  });
  return faults.length === 0 ? undefined : faults.join("; ");
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
