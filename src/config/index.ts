import { readAllowed } from "./allowed.ts";
import { readDatabaseUrl } from "./database.ts";
import { readHost, readHosts } from "./hosts.ts";
import { type IssuerConfig, readIssuers } from "./issuers.ts";
import { type OutboundConfig, readOutbound } from "./outbound.ts";
import { type ProjectConfig, readProjects } from "./projects.ts";
import type { TelemetryOptions } from "../plugins/telemetry.ts";
import { Secret } from "../secret.ts";
import { SETTINGS } from "./settings.ts";
import { readTelemetry } from "./telemetry.ts";

export { SETTINGS, type Setting } from "./settings.ts";

export type Config = {
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
  readonly production: boolean;
  /** Empty: the embedded emulator stands in for the Connect API. */
  readonly projects: readonly ProjectConfig[];
  /** Undefined: a random key is made, and a ready token printed. */
  readonly jwtSecret: Secret | undefined;
  /** Issuers whose keys are published; when there is any and no JWT_SECRET, only their tokens are taken. */
  readonly issuers: readonly IssuerConfig[];
  readonly outbound: OutboundConfig;
  readonly allowedHosts: readonly string[];
  readonly rate: { readonly perSecond: number; readonly failedAuthPerSecond: number };
  readonly admission: { readonly maxInFlight: number; readonly maxQueued: number; readonly queueWaitMs: number };
  /** How long answers serve others, and how old they may be when upstream is down, in milliseconds. */
  readonly reads: { readonly cacheMs: number; readonly staleMs: number };
  /** Pauses between two looks, in milliseconds; no looks at all when `calmMs` is 0. */
  readonly watch: { readonly calmMs: number; readonly hotMs: number };
  /** For how long work stays with a process that died, in milliseconds. */
  readonly leaseMs: number;
  /** How long requests are still served once the process is to stop, in milliseconds. */
  readonly preStopMs: number;
  readonly webhooks: {
    readonly allowed: readonly string[];
    /** Undefined: made at the first start and kept in a file beside the database. */
    readonly secret: Secret | undefined;
  };
  readonly databaseUrl: Secret;
  readonly telemetry: TelemetryOptions;
};

/** Settings that cannot be used; `problems` are sentences for an operator. */
export class ConfigError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join(" "));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

export type { IssuerConfig } from "./issuers.ts";
export type { ProjectConfig } from "./projects.ts";

type Env = Readonly<Record<string, string | undefined>>;
type Name = (typeof SETTINGS)[number]["name"];
/** Gives a setting's value, undefined when it is not set, and takes notes of what is wrong, in sentences. */
export type Reader = { get(name: Name): string | undefined; problem(text: string): void };

/**
 * Reads the settings from `env`; `readFile` gives the text of a file (for `…_FILE` and `PROJECTS_FILE`).
 * Throws a {@link ConfigError} that names every problem at once.
 */
