import { performance } from "node:perf_hooks";
import { toGatewayError } from "../errors.ts";
import type { Tell } from "../log.ts";
import type { Secret } from "../secret.ts";
import { every, startLoop } from "../loop.ts";
import { type Meter, NO_METER } from "../meter.ts";
import type { Judgement, Owed, Store, WebhookRow } from "../store/index.ts";
import type { Guard } from "./guard.ts";
import { healthAfter } from "./health.ts";
import { type Attempt, judge, LONGEST_PAUSES, LONGEST_WAIT } from "./retry.ts";
import { createSender, type SenderProxy } from "./send.ts";
import { secretOf } from "./signature.ts";

export { createGuard, type Guard } from "./guard.ts";
export { secretOf } from "./signature.ts";

/** After a rotation, deliveries carry both signatures for so long. */
export const BOTH_SECRETS_MS = 24 * 3_600_000;

export type DeliveryOptions = {
  readonly store: Store;
  readonly guard: Guard;
  /** Signing secrets are derived from it. */
  readonly master: Secret;
  readonly userAgent: string;
  /** The way to receivers, direct when undefined. */
  readonly proxy?: SenderProxy | undefined;
  /** For so many milliseconds a delivery stays with a process that died; one that lives renews it. */
  readonly leaseMs: number;
  readonly log: Tell;
  /** Hears that events were added. */
  readonly added: () => void;
  readonly meter?: Meter;
  readonly now?: () => number;
  readonly random?: () => number;
};

/** The worker that delivers events to webhooks. */
export type Deliveries = {
  /** Something may be due now. Never throws. */
  wake(): void;
  /** Begins nothing any more, at once; ends when what is under way has ended or was given back. */
  stop(): Promise<void>;
};

const AT_ONCE = 64;
const AT_ONCE_EACH = 4;
/** Of these, for endpoints that fail: however many hang, some places are left for those that answer. */
const AT_ONCE_FAILING = 48;
/** An attempt that has taken so many milliseconds counts among them: it may well take fifteen seconds. */
const SLOW_MS = 1_000;
/** The part of all other places for attempts of which nobody knows yet: of those that fall silent together, some do so a second later than the others. */
const NEW = 3 / 4;
/** At the stop, attempts under way have so many milliseconds to end; what has not is given back, and somebody else's. */
const STOP_MS = 3_000;
/** What arrived or was given up is listed for 30 days. */
const KEPT_MS = 30 * 86_400_000;
const PRUNE_EVERY_MS = 3_600_000;
/** A clock that was set back is noticed at once, or, when it was by less, after so long. */
const HASTEN_EVERY_MS = 60_000;

/** The attempts at one endpoint, each with its beginning in milliseconds, and whether it failed the last time. */
type UnderWay = { readonly attempts: Map<Promise<void>, number>; fails: boolean };

