import type { FastifyReply, FastifyRequest } from "fastify";
import type { Call, ReadNote, Ref } from "../connect/index.ts";
import { gatewayError, invalidPath } from "../errors.ts";
import { readIdempotencyKey, readTraceparent, readWait } from "../headers.ts";
import { KEY, PROJECT_KEY, REGION, UUID } from "../identifiers.ts";
import type { ProjectId } from "../identifiers.ts";
import { Timing } from "../timing.ts";
import { deadlineFromNow, type Expected, type Patience, type ServiceRequest, type Services } from "../services/index.ts";

/** The part of a request that services need. Warnings leave in a `Warning: 299` header, so that the body stays upstream's. */
export function serviceRequest(request: FastifyRequest, reply: FastifyReply): ServiceRequest {
  const timing = new Timing();
  reply.timing = timing;
  timing.isAll = request.method === "GET" && request.url.startsWith("/connect/");
  const call: Call = {
    correlationId: request.id,
    traceparent: readTraceparent(request.headers["traceparent"]),
    principal: request.caller.subject,
    deadline: deadlineFromNow(),
    noted: (note) => {
      timing.add(note);
      tellAge(reply, note);
    },
  };
  return {
    caller: request.caller,
    call,
    idempotencyKey: request.method === "POST" ? readIdempotencyKey(request.headers["idempotency-key"]) : undefined,
    replayed: () => void reply.header("idempotency-replayed", "true"),
    warn: (text) => void reply.header("warning", `299 connect-gateway "${text}"`),
  };
}

/** An answer that stands in for one that cannot be had says so, and how old it is, in seconds. */
function tellAge(reply: FastifyReply, { from, ageMs }: ReadNote): void {
  if (from === "stale") reply.headers({ age: String(Math.ceil(ageMs / 1_000)), "cache-status": "connect-gateway; hit; fwd=stale" });
}

/**
 * The resource that a path's last segment names. `key=abc` is a key also when it arrives as `key%3Dabc`, which the router hands over as an id;
 * everything else must be a UUID, whose letters may be capitals.
 */
export function toRef(segment: string): Ref {
  if (segment.startsWith("key=")) return keyRef(segment.slice(4));
  if (!UUID.test(segment)) throw invalidPath("the id must be a UUID; a key is written key={key}");
  return { id: segment.toLowerCase() };
}

/** A resource named by key. */
export function keyRef(key: string): Ref {
  if (!KEY.test(key)) throw invalidPath("the key must be 2 to 256 characters from A-Z, a-z, 0-9, _ and -");
  return { key };
}

/** The project of a path with a project key. */
export function pathProject(region: string, projectKey: string): ProjectId {
  if (!PROJECT_KEY.test(projectKey)) throw invalidPath("the project key must be 2 to 36 characters from A-Z, a-z, 0-9, _ and -");
  return { region: checkedRegion(region), projectKey };
}

/** The project of a `/connectors` path, which carries none: `X-Project-Key`, else the only project that the token grants in the region. */
export function headerProject(request: FastifyRequest, region: string, services: Services): ProjectId {
  const named = request.headers["x-project-key"];
  if (named !== undefined && (typeof named !== "string" || !PROJECT_KEY.test(named))) {
    throw gatewayError("InvalidHeader", "X-Project-Key must hold one project key.");
  }
  return services.projects.resolve(request.caller, { region: checkedRegion(region), project: named });
}

function checkedRegion(region: string): string {
  if (!REGION.test(region)) throw invalidPath("the region must look like europe-west1.gcp");
  return region;
}

/** `If-Match: "4"` as the version that the caller expects. */
export function ifMatch(request: FastifyRequest): Expected {
  const header = request.headers["if-match"];
  if (header === undefined || header === "*") return {};
  const version = /^"(\d{1,15})"$/.exec(header)?.[1];
  if (version === undefined) throw gatewayError("InvalidHeader", 'If-Match must hold one version in quotes, such as "4".');
  return { ifMatch: Number(version) };
}

/** What a write may say in its query. */
export type WriteQuery = { readonly version?: number; readonly dryRun?: boolean; readonly wait?: number };

/** How long the caller of a write wants to wait for its end, by `?wait=` or `Prefer: wait=`; waiting ends when the caller is gone or the gateway stops. */
export function patience(request: FastifyRequest<{ Querystring: WriteQuery }>, { raw }: FastifyReply, closing: AbortSignal): Patience {
  const seconds = request.query.wait ?? readWait(request.headers["prefer"]) ?? 0;
  if (seconds === 0) return { ms: 0, signal: closing };
  const gone = new AbortController();
  // The answer tells: a request without a body is over before it is read (see `optimizeEmptyRequests` where the server is made).
  raw.once("close", () => gone.abort());
  if (raw.destroyed) gone.abort();
  return { ms: seconds * 1_000, signal: AbortSignal.any([closing, gone.signal]) };
}

/** Answers a dry run: what would be sent to the Connect API, secured values masked. */
export function sendPlan(request: FastifyRequest, reply: FastifyReply, body?: object): FastifyReply {
  const path = request.url.replace(/^\/connect\/[^/]+|\?.*$/g, "").replace(/\/key%3D/i, "/key=");
  return reply.code(200).send({ dryRun: true, method: request.method, path, ...(body === undefined ? {} : { body }) });
}
