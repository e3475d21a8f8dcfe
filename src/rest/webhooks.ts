import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { WebhookChange, WebhookDraft } from "../services/index.ts";
import type { RestOptions } from "./index.ts";
import { noQuery } from "./schemas.ts";

const LISTS = {
  types: "Only these events; `deployment.*` names all of a group. All when left out.",
  projects: "Only these projects, as `{region}:{projectKey}`. All that the token may manage webhooks of when left out.",
  deploymentTypes: "Of deployments, only those of these types: preview, sandbox, production.",
  keys: "Only resources with these keys.",
};
const DESCRIPTION = { maxLength: 1_000, description: "For people." };
const LIST = { items: { type: "string", maxLength: 256 }, maxItems: 100, minItems: 1 };

/** The fields beside the address; in a change each may be null, which clears it. */
function fieldsOf(clear: "null"[]) {
  const field = (type: string, more: object) =>
    Type.Optional(Type.Unsafe<unknown>({ type: clear.length === 0 ? type : [type, ...clear], ...more }));
  const list = (description: string) =>
    field("array", { ...LIST, description: clear.length === 0 ? description : `${description} Null clears it.` });
  const { types, projects, deploymentTypes, keys } = LISTS;
  return {
    description: field("string", DESCRIPTION),
    types: list(types),
    projects: list(projects),
    deploymentTypes: list(deploymentTypes),
    keys: list(keys),
  };
}

const url = Type.String({
  maxLength: 2_048,
  description: "Where events are sent; an address in a private network must be allowed by WEBHOOK_ALLOW.",
});
const strict = { additionalProperties: false } as const;
const Draft = Type.Object({ url, ...fieldsOf([]) }, strict);
const Change = Type.Object({ url: Type.Optional(url), ...fieldsOf(["null"]) }, { ...strict, minProperties: 1 });
const Replay = Type.Object(
  {
    eventId: Type.Optional(Type.String({ description: "One event." })),
    after: Type.Optional(
      Type.String({
        description: "All after this cursor, at most 1,000; `next` of the answer is the cursor to go on from when there may be more.",
      }),
    ),
  },
  strict,
);
const Deliveries = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: "1 to 500; 100 when left out." })),
    before: Type.Optional(Type.String({ description: "Cursor: `next` of the answer with those that are newer." })),
  },
  strict,
);

type One = { Params: { id: string } };
const schema = (summary: string, more: object = {}) => ({
  schema: {
    summary,
    tags: ["Gateway"],
    description: "Needs the scope `manage_webhooks` for every project of the webhook.",
    querystring: noQuery,
    ...more,
  },
});

/** Adds `/v1/webhooks`: endpoints that are told of events, and how that went. */
export function registerWebhooks(app: FastifyInstance, { services: { webhooks } }: RestOptions): void {
  app.post<{ Body: WebhookDraft }>("/webhooks", schema("Create a webhook", { body: Draft }), async ({ caller, body }, reply) => {
    const { webhook, secret } = await webhooks.create(caller, body);
    return reply.code(201).send({ ...print(webhook), secret });
  });
  app.get("/webhooks", schema("List webhooks"), async ({ caller }) => ({ results: (await webhooks.list(caller)).map(print) }));
  app.get<One>("/webhooks/:id", schema("Get a webhook"), async ({ caller, params }) => print(await webhooks.get(caller, params.id)));
  app.patch<One & { Body: WebhookChange }>(
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
  app.get<One & { Querystring: { limit?: number; before?: string } }>(
    "/webhooks/:id/deliveries",
    schema("List deliveries", { querystring: Deliveries }),
    async ({ caller, params, query: { limit = 100, before } }) => {
      const { deliveries, next } = await webhooks.deliveries(caller, params.id, limit, before);
      return { results: deliveries.map(printDelivery), ...(next === undefined ? {} : { next }) };
    },
  );
  app.post<One & { Body: { eventId?: string; after?: string } }>(
    "/webhooks/:id/replay",
    schema("Deliver events again", { body: Replay }),
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
