import { gatewayError } from "../errors.ts";
import { type Store, type StoredEvent, wants, type WebhookRow } from "../store/index.ts";

/** How many events are owed again, and the cursor to go on from when there may be more. */
export type Replayed = { readonly replayed: number; readonly next: string | undefined };

const PAGE = 1_000;
/** Pages that are read at most: of a long log, little may fit. */
const PAGES = 10;

/** Owes a webhook some events. Throws `ResourceNotFound` when it was removed meanwhile. */
export async function oweTo(store: Store, webhookId: string, events: readonly StoredEvent[], now: number): Promise<void> {
  if (!(await store.deliveries.add(webhookId, events, now))) throw gatewayError("ResourceNotFound");
}

/** Owes a webhook again what it wants of the log after a number, up to a page of it. */
export async function replayAfter(store: Store, webhook: WebhookRow, after: number, now: number): Promise<Replayed> {
  const { id, projects, types } = webhook;
  let [cursor, replayed] = [after, 0];
  for (let page = 0; page < PAGES && replayed < PAGE; page++) {
    const events = await store.events.list({ after: cursor, limit: PAGE - replayed, projects, types });
    const wanted = events.filter((event) => wants(webhook, event));
    await oweTo(store, id, wanted, now);
    replayed += wanted.length;
    if (events.length < PAGE - (replayed - wanted.length)) return { replayed, next: undefined };
    cursor = events.at(-1)?.seq ?? cursor;
  }
  return { replayed, next: String(cursor) };
}
