import { performance } from "node:perf_hooks";
import { LRUCache } from "lru-cache";
import { isUnchanged, within } from "../connect/index.ts";
import { GatewayError, gatewayError, toGatewayError } from "../errors.ts";
import { type ProjectId, projectId } from "../identifiers.ts";
import type { Tell } from "../log.ts";
import { digestOf, type Secret } from "../secret.ts";
import type { Store } from "../store/index.ts";
import type { ServiceRequest } from "./access.ts";

/** Does a thing once for each `Idempotency-Key`. */
export type Once = {
  /** Does `run`, or gives again what came of it before. Without a key it is simply done. */
  do<T>(request: ServiceRequest, project: ProjectId, what: readonly unknown[], ways: Ways<T>): Promise<T>;
};

/** One turn at doing what was asked for. Without an `Idempotency-Key` nothing is known of earlier ones, and nothing kept. */
export type Turn = {
  /** A resource key that belongs to this request alone, under which a lost creation is found again; undefined without an `Idempotency-Key`. */
  readonly ownKey: string | undefined;
  /** The version that an earlier turn was about to write with, or of what a creation found in its place; undefined when none got that far. */
  readonly version: number | undefined;
  /** Keeps such a version: one that is about to be written with before it is. */
  note(version: number | undefined): Promise<void>;
};

/** The ways to do a write. */
export type Ways<T> = {
  readonly run: (turn: Turn) => Promise<T>;
  /** Looks for what a lost run has done; undefined when it has done nothing, an error when nobody can tell. `refusal` is what another run was just told. */
  readonly find: (turn: Turn, refusal?: GatewayError) => Promise<T | undefined>;
  /** The caller named no version: a conflict is about the moment then. */
  readonly unversioned?: boolean;
};

type Ports = {
  readonly store: Store;
  /** Keeps ids and fingerprints from telling what they were made of. */
  readonly secret: Secret;
  readonly log: Tell;
  readonly now?: () => number;
};

/** Longer than any request may take, in milliseconds. */
const LEASE_MS = 20_000;
/** Keys are remembered for a day. */
const KEPT_MS = 86_400_000;
const PRUNE_EVERY = 100;
/** Outcomes that wait for the store at most, and the characters that they may take. */
const MOST_UNKEPT = 1_000;
const MOST_UNKEPT_LENGTH = 8 * 1024 * 1024;

/** Failures before anything was sent, and refusals in Connect's own words: the next request with the key begins anew. */
const NOT_DONE = new Set(["UpstreamUnavailable", "UpstreamThrottled", "UpstreamTimeout", "UpstreamAuthFailed", "Overloaded"]);
/** Refusals that stand: the same request would be refused again. */
const DEFINITE = new Set([400, 404, 409, 412, 422]);
/** Refusals of the moment, though their status looks like one that stands. */
const MOMENTARY = new Set([
  "ConnectorStagedInCertification",
  "ConnectorStagedPreviewRequestUnderProcess",
  "DeploymentInvalidStatusTransition",
  "GitRepositoryNotReachable",
  "IdempotencyKeyInUse",
]);

const NO_TURN: Turn = { ownKey: undefined, version: undefined, note: async () => {} };

