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

  /** One endpoint may be slow: it never has more than its share of what is under way. */
  async function deliverAll(due: readonly Owed[]): Promise<void> {
    const byEndpoint = Map.groupBy(due, (owed) => owed.webhookId);
    const queues = [...byEndpoint.values()].flatMap((queue) => Array.from({ length: Math.min(AT_ONCE_EACH, queue.length) }, () => queue));
    await Promise.all(
      queues.map(async (queue) => {
        for (let owed = queue.shift(); owed !== undefined; owed = queue.shift()) await deliver(owed);
      }),
    );
  }

  const loop = startLoop({
    afterFailure: 1_000,
    failed: (error) => log("deliveries failed", { reason: error instanceof Error ? error.name : "unknown" }),
    run: async () => {
      for (let due = await claim(); due.length > 0; due = await claim()) await deliverAll(due);
      return Math.min(Math.max(((await store.deliveries.nextDue()) ?? now() + 1_000) - now(), 50), 1_000);
    },
  });
  function claim(): Promise<Owed[]> {
    return store.deliveries.claim(now(), LEASE_MS, AT_ONCE);
  }

  return {
    wake: () => loop.wake(),
    stop: async () => {
      await loop.stop();
      await sender.close();
    },
  };
}
