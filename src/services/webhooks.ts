import { createHash, randomUUID } from "node:crypto";
import { gatewayError, invalidBody } from "../errors.ts";
import { reveal, type Secret } from "../secret.ts";
import type { DeliveryRow, Store, StoredEvent, WebhookFilter, WebhookRow } from "../store/index.ts";
import { type Access, type Caller, type ProjectId, projectId } from "./access.ts";
import { createAllowance } from "./allowance.ts";

/** What a caller says of a webhook; everything but the address may be left out. */
export type WebhookDraft = {
  readonly url: string;
  readonly description?: string;
  readonly types?: readonly string[];
  readonly projects?: readonly string[];
  readonly deploymentTypes?: readonly string[];
  readonly keys?: readonly string[];
};

/** The parts that the rules of webhooks need from elsewhere. */
export type WebhookPorts = {
  /** Refuses an address that no webhook may have; gives its canonical form. */
  readonly checkUrl: (url: string) => string;
  readonly secretOf: (id: string, generation: number) => Secret;
  /** For how long after a rotation the old secret is good as well, in milliseconds. */
  readonly bothSecretsMs: number;
  /** Says that a delivery is due. */
  readonly wake: () => void;
  readonly now?: () => number;
};

/** The rules of webhooks, for every protocol. */
export type Webhooks = ReturnType<typeof createWebhookService>;

const TYPE = /^[a-z_]+\.(\*|[a-z_]+)$/;
const MOST = 100;
const REPLAYED = 1_000;
/** Deliveries by hand in a minute, for each project: a test button is no scanner of ports. */
const BY_HAND = 10;

