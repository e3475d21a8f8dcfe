import { startLoop } from "./loop.ts";
import type { EventQuery, Store, StoredEvent } from "./store/index.ts";

/** The tail of the event log, for readers that stay. */
export type Feed = {
  /** Events after `after` as they come, in pages; ends with `signal`. A reader that names an old number gets everything since, then what is new. */
  follow(query: Omit<EventQuery, "limit">, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[]>;
  /** Says that events were added: a hint, because the feed also looks by itself. */
  notify(): void;
  stop(): Promise<void>;
};

const PAGE = 500;
/** Events that are kept in memory: who reads along never asks the database. */
const KEPT = 1_000;
/** Another process may have added events without a hint. */
const POLL_MS = 1_000;

/** Makes the feed of one process: it reads the log once for all who follow it. */
export async function createFeed(store: Store): Promise<Feed> {
  const recent: StoredEvent[] = [];
  // Everything after `floor` and up to `head` is in `recent`.
  let head = (await store.events.range()).newest;
  let floor = head;
  let waiting = new Set<() => void>();

  async function refill(): Promise<number> {
    const added = await store.events.tail(head, PAGE);
    if (added.length === 0) return POLL_MS;
    recent.push(...added);
    head = added.at(-1)?.seq ?? head;
    floor = recent.splice(0, Math.max(recent.length - KEPT, 0)).at(-1)?.seq ?? floor;
    const readers = waiting;
    waiting = new Set();
    for (const wake of readers) wake();
    return added.length < PAGE ? POLL_MS : 0;
  }

  const loop = startLoop({ run: refill, afterFailure: POLL_MS, failed: () => undefined });

  function news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        signal.removeEventListener("abort", end);
        waiting.delete(end);
        resolve();
      };
      signal.addEventListener("abort", end, { once: true });
      waiting.add(end);
    });
  }

  async function* follow(query: Omit<EventQuery, "limit">, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[]> {
    let { after } = query;
    while (!signal.aborted) {
      const upTo = head;
      if (after >= upTo) {
        await news(signal);
        continue;
      }
      const fromMemory = after >= floor;
      const cursor = after;
      const page = fromMemory
        ? since(recent, cursor).filter((event) => matches(query, event))
        : await store.events.list({ ...query, after: cursor, limit: PAGE });
      // A page that is not full holds everything up to where the log was before it was read.
      after = fromMemory || page.length < PAGE ? upTo : (page.at(-1)?.seq ?? upTo);
      const shown = page.filter((event) => event.seq <= after);
      if (shown.length > 0) yield shown;
    }
  }

  return { follow, notify: () => loop.wake(), stop: () => loop.stop() };
}

/** The end of a list that is in order: what has a higher number. */
function since(events: readonly StoredEvent[], after: number): readonly StoredEvent[] {
  return events.slice(events.findLastIndex((event) => event.seq <= after) + 1);
}

function matches({ projects, types, key }: Omit<EventQuery, "limit" | "after">, event: StoredEvent): boolean {
  const typed =
    types === undefined || types.some((type) => type === event.type || (type.endsWith(".*") && event.type.startsWith(type.slice(0, -1))));
  return typed && projects.includes(event.project) && (key === undefined || key === event.resourceKey);
}
