import { type TSchema, Type } from "typebox";
import { own } from "./schemas.ts";

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
export const Draft = Type.Object({ url, ...fieldsOf([]) }, strict);
export const Change = Type.Object({ url: Type.Optional(url), ...fieldsOf(["null"]) }, { ...strict, minProperties: 1 });
export const Replay = Type.Object(
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
export const DeliveriesQuery = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, description: "1 to 500; 100 when left out." })),
    before: Type.Optional(Type.String({ description: "Cursor: `next` of the answer with those that are newer." })),
  },
  strict,
);

const time = (description: string) => Type.String({ format: "date-time", description });
const strings = (description: string) => Type.Optional(Type.Array(Type.String(), { description }));

export const Webhook = Type.Object({
  id: Type.String({ description: "`wh_` and 32 letters or digits." }),
  url: Type.String({ description: "Where events are sent." }),
  description: Type.Optional(Type.String({ description: DESCRIPTION.description })),
  types: strings(LISTS.types),
  projects: Type.Array(Type.String(), { description: LISTS.projects }),
  deploymentTypes: strings(LISTS.deploymentTypes),
  keys: strings(LISTS.keys),
  status: Type.Enum(["Healthy", "TemporaryError", "ConfigurationErrorDeliveryStopped", "ManuallySuspended"], {
    description: "How deliveries go; nothing is sent in the last two.",
  }),
  createdAt: time("When it was made."),
  failingSince: Type.Optional(time("Since when deliveries have failed without a break.")),
});
export const WebhookWithSecret = Type.Object({
  ...Webhook.properties,
  secret: Type.String({ description: "`whsec_…`: what deliveries are signed with. It is shown here alone." }),
});
export const Webhooks = Type.Object({ results: Type.Array(Webhook) });
export const TestSent = Type.Object({ eventId: Type.String({ description: "Id of the event that is sent." }) });
export const Replayed = Type.Object({
  replayed: Type.Integer({ description: "How many events are owed again." }),
  next: Type.Optional(Type.String({ description: "Cursor to go on from, when there may be more." })),
});

const Delivery = Type.Object({
  webhookId: Type.String({ description: "Its webhook." }),
  seq: Type.Integer({ description: "Number of the event in the log; below zero for one that stands in none." }),
  eventId: Type.String({ description: "Id of the event." }),
  type: Type.String({ description: "Type of the event." }),
  state: Type.Enum(["pending", "succeeded", "dead"], { description: "Owed, arrived, or given up." }),
  attempts: Type.Integer({ description: "Attempts so far." }),
  createdAt: time("When it was owed."),
  nextAttempt: Type.Optional(time("When it is tried next; left out while nothing is sent to the webhook.")),
  lastStatus: Type.Optional(Type.Integer({ description: "HTTP status of the last answer." })),
  lastReason: Type.Optional(Type.String({ description: "Why the last attempt failed." })),
});
export const Deliveries = Type.Object({
  results: Type.Array(Delivery),
  next: Type.Optional(Type.String({ description: "Cursor of those before, when there may be more." })),
});

/** The schema of a route of webhooks. */
export const route = (summary: string, answer: { readonly status?: number; readonly body?: TSchema }, more: object = {}) => ({
  schema: own(summary, answer, { description: "Needs the scope `manage_webhooks` for every project of the webhook.", ...more }),
});
