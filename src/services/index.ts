import type { Connect } from "../connect/index.ts";
import type { Feed } from "../feed.ts";
import type { Secret } from "../secret.ts";
import type { Store } from "../store/index.ts";
import { createAccess, type ProjectId, projectId, type ServiceRequest } from "./access.ts";
import { createConnectors } from "./connectors.ts";
import { createDeployments } from "./deployments.ts";
import { createDrafts } from "./drafts.ts";
import { createEventService } from "./events.ts";
import { createOnce } from "./idempotency.ts";
import { createWebhookService, type WebhookPorts } from "./webhooks.ts";

export {
  type Access,
  type Caller,
  type Operation,
  OPERATIONS,
  PERMISSIONS,
  type Permission,
  type ProjectId,
  projectId,
  type ServiceRequest,
} from "./access.ts";
export type { Reader } from "../feed.ts";
export type { EventFilter, EventForm, Following, PrintedEvent } from "./events.ts";
export type { ListedDelivery, WebhookChange, WebhookDraft, WebhookPorts } from "./webhooks.ts";
export type { WebhookRow } from "../store/index.ts";
export type { Expected } from "./versions.ts";

/** The rules of the gateway, once, for every protocol. */
export type Services = ReturnType<typeof createServices>;

type Options = {
  readonly connects: readonly Connect[];
  readonly store: Store;
  readonly feed: Feed;
  readonly webhooks: WebhookPorts;
  /** Keeps what is stored of idempotency keys from telling what it was made of. */
  readonly secret: Secret;
  /** Hears which project was just written to. */
  readonly written: (project: string) => void;
};

/** Makes the services over the clients of the configured projects and the event log. */
export function createServices({ connects, store, feed, webhooks, secret, written }: Options) {
  const access = createAccess(connects);
  const once = createOnce(store, secret);
  return {
    projects: { resolve: access.resolve, visible: access.visible },
    connectors: createConnectors(access),
    drafts: tellWrites(createDrafts(access, once), written),
    deployments: tellWrites(createDeployments(access, once), written),
    events: createEventService(access, store, feed),
    webhooks: createWebhookService(access, store, webhooks),
  };
}

const WRITES = new Set(["create", "update", "remove"]);
type Method = (request: ServiceRequest, project: ProjectId, ...rest: never[]) => Promise<unknown>;

/** The same service; after each write, also one that failed, the watch is told to look: who knows what it did. */
function tellWrites<T extends Record<string, Method>>(service: T, written: (project: string) => void): T {
  const told = Object.entries(service).map(([name, method]) => {
    if (!WRITES.has(name)) return [name, method];
    const wrapped: Method = (request, project, ...rest) => method(request, project, ...rest).finally(() => written(projectId(project)));
    return [name, wrapped];
  });
  return Object.fromEntries(told) as T;
}
