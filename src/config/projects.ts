import type { Reader } from "./index.ts";
import { isLoopback, PROJECT_KEY, projectId, REGION } from "../identifiers.ts";
import { Secret } from "../secret.ts";

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

/** The settings of one project, by its fields. */
const NAMES = {
  region: "CTP_REGION",
  projectKey: "CTP_PROJECT_KEY",
  clientId: "CTP_CLIENT_ID",
  clientSecret: "CTP_CLIENT_SECRET",
  scope: "CTP_SCOPE",
  authUrl: "CTP_AUTH_URL",
  connectUrl: "CTP_CONNECT_URL",
} as const;

/** Reads the upstream projects, from the `CTP_…` settings or the file. None at all means the embedded emulator. */
export function readProjects(reader: Reader, readFile: (path: string) => string, production: boolean): readonly ProjectConfig[] {
  const { get, problem } = reader;
  const required = [NAMES.region, NAMES.projectKey, NAMES.clientId, NAMES.clientSecret] as const;
  const missing = required.filter((name) => get(name) === undefined);
  const file = get("PROJECTS_FILE");
  const some = Object.values(NAMES).some((name) => get(name) !== undefined);
  if (file !== undefined) {
    if (some) problem("PROJECTS_FILE and the CTP_… settings are both set: keep one.");
    return readProjectsFile(reader, file, readFile, production);
  }
  if (!some) return [];
  if (missing.length > 0) problem(`One upstream project needs ${required.join(", ")}; missing: ${missing.join(", ")}.`);
  const entry = Object.fromEntries(Object.entries(NAMES).map(([field, name]) => [field, get(name)]));
  const nameOf = (field: string): string => (Object.hasOwn(NAMES, field) ? NAMES[field as keyof typeof NAMES] : field);
  return Object.freeze([readProject(entry, nameOf, missing.length > 0 ? onlyForms(problem) : problem, production)]);
}

/** With settings missing, which is told once for all of them, the others are still checked for their form. */
function onlyForms(problem: (text: string) => void): (text: string) => void {
  return (text) => void (text.includes("must be a non-empty string") || problem(text));
}

function readProjectsFile(
  { problem }: Reader,
  path: string,
  readFile: (path: string) => string,
  production: boolean,
): readonly ProjectConfig[] {
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
  const projects = list.map((entry: unknown, at) =>
    readProject(entry, (field) => `PROJECTS_FILE, project ${at + 1}: ${field}`, problem, production),
  );
  const ids = projects.filter((project) => project.region !== "" && project.projectKey !== "").map(projectId);
  if (new Set(ids).size < ids.length) problem("PROJECTS_FILE names the same region and projectKey twice.");
  return Object.freeze(projects);
}

function readProject(
  entry: unknown,
  nameOf: (field: string) => string,
  problem: (text: string) => void,
  production: boolean,
): ProjectConfig {
  const fields = (entry !== null && typeof entry === "object" ? entry : {}) as Record<string, unknown>;
  const known = Object.keys(NAMES);
  if (Object.keys(fields).some((name) => !known.includes(name))) problem(`${nameOf("unknown field")}; allowed are ${known.join(", ")}.`);
  const text = (name: string, needed: boolean): string => {
    const value = fields[name];
    if (typeof value === "string" && value !== "") return value;
    if (needed || (value !== undefined && value !== null)) problem(`${nameOf(name)} must be a non-empty string.`);
    return "";
  };
  const region = text("region", true);
  const projectKey = text("projectKey", true);
  if (region !== "" && !REGION.test(region)) problem(`${nameOf("region")} must look like europe-west1.gcp.`);
  if (projectKey !== "" && (!PROJECT_KEY.test(projectKey) || projectKey === "connectors"))
    problem(`${nameOf("projectKey")} must be 2 to 36 letters, digits, _ or -, and not connectors.`);
  const url = (name: string, host: string): string => {
    const value = text(name, false);
    const wrong = value === "" ? undefined : faultOf(value, production);
    if (wrong !== undefined) problem(`${nameOf(name)} must be ${wrong}.`);
    return value || `https://${host}.${region}.commercetools.com`;
  };
  return Object.freeze({
    region,
    projectKey,
    clientId: text("clientId", true),
    clientSecret: new Secret(text("clientSecret", true)),
    scope: text("scope", false) || undefined,
    authUrl: url("authUrl", "auth"),
    connectUrl: url("connectUrl", "connect"),
  });
}

/** What an address of upstream should be and is not. Secrets and tokens go to it: in production nobody may listen on the way. */
function faultOf(text: string, production: boolean): string | undefined {
  const url = URL.parse(text);
  const isPlain = url?.username === "" && url.password === "" && url.search === "" && url.hash === "";
  if (!isPlain || !/^https?:$/.test(url.protocol)) return "an http or https address without user, query or fragment";
  if (production && url.protocol === "http:" && !isLoopback(url.hostname)) return "an https address in production, or http on this machine";
  return undefined;
}
