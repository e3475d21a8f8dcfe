import { openDatabase } from "./database.ts";
import { createEvents } from "./events.ts";
import { createDeliveries } from "./deliveries.ts";
import { createDoor } from "./door.ts";
import { createHistory } from "./history.ts";
import { createIdempotency } from "./idempotency.ts";
import { explainOpening } from "./open-failure.ts";
import { createWatches } from "./watches.ts";
import { createWebhooks } from "./webhooks.ts";

export { StoreInUseError } from "./database.ts";
export { StoreUnusableError } from "./open-failure.ts";
export { eventId, newEvent, type NewEvent, type StoredEvent } from "./event.ts";
export { type EventQuery, isAmong } from "./events.ts";
export type { Finding, SweepResult, Watched } from "./watches.ts";

/** Everything that outlives the process: what was last seen of each project, and the event log. */
export type Store = Awaited<ReturnType<typeof createStore>>;

/**
 * Opens the store; `url` is `sqlite:path` or `postgres://…`. Throws {@link StoreInUseError} when another process holds the file, and
 * {@link StoreUnusableError} when there is another reason why it cannot be used. Its functions throw `StorageUnavailable` while the database cannot be
 * used; on PostgreSQL they wait for it for two seconds at most.
 */
export async function createStore(url: string) {
  const database = await openDatabase(url).catch((error: unknown) => {
    throw explainOpening(error);
  });
  const { through, well } = createDoor();
  return {
    events: through("events", createEvents(database)),
    watches: through("watches", createWatches(database)),
    webhooks: through("webhooks", createWebhooks(database)),
    deliveries: through("deliveries", { ...createDeliveries(database), ...createHistory(database) }),
    idempotency: through("idempotency", createIdempotency(database)),
    /** Whether the database did what it was last asked for. */
    well,
    hints: through("hints", { say: database.say }),
    /** Hears what other processes say, and that they have added events: hints, which may be missed. */
    listen: database.listen,
    close: database.close,
  };
}
export { wants } from "./webhooks.ts";
export type { DeliveryPlace } from "./history.ts";
export type { DeliveryRow, OldSecret, WebhookFilter, WebhookRow, WebhookStatus } from "./webhooks.ts";
export type { Health, Judgement, Owed } from "./deliveries.ts";
