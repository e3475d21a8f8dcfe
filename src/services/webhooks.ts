import { randomInt, randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import { gatewayError, invalidBody, invalidQuery } from "../errors.ts";
import { projectId, toProjectId } from "../identifiers.ts";
import { reveal, type Secret } from "../secret.ts";
import { type DeliveryRow, newEvent, type Store, type WebhookRow } from "../store/index.ts";
import type { Access, Caller } from "./access.ts";
import { createAllowance } from "./allowance.ts";
import { checkDeploymentTypes, checkKeys, checkProjects, checkTypes } from "./filters.ts";
import { oweTo, replayAfter, type Replayed } from "./replay.ts";

/** What a caller says of a webhook; everything but the address may be left out. */
export type WebhookDraft = {
  readonly url: string;
  readonly description?: string;
  readonly types?: readonly string[];
  readonly projects?: readonly string[];
  readonly deploymentTypes?: readonly string[];
  readonly keys?: readonly string[];
};

/** What to change of a webhook; null clears. */
export type WebhookChange = { readonly [Name in keyof WebhookDraft]?: WebhookDraft[Name] | null };

/** A delivery and its place in the list; `dueAt` is undefined while nothing is sent to its webhook. */
export type ListedDelivery = Omit<DeliveryRow, "dueAt"> & { readonly dueAt: number | undefined; readonly cursor: string };

/** One page of deliveries, the newest first, and the cursor of the next one. */
export type Deliveries = { readonly deliveries: readonly ListedDelivery[]; readonly next: string | undefined };

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
  /** Monotonic, in milliseconds. */
  readonly elapsed?: () => number;
};

/** The rules of webhooks, for every protocol. */
export type Webhooks = ReturnType<typeof createWebhookService>;

/** Webhooks that a project may have: those of one project take nothing from another. */
const MOST = 100;
/** Secrets that may be good at once, and with which every delivery is then signed. */
const MOST_SECRETS = 3;
/** Deliveries by hand in a minute, for each project: a test button is no scanner of ports. */
const BY_HAND = 10;
const LONGEST_DESCRIPTION = 1_000;
/** Not all databases store them, and nobody can read them. */
const CONTROL = /(?![\t\n\r])\p{Cc}/u;
/** The only forms of ids that are given: any other text is not even looked for, because databases differ in what they take. */
const [WEBHOOK_ID, EVENT_ID] = [/^wh_[0-9a-f]{32}$/, /^evt_[0-9a-f]{32}$/];

const CHECKS = { types: checkTypes, projects: checkProjects, deploymentTypes: checkDeploymentTypes, keys: checkKeys };

/** Refuses a filter that could never match, and what is too long: for both faces. */
function checkDraft(draft: WebhookChange): void {
  for (const [name, check] of Object.entries(CHECKS)) {
    const values = draft[name as keyof typeof CHECKS];
    const wrong = values === undefined || values === null ? undefined : check(values);
    if (wrong !== undefined) throw invalidBody(`at /${name}: ${wrong}`);
  }
  if ((draft.description?.length ?? 0) > LONGEST_DESCRIPTION)
    throw invalidBody(`at /description: must NOT have more than ${LONGEST_DESCRIPTION} characters`);
  if (CONTROL.test(draft.description ?? "")) throw invalidBody("at /description: must hold no control characters but tabs and line breaks");
  if (draft.url === null) throw invalidBody("at /url: a webhook has an address; leave the field out to keep it");
}

