import { invalidQuery } from "../errors.ts";
import type { Feed } from "../feed.ts";
import type { Store, StoredEvent } from "../store/index.ts";
import type { Access, Caller, ProjectId } from "./access.ts";
import { projectId } from "./access.ts";

/** Which events a caller asks for; all that it may see when nothing is named. */
export type EventFilter = {
  /** Cursor: only what came after it; the beginning of the log when left out. */
  readonly after?: string | undefined;
  readonly types?: readonly string[] | undefined;
  /** As `{region}:{projectKey}`. */
  readonly project?: string | undefined;
  readonly key?: string | undefined;
};

export type EventPage = {
  /** Events as JSON text, in the order of their numbers. */
  readonly events: readonly { readonly cursor: string; readonly type: string; readonly body: string }[];
  /** Cursor to go on from. */
  readonly next: string;
  /** Whether events after the cursor are gone already: read the resources again. */
  readonly resync: boolean;
};

/** The rules of the event log, for every protocol. */
export type Events = ReturnType<typeof createEventService>;

const TYPE = /^[a-z_]+\.(\*|[a-z_]+)$/;

/** Makes the events service: what a caller may read of a project decides which of its events it sees. */
export function createEventService(access: Access, store: Store, feed: Feed) {
  function queryFor(caller: Caller, { after = "0", types, project, key }: EventFilter) {
    if (!/^\d{1,15}$/.test(after)) throw invalidQuery("after must be a cursor from an earlier answer");
    if (types?.some((type) => !TYPE.test(type)) === true)
      throw invalidQuery("type must be an event type such as deployment.status_changed or deployment.*");
    const named: readonly ProjectId[] = project === undefined ? access.visible(caller) : [access.resolve(caller, { project })];
    return { after: Number(after), types, key, projects: named.map(projectId) };
  }

  const shown = (caller: Caller) => (event: StoredEvent) => maySee(access, caller, event);
  const print = ({ seq, type, body }: StoredEvent) => ({ cursor: String(seq), type, body });

  async function isGone(after: number): Promise<boolean> {
    const { oldest, newest } = await store.events.range();
    return after > newest || (after > 0 && oldest > after + 1);
  }

  return {
    /** One page of at most `limit` events. */
    async list(caller: Caller, filter: EventFilter, limit: number): Promise<EventPage> {
      const query = queryFor(caller, filter);
      const events = await store.events.list({ ...query, limit });
      const next = events.at(-1)?.seq ?? query.after;
      return { events: events.filter(shown(caller)).map(print), next: String(next), resync: await isGone(query.after) };
    },

    /** Events as they come, from the cursor on; from now on when none is named. */
    async follow(caller: Caller, filter: EventFilter, signal: AbortSignal) {
      const after = filter.after ?? String((await store.events.range()).newest);
      const query = queryFor(caller, { ...filter, after });
      const pages = feed.follow(query, signal);
      async function* visible() {
        for await (const page of pages) yield page.filter(shown(caller)).map(print);
      }
      return { resync: await isGone(query.after), pages: visible() };
    },
  };
}

/** Events of staged connectors are for those who may read staged connectors, those of deployments for those who may read deployments, those of webhooks for those who manage webhooks. */
function maySee(access: Access, caller: Caller, { type, project }: StoredEvent): boolean {
  const at = project.indexOf(":");
  const id = { region: project.slice(0, at), projectKey: project.slice(at + 1) };
  const [deployments, drafts] = [access.may(caller, id, "deployments.list"), access.may(caller, id, "connectorsStaged.list")];
  if (type.startsWith("webhook.")) return access.may(caller, id, "webhooks.manage");
  if (type.startsWith("deployment.")) return deployments;
  return type.startsWith("connector_staged.") ? drafts : deployments || drafts;
}
