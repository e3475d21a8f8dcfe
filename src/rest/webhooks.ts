import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { WebhookDraft } from "../services/index.ts";
import type { RestOptions } from "./index.ts";

const texts = (description: string) =>
  Type.Optional(Type.Array(Type.String({ maxLength: 256 }), { maxItems: 100, minItems: 1, description }));
const fields = {
  description: Type.Optional(Type.String({ maxLength: 1_000, description: "For people." })),
  types: texts("Only these events; `deployment.*` names all of a group. All when left out."),
  projects: texts("Only these projects, as `{region}:{projectKey}`. All that the token may manage webhooks of when left out."),
  deploymentTypes: texts("Of deployments, only those of these types: preview, sandbox, production."),
  keys: texts("Only resources with these keys."),
};
const url = Type.String({
  maxLength: 2_048,
  description: "Where events are sent; an address in a private network must be allowed by WEBHOOK_ALLOW.",
});
const strict = { additionalProperties: false } as const;
const Draft = Type.Object({ url, ...fields }, strict);
const Change = Type.Object({ url: Type.Optional(url), ...fields }, { ...strict, minProperties: 1 });
const Replay = Type.Object(
  {
    eventId: Type.Optional(Type.String({ description: "One event." })),
    after: Type.Optional(Type.String({ description: "All after this cursor, at most 1,000." })),
  },
  strict,
);
const Deliveries = Type.Object(
  { limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: "1 to 500; 100 when left out." })) },
  strict,
);

type One = { Params: { id: string } };
const schema = (summary: string, more: object = {}) => ({
  schema: { summary, tags: ["Gateway"], description: "Needs the scope `manage_webhooks` for every project of the webhook.", ...more },
});

/** Adds `/v1/webhooks`: endpoints that are told of events, and how that went. */
export function registerWebhooks(app: FastifyInstance, { services: { webhooks } }: RestOptions): void {
  app.post<{ Body: WebhookDraft }>("/webhooks", schema("Create a webhook", { body: Draft }), async ({ caller, body }, reply) => {
    const { webhook, secret } = await webhooks.create(caller, body);
    return reply.code(201).send({ ...print(webhook), secret });
  });
  app.get("/webhooks", schema("List webhooks"), async ({ caller }) => ({ results: (await webhooks.list(caller)).map(print) }));
  app.get<One>("/webhooks/:id", schema("Get a webhook"), async ({ caller, params }) => print(await webhooks.get(caller, params.id)));
  app.patch<One & { Body: Partial<WebhookDraft> }>(
    "/webhooks/:id",
    schema("Change a webhook", { body: Change }),
    async ({ caller, params, body }) => print(await webhooks.update(caller, params.id, body)),
  );
  app.delete<One>("/webhooks/:id", schema("Delete a webhook"), async ({ caller, params }, reply) => {
    await webhooks.remove(caller, params.id);
    return reply.code(204).send();
  });
  app.post<One>("/webhooks/:id/rotate-secret", schema("Give a webhook a new secret"), async ({ caller, params }) => {
    const { webhook, secret } = await webhooks.rotate(caller, params.id);
    return { ...print(webhook), secret };
  });
  app.post<One>("/webhooks/:id/test", schema("Send a test event"), async ({ caller, params }, reply) =>
    reply.code(202).send(await webhooks.test(caller, params.id)),
  );
  app.post<One>("/webhooks/:id/suspend", schema("Suspend a webhook"), async ({ caller, params }) =>
    print(await webhooks.suspend(caller, params.id)),
  );
  app.post<One>("/webhooks/:id/resume", schema("Resume a webhook"), async ({ caller, params }) =>
    print(await webhooks.resume(caller, params.id)),
  );
  app.get<One & { Querystring: { limit?: number } }>(
    "/webhooks/:id/deliveries",
    schema("List deliveries", { querystring: Deliveries }),
    async ({ caller, params, query }) => ({
      results: (await webhooks.deliveries(caller, params.id, query.limit ?? 100)).map(({ dueAt, ...row }) => ({
        ...row,
        ...(row.state === "pending" ? { nextAttempt: new Date(dueAt).toISOString() } : {}),
      })),
    }),
  );
  app.post<One & { Body: { eventId?: string; after?: string } }>(
    "/webhooks/:id/replay",
    schema("Deliver events again", { body: Replay }),
    async ({ caller, params, body }, reply) => reply.code(202).send(await webhooks.replay(caller, params.id, body)),
  );
}

type Printed = Awaited<ReturnType<RestOptions["services"]["webhooks"]["get"]>>;

/** A webhook as it is shown: never with its secret. */
function print({ generation: _generation, previousUntil: _until, createdAt, failingSince, ...webhook }: Printed): object {
  return {
    ...webhook,
    createdAt: new Date(createdAt).toISOString(),
    ...(failingSince === undefined ? {} : { failingSince: new Date(failingSince).toISOString() }),
  };
}