export function readConfig(env: Env, readFile: (path: string) => string): Config {
  const problems: string[] = [];
  const reader = createReader(env, readFile, problems);
  const production = readMode(reader) === "production";
  const config: Config = {
    host: readHost(reader),
    port: readWhole(reader, "PORT", 0, 65_535),
    logLevel: readLogLevel(reader),
    production,
    projects: readProjects(reader, readFile, production),
    jwtSecret: readJwtSecret(reader, production),
    issuers: readIssuers(reader, readFile, production),
    outbound: readOutbound(reader, readFile),
    allowedHosts: readHosts(reader, readList(reader, "ALLOWED_HOSTS")),
    rate: { perSecond: readWhole(reader, "RATE_PER_SECOND", 0), failedAuthPerSecond: readWhole(reader, "FAILED_AUTH_PER_SECOND", 0) },
    admission: {
      maxInFlight: readWhole(reader, "MAX_IN_FLIGHT", 1),
      maxQueued: readWhole(reader, "MAX_QUEUED", 0),
      queueWaitMs: readWhole(reader, "QUEUE_WAIT_MS", 1),
    },
    reads: { cacheMs: readWhole(reader, "CACHE_TTL_MS", 0), staleMs: readWhole(reader, "STALE_IF_ERROR_MS", 0, 9_999_999) },
    watch: { calmMs: readWhole(reader, "WATCH_INTERVAL_MS", 0), hotMs: readWhole(reader, "WATCH_HOT_INTERVAL_MS", 1) },
    leaseMs: readWhole(reader, "LEASE_MS", 500),
    webhooks: { allowed: readAllowed(reader, readList(reader, "WEBHOOK_ALLOW")), secret: readWebhookSecret(reader) },
    databaseUrl: readDatabaseUrl(reader, readFile),
    preStopMs: reader.get("PRE_STOP_MS") === undefined ? (production ? 2_000 : 0) : readWhole(reader, "PRE_STOP_MS", 0, 5_000),
    telemetry: readTelemetry(reader, production),
  };
  if (production) refuseUnsafe(reader);
  if (env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0") {
    reader.problem("NODE_TLS_REJECT_UNAUTHORIZED=0 turns TLS checks off: unset it, and name a private CA with NODE_EXTRA_CA_CERTS.");
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

function createReader(env: Env, readFile: (path: string) => string, problems: string[]): Reader {
  const read = new Map<Name, string | undefined>();
  const problem = (text: string): void => void (problems.includes(text) || problems.push(text));
  const secrets = new Set<string>(SETTINGS.filter((setting) => "secret" in setting).map((setting) => setting.name));

  function get(name: Name): string | undefined {
    if (!read.has(name)) read.set(name, find(name));
    return read.get(name);
  }

  function find(name: Name): string | undefined {
    const value = env[name] === "" ? undefined : env[name];
    const file = secrets.has(name) ? env[`${name}_FILE`] : undefined;
    if (file === undefined || file === "") return value;
    if (value !== undefined) problem(`${name} and ${name}_FILE are both set: keep one.`);
    try {
      return readFile(file).trim();
    } catch {
      problem(`${name}_FILE names a file that cannot be read.`);
      return undefined;
    }
  }
  return { get, problem };
}

const MODES = ["development", "test", "production"];

/** A misspelt `production` must not turn the refusals off. */
function readMode({ get, problem }: Reader): string {
  const mode = get("NODE_ENV") ?? "development";
  if (!MODES.includes(mode)) problem(`NODE_ENV must be one of ${MODES.join(", ")}.`);
  return mode;
}

/** What may not be in production: the emulator as upstream, and callers' tokens that anyone with the signing key can make. */
function refuseUnsafe({ get, problem }: Reader): void {
  if (get("CTP_REGION") === undefined && get("PROJECTS_FILE") === undefined) {
    problem(
      "NODE_ENV=production needs an upstream project: set CTP_REGION, CTP_PROJECT_KEY, CTP_CLIENT_ID and CTP_CLIENT_SECRET, or PROJECTS_FILE.",
    );
  }
  if (get("JWT_ISSUERS_FILE") === undefined && get("JWT_JWKS_URL") === undefined) {
    problem("NODE_ENV=production needs an issuer of callers' tokens: set JWT_JWKS_URL, JWT_ISSUER and JWT_AUDIENCE, or JWT_ISSUERS_FILE.");
  }
}

/** A whole number from `min` up to `max`, by the table's default when it is not set. */
function readWhole({ get, problem }: Reader, name: Name, min: number, max = 1_000_000): number {
  const text = get(name) ?? SETTINGS.find((setting) => setting.name === name)?.default ?? "";
  const value = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) problem(`${name} must be a whole number from ${min} to ${max}.`);
  return value;
}

const LOG_LEVELS = new Set(["trace", "debug", "info", "warn", "error", "fatal", "silent"]);

function readLogLevel({ get, problem }: Reader): string {
  const level = get("LOG_LEVEL") ?? "info";
  if (!LOG_LEVELS.has(level)) problem(`LOG_LEVEL must be one of ${[...LOG_LEVELS].join(", ")}.`);
  return level;
}

function readJwtSecret({ get, problem }: Reader, production: boolean): Secret | undefined {
  const text = get("JWT_SECRET");
  if (text === undefined) return undefined;
  if (production) problem("JWT_SECRET (HS256) is for development and is refused with NODE_ENV=production.");
  if (Buffer.byteLength(text) < 32) problem("JWT_SECRET must be at least 32 bytes long.");
  return new Secret(text);
}

function readList({ get }: Reader, name: Name): readonly string[] {
  return (get(name) ?? "")
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}

function readWebhookSecret({ get, problem }: Reader): Secret | undefined {
  const text = get("WEBHOOK_SECRET");
  if (text !== undefined && Buffer.byteLength(text) < 32) problem("WEBHOOK_SECRET must be at least 32 bytes long.");
  const shared = get("DATABASE_URL")?.startsWith("postgres") === true;
  if (text === undefined && shared) problem("WEBHOOK_SECRET is needed with PostgreSQL: every process must sign alike.");
  return text === undefined ? undefined : new Secret(text);
}
