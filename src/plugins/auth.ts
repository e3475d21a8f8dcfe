import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import fastifyJwt from "@fastify/jwt";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { gatewayError } from "../errors.ts";
import type { Pressure } from "../pressure.ts";
import { reveal, type Secret } from "../secret.ts";
import type { Caller, Permission } from "../services/index.ts";
import { countHeader } from "./guards.ts";
import type { Key } from "./jwks.ts";
import type { CountFailure } from "./rate.ts";
import { parseStrictJson } from "./strict-json.ts";
import { createProfiles, type Issuer, type TokenProfile } from "./token-profiles.ts";
import { createVerifiedTokens, VERIFIED_MS } from "./verified.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** Who asks; set by the auth plugin on every route behind it. */
    caller: Caller;
  }
}

/** Tolerance between clocks, in seconds. */
const SKEW = 5;
/** The longest time between a token's issue and its end, in seconds. */
const LONGEST_LIFE = 24 * 60 * 60;
const LONGEST_TOKEN = 8 * 1024;

type Options = {
  /** Signs and verifies tokens without an issuer (HS256); only in development. */
  readonly secret: Secret;
  /** Whether such tokens are taken at all. */
  readonly development: boolean;
  readonly issuers: readonly Issuer[];
  /** The scopes that decide something; a token's others are left out. */
  readonly permissions: readonly Permission[];
  readonly countFailure: CountFailure;
  /** Tells when memory runs short; what was verified can be verified again. */
  readonly pressure: Pressure;
  readonly fetch: typeof globalThis.fetch;
  readonly now?: () => number;
  /** Monotonic, in milliseconds, for the age of published keys. */
  readonly elapsed?: () => number;
};

export type Auth = {
  /** Signs a token for `scope`, good for the longest time that is accepted. */
  readonly signToken: (subject: string, scope: string) => string;
  /** Who holds the token of an `Authorization` value; undefined for every fault of it. */
  readonly authenticate: (authorization: string) => Promise<Caller | undefined>;
  /** Whether the token of an `Authorization` value on a connection is still known to be good, and held by `caller`. */
  readonly isHeldBy: (caller: Caller, socket: Socket, authorization: string) => boolean;
};

/**
 * Lets only holders of a valid bearer token through to the routes of `app`; every fault of a token is the same 401.
 */
export async function registerAuth(app: FastifyInstance, options: Options): Promise<Auth> {
  const { secret, development, issuers, permissions, fetch, now = Date.now, elapsed = () => performance.now() } = options;
  const key = reveal(secret);
  await app.register(fastifyJwt, { secret: key, sign: { algorithm: "HS256" } });
  const warn = (reason: string): void => app.log.warn({ reason }, "keys of an issuer cannot be used");
  const profiles = createProfiles(issuers, development ? key : undefined, { fetch, warn, elapsed });
  const known = new Set<string>(permissions);
  app.decorateRequest("caller");

  const verified = createVerifiedTokens({ skewMs: SKEW * 1_000, now });
  options.pressure.relieve(verified.clear);
  const rounds = setInterval(() => {
    verified.prune();
    for (const { keys } of profiles.values()) keys.renew();
  }, VERIFIED_MS).unref();
  app.addHook("onClose", async () => clearInterval(rounds));

  async function authenticate(authorization: string): Promise<Caller | undefined> {
    try {
      const caller = await verify(app, authorization, profiles, known, now() / 1_000);
      verified.keep(authorization, caller);
      return caller;
    } catch (error) {
      app.log.debug({ reason: error instanceof Error ? error.name : "unknown" }, "token refused");
      return undefined;
    }
  }

  async function enter(request: FastifyRequest, authorization: string): Promise<void> {
    const caller = countHeader(request.raw, "authorization") > 1 ? undefined : await authenticate(authorization);
    if (caller === undefined) throw (await options.countFailure(request.ip)) ?? gatewayError("AuthenticationError");
    request.caller = caller;
  }

  app.addHook("onRequest", (request, _reply, done) => {
    const { authorization = "" } = request.headers;
    const caller = verified.find(request.raw.socket, authorization);
    if (caller !== undefined && countHeader(request.raw, "authorization") === 1) {
      request.caller = caller;
      return done();
    }
    return enter(request, authorization);
  });
  return {
    signToken: (sub, scope) => app.jwt.sign({ sub, scope }, { expiresIn: LONGEST_LIFE }),
    authenticate,
    isHeldBy: (caller, socket, authorization) => verified.find(socket, authorization) === caller,
  };
}

type Profiles = ReadonlyMap<string | undefined, TokenProfile>;

