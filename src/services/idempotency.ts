import { GatewayError, gatewayError, toGatewayError } from "../errors.ts";
import { digestOf, type Secret } from "../secret.ts";
import type { Store } from "../store/index.ts";
import { type ProjectId, projectId, type ServiceRequest } from "./access.ts";

/** Does a thing once for each `Idempotency-Key`. */
export type Once = {
  /** Does `run`, or gives again what came of it before. Without a key it is simply done. */
  do<T>(request: ServiceRequest, project: ProjectId, what: readonly unknown[], ways: Ways<T>): Promise<T>;
  /** A resource key made of the request's `Idempotency-Key`, under which a lost creation is found again; undefined without one. */
  keyFor(request: ServiceRequest, project: ProjectId): string | undefined;
};

type Ways<T> = {
  readonly run: () => Promise<T>;
  /** Looks for what a lost run has done; undefined when it has done nothing, an error when nobody can tell. */
  readonly find: () => Promise<T | undefined>;
};

/** Longer than any request may take, in milliseconds. */
const LEASE_MS = 45_000;
/** Keys are remembered for a day. */
const KEPT_MS = 86_400_000;
const PRUNE_EVERY = 100;

/** Refusals of upstream that stand: the same request would be refused again. Others are about the moment, or about us. */
const DEFINITE = new Set([400, 404, 409, 412, 422]);

/** Makes it over the store; `secret` keeps ids and fingerprints from telling what they were made of. */
export function createOnce({ idempotency }: Store, secret: Secret, now: () => number = Date.now): Once {
  let claims = 0;

  async function claim(id: string, fingerprint: string) {
    claims += 1;
    if (claims % PRUNE_EVERY === 1) await idempotency.prune(now() - KEPT_MS);
    return idempotency.claim(id, fingerprint, now(), now() + LEASE_MS);
  }

  /** Does what was claimed, and keeps how it ended. */
  async function perform<T>(id: string, lease: string, work: () => Promise<T>): Promise<T> {
    try {
      const result = await work();
      await idempotency.settle(id, lease, JSON.stringify({ result }));
      return result;
    } catch (error) {
      const failure = toGatewayError(error);
      if (failure.code === "UpstreamOutcomeUnknown") await idempotency.abandon(id, lease);
      else if (DEFINITE.has(failure.statusCode)) await idempotency.settle(id, lease, JSON.stringify({ failure: failure.toBody() }));
      else await idempotency.release(id, lease);
      throw error;
    }
  }

  const idOf = ({ caller, idempotencyKey }: ServiceRequest, project: ProjectId): string =>
    digestOf(secret, ["idempotency", caller.subject, projectId(project), idempotencyKey]);

  return {
    do: async (request, project, what, { run, find }) => {
      if (request.idempotencyKey === undefined) return run();
      const id = idOf(request, project);
      const claimed = await claim(id, digestOf(secret, what));
      if (claimed.state === "other") throw gatewayError("IdempotencyKeyReused");
      if (claimed.state === "busy") throw gatewayError("IdempotencyKeyInUse", undefined, { retryAfter: 1 });
      if (claimed.state === "done") {
        request.replayed?.();
        return repeat(claimed.outcome);
      }
      // Whoever began it may have got through: look before anything is sent.
      const work = claimed.abandoned ? async () => (await find()) ?? run() : run;
      return perform(id, claimed.lease, work);
    },
    keyFor: (request, project) => (request.idempotencyKey === undefined ? undefined : `gateway-${idOf(request, project).slice(0, 40)}`),
  };
}

/** What came of it the first time, as it was told then. */
function repeat<T>(outcome: string): T {
  const { result, failure } = JSON.parse(outcome) as { result?: T; failure?: ReturnType<GatewayError["toBody"]> };
  if (failure !== undefined) throw new GatewayError(failure.statusCode, failure.errors);
  return result as T;
}
