import { type Test, test } from "tap";
import type { Connect } from "../../src/connect/index.ts";
import { Secret } from "../../src/secret.ts";
import { type Caller, createAccess } from "../../src/services/access.ts";
import { createWebhookService } from "../../src/services/webhooks.ts";
import { createStore, type Store } from "../../src/store/index.ts";

const AT = Date.UTC(2026, 10, 1);
const RECEIVER = { url: "https://receiver.example/" };
const caller: Caller = {
  subject: "bot",
  grants: new Map([["shop", new Set(["manage_webhooks"] as const)]]),
  introspect: false,
  expiresAt: Number.MAX_SAFE_INTEGER,
};
const connects = [{ project: { region: "europe-west1.gcp", projectKey: "shop" } } as unknown as Connect];

/** The service of one process, whose clock stands still. */
function serviceOver(store: Store, served = connects) {
  const ports = { checkUrl: (url: string) => url, secretOf: () => new Secret("s"), bothSecretsMs: 1, wake: () => {}, now: () => AT };
  return createWebhookService(createAccess(served), store, ports);
}

async function open(t: Test): Promise<Store> {
  const store = await createStore("sqlite::memory:");
  t.teardown(() => store.close());
  return store;
}

test("an attempt at the old address that fails while it is changed", async (t) => {
  const store = await open(t);
  const { id } = (await serviceOver(store).create(caller, RECEIVER)).webhook;
  await serviceOver(store).test(caller, id);
  const change: Store["webhooks"]["change"] = async (...asked) => {
    const [owed] = await store.deliveries.claim(id, AT, 50, 1);
    const result = { state: "pending", dueAt: AT + 5_000, status: 500, reason: "status 500" } as const;
    const health = { status: "TemporaryError", failingSince: AT, heldUntil: AT + 9_000, events: [] } as const;
    if (owed !== undefined) await store.deliveries.conclude(owed, () => ({ result, health }));
    return store.webhooks.change(...asked);
  };
  const service = serviceOver({ ...store, webhooks: { ...store.webhooks, change } });
  const changed = await service.update(caller, id, { url: "https://new.example/" });
  t.match(changed, { status: "Healthy", failingSince: undefined, heldUntil: 0 }, "the new one begins as one that never failed");
  t.match((await service.deliveries(caller, id, 9)).deliveries, [{ attempts: 1, dueAt: AT }], "and what waited is due there");
});

test("a webhook that is removed while it is tested is told as missing", async (t) => {
  const store = await open(t);
  const { id } = (await serviceOver(store).create(caller, RECEIVER)).webhook;
  const add: Store["deliveries"]["add"] = async (...asked) => {
    await store.webhooks.remove(id);
    return store.deliveries.add(...asked);
  };
  const service = serviceOver({ ...store, deliveries: { ...store.deliveries, add } });
  await t.rejects(service.test(caller, id), { code: "ResourceNotFound" });
  t.equal(await store.deliveries.owed(), 0);
});

test("test events of two processes in one moment are two", async (t) => {
  const store = await open(t);
  const [one, other] = [serviceOver(store), serviceOver(store)];
  const { id } = (await one.create(caller, RECEIVER)).webhook;
  const told = [await one.test(caller, id), await other.test(caller, id)].map(({ eventId }) => eventId);
  const listed = (await one.deliveries(caller, id, 9)).deliveries;
  t.same(new Set(listed.map(({ eventId }) => eventId)), new Set(told));
  t.ok(listed.every(({ seq }) => seq < 0));
  const [first] = (await one.deliveries(caller, id, 1)).deliveries;
  t.match((await one.deliveries(caller, id, 1, first?.cursor)).deliveries, [{ eventId: listed[1]?.eventId }], "each has its place");
});

test("what cannot be stored everywhere is refused before the store is asked", async (t) => {
  const store = await open(t);
  const { id } = (await serviceOver(store).create(caller, { ...RECEIVER, description: "two\n\tlines" })).webhook;
  const asked: string[] = [];
  const get: Store["webhooks"]["get"] = (each) => (asked.push(each), store.webhooks.get(each));
  const event: Store["deliveries"]["event"] = (each) => (asked.push(each), store.deliveries.event(each));
  const service = serviceOver({
    ...store,
    webhooks: { ...store.webhooks, get },
    deliveries: { ...store.deliveries, event },
  });
  const missing = { code: "ResourceNotFound" };
  for (const none of ["a\u0000b", `${id}\u0000`, `${id}\n`, "wh_none", ""]) {
    await t.rejects(service.get(caller, none), missing);
    await t.rejects(service.deliveries(caller, none, 9), missing);
    await t.rejects(service.remove(caller, none), missing);
  }
  t.same(asked, []);
  for (const eventId of ["a\u0000b", `evt_${"0".repeat(32)}\n`]) await t.rejects(service.replay(caller, id, { eventId }), missing);
  t.same(asked, [id, id], "nor is it asked for such an event");
  const refused = { code: "InvalidJsonInput", message: /at \/description: must hold no control characters but tabs and line breaks/ };
  for (const control of ["\u0000", "\u001b", "\u007f", "\u0085"]) {
    await t.rejects(service.create(caller, { ...RECEIVER, description: `a${control}b` }), refused);
    await t.rejects(service.update(caller, id, { description: `a${control}b` }), refused);
  }
});

test("a webhook of a project that is not served any more is there for those whose token grants it", async (t) => {
  const store = await open(t);
  const both = [...connects, { project: { region: "europe-west1.gcp", projectKey: "closed" } } as unknown as Connect];
  const grants = new Map(["shop", "closed"].map((key) => [key, new Set(["manage_webhooks"] as const)]));
  const owner = { ...caller, grants };
  const { webhook } = await serviceOver(store, both).create(owner, RECEIVER);
  t.same(webhook.projects, ["europe-west1.gcp:shop", "europe-west1.gcp:closed"]);
  const service = serviceOver(store);
  await t.rejects(service.get(caller, webhook.id), { code: "ResourceNotFound" }, "to nobody else");
  t.same(await service.list(caller), []);
  t.same(
    (await service.list(owner)).map(({ id }) => id),
    [webhook.id],
  );
  t.equal((await service.suspend(owner, webhook.id)).status, "ManuallySuspended");
  const { projects } = await service.update(owner, webhook.id, { projects: ["europe-west1.gcp:shop"] });
  t.same(projects, ["europe-west1.gcp:shop"]);
  t.equal((await service.get(caller, webhook.id)).id, webhook.id);
});