/** Who holds the token; throws for every fault of it. */
async function verify(
  app: FastifyInstance,
  authorization: string,
  profiles: Profiles,
  known: ReadonlySet<string>,
  now: number,
): Promise<Caller> {
  const { token, alg, kid, profile } = readToken(authorization, profiles);
  const { issuer, audience, projectKeys } = profile;
  const key = await profile.keys.keyOf({ alg, kid });
  const claims = app.jwt.verify<Record<string, unknown>>(token, {
    key: key.pem,
    algorithms: [alg as "HS256"],
    clockTolerance: SKEW * 1_000,
    cache: false,
    ...(issuer === undefined ? {} : { allowedIss: issuer }),
    ...(audience === undefined ? {} : { allowedAud: audience }),
  });
  if (claims["iss"] !== issuer || (audience !== undefined && ![claims["aud"]].flat().includes(audience))) throw new Error("not for us");
  return toCaller(claims, key, known, projectKeys, now);
}

/** What a token says of itself, before anything of it is believed: enough to choose the profile that verifies it. */
function readToken(
  authorization: string,
  profiles: Profiles,
): { token: string; alg: string; kid: string | undefined; profile: TokenProfile } {
  const parts = /^Bearer ([\w-]+)\.([\w-]+)\.([\w-]+)$/i.exec(authorization)?.slice(1);
  if (authorization.length > LONGEST_TOKEN || parts === undefined) throw new Error("no usable bearer token");
  const [header, payload] = parts.map(decode);
  const { alg, kid, typ, crit, b64 } = readObject(header);
  const { iss } = readObject(payload);
  const profile = iss === undefined || typeof iss === "string" ? profiles.get(iss) : undefined;
  const type = typeof typ === "string" ? typ.toLowerCase() : typ;
  if (typeof alg !== "string" || profile?.algorithms.includes(alg) !== true) throw new Error("no such algorithm here");
  if ((type !== undefined && typeof type !== "string") || !profile.types.includes(type)) throw new Error("another type of token");
  // With `b64` (RFC 7797) the signature may be over something else; it is refused also where `crit`, which has to name it, is missing.
  if (crit !== undefined || b64 !== undefined || (kid !== undefined && typeof kid !== "string")) throw new Error("unknown header");
  return { token: parts.join("."), alg, kid, profile };
}

/** Base64url in its one canonical form. */
function decode(part: string): Buffer {
  const bytes = Buffer.from(part, "base64url");
  if (bytes.toString("base64url") !== part) throw new Error("not canonical base64url");
  return bytes;
}

/** Header or payload, read as strictly as a body: a name given twice means something else to each reader. */
function readObject(bytes: Buffer | undefined): Record<string, unknown> {
  const value = bytes === undefined ? undefined : parseStrictJson(bytes);
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Error("not an object");
  return value as Record<string, unknown>;
}

function toCaller(
  { iss, sub, client_id: clientId, azp, iat, exp, scope }: Record<string, unknown>,
  key: Key,
  known: ReadonlySet<string>,
  projects: ReadonlySet<string> | undefined,
  now: number,
): Caller {
  if (typeof exp !== "number" || exp > now + LONGEST_LIFE + SKEW) throw new Error("no acceptable end");
  if (iat !== undefined && (typeof iat !== "number" || iat > now + SKEW || exp - iat > LONGEST_LIFE + SKEW))
    throw new Error("no acceptable issue time");
  if (scope !== undefined && typeof scope !== "string") throw new Error("scope is not a string");
  const subject = typeof sub === "string" && sub !== "" ? sub : clientOf(clientId, azp);
  const introspect = (scope ?? "").split(" ").includes("introspect");
  // Two issuers may both know a "sam": the subject says whose.
  return {
    subject: typeof iss === "string" ? `${iss} ${subject}` : subject,
    grants: toGrants(scope ?? "", known, projects),
    introspect,
    // Whoever asks again later hears of it.
    get expiresAt() {
      return key.withdrawn ? 0 : exp * 1_000;
    },
  };
}

/** Whom a token of a client alone names, so that it is nobody's who may be called the same. */
function clientOf(...names: readonly unknown[]): string {
  const name = names.find((each): each is string => typeof each === "string" && each !== "");
  return name === undefined ? "" : `client_id=${name}`;
}

/** The `scope` claim (`name:projectKey` entries) by project; names that decide nothing here are left out. */
function toGrants(scope: string, known: ReadonlySet<string>, projects: ReadonlySet<string> | undefined): Caller["grants"] {
  const grants = new Map<string, Set<Permission>>();
  for (const entry of scope.split(" ")) {
    const at = entry.indexOf(":");
    const [name, project] = [entry.slice(0, at), entry.slice(at + 1)];
    if (at < 1 || !known.has(name) || projects?.has(project) === false) continue;
    grants.set(project, (grants.get(project) ?? new Set()).add(name as Permission));
  }
  return grants;
}