/** Makes the webhooks service. A webhook is there for those who may manage webhooks of every project that it names; for others it is missing. */
export function createWebhookService(
  access: Access,
  store: Store,
  { checkUrl, secretOf, bothSecretsMs, wake, now = Date.now, elapsed = () => performance.now() }: WebhookPorts,
) {
  const byHand = createAllowance(BY_HAND, elapsed);
  const mayManage = (caller: Caller, project: string): boolean => access.may(caller, toProjectId(project), "webhooks.manage");
  /** Also where one of its projects is not served any more: it goes on for the others, and somebody must be able to end it. */
  const isManagedBy = (caller: Caller, { projects }: WebhookRow): boolean =>
    projects.every((project) => access.grants(caller, toProjectId(project), "webhooks.manage"));

  /** The projects of a webhook: those that are named, else all that the caller may manage webhooks of. */
  function projectsFor(caller: Caller, named: readonly string[] | null | undefined): readonly string[] {
    const ids = access.visible(caller).map(projectId);
    const projects = [...new Set(named ?? ids.filter((project) => mayManage(caller, project)))];
    // Where none may be managed, the first is refused by the name of the scope that is missing.
    for (const project of projects.length > 0 ? projects : ids.slice(0, 1)) access.open(caller, toProjectId(project), "webhooks.manage");
    if (projects.length === 0) throw gatewayError("ProjectRequired", "Name the projects: the token grants none that is served here.");
    return projects;
  }

  async function withinLimit(done: Promise<boolean>): Promise<void> {
    if (!(await done)) throw gatewayError("LimitExceeded", `A project may have ${MOST} webhooks.`);
  }

  async function find(caller: Caller, id: string): Promise<WebhookRow> {
    const webhook = WEBHOOK_ID.test(id) ? await store.webhooks.get(id) : undefined;
    if (webhook === undefined || !isManagedBy(caller, webhook)) throw gatewayError("ResourceNotFound");
    return webhook;
  }

  async function change(caller: Caller, id: string, act: (webhook: WebhookRow) => Promise<void>): Promise<WebhookRow> {
    await act(await find(caller, id));
    wake();
    return find(caller, id);
  }

  return {
    /** Makes a webhook; the answer alone holds its secret. */
    async create(caller: Caller, draft: WebhookDraft): Promise<{ webhook: WebhookRow; secret: string }> {
      checkDraft(draft);
      const projects = projectsFor(caller, draft.projects);
      // What the gateway's network allows is told to nobody without the right.
      const url = checkUrl(draft.url);
      const { description, types, deploymentTypes, keys } = draft;
      const id = `wh_${randomUUID().replaceAll("-", "")}`;
      const webhook: WebhookRow = {
        id,
        url,
        description,
        types,
        projects,
        deploymentTypes,
        keys,
        status: "Healthy",
        generation: 1,
        previous: [],
        heldUntil: 0,
        createdAt: now(),
        failingSince: undefined,
      };
      await withinLimit(store.webhooks.create(webhook, MOST));
      return { webhook, secret: reveal(secretOf(id, 1)) };
    },

    async list(caller: Caller): Promise<WebhookRow[]> {
      return (await store.webhooks.list()).filter((webhook) => isManagedBy(caller, webhook));
    },

    get: find,

    /** Changes what is named; null stands for what a webhook has that says nothing of it. */
    update: (caller: Caller, id: string, draft: WebhookChange) =>
      change(caller, id, async () => {
        checkDraft(draft);
        const { url, projects, ...rest } = draft;
        const others = Object.entries(rest).map(([name, value]) => [name, value ?? undefined]);
        const asked = {
          ...(Object.fromEntries(others) as Omit<WebhookDraft, "url" | "projects">),
          ...(projects === undefined ? {} : { projects: projectsFor(caller, projects) }),
          ...(typeof url === "string" ? { url: checkUrl(url) } : {}),
        };
        await withinLimit(store.webhooks.change(id, asked, { now: now(), most: MOST }));
      }),

    async remove(caller: Caller, id: string): Promise<void> {
      await find(caller, id);
      await store.webhooks.remove(id);
    },

    /** Gives a new secret; the one before is good for a day more. */
    async rotate(caller: Caller, id: string): Promise<{ webhook: WebhookRow; secret: string }> {
      const webhook = await change(caller, id, async (held) => {
        const good = held.previous.filter(({ until }) => until > now());
        if (good.length + 2 > MOST_SECRETS)
          throw gatewayError(
            "LimitExceeded",
            `${MOST_SECRETS} secrets of the webhook are good at the moment: wait until the oldest has ended.`,
          );
        const rotated = await store.webhooks.rotate(held, [...good, { generation: held.generation, until: now() + bothSecretsMs }]);
        if (!rotated) throw gatewayError("ConcurrentModification", "The secret was changed by another request just now.");
      });
      return { webhook, secret: reveal(secretOf(id, webhook.generation)) };
    },

    suspend: (caller: Caller, id: string) => change(caller, id, () => store.webhooks.suspend(id)),
    /** Delivers again, at once what is owed since as well. */
    resume: (caller: Caller, id: string) => change(caller, id, () => store.webhooks.resume(id, now())),

    /** Sends an event of the type `webhook.test`, which stands in no log. */
    async test(caller: Caller, id: string): Promise<{ eventId: string }> {
      const { projects } = await find(caller, id);
      byHand.take(projects);
      const at = now();
      const test = { id: `evt_${randomUUID().replaceAll("-", "")}`, type: "webhook.test", project: projects[0] ?? "", at };
      const event = newEvent({ ...test, resourceKey: test.id, data: { webhook: id } });
      // A number below all others, because it belongs to no place in the log; by chance, because several processes give such numbers.
      await oweTo(store, id, [{ ...event, seq: -randomInt(1, 2 ** 48) }], at);
      wake();
      return { eventId: event.id };
    },

    /** The newest deliveries, with how they went: one page of at most `limit`, those before the cursor when one is given. */
    async deliveries(caller: Caller, id: string, limit: number, before?: string): Promise<Deliveries> {
      const { heldUntil, status } = await find(caller, id);
      const sends = status === "Healthy" || status === "TemporaryError";
      const [, createdAt, seq] = /^(\d{1,15})\.(-?\d{1,17})$/.exec(before ?? "0.0") ?? [];
      if (createdAt === undefined) throw invalidQuery("before must be a cursor from an earlier answer");
      const place = before === undefined ? undefined : { createdAt: Number(createdAt), seq: Number(seq) };
      const rows = await store.deliveries.list(id, limit, place);
      const deliveries = rows.map((row) => ({
        ...row,
        dueAt: sends ? Math.max(row.dueAt, heldUntil) : undefined,
        cursor: `${row.createdAt}.${row.seq}`,
      }));
      return { deliveries, next: rows.length < limit ? undefined : deliveries.at(-1)?.cursor };
    },

    /** Owes one event again, or all after a cursor that the webhook wants; `next` is the cursor to go on from when there may be more. */
    async replay(
      caller: Caller,
      id: string,
      { eventId, after }: { readonly eventId?: string; readonly after?: string },
    ): Promise<Replayed> {
      const webhook = await find(caller, id);
      if ((eventId === undefined) === (after === undefined)) throw invalidBody("give exactly one of eventId and after");
      if (after !== undefined && !/^\d{1,15}$/.test(after)) throw invalidBody("at /after: must be a cursor from an earlier answer");
      byHand.take(webhook.projects);
      const replayed = eventId === undefined ? await replayAfter(store, webhook, Number(after), now()) : await replayOne(webhook, eventId);
      wake();
      return replayed;
    },
  };

  async function replayOne(webhook: WebhookRow, eventId: string): Promise<Replayed> {
    if (!EVENT_ID.test(eventId)) throw gatewayError("ResourceNotFound");
    const event = await store.deliveries.event(eventId);
    if (event !== undefined && webhook.projects.includes(event.project)) await oweTo(store, webhook.id, [event], now());
    // What is no longer in the log, or never was, is still there as it was owed.
    else if (!(await store.deliveries.again(webhook.id, eventId, now()))) throw gatewayError("ResourceNotFound");
    return { replayed: 1, next: undefined };
  }
}
