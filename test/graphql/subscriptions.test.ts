import { test } from "tap";
import { at, type Json, MIRROR, PROJECT, rows, startBoth, type TestGateway } from "../helpers/gateway.ts";
import { signToken, tokenFor } from "../helpers/token.ts";

const FAST = { WATCH_INTERVAL_MS: "50", WATCH_HOT_INTERVAL_MS: "20", WEBHOOK_ALLOW: "127.0.0.1" };
const DEMO = `${MIRROR}/${PROJECT}/deployments/key=demo-shipping-deployment`;
const ALL = `manage_project:${PROJECT}`;

type Frame = { readonly event: string; readonly data: Json };

/** A subscription over server-sent events, frame by frame. */
async function* subscribe(gateway: TestGateway, query: string, variables: object = {}, token = tokenFor(ALL)): AsyncGenerator<Frame> {
  const headers = { accept: "text/event-stream", "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await fetch(`${gateway.url}/graphql`, { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  if (response.headers.get("content-type")?.includes("json"))
    return yield { event: `status ${response.status}`, data: (await response.json()) as Json };
  let text = "";
  for await (const chunk of response.body ?? []) {
    text += Buffer.from(chunk as Uint8Array).toString();
    for (let end = text.indexOf("\n\n"); end >= 0; end = text.indexOf("\n\n")) {
      const [, event = "", data = ""] = /^event: (\w+)\ndata: (.*)$/s.exec(text.slice(0, end)) ?? [];
      text = text.slice(end + 2);
      if (event !== "") yield { event, data: (data === "" ? {} : JSON.parse(data)) as Json };
    }
  }
  return undefined;
}

const first = async (frames: AsyncGenerator<Frame>): Promise<Frame> => ((await frames.next()) as { value: Frame }).value;

test("subscriptions bring changes as they happen, and resume from a cursor", async (t) => {
  const { emulator, gateway } = await startBoth(t, {}, FAST);
  while (!(await emulator.journal()).some((entry) => entry["path"] === "/connectors/drafts"));
  await gateway.rest("POST", DEMO, { actions: [{ action: "redeploy" }] });
  const query =
    'subscription ($after: String) { deploymentChanged(after: $after, key: "demo-shipping-deployment") { cursor id type timestamp data } }';
  const live = subscribe(gateway, query, { after: "0" });
  const deploying = await first(live);
  t.match(deploying, {
    event: "next",
    data: { data: { deploymentChanged: { type: "deployment.status_changed", data: { current: "Deploying" } } } },
  });
  emulator.advance(4_000);
  t.match(await first(live), { data: { data: { deploymentChanged: { data: { current: "Deployed", outcome: "succeeded" } } } } });
  await live.return(undefined);
  const after = at(deploying.data, "data.deploymentChanged.cursor");
  const resumed = subscribe(gateway, query, { after });
  t.equal(at((await first(resumed)).data, "data.deploymentChanged.data.current"), "Deployed");
  await resumed.return(undefined);

  const page = await gateway.graphql('{ events(types: ["deployment.*"], limit: 1) { next resync events { id type data } } }');
  t.match(at(page.body, "data.events"), { resync: false, events: [{ type: "deployment.status_changed" }] });

  const now = Math.floor(Date.now() / 1_000);
  const short = subscribe(gateway, "subscription { events { id } }", {}, signToken({ sub: "s", scope: ALL, iat: now, exp: now + 1 }));
  t.equal((await first(short)).event, "complete", "the token's end is the stream's");
});

test("what one subscriber leaves empty is nothing to the others", async (t) => {
  const { emulator, gateway } = await startBoth(t, {}, FAST);
  while (!(await emulator.journal()).some((entry) => entry["path"] === "/connectors/drafts"));
  await gateway.rest("POST", DEMO, { actions: [{ action: "redeploy" }] });
  const query = 'subscription ($yes: Boolean = true) { deploymentChanged(after: "0") { id @include(if: $yes) type } }';
  const live = [{ yes: null }, {}, { yes: false }].map((variables) => subscribe(gateway, query, variables));
  // The first events are old ones, which each reads by itself; what comes then is made once for all who want the same.
  for (const each of live) await first(each);
  emulator.advance(4_000);
  const [empty, all, less] = await Promise.all(live.map(first));
  t.match(empty?.data, { data: null, errors: [{ extensions: { code: "InvalidJsonInput" } }] });
  t.match(all?.data, { data: { deploymentChanged: { id: /^evt_/, type: "deployment.status_changed" } } });
  t.same(at(less?.data, "data.deploymentChanged"), { type: "deployment.status_changed" });
  for (const each of live) await each.return(undefined);
});

test("subscriptions obey the rules of queries", async (t) => {
  const { gateway } = await startBoth(t);
  const refused = async (query: string, token?: string) => first(subscribe(gateway, query, {}, token));
  for (const query of [
    "subscription { events { nofield } }",
    "subscription { events { id } deploymentChanged { id } }",
    "subscription { events(bogus: 1) { id } }",
  ])
    t.match(await refused(query), { event: "status 400", data: { errors: [{ extensions: { code: "InvalidJsonInput" } }] } }, query);
  const aliases = Array.from({ length: 16 }, (_, n) => `a${n}: id`).join(" ");
  t.match(await refused(`subscription { events { ${aliases} } }`), { data: { errors: [{ extensions: { code: "LimitExceeded" } }] } });
  t.match(await refused('subscription { events(after: "x") { id } }'), {
    event: "status 400",
    data: { errors: [{ extensions: { code: "InvalidQueryParam" } }] },
  });
  t.match(await refused('subscription { events(project: "us-central1.gcp:other") { id } }'), {
    data: { errors: [{ extensions: { code: "ResourceNotFound" } }] },
  });
  t.match(await refused("subscription { events { id } }", "a.b.c"), { event: "status 401" });
  const plain = await gateway.graphql("subscription { events { id } }");
  t.match([plain.status, at(plain.body, "errors.0.extensions.code")], [406, "NotAcceptable"]);
});

test("webhooks in GraphQL are those of REST", async (t) => {
  const { gateway } = await startBoth(t, {}, FAST);
  const { graphql, rest } = gateway;
  const made = await graphql(
    "mutation ($draft: WebhookDraft!) { createWebhook(draft: $draft) { secret webhook { id url types projects status } } }",
    { draft: { url: "http://127.0.0.1:9/", types: ["deployment.*"] } },
  );
  t.match(at(made.body, "data.createWebhook"), {
    secret: /^whsec_/,
    webhook: { url: "http://127.0.0.1:9/", types: ["deployment.*"], status: "Healthy" },
  });
  const id = String(at(made.body, "data.createWebhook.webhook.id"));
  t.match(rows((await rest("GET", "/v1/webhooks")).body, "results"), [{ id }]);
  const act = async (text: string) => (await graphql(`mutation { ${text} }`)).body;
  t.match(await act(`suspendWebhook(id: "${id}") { status }`), { data: { suspendWebhook: { status: "ManuallySuspended" } } });
  t.match(await act(`testWebhook(id: "${id}")`), { data: { testWebhook: /^evt_/ } });
  t.match((await graphql(`{ webhooks { id } webhookDeliveries(id: "${id}") { type state attempts cursor createdAt } }`)).body, {
    data: {
      webhooks: [{ id }],
      webhookDeliveries: [{ type: "webhook.test", state: "pending", attempts: 0, cursor: /^\d+\.-\d+$/, createdAt: /^2\d{3}-.*Z$/ }],
    },
  });
  t.match(await act(`updateWebhook(id: "${id}", draft: { keys: ["kk"] }) { keys types }`), {
    data: { updateWebhook: { keys: ["kk"], types: ["deployment.*"] } },
  });
  t.match(await act(`updateWebhook(id: "${id}", draft: { keys: null, types: null }) { keys types projects }`), {
    data: { updateWebhook: { keys: null, types: null, projects: [/:/] } },
  });
  for (const draft of [
    "{}",
    "{ url: null }",
    '{ types: ["deployments.*"] }',
    "{ types: [] }",
    '{ projects: ["my-project"] }',
    '{ keys: [""] }',
  ])
    t.match(
      await act(`updateWebhook(id: "${id}", draft: ${draft}) { id }`),
      { errors: [{ extensions: { code: "InvalidJsonInput" } }] },
      draft,
    );
  t.match(await act(`rotateWebhookSecret(id: "${id}") { secret }`), { data: { rotateWebhookSecret: { secret: /^whsec_/ } } });
  t.match(await act(`resumeWebhook(id: "${id}") { status }`), { data: { resumeWebhook: { status: "Healthy" } } });
  t.match(await act(`replayWebhook(id: "${id}", after: "0") { replayed next }`), { data: { replayWebhook: { replayed: 0, next: null } } });
  t.match(await act("createWebhook(draft: {}) { secret }"), { errors: [{ extensions: { code: "InvalidJsonInput" } }] });
  t.match(await act(`deleteWebhook(id: "${id}")`), { data: { deleteWebhook: id } });
  t.match(await act(`deleteWebhook(id: "${id}")`), { errors: [{ extensions: { code: "ResourceNotFound" } }] });
});
