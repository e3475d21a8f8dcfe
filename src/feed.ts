import type { EventQuery, Store, StoredEvent } from "./store/index.ts";

/** The tail of the event log, for readers that stay. */
export type Feed = {
  /** Events after `after` as they come, in pages; ends with `signal`. A reader that names an old number gets everything since, then what is new. */
  follow(query: Omit<EventQuery, "limit">, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[]>;
  /** Says that events were added: a hint, because readers also look by themselves. */
  notify(): void;
};

const PAGE = 100;
/** Readers that hear nothing look again after so long: another process may have added events. */
const POLL_MS = 1_000;

/** Makes the feed of one process. */
export function createFeed(store: Store): Feed {
  let waiting = new Set<() => void>();

  function notify(): void {
    const readers = waiting;
    waiting = new Set();
    for (const wake of readers) wake();
  }

  function news(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
        waiting.delete(end);
        resolve();
      };
      const timer = setTimeout(end, POLL_MS);
      signal.addEventListener("abort", end, { once: true });
      waiting.add(end);
    });
  }

  async function* follow(query: Omit<EventQuery, "limit">, signal: AbortSignal): AsyncGenerator<readonly StoredEvent[]> {
    let { after } = query;
    while (!signal.aborted) {
      // Asked for before the look, so that nothing falls between the look and the wait.
      const waited = news(signal);
      const events = await store.events.list({ ...query, after, limit: PAGE });
      if (events.length === 0) {
        await waited;
        continue;
      }
      after = events.at(-1)?.seq ?? after;
      yield events;
    }
  }

  return { follow, notify };
}
