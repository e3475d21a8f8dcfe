import type { Tell } from "./log.ts";
import { startLoop } from "./loop.ts";
import { type EventQuery, isAmong, type Store, type StoredEvent } from "./store/index.ts";

/** What some readers want, and in which form: who names the same shares the work, each page is made once for all of them. */
export type Form<T> = {
  /** Forms of one name are the same form. */
  readonly name: string;
  readonly query: Omit<EventQuery, "limit" | "after">;
  /** Makes what the readers take; undefined when there is nothing for them in the page. */
  readonly render: (page: readonly StoredEvent[]) => T | undefined;
};

/** Somebody who reads along. */
export type Reader<T> = {
  take(rendered: T): void;
  /** While old pages are read, the next one waits for this. */
  ready(): Promise<void> | undefined;
  /** Nothing more comes: the log could not be read. */
  fail(error: unknown): void;
};

/** The tail of the event log, for readers that stay. */
export type Feed = {
  /** Gives a reader everything after the number `after`, then what is new as it comes; only what is new when it is undefined. Gives the way to leave. */
  join<T>(form: Form<T>, after: number | undefined, reader: Reader<T>): () => void;
  /** Says that events were added: a hint, because the feed also looks by itself. */
  notify(): void;
  stop(): Promise<void>;
};

const PAGE = 500;
/** Events that are kept in memory: who reads along never asks the database. */
const KEPT = 1_000;
/** Another process may have added events without a hint. */
const POLL_MS = 1_000;

type Channel = { readonly form: Form<unknown>; readonly readers: Set<Reader<unknown>> };

/** Makes the feed of one process: it reads the log once for all who follow it. */
export async function createFeed(store: Store, log: Tell = () => undefined): Promise<Feed> {
  const recent: StoredEvent[] = [];
  // Everything after `floor` and up to `head` is in `recent`.
  let head = (await store.events.range()).newest;
  let floor = head;
  let grown = Promise.withResolvers<void>();
  const channels = new Map<string, Channel>();
  const behind = new Set<Reader<unknown>>();

  async function refill(): Promise<number> {
    const added = await store.events.tail(head, PAGE);
    if (added.length === 0) return POLL_MS;
    recent.push(...added);
    head = added.at(-1)?.seq ?? head;
    floor = recent.splice(0, Math.max(recent.length - KEPT, 0)).at(-1)?.seq ?? floor;
    for (const channel of channels.values()) tell(channel, added);
    grown.resolve();
    grown = Promise.withResolvers();
    return added.length < PAGE ? POLL_MS : 0;
  }

  const loop = startLoop({
    run: refill,
    afterFailure: POLL_MS,
    failed: (error) => log("the event log cannot be read", { reason: nameOf(error) }),
  });

  /** In one go with the growth of `head`: who joins sees all of it or nothing. */
  function tell({ form, readers }: Channel, added: readonly StoredEvent[]): void {
    const page = added.filter((event) => matches(form.query, event));
    if (page.length === 0) return;
    try {
      const rendered = form.render(page);
      if (rendered !== undefined) for (const reader of readers) reader.take(rendered);
    } catch (error) {
      for (const reader of readers) reader.fail(error);
    }
  }

  function enter(form: Form<unknown>, reader: Reader<unknown>): void {
    const channel = channels.get(form.name) ?? { form, readers: new Set() };
    channels.set(form.name, channel);
    channel.readers.add(reader);
  }

  function leave(name: string, reader: Reader<unknown>): void {
    behind.delete(reader);
    const channel = channels.get(name);
    channel?.readers.delete(reader);
    if (channel?.readers.size === 0) channels.delete(name);
  }

  /** Reads from a number up to where the feed is, then goes on with all the others. */
  async function catchUp(form: Form<unknown>, after: number, reader: Reader<unknown>): Promise<void> {
    let cursor = after;
    while (behind.has(reader)) {
      const upTo = head;
      if (cursor === upTo) {
        behind.delete(reader);
        return enter(form, reader);
      }
      // A cursor of another process that is faster.
      if (cursor > upTo) {
        await grown.promise;
        continue;
      }
      const { page, reached } = await read(form, cursor, upTo);
      const rendered = page.length === 0 || !behind.has(reader) ? undefined : form.render(page);
      if (rendered !== undefined) reader.take(rendered);
      cursor = reached;
      await reader.ready();
    }
  }

  async function read(form: Form<unknown>, cursor: number, upTo: number): Promise<{ page: readonly StoredEvent[]; reached: number }> {
    if (cursor >= floor) return { page: since(recent, cursor).filter((event) => matches(form.query, event)), reached: head };
    const page = await store.events.list({ ...form.query, after: cursor, limit: PAGE });
    // A page that is not full holds everything up to where the log was before it was read.
    const reached = page.length < PAGE ? upTo : (page.at(-1)?.seq ?? upTo);
    return { page: page.filter((event) => event.seq <= reached), reached };
  }

  function join<T>(form: Form<T>, after: number | undefined, reader: Reader<T>): () => void {
    const [plainForm, plainReader] = [form as Form<unknown>, reader as Reader<unknown>];
    if (after === undefined || after === head) enter(plainForm, plainReader);
    else {
      behind.add(plainReader);
      catchUp(plainForm, after, plainReader).catch((error: unknown) => {
        if (behind.delete(plainReader)) reader.fail(error);
      });
    }
    const { name } = form;
    return () => leave(name, plainReader);
  }

  return { join, notify: () => loop.wake(), stop: () => loop.stop() };
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "unknown");

/** The end of a list that is in order: what has a higher number. */
function since(events: readonly StoredEvent[], after: number): readonly StoredEvent[] {
  return events.slice(events.findLastIndex((event) => event.seq <= after) + 1);
}

function matches({ projects, types, key }: Form<unknown>["query"], event: StoredEvent): boolean {
  return isAmong(types, event.type) && projects.includes(event.project) && (key === undefined || key === event.resourceKey);
}