/** Makes the webhooks service. A webhook is there for those who may manage webhooks of every project that it names; for others it is missing. */
export function createWebhookService(
  access: Access,
  store: Store,
  { checkUrl, secretOf, bothSecretsMs, wake, now = Date.now }: WebhookPorts,
) {
  const byHand = createAllowance(BY_HAND, now);
  const mayManage = (caller: Caller, project: string): boolean => access.may(caller, toId(project), "webhooks.manage");

  function filterOf(caller: Caller, draft: Partial<WebhookDraft>): Omit<WebhookFilter, "projects"> & { projects: readonly string[] } {
    const { types, deploymentTypes, keys } = draft;
    if (types?.some((type) => !TYPE.test(type)) === true)
      throw invalidBody("at /types: each must be an event type such as deployment.* or deployment.status_changed");
    const projects =
      draft.projects ??
      access
        .visible(caller)
        .map(projectId)
        .filter((project) => mayManage(caller, project));
    if (projects.length === 0) throw gatewayError("ProjectRequired", "Name the projects: the token grants manage_webhooks for none.");
    for (const project of projects) access.open(caller, toId(project), "webhooks.manage");
    return { types, projects, deploymentTypes, keys };
  }

  async function find(caller: Caller, id: string): Promise<WebhookRow> {
    const webhook = await store.webhooks.get(id);
    if (webhook === undefined || !webhook.projects.every((project) => mayManage(caller, project))) throw gatewayError("ResourceNotFound");
    return webhook;
  }

  async function change(caller: Caller, id: string, fields: Parameters<Store["webhooks"]["change"]>[1]): Promise<WebhookRow> {
    await find(caller, id);
    await store.webhooks.change(id, fields);
    wake();
    return find(caller, id);
  }

  return {
    /** Makes a webhook; the answer alone holds its secret. */
    async create(caller: Caller, draft: WebhookDraft): Promise<{ webhook: WebhookRow; secret: string }> {
      const url = checkUrl(draft.url);
      const filter = filterOf(caller, draft);
      if ((await store.webhooks.list()).length >= MOST) throw gatewayError("LimitExceeded", `There may be ${MOST} webhooks.`);
      const id = `wh_${randomUUID().replaceAll("-", "")}`;
      const webhook: WebhookRow = {
        id,
        url,
        description: draft.description,
        ...filter,
        status: "Healthy",
        generation: 1,
        previousUntil: 0,
        createdAt: now(),
        failingSince: undefined,
      };
      await store.webhooks.create(webhook);
      return { webhook, secret: reveal(secretOf(id, 1)) };
    },

    async list(caller: Caller): Promise<WebhookRow[]> {
      return (await store.webhooks.list()).filter((webhook) => webhook.projects.every((project) => mayManage(caller, project)));
    },

    get: find,

    async update(caller: Caller, id: string, draft: Partial<WebhookDraft>): Promise<WebhookRow> {
      const held = await find(caller, id);
      const { url, ...rest } = draft;
      if (url !== undefined) Object.assign(rest, { url: checkUrl(url) });
      filterOf(caller, { projects: held.projects, ...draft });
      return change(caller, id, rest);
    },

    async remove(caller: Caller, id: string): Promise<void> {
      await find(caller, id);
      await store.webhooks.remove(id);
    },

    /** Gives a new secret; the old one is good for a day more. */
    async rotate(caller: Caller, id: string): Promise<{ webhook: WebhookRow; secret: string }> {
      const { generation } = await find(caller, id);
      const webhook = await change(caller, id, { generation: generation + 1, previousUntil: now() + bothSecretsMs });
      return { webhook, secret: reveal(secretOf(id, generation + 1)) };
    },

    suspend: (caller: Caller, id: string) => change(caller, id, { status: "ManuallySuspended" }),
    /** Delivers again, what is owed since as well. */
    resume: (caller: Caller, id: string) => change(caller, id, { status: "Healthy", failingSince: undefined }),

    /** Sends an event of the type `webhook.test`, which stands in no log. */
    async test(caller: Caller, id: string): Promise<{ eventId: string }> {
      const { projects } = await find(caller, id);
      byHand.take(projects);
      const at = now();
      const eventId = `evt_${createHash("sha256").update(`${id} ${randomUUID()}`).digest("hex").slice(0, 32)}`;
      const timestamp = new Date(at).toISOString();
      const body = JSON.stringify({ id: eventId, type: "webhook.test", timestamp, data: { webhook: id } });
      // A number below all others: it belongs to no place in the log.
      const event: StoredEvent = {
        id: eventId,
        type: "webhook.test",
        project: projects[0] ?? "",
        resourceKey: eventId,
        deploymentType: undefined,
        at,
        body,
        seq: -at,
      };
      await store.deliveries.add(id, [event], at);
      wake();
      return { eventId };
    },

    /** The newest deliveries, with how they went. */
    async deliveries(caller: Caller, id: string, limit: number): Promise<DeliveryRow[]> {
      await find(caller, id);
      return store.deliveries.list(id, limit);
    },

    /** Owes one event again, or all after a cursor that the webhook wants. */
    async replay(
      caller: Caller,
      id: string,
      { eventId, after }: { readonly eventId?: string; readonly after?: string },
    ): Promise<{ replayed: number }> {
      const webhook = await find(caller, id);
      if ((eventId === undefined) === (after === undefined)) throw invalidBody("give exactly one of eventId and after");
      if (after !== undefined && !/^\d{1,15}$/.test(after)) throw invalidBody("at /after: must be a cursor from an earlier answer");
      const one = eventId === undefined ? undefined : await store.deliveries.event(eventId);
      if (eventId !== undefined && (one === undefined || !webhook.projects.includes(one.project))) throw gatewayError("ResourceNotFound");
      const { projects, types } = webhook;
      byHand.take(projects);
      const events = one !== undefined ? [one] : await store.events.list({ after: Number(after), limit: REPLAYED, projects, types });
      await store.deliveries.add(id, events, now());
      wake();
      return { replayed: events.length };
    },
  };
}

function toId(project: string): ProjectId {
  const at = project.indexOf(":");
  return { region: project.slice(0, at), projectKey: project.slice(at + 1) };
}
