import { openDatabase } from "./database.ts";
import { createEvents } from "./events.ts";
import { createDeliveries } from "./deliveries.ts";
import { createIdempotency } from "./idempotency.ts";
import { explainOpening } from "./open-failure.ts";
import { createWatches } from "./watches.ts";
import { createWebhooks } from "./webhooks.ts";

export { StoreInUseError } from "./database.ts";
export { StoreUnusableError } from "./open-failure.ts";
export type { EventQuery, NewEvent, StoredEvent } from "./events.ts";
export type { SweepResult, Watched } from "./watches.ts";

/** Everything that outlives the process: what was last seen of each project, and the event log. */
export type Store = Awaited<ReturnType<typeof createStore>>;

/** Opens the store; `url` is `sqlite:path` or `postgres://…`. Throws {@link StoreInUseError} when another process holds the file, StoreUnusableError when it cannot be used. */
export async function createStore(url: string) {
  const database = await openDatabase(url).catch((error: unknown) => {
    throw explainOpening(error);
  });
  return {
    events: createEvents(database),
    watches: createWatches(database),
    webhooks: createWebhooks(database),
    deliveries: createDeliveries(database),
    idempotency: createIdempotency(database),
    /** Hears that another process has added events, as a hint. */
    listen: database.listen,
    close: database.close,
  };
}
export { wants } from "./webhooks.ts";
export type { DeliveryRow, WebhookFilter, WebhookRow, WebhookStatus } from "./webhooks.ts";
export type { Health, Owed } from "./deliveries.ts";
