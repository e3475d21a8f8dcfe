import { invalidQuery } from "../errors.ts";
import type { Feed, Reader } from "../feed.ts";
import { type ProjectId, projectId, toProjectId } from "../identifiers.ts";
import type { Store, StoredEvent } from "../store/index.ts";
import type { Access, Caller } from "./access.ts";
import { checkKeys, checkTypes } from "./filters.ts";

/** Which events a caller asks for; all that it may see when nothing is named. */
export type EventFilter = {
  /** Cursor: only what came after it; the beginning of the log when left out. */
  readonly after?: string | undefined;
  readonly types?: readonly string[] | undefined;
  /** As `{region}:{projectKey}`. */
  readonly project?: string | undefined;
  readonly key?: string | undefined;
};

/** An event: its place, its type, and the JSON that every reader gets. */
export type PrintedEvent = { readonly cursor: string; readonly type: string; readonly body: string };

export type EventPage = {
  /** Events in the order of their numbers. */
  readonly events: readonly PrintedEvent[];
  /** Cursor to go on from. */
  readonly next: string;
  /** Whether events after the cursor are gone already: read the resources again. */
  readonly resync: boolean;
};

/** How a face wants events. Readers with the same filter and the same `name` get what was made once. */
export type EventForm<T> = { readonly name: string; readonly render: (events: readonly PrintedEvent[]) => T | undefined };

/** Events as they come, for one caller. */
export type Following = {
  /** Set when events after the cursor are gone already: the resources must be read again. It stands in the place of what is missing. */
  readonly resync: PrintedEvent | undefined;
  /** Begins to read; gives the way to leave. */
  join<T>(form: EventForm<T>, reader: Reader<T>): () => void;
};

/** The rules of the event log, for every protocol. */
export type Events = ReturnType<typeof createEventService>;

/** Makes the events service: what a caller may read of a project decides which of its events it sees. */
export function createEventService(access: Access, store: Store, feed: Feed) {
  function queryFor(caller: Caller, { after = "0", types, project, key }: EventFilter) {
    if (!/^\d{1,15}$/.test(after)) throw invalidQuery("after must be a cursor from an earlier answer");
    const wrong = [types && checkTypes(types), key === undefined ? undefined : checkKeys([key])];
    if (wrong[0] !== undefined) throw invalidQuery(`types of events: ${wrong[0]}`);
    if (wrong[1] !== undefined) throw invalidQuery(`key: ${wrong[1].replace("each must", "must")}`);
    const named: readonly ProjectId[] = project === undefined ? access.visible(caller) : [access.resolve(caller, { project })];
    return { after: Number(after), types, key, projects: named.map(projectId) };
  }

  const print = ({ seq, type, body }: StoredEvent): PrintedEvent => ({ cursor: String(seq), type, body });

  return {
    /** One page of at most `limit` events. */
    async list(caller: Caller, filter: EventFilter, limit: number): Promise<EventPage> {
      const query = queryFor(caller, filter);
      // Asked before the events: all up to `newest` that the caller wants are in the page, or after it.
      const range = await store.events.range();
      const events = await store.events.list({ ...query, limit });
      const resync = isGone(query.after, range);
      const next = events.at(-1)?.seq ?? (resync ? range.newest : query.after);
      const shown = shownTo(access, caller, query.projects);
      return { events: events.filter(shown).map(print), next: String(next), resync };
    },

    /** Events as they come, from the cursor on; from now on when none is named. */
    async follow(caller: Caller, filter: EventFilter): Promise<Following> {
      const { after, ...query } = queryFor(caller, filter);
      const range = filter.after === undefined ? undefined : await store.events.range();
      const gone = range !== undefined && isGone(after, range);
      const from = gone ? afterGap(after, range) : range === undefined ? undefined : after;
      const shown = shownTo(access, caller, query.projects);
      const audience = JSON.stringify([query, query.projects.map((project) => seenOf(access, caller, project))]);
      return {
        resync: gone ? resyncAt(from ?? 0) : undefined,
        join: ({ name, render }, reader) => {
          const visible = (page: readonly StoredEvent[]) => {
            const events = page.filter(shown).map(print);
            return events.length === 0 ? undefined : render(events);
          };
          return feed.join({ name: `${name} ${audience}`, query, render: visible }, from, reader);
        },
      };
    },
  };
}

type Range = { readonly oldest: number; readonly newest: number };

/** Whether nothing can be gone on from a cursor: it is too old, or this log never gave it. */
function isGone(after: number, { oldest, newest }: Range): boolean {
  return after > newest || (after > 0 && oldest > after + 1);
}

/** Where to go on instead, so that the gap is told once: before the oldest event that is kept, or after the newest. */
function afterGap(after: number, { oldest, newest }: Range): number {
  return after > newest ? newest : oldest - 1;
}

function resyncAt(seq: number): PrintedEvent {
  const body = JSON.stringify({ id: "resync", type: "resync", timestamp: new Date().toISOString(), data: {} });
  return { cursor: String(seq), type: "resync", body };
}

type Seen = Readonly<Record<"deployment" | "connector_staged" | "webhook", boolean>>;

function seenOf(access: Access, caller: Caller, project: string): Seen {
  const id = toProjectId(project);
  return {
    deployment: access.may(caller, id, "deployments.list"),
    connector_staged: access.may(caller, id, "connectorsStaged.list"),
    webhook: access.may(caller, id, "webhooks.manage"),
  };
}

/** Events of staged connectors are for those who may read staged connectors, and so on; those of the watch for who may read anything of the project. */
function shownTo(access: Access, caller: Caller, projects: readonly string[]): (event: StoredEvent) => boolean {
  const seen = new Map(projects.map((project) => [project, seenOf(access, caller, project)]));
  return ({ type, project }) => {
    const may = seen.get(project);
    const family = type.slice(0, type.indexOf("."));
    if (may === undefined) return false;
    return family in may ? may[family as keyof Seen] : may.deployment || may.connector_staged;
  };
}
