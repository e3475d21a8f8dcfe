import { Secret } from "./secret.ts";

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
  {
    name: "DATABASE_URL",
    default: "sqlite:./data/gateway.db",
    meaning: "`sqlite:` path or `postgres://` address for the event log; checked at start, nothing is stored yet.",
    secret: true,
  },
] as const satisfies readonly Setting[];

/** One upstream project and the credential to reach it. */
export type ProjectConfig = {
  readonly region: string;
  readonly projectKey: string;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly scope: string | undefined;
  readonly authUrl: string;
  readonly connectUrl: string;
};

export type Config = {
  readonly host: string;
  readonly port: number;
  readonly logLevel: string;
  readonly production: boolean;
  /** Empty: the embedded emulator stands in for the Connect API. */
  readonly projects: readonly ProjectConfig[];
  /** Undefined: a random key is made, and a ready token printed. */
  readonly jwtSecret: Secret | undefined;
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

type Env = Readonly<Record<string, string | undefined>>;
type Name = (typeof SETTINGS)[number]["name"];
type Reader = { get(name: Name): string | undefined; problem(text: string): void };

/**
 * Reads the settings from `env`; `readFile` gives the text of a file (for `…_FILE` and `PROJECTS_FILE`).
 * Throws a {@link ConfigError} that names every problem at once.
 */
export function readConfig(env: Env, readFile: (path: string) => string): Config {
  const problems: string[] = [];
  const reader = createReader(env, readFile, problems);
  const production = reader.get("NODE_ENV") === "production";
  const config: Config = {
    host: reader.get("HOST") ?? "127.0.0.1",
    port: readPort(reader),
    logLevel: readLogLevel(reader),
    production,
    projects: readProjects(reader, readFile),
    jwtSecret: readJwtSecret(reader, production),
    databaseUrl: readDatabaseUrl(reader),
  };
  if (production && config.projects.length === 0) {
    reader.problem(
      "NODE_ENV=production needs an upstream project: set CTP_REGION, CTP_PROJECT_KEY, CTP_CLIENT_ID and CTP_CLIENT_SECRET, or PROJECTS_FILE.",
    );
  }
  if (env["NODE_TLS_REJECT_UNAUTHORIZED"] === "0") {
    reader.problem("NODE_TLS_REJECT_UNAUTHORIZED=0 turns TLS checks off: unset it, and name a private CA with NODE_EXTRA_CA_CERTS.");
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return Object.freeze(config);
}

function createReader(env: Env, readFile: (path: string) => string, problems: string[]): Reader {
  const problem = (text: string): void => void problems.push(text);
  const secrets = new Set<string>(SETTINGS.filter((setting) => "secret" in setting).map((setting) => setting.name));

  function get(name: Name): string | undefined {
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

function readPort({ get, problem }: Reader): number {
  const text = get("PORT") ?? "4000";
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(port <= 65_535)) problem("PORT must be a whole number from 0 to 65535.");
  return port;
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

function readProjects(reader: Reader, readFile: (path: string) => string): readonly ProjectConfig[] {
  const { get, problem } = reader;
  const required = ["CTP_REGION", "CTP_PROJECT_KEY", "CTP_CLIENT_ID", "CTP_CLIENT_SECRET"] as const;
  const missing = required.filter((name) => get(name) === undefined);
  const file = get("PROJECTS_FILE");
  if (file !== undefined) {
    if (missing.length < required.length) problem("PROJECTS_FILE and the CTP_… settings are both set: keep one.");
    return readProjectsFile(reader, file, readFile);
  }
  if (missing.length === required.length) return [];
  if (missing.length > 0) problem(`One upstream project needs ${required.join(", ")}; missing: ${missing.join(", ")}.`);
  const entry = {
    region: get("CTP_REGION"),
    projectKey: get("CTP_PROJECT_KEY"),
    clientId: get("CTP_CLIENT_ID"),
    clientSecret: get("CTP_CLIENT_SECRET"),
    scope: get("CTP_SCOPE"),
    authUrl: get("CTP_AUTH_URL"),
    connectUrl: get("CTP_CONNECT_URL"),
  };
  return missing.length > 0 ? [] : [readProject(entry, "The CTP_… settings", problem)];
}

function readProjectsFile({ problem }: Reader, path: string, readFile: (path: string) => string): readonly ProjectConfig[] {
  let list: unknown;
  try {
    list = JSON.parse(readFile(path));
  } catch {
    problem("PROJECTS_FILE names a file that cannot be read as JSON.");
    return [];
  }
  if (!Array.isArray(list) || list.length === 0) {
    problem("PROJECTS_FILE must hold a JSON array with at least one project.");
    return [];
  }
  const projects = list.map((entry: unknown, at) => readProject(entry, `PROJECTS_FILE, project ${at + 1}`, problem));
  const ids = projects.map((project) => `${project.region}:${project.projectKey}`);
  if (new Set(ids).size < ids.length) problem("PROJECTS_FILE names the same region and projectKey twice.");
  return projects;
}

const REGION = /^[a-z0-9-]+\.[a-z]+$/;
const PROJECT_KEY = /^[a-zA-Z0-9_-]{2,36}$/;

function readProject(entry: unknown, where: string, problem: (text: string) => void): ProjectConfig {
  const fields = (entry !== null && typeof entry === "object" ? entry : {}) as Record<string, unknown>;
  const known = ["region", "projectKey", "clientId", "clientSecret", "scope", "authUrl", "connectUrl"];
  for (const name of Object.keys(fields)) if (!known.includes(name)) problem(`${where}: unknown field; allowed are ${known.join(", ")}.`);
  const text = (name: string, needed: boolean): string => {
    const value = fields[name];
    if (typeof value === "string" && value !== "") return value;
    if (needed || (value !== undefined && value !== null)) problem(`${where}: ${name} must be a non-empty string.`);
    return "";
  };
  const region = text("region", true);
  const projectKey = text("projectKey", true);
  if (region !== "" && !REGION.test(region)) problem(`${where}: region must look like europe-west1.gcp.`);
  if (projectKey !== "" && (!PROJECT_KEY.test(projectKey) || projectKey === "connectors"))
    problem(`${where}: projectKey is not a project key.`);
  const url = (name: string, host: string): string => {
    const value = text(name, false) || `https://${host}.${region}.commercetools.com`;
    if (!isHttpUrl(value) && region !== "") problem(`${where}: ${name} must be an http or https address.`);
    return value;
  };
  return {
    region,
    projectKey,
    clientId: text("clientId", true),
    clientSecret: new Secret(text("clientSecret", true)),
    scope: text("scope", false) || undefined,
    authUrl: url("authUrl", "auth"),
    connectUrl: url("connectUrl", "connect"),
  };
}

function isHttpUrl(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === "" && url.search === "" && url.hash === "";
}
