import type { Connect } from "../connect/index.ts";
import type { Feed } from "../feed.ts";
import { type ProjectId, projectId } from "../identifiers.ts";
import type { Tell } from "../log.ts";
import type { Secret } from "../secret.ts";
import type { Store } from "../store/index.ts";
import { createAccess, type ServiceRequest } from "./access.ts";
import { createConnectors } from "./connectors.ts";
import { createDeployments } from "./deployments.ts";
import { createDrafts } from "./drafts.ts";
import { createEventService } from "./events.ts";
import { createOnce } from "./idempotency.ts";
import { createWait } from "./waiting.ts";
import { createWebhookService, type WebhookPorts } from "./webhooks.ts";

export { type Access, type Caller, type Operation, OPERATIONS, PERMISSIONS, type Permission, type ServiceRequest } from "./access.ts";
export type { Reader } from "../feed.ts";
export type { EventFilter, EventForm, EventPage, Following, PrintedEvent } from "./events.ts";
export type { ListedDelivery, WebhookChange, WebhookDraft, WebhookPorts } from "./webhooks.ts";
export type { WebhookRow } from "../store/index.ts";
export { deadlineFromNow } from "./deadline.ts";
export type { Expected } from "./versions.ts";
export type { Patience } from "./waiting.ts";

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
  readonly log: Tell;
};

/** Makes the services over the clients of the configured projects and the event log. */
export function createServices({ connects, store, feed, webhooks, secret, written, log }: Options) {
  const access = createAccess(connects);
  const once = createOnce({ store, secret, log });
  const wait = createWait();
  return {
    projects: { resolve: access.resolve, visible: access.visible },
    connectors: createConnectors(access),
    drafts: tellWrites(createDrafts(access, once, wait), written),
    deployments: tellWrites(createDeployments(access, once, wait), written),
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