/** Makes it over the store. */
export function createOnce({ store: { idempotency }, secret, log, now = Date.now }: Ports): Once {
  let claims = 0;
  let pruning: Promise<void> | undefined;

  /** Forgets old keys, beside the claims: no caller waits for that or fails with it. */
  function prune(before: number): void {
    pruning ??= idempotency
      .prune(before)
      .catch((error: unknown) => log("old idempotency keys were not forgotten", { err: error }))
      .finally(() => (pruning = undefined));
  }

  async function claim(id: string, fingerprint: string) {
    const at = now();
    claims += 1;
    if (claims % PRUNE_EVERY === 1) prune(at - KEPT_MS);
    return idempotency.claim(id, fingerprint, { now: at, leaseUntil: at + LEASE_MS, since: at - KEPT_MS });
  }

  /** Outcomes that the store did not take in time: until it does, this process knows them. */
  const unkept = new LRUCache<string, Outcome>({
    max: MOST_UNKEPT,
    maxSize: MOST_UNKEPT_LENGTH,
    sizeCalculation: ({ text }) => text.length,
    ttl: KEPT_MS,
  });
  let keeping: Promise<void> | undefined;

  /** Waits until the store has taken how it ended, as long as there is time; undefined when it has not. What happened is told to the caller all the same. */
  async function kept<T>(record: Promise<T>, deadline = Number.POSITIVE_INFINITY): Promise<T | undefined> {
    const told = record.catch((error: unknown) => {
      log("the outcome of a request with an Idempotency-Key was not kept", { err: error });
      return undefined;
    });
    return deadline === Number.POSITIVE_INFINITY ? told : within(told, deadline - performance.now());
  }

  /** Keeps how it ended; false when the key has become another request's meanwhile. */
  async function settle(id: string, outcome: Outcome, deadline: number | undefined): Promise<boolean> {
    const record = idempotency.settle(id, outcome.lease, outcome.text);
    record.then(
      () => unkept.delete(id),
      () => undefined,
    );
    const isOurs = await kept(record, deadline);
    if (isOurs === undefined) unkept.set(id, outcome);
    else if (unkept.size > 0) keepOthers();
    return isOurs !== false;
  }

  /** Gives the store, which works again, the outcomes that it did not take. */
  function keepOthers(): void {
    const keepAll = async (): Promise<void> => {
      for (const [id, { lease, text }] of Array.from(unkept.entries())) {
        await idempotency.settle(id, lease, text);
        unkept.delete(id);
      }
    };
    keeping ??= keepAll()
      .catch((error: unknown) => log("outcomes of requests with an Idempotency-Key were not kept", { err: error }))
      .finally(() => (keeping = undefined));
  }

  /** What is kept of a failure. Only what was certainly not done leaves the key free, and never after a turn whose fate nobody knew. */
  async function keepFailure(held: Held, failure: GatewayError, unversioned: boolean, deadline: number | undefined): Promise<void> {
    const { id, lease, fingerprint, abandoned } = held;
    const fate = fateOf(failure, unversioned);
    if (fate === "refused") await settle(id, { lease, fingerprint, text: JSON.stringify({ failure: failure.toBody() }) }, deadline);
    else await kept(fate === "undone" && !abandoned ? idempotency.release(id, lease) : idempotency.abandon(id, lease), deadline);
  }

  function turnOf({ id, lease, version, claimedAt }: Held): Turn {
    return {
      ownKey: `gateway-${digestOf(secret, ["resource", id, claimedAt]).slice(0, 40)}`,
      version,
      note: async (next) => {
        // A request that was held up for so long that another one took its place must not write.
        if (!(await idempotency.note(id, lease, next))) throw gatewayError("IdempotencyKeyInUse", undefined, { retryAfter: 1 });
      },
    };
  }

  return {
    do: async (request, project, what, ways) => {
      const { caller, idempotencyKey } = request;
      if (idempotencyKey === undefined) return ways.run(NO_TURN);
      const id = digestOf(secret, ["idempotency", caller.subject, projectId(project), idempotencyKey]);
      const fingerprint = digestOf(secret, what);
      const { deadline } = request.call;
      const known = unkept.get(id);
      if (known !== undefined) {
        if (known.fingerprint !== fingerprint) throw gatewayError("IdempotencyKeyReused");
        if (await settle(id, known, deadline)) {
          request.replayed?.();
          return repeat(known.text);
        }
      }
      const claimed = await claim(id, fingerprint);
      if (claimed.state === "other") throw gatewayError("IdempotencyKeyReused");
      if (claimed.state === "busy") throw gatewayError("IdempotencyKeyInUse", undefined, { retryAfter: 1 });
      if (claimed.state === "done") {
        request.replayed?.();
        return repeat(claimed.outcome);
      }
      const held = { ...claimed, id, fingerprint };
      const turn = turnOf(held);
      const work = held.abandoned ? again(ways, turn, () => request.replayed?.()) : ways.run(turn);
      const result = await work.catch(async (error: unknown) => {
        await keepFailure(held, toGatewayError(error), ways.unversioned === true, deadline);
        throw error;
      });
      await settle(id, { lease: held.lease, fingerprint, text: JSON.stringify({ result }) }, deadline);
      return result;
    },
  };
}

/** How a request ended, under which claim of its key, and what was asked for. */
type Outcome = { readonly lease: string; readonly fingerprint: string; readonly text: string };

type Held = {
  readonly id: string;
  readonly fingerprint: string;
  readonly lease: string;
  readonly abandoned: boolean;
  readonly version: number | undefined;
  readonly claimedAt: number;
};

/** Another turn after one of unknown fate, which may have got through: it looks before anything is sent, and once more when upstream then refuses. */
async function again<T>({ run, find }: Ways<T>, turn: Turn, found: () => void): Promise<T> {
  const look = async (refusal?: GatewayError): Promise<T | undefined> => {
    const result = await find(turn, refusal);
    if (result !== undefined) found();
    return result;
  };
  const before = await look();
  if (before !== undefined) return before;
  try {
    return await run(turn);
  } catch (error) {
    const failure = toGatewayError(error);
    const late = failure.statusCode < 500 ? await look(failure) : undefined;
    if (late === undefined) throw error;
    return late;
  }
}

/** Whether it was refused for good, certainly not done, or nobody knows: that is so unless the contrary is certain. */
function fateOf(failure: GatewayError, unversioned: boolean): "refused" | "undone" | "unknown" {
  const { code, statusCode } = failure;
  if (NOT_DONE.has(code)) return isUnchanged(failure) ? "undone" : "unknown";
  if (MOMENTARY.has(code) || (unversioned && code === "ConcurrentModification")) return "undone";
  if (statusCode < 400 || statusCode >= 500) return "unknown";
  return DEFINITE.has(statusCode) ? "refused" : "undone";
}

/** What came of it the first time, as it was told then. */
function repeat<T>(outcome: string): T {
  const { result, failure } = JSON.parse(outcome) as { result?: T; failure?: ReturnType<GatewayError["toBody"]> };
  if (failure !== undefined) throw new GatewayError(failure.statusCode, failure.errors);
  return result as T;
}
