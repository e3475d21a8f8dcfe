import { isLoopback } from "../identifiers.ts";
import type { Reader } from "./index.ts";

/** An issuer of callers' tokens; see the README for the fields of `JWT_ISSUERS_FILE`. */
export type IssuerConfig = {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: string;
  readonly algorithms: readonly string[];
  readonly typ: string | undefined;
  readonly projectKeys: readonly string[] | undefined;
};

const ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"];
const USUAL = ["RS256", "ES256", "EdDSA"];
const FIELDS = ["issuer", "audience", "jwksUrl", "algorithms", "typ", "projectKeys"];

/** The settings of one issuer, by its fields. */
const NAMES = { jwksUrl: "JWT_JWKS_URL", issuer: "JWT_ISSUER", audience: "JWT_AUDIENCE" } as const;

/** Reads the issuers, from the `JWT_…` settings or the file. */
export function readIssuers(reader: Reader, readFile: (path: string) => string, production: boolean): readonly IssuerConfig[] {
  const { get, problem } = reader;
  const names = Object.values(NAMES);
  const missing = names.filter((name) => get(name) === undefined);
  const file = get("JWT_ISSUERS_FILE");
  if (file !== undefined && missing.length < names.length) problem("JWT_ISSUERS_FILE and the JWT_… settings are both set: keep one.");
  if (file !== undefined) return readIssuersFile(reader, file, readFile, production);
  if (missing.length === names.length) return [];
  if (missing.length > 0) {
    problem(`Callers' tokens by JWKS need ${names.join(", ")}; missing: ${missing.join(", ")}.`);
    return [];
  }
  const entry = Object.fromEntries(Object.entries(NAMES).map(([field, name]) => [field, get(name)]));
  const nameOf = (field: string): string => (Object.hasOwn(NAMES, field) ? NAMES[field as keyof typeof NAMES] : field);
  return Object.freeze([readIssuer(entry, nameOf, problem, production)]);
}

function readIssuersFile(
  { problem }: Reader,
  path: string,
  readFile: (path: string) => string,
  production: boolean,
): readonly IssuerConfig[] {
  let list: unknown;
  try {
    list = JSON.parse(readFile(path));
  } catch {
    problem("JWT_ISSUERS_FILE names a file that cannot be read as JSON.");
    return [];
  }
  if (!Array.isArray(list) || list.length === 0) {
    problem("JWT_ISSUERS_FILE must hold a JSON array with at least one issuer.");
    return [];
  }
  const issuers = list.map((entry: unknown, at) =>
    readIssuer(entry, (field) => `JWT_ISSUERS_FILE, issuer ${at + 1}: ${field}`, problem, production),
  );
  if (new Set(issuers.map((each) => each.issuer)).size < issuers.length) problem("JWT_ISSUERS_FILE names the same issuer twice.");
  return Object.freeze(issuers);
}

function readIssuer(entry: unknown, nameOf: (field: string) => string, problem: (text: string) => void, production: boolean): IssuerConfig {
  const fields = (entry !== null && typeof entry === "object" ? entry : {}) as Record<string, unknown>;
  if (Object.keys(fields).some((name) => !FIELDS.includes(name))) problem(`${nameOf("unknown field")}; allowed are ${FIELDS.join(", ")}.`);
  const text = (name: string): string => {
    const value = fields[name];
    if (typeof value === "string" && value !== "") return value;
    problem(`${nameOf(name)} must be a non-empty string.`);
    return "";
  };
  const list = (name: string): readonly string[] | undefined => {
    const value = fields[name];
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === "string")) return value;
    problem(`${nameOf(name)} must be a list of strings.`);
    return undefined;
  };
  const jwksUrl = text("jwksUrl");
  if (jwksUrl !== "" && !isKeyAddress(jwksUrl, production)) {
    problem(`${nameOf("jwksUrl")} must be an https address${production ? "" : ", or http on this machine"}.`);
  }
  const algorithms = list("algorithms") ?? USUAL;
  if (algorithms.some((each) => !ALGORITHMS.includes(each))) problem(`${nameOf("algorithms")} may be ${ALGORITHMS.join(", ")}.`);
  const typ = fields["typ"] === undefined ? undefined : text("typ");
  return Object.freeze({ issuer: text("issuer"), audience: text("audience"), jwksUrl, algorithms, typ, projectKeys: list("projectKeys") });
}

function isKeyAddress(text: string, production: boolean): boolean {
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "") return false;
  return url.protocol === "https:" || (!production && url.protocol === "http:" && isLoopback(url.hostname));
}
