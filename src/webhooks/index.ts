import type { Secret } from "../secret.ts";
import { startLoop } from "../loop.ts";
import type { Owed, Store, WebhookRow } from "../store/index.ts";
import type { Guard } from "./guard.ts";
import { type Attempt, GIVE_UP_MS, judge } from "./retry.ts";
import { createSender } from "./send.ts";
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
  readonly log: (message: string, fields: object) => void;
  readonly now?: () => number;
  readonly random?: () => number;
};

/** The worker that delivers events to webhooks. */
export type Deliveries = {
  /** Something may be due now. Never throws. */
  wake(): void;
  stop(): Promise<void>;
};

const LEASE_MS = 30_000;
const AT_ONCE = 64;
const AT_ONCE_EACH = 4;

/** Starts delivering what is owed. */
export function startDeliveries({
  store,
  guard,
  master,
  userAgent,
  log,
  now = Date.now,
  random = Math.random,
}: DeliveryOptions): Deliveries {
  const sender = createSender(guard, userAgent);

  async function deliver(owed: Owed): Promise<void> {
    const webhook = await store.webhooks.get(owed.webhookId);
    if (webhook === undefined) return;
    const secrets = [secretOf(master, webhook.id, webhook.generation)];
    if (webhook.previousUntil > now()) secrets.push(secretOf(master, webhook.id, webhook.generation - 1));
    const attempt = await sender.send({ url: webhook.url, id: owed.eventId, body: owed.body, secrets }, now());
    const verdict = judge(attempt, owed.attempts + 1, now(), random());
    const { status, reason } = attempt;
    await store.deliveries.conclude(owed, { state: verdict.state, dueAt: verdict.dueAt ?? now(), status, reason });
    await updateHealth(webhook, attempt);
  }

  async function updateHealth(webhook: WebhookRow, { status, reason }: Attempt): Promise<void> {
    if (reason === undefined) {
      if (webhook.status === "TemporaryError") await store.webhooks.change(webhook.id, { status: "Healthy", failingSince: undefined });
      return;
    }
    const failingSince = webhook.failingSince ?? now();
    const over = status === 410 || now() - failingSince >= GIVE_UP_MS;
    log("webhook delivery failed", { webhook: webhook.id, reason, disabled: over });
    await store.webhooks.change(webhook.id, { status: over ? "ConfigurationErrorDeliveryStopped" : "TemporaryError", failingSince });
  }

  const underWay = new Map<string, Set<Promise<void>>>();
  const countOf = (webhookId: string): number => underWay.get(webhookId)?.size ?? 0;
  const all = (): Promise<void>[] => [...underWay.values()].flatMap((set) => [...set]);

  function begin(owed: Owed): void {
    const set = underWay.get(owed.webhookId) ?? new Set();
    underWay.set(owed.webhookId, set);
    const ended = deliver(owed)
      .catch((error: unknown) =>
        log("delivery failed", { webhook: owed.webhookId, reason: error instanceof Error ? error.name : "unknown" }),
      )
      .finally(() => {
        set.delete(ended);
        if (set.size === 0) underWay.delete(owed.webhookId);
        loop.wake();
      });
    set.add(ended);
  }

  /** Begins what is due; an endpoint that is slow keeps its own places and nobody else's. */
  async function beginDue(): Promise<void> {
    const busy = [...underWay.keys()].filter((id) => countOf(id) >= AT_ONCE_EACH);
    const due = await store.deliveries.claim(now(), LEASE_MS, AT_ONCE - all().length, busy);
    const over = due.filter((owed) => {
      if (countOf(owed.webhookId) >= AT_ONCE_EACH) return true;
      begin(owed);
      return false;
    });
    await store.deliveries.release(over);
  }

  const loop = startLoop({
    afterFailure: 1_000,
    failed: (error) => log("deliveries failed", { reason: error instanceof Error ? error.name : "unknown" }),
    run: async () => {
      if (all().length < AT_ONCE) await beginDue();
      return Math.min(Math.max(((await store.deliveries.nextDue()) ?? now() + 1_000) - now(), 50), 1_000);
    },
  });

  return {
    wake: () => loop.wake(),
    stop: async () => {
      await loop.stop();
      await Promise.all(all());
      await sender.close();
    },
  };
}
