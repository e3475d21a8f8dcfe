import fastifyJwt from "@fastify/jwt";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { gatewayError } from "../errors.ts";
import { reveal, type Secret } from "../secret.ts";
import type { Caller, Permission } from "../services/index.ts";

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
  readonly secret: Secret;
  /** The scopes that decide something; a token's others are left out. */
  readonly permissions: readonly Permission[];
  readonly now?: () => number;
};

/** Signs a token for `scope`, good for the longest time that is accepted. */
export type SignToken = (subject: string, scope: string) => string;

/**
 * Lets only holders of a valid bearer token (HS256) through to the routes of `app`; every fault of a token is the same 401.
 * Returns the signer of development tokens.
 */
export async function registerAuth(app: FastifyInstance, { secret, permissions, now = Date.now }: Options): Promise<SignToken> {
  await app.register(fastifyJwt, {
    secret: reveal(secret),
    sign: { algorithm: "HS256" },
    verify: { algorithms: ["HS256"], clockTolerance: SKEW * 1_000, cache: false },
  });
  const known = new Set<string>(permissions);
  app.decorateRequest("caller");
  app.addHook("onRequest", async (request) => {
    request.caller = await authenticate(request, known, now);
  });
  return (sub, scope) => app.jwt.sign({ sub, scope }, { expiresIn: LONGEST_LIFE });
}

async function authenticate(request: FastifyRequest, known: ReadonlySet<string>, now: () => number): Promise<Caller> {
  try {
    const header = request.headers.authorization ?? "";
    const several = request.raw.rawHeaders.filter((text, at) => at % 2 === 0 && text.toLowerCase() === "authorization").length > 1;
    if (several || header.length > LONGEST_TOKEN || !/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/i.test(header))
      throw new Error("no usable bearer token");
    const claims: unknown = await request.jwtVerify();
    return toCaller(claims, known, now() / 1_000);
  } catch (error) {
    request.log.debug({ reason: error instanceof Error ? error.name : "unknown" }, "token refused");
    throw gatewayError("AuthenticationError");
  }
}

function toCaller(claims: unknown, known: ReadonlySet<string>, now: number): Caller {
  const { sub, iat, exp, scope } = claims as Record<string, unknown>;
  if (typeof exp !== "number" || exp > now + LONGEST_LIFE + SKEW) throw new Error("no acceptable end");
  if (iat !== undefined && (typeof iat !== "number" || iat > now + SKEW || exp - iat > LONGEST_LIFE + SKEW))
    throw new Error("no acceptable issue time");
  if (scope !== undefined && typeof scope !== "string") throw new Error("scope is not a string");
  return { subject: typeof sub === "string" ? sub : "", grants: toGrants(scope ?? "", known) };
}

/** The `scope` claim (`name:projectKey` entries) by project; names that decide nothing here are left out. */
function toGrants(scope: string, known: ReadonlySet<string>): ReadonlyMap<string, ReadonlySet<Permission>> {
  const grants = new Map<string, Set<Permission>>();
  for (const entry of scope.split(" ")) {
    const at = entry.indexOf(":");
    const name = entry.slice(0, at);
    if (at < 1 || !known.has(name)) continue;
    const project = entry.slice(at + 1);
    grants.set(project, (grants.get(project) ?? new Set()).add(name as Permission));
  }
  return grants;
}
