import type { FastifyInstance } from "fastify";
import type { WebhookChange, WebhookDraft } from "../services/index.ts";
import type { RestOptions } from "./index.ts";
import {
  Change,
  Deliveries,
  DeliveriesQuery,
  Draft,
  Replay,
  Replayed,
  route,
  TestSent,
  Webhook,
  Webhooks,
  WebhookWithSecret,
} from "./webhook-schemas.ts";

type One = { Params: { id: string } };

/** Adds `/v1/webhooks`: endpoints that are told of events, and how that went. */
export function registerWebhooks(app: FastifyInstance, { services: { webhooks } }: RestOptions): void {
  app.post<{ Body: WebhookDraft }>(
    "/webhooks",
    route("Create a webhook", { status: 201, body: WebhookWithSecret }, { body: Draft }),
    async ({ caller, body }, reply) => {
      const { webhook, secret } = await webhooks.create(caller, body);
      return reply.code(201).send({ ...print(webhook), secret });
    },
  );
  app.get("/webhooks", route("List webhooks", { body: Webhooks }), async ({ caller }) => ({
    results: (await webhooks.list(caller)).map(print),
  }));
  app.get<One>("/webhooks/:id", route("Get a webhook", { body: Webhook }), async ({ caller, params }) =>
    print(await webhooks.get(caller, params.id)),
  );
  app.patch<One & { Body: WebhookChange }>(
    "/webhooks/:id",
    route("Change a webhook", { body: Webhook }, { body: Change }),
    async ({ caller, params, body }) => print(await webhooks.update(caller, params.id, body)),
  );
  app.delete<One>("/webhooks/:id", route("Delete a webhook", { status: 204 }), async ({ caller, params }, reply) => {
    await webhooks.remove(caller, params.id);
    return reply.code(204).send();
  });
  app.post<One>(
    "/webhooks/:id/rotate-secret",
    route("Give a webhook a new secret", { body: WebhookWithSecret }),
    async ({ caller, params }) => {
      const { webhook, secret } = await webhooks.rotate(caller, params.id);
      return { ...print(webhook), secret };
    },
  );
  app.post<One>("/webhooks/:id/test", route("Send a test event", { status: 202, body: TestSent }), async ({ caller, params }, reply) =>
    reply.code(202).send(await webhooks.test(caller, params.id)),
  );
  app.post<One>("/webhooks/:id/suspend", route("Suspend a webhook", { body: Webhook }), async ({ caller, params }) =>
    print(await webhooks.suspend(caller, params.id)),
  );
  app.post<One>("/webhooks/:id/resume", route("Resume a webhook", { body: Webhook }), async ({ caller, params }) =>
    print(await webhooks.resume(caller, params.id)),
  );
  app.get<One & { Querystring: { limit?: number; before?: string } }>(
    "/webhooks/:id/deliveries",
    route("List deliveries", { body: Deliveries }, { querystring: DeliveriesQuery }),
    async ({ caller, params, query: { limit = 100, before } }) => {
      const { deliveries, next } = await webhooks.deliveries(caller, params.id, limit, before);
      return { results: deliveries.map(printDelivery), ...(next === undefined ? {} : { next }) };
    },
  );
  app.post<One & { Body: { eventId?: string; after?: string } }>(
    "/webhooks/:id/replay",
    route("Deliver events again", { status: 202, body: Replayed }, { body: Replay }),
    async ({ caller, params, body }, reply) => reply.code(202).send(await webhooks.replay(caller, params.id, body)),
  );
}

type Printed = Awaited<ReturnType<RestOptions["services"]["webhooks"]["get"]>>;

/** A webhook as it is shown: never with its secret. */
function print({ generation: _generation, previous: _previous, heldUntil: _until, createdAt, failingSince, ...webhook }: Printed): object {
  return {
    ...webhook,
    createdAt: new Date(createdAt).toISOString(),
    ...(failingSince === undefined ? {} : { failingSince: new Date(failingSince).toISOString() }),
  };
}

type PrintedDelivery = Awaited<ReturnType<RestOptions["services"]["webhooks"]["deliveries"]>>["deliveries"][number];

function printDelivery({ createdAt, dueAt, cursor: _cursor, ...row }: PrintedDelivery): object {
  const next = row.state === "pending" && dueAt !== undefined ? { nextAttempt: new Date(dueAt).toISOString() } : {};
  return { ...row, createdAt: new Date(createdAt).toISOString(), ...next };
}
