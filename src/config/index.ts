import { type IssuerConfig, readIssuers } from "./issuers.ts";
import { type ProjectConfig, readProjects } from "./projects.ts";
import { Secret } from "../secret.ts";

/** One row of the settings table: the README shows the same rows, and a test compares them. */
export type Setting = { readonly name: string; readonly default: string; readonly meaning: string; readonly secret?: true };

/** Every setting of the gateway. A secret one is also read from the file that `NAME_FILE` names. */
export const SETTINGS = [
  { name: "HOST", default: "127.0.0.1", meaning: "Address to listen on." },
  { name: "PORT", default: "4000", meaning: "Port to listen on; 0 takes a free one." },
  { name: "LOG_LEVEL", default: "info", meaning: "`trace`, `debug`, `info`, `warn`, `error`, `fatal` or `silent`." },
  { name: "NODE_ENV", default: "development", meaning: "`production` turns the safety refusals on and the embedded emulator off." },
  { name: "CTP_REGION", default: "–", meaning: "Region of the one upstream project, such as `europe-west1.gcp`." },
  { name: "CTP_PROJECT_KEY", default: "–", meaning: "Key of the one upstream project." },
  { name: "CTP_CLIENT_ID", default: "–", meaning: "API Client id of that project." },
  { name: "CTP_CLIENT_SECRET", default: "–", meaning: "API Client secret of that project.", secret: true },
  { name: "CTP_SCOPE", default: "–", meaning: "Scopes to ask for, separated by spaces; all of the API Client's when left out." },
  { name: "CTP_AUTH_URL", default: "the region's host", meaning: "Other auth host, for private endpoints and tests." },
  { name: "CTP_CONNECT_URL", default: "the region's host", meaning: "Other Connect API host, for private endpoints and tests." },
  { name: "PROJECTS_FILE", default: "–", meaning: "JSON file with several upstream projects, instead of the `CTP_…` settings." },
  {
    name: "JWT_SECRET",
    default: "random in development",
    meaning: "Key of at least 32 bytes that signs callers' HS256 tokens; development only.",
    secret: true,
  },
  { name: "JWT_JWKS_URL", default: "–", meaning: "Published keys of the one issuer of callers' tokens; https." },
  { name: "JWT_ISSUER", default: "–", meaning: "Its `iss`, letter for letter." },
  { name: "JWT_AUDIENCE", default: "–", meaning: "The `aud` that its tokens must have." },
  { name: "JWT_ISSUERS_FILE", default: "–", meaning: "JSON file with several issuers, instead of the three settings before." },
  {
    name: "ALLOWED_HOSTS",
    default: "–",
    meaning: "Host names that requests may be for, separated by commas; on a loopback `HOST` its own names, else any.",
  },
  {
    name: "RATE_PER_SECOND",
    default: "50",
    meaning: "Requests of one principal in a second; twice as many may come at once, 0 turns it off.",
  },
  { name: "FAILED_AUTH_PER_SECOND", default: "10", meaning: "Refused tokens from one address in a second, 0 turns it off." },
  { name: "MAX_IN_FLIGHT", default: "64", meaning: "Requests that are worked on at once." },
  { name: "MAX_QUEUED", default: "64", meaning: "Requests that wait for a place; further ones get 503." },
  { name: "QUEUE_WAIT_MS", default: "100", meaning: "The longest wait for a place, in milliseconds." },
  {
    name: "DATABASE_URL",
    default: "sqlite:./data/gateway.db",
    meaning: "`sqlite:` path or `postgres://` address for the event log; checked at start, nothing is stored yet.",
    secret: true,
  },
] as const satisfies readonly Setting[];

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
  readonly allowedHosts: readonly string[];
  readonly rate: { readonly perSecond: number; readonly failedAuthPerSecond: number };
  readonly admission: { readonly maxInFlight: number; readonly maxQueued: number; readonly queueWaitMs: number };
  readonly databaseUrl: Secret;
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
    host: reader.get("HOST") ?? "127.0.0.1",
    port: readWhole(reader, "PORT", 0, 65_535),
    logLevel: readLogLevel(reader),
    production,
    projects: readProjects(reader, readFile),
    jwtSecret: readJwtSecret(reader, production),
    issuers: readIssuers(reader, readFile, production),
    allowedHosts: (reader.get("ALLOWED_HOSTS") ?? "")
      .split(",")
      .map((name) => name.trim())
      .filter((name) => name !== ""),
    rate: { perSecond: readWhole(reader, "RATE_PER_SECOND", 0), failedAuthPerSecond: readWhole(reader, "FAILED_AUTH_PER_SECOND", 0) },
    admission: {
      maxInFlight: readWhole(reader, "MAX_IN_FLIGHT", 1),
      maxQueued: readWhole(reader, "MAX_QUEUED", 0),
      queueWaitMs: readWhole(reader, "QUEUE_WAIT_MS", 1),
    },
    databaseUrl: readDatabaseUrl(reader),
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

function readDatabaseUrl({ get, problem }: Reader): Secret {
  const text = get("DATABASE_URL") ?? "sqlite:./data/gateway.db";
  if (!/^(sqlite:.+|postgres(ql)?:\/\/.+)$/.test(text)) problem("DATABASE_URL must start with sqlite: or postgres://.");
  return new Secret(text);
}