/** Starts delivering what is owed. */
export function startDeliveries(options: DeliveryOptions): Deliveries {
  const { store, guard, master, leaseMs, log, meter = NO_METER, now = Date.now, random = Math.random } = options;
  const sender = createSender(guard, options);
  meter.gauge("deliveries_owed", () => store.deliveries.owed());

  let [stopping, leaving]: [Promise<void> | undefined, boolean] = [undefined, false];

  async function deliver(owed: Owed): Promise<void> {
    const webhook = await store.webhooks.get(owed.webhookId);
    if (webhook === undefined) return;
    const old = webhook.previous.filter(({ until }) => until > now()).map(({ generation }) => generation);
    const secrets = [webhook.generation, ...old].map((generation) => secretOf(master, webhook.id, generation));
    const attempt = await sender.send({ url: webhook.url, id: owed.eventId, body: owed.body, secrets }, now());
    // It failed because it was broken off: whether it arrived nobody knows, so that it stays owed as it was.
    if (leaving && attempt.reason !== undefined) return store.deliveries.release([owed]);
    await conclude(owed, webhook.url, attempt);
  }

  async function conclude(owed: Owed, url: string, attempt: Attempt): Promise<void> {
    const at = now();
    const { reason } = attempt;
    const others = underWay.get(owed.webhookId);
    if (others !== undefined) others.fails = reason !== undefined;
    let judgement: Judgement | undefined;
    const kept = await store.deliveries.conclude(owed, (webhook) => (judgement = judgementOf(owed, url, attempt, webhook, at)));
    const { result, health } = judgement ?? {};
    const disabled = health?.status === "ConfigurationErrorDeliveryStopped";
    meter.count("deliveries", { outcome: kept && result !== undefined ? (result.state === "pending" ? "failed" : result.state) : "late" });
    if (kept && result?.state === "succeeded") meter.observe("change_to_delivery", at - Date.parse(timestampOf(owed.body)));
    if (reason !== undefined) log("webhook delivery failed", { webhook: owed.webhookId, reason, disabled });
    if (disabled) options.added();
  }

  /** What an attempt at `url` makes of a delivery and its endpoint. */
  function judgementOf(owed: Owed, url: string, attempt: Attempt, webhook: WebhookRow | undefined, at: number): Judgement {
    const { status, reason } = attempt;
    // What another address answers says nothing of the one that took its place: that is tried at once.
    if (reason !== undefined && webhook !== undefined && webhook.url !== url)
      return { result: { state: "pending", dueAt: at, status, reason } };
    const { state, dueAt = at } = judge(attempt, owed.attempts + 1, at, random());
    const health = webhook === undefined ? undefined : healthAfter(webhook, attempt, at);
    return { result: { state, dueAt, status, reason }, health };
  }

  const underWay = new Map<string, UnderWay>();
  const leases = new Map<string, number>();
  const countOf = (webhookId: string): number => underWay.get(webhookId)?.attempts.size ?? 0;
  const all = (): Promise<void>[] => [...underWay.values()].flatMap(({ attempts }) => [...attempts.keys()]);
  const slowOf = ({ attempts }: UnderWay): number =>
    attempts
      .values()
      .filter((begunAt) => performance.now() - begunAt >= SLOW_MS)
      .toArray().length;
  const failing = (): number => underWay.values().reduce((sum, each) => sum + (each.fails ? each.attempts.size : slowOf(each)), 0);

  function begin(owed: Owed, fails: boolean): void {
    const { attempts } = underWay.get(owed.webhookId) ?? { attempts: new Map<Promise<void>, number>() };
    underWay.set(owed.webhookId, { attempts, fails });
    leases.set(owed.lease, (leases.get(owed.lease) ?? 0) + 1);
    const ended = deliver(owed)
      .catch((error: unknown) =>
        log("delivery failed", { webhook: owed.webhookId, reason: error instanceof Error ? error.name : "unknown" }),
      )
      .finally(() => {
        attempts.delete(ended);
        if (attempts.size === 0) underWay.delete(owed.webhookId);
        const left = (leases.get(owed.lease) ?? 1) - 1;
        if (left > 0) leases.set(owed.lease, left);
        else leases.delete(owed.lease);
        loop.wake();
      });
    attempts.set(ended, performance.now());
  }

  /** The places that an endpoint may take now, beside those that it has. One that fails has a single one, until it answers again: what hangs takes fifteen seconds each time. */
  function placesFor(id: string, failed: boolean, share: number): number {
    const [held, taken, slow] = [underWay.get(id), all().length, failing()];
    const fails = failed || (held !== undefined && slowOf(held) > 0);
    const kind = fails ? AT_ONCE_FAILING - slow : Math.ceil((AT_ONCE - slow) * NEW) - (taken - slow);
    return Math.min((fails ? 1 : share) - countOf(id), kind, AT_ONCE - taken);
  }

  /** Whose turn was last: places are too few for all that fail at once. */
  let last = "";

  /** Begins what is due: first one delivery for every endpoint, so that none waits for the many of another, then more where there are places. */
  async function beginDue(): Promise<void> {
    const waiting = all().length < AT_ONCE ? await store.deliveries.waiting(now(), leaseMs) : [];
    const inTurn = [...waiting.filter(({ id }) => id > last), ...waiting.filter(({ id }) => id <= last)];
    for (const share of [1, AT_ONCE_EACH]) {
      for (const { id, status } of inTurn) {
        const fails = status !== "Healthy";
        const places = placesFor(id, fails, share);
        if (places <= 0) continue;
        const taken = await store.deliveries.claim(id, now(), leaseMs, places);
        if (stopping !== undefined) return store.deliveries.release(taken);
        for (const owed of taken) begin(owed, fails);
        // Those that answer are never too many, and would have the turn begin at them each time.
        if (fails) last = id;
      }
    }
  }

  const timeToPrune = every(PRUNE_EVERY_MS, now);
  const timeToHasten = every(HASTEN_EVERY_MS, now);
  // Other processes may put it by clocks that are ahead, by less than a lease.
  const furthest = { pauses: LONGEST_PAUSES.map((pause) => pause + leaseMs), hold: LONGEST_WAIT + leaseMs };

  async function hasten(): Promise<void> {
    // What is under way stays ours, whatever the clock says now.
    await store.deliveries.renew([...leases.keys()], now() + leaseMs);
    await store.deliveries.hasten(now(), furthest);
  }

  const loop = startLoop({
    afterFailure: 1_000,
    failed: (error) => log("deliveries failed", { code: toGatewayError(error).code }),
    run: async () => {
      if (timeToPrune()) await store.deliveries.prune(now() - KEPT_MS);
      if (timeToHasten()) await hasten();
      await beginDue();
      return Math.min(Math.max(((await store.deliveries.nextDue(now())) ?? now() + 1_000) - now(), 50), 1_000);
    },
  });

  // After one that failed there are two more before a lease is over.
  const notRenewed = (error: unknown): void => log("leases could not be renewed", { err: error }, "debug");
  const renewing = setInterval(() => void store.deliveries.renew([...leases.keys()], now() + leaseMs).catch(notRenewed), leaseMs / 3);

  async function stop(): Promise<void> {
    const late = setTimeout(() => {
      leaving = true;
      void sender.close();
    }, STOP_MS);
    await loop.stop();
    await Promise.all(all());
    clearTimeout(late);
    clearInterval(renewing);
    await sender.close();
  }

  return { wake: () => loop.wake(), stop: () => (stopping ??= stop()) };
}

function timestampOf(body: string): string {
  return /"timestamp":"([^"]*)"/.exec(body)?.[1] ?? "";
}
