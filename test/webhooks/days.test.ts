import type { ServerResponse } from "node:http";
import { type Test, test } from "tap";
import type { Connect } from "../../src/connect/index.ts";
import { reveal, Secret } from "../../src/secret.ts";
import { type Caller, createAccess } from "../../src/services/access.ts";
import { createWebhookService } from "../../src/services/webhooks.ts";
import { createStore, type NewEvent, type Watched } from "../../src/store/index.ts";
import { BOTH_SECRETS_MS, createGuard, secretOf, startDeliveries } from "../../src/webhooks/index.ts";
import { verifyWebhook } from "../../src/webhooks/signature.ts";
import { startReceiver } from "../helpers/receiver.ts";

const PROJECT = "europe-west1.gcp:shop";
const HOUR = 3_600_000;
const caller: Caller = {
  subject: "bot",
  grants: new Map(["shop", "other"].map((project) => [project, new Set(["manage_webhooks"] as const)])),
  introspect: false,
  expiresAt: 0,
};

function event(id: string, resource: string, more: Partial<NewEvent> = {}): NewEvent {
  const data = { project: PROJECT, resource: { typeId: "deployment", id: resource } };
  const body = JSON.stringify({ id, type: "deployment.updated", timestamp: "2026-01-01T00:00:00.000Z", data });
  return { id, type: "deployment.updated", project: PROJECT, resourceKey: resource, deploymentType: "sandbox", at: 0, body, ...more };
}

/** The parts that make and deliver webhooks, with a real receiver and store, and a clock that the test moves. */
async function start(t: Test) {
  const receiver = await startReceiver(t);
  let [time, elapsed] = [Date.UTC(2026, 10, 1), 0];
  const now = () => time;
  const store = await createStore("sqlite::memory:");
  const guard = createGuard({ allowed: ["127.0.0.1"], httpsOnly: false });
  const master = new Secret("m".repeat(32));
  const options = { store, guard, master, userAgent: "test", leaseMs: 10_000, log: () => undefined, added: () => undefined };
  const deliveries = startDeliveries({ ...options, now, random: () => 0.5 });
  t.teardown(async () => {
    await deliveries.stop();
    await store.close();
  });
  const connects = ["shop", "other"].map((projectKey) => ({ project: { region: "europe-west1.gcp", projectKey } }) as unknown as Connect);
  const access = createAccess(connects);
  const ports = { checkUrl: guard.checkUrl, secretOf: (id: string, generation: number) => secretOf(master, id, generation) };
  const service = createWebhookService(access, store, {
    ...ports,
    bothSecretsMs: BOTH_SECRETS_MS,
    wake: deliveries.wake,
    now,
    elapsed: () => elapsed,
  });
  await store.watches.ensure([PROJECT], 0);
  async function append(events: readonly NewEvent[]): Promise<void> {
    const held = (await store.watches.claim([PROJECT], time, 1_000)) as Watched;
    await store.watches.commit(held, {
      events: events.map((each) => ({ ...each, at: time })),
      findings: [],
      dueAt: 0,
      hotUntil: 0,
      okAt: time,
    });
    deliveries.wake();
  }
  const until = async (id: string, fits: (states: readonly string[]) => boolean): Promise<void> => {
    while (!fits((await store.deliveries.list(id, 500)).map(({ eventId, state }) => `${eventId} ${state}`)))
      await new Promise(setImmediate);
  };
  /** Lets so much time pass; a clock that is set back makes none of it undone. */
  const pass = (ms: number): void => {
    time += ms;
    elapsed += Math.max(ms, 0);
    deliveries.wake();
  };
  return { receiver, store, service, append, until, pass };
}

test("each secret is good until its own end", async (t) => {
  const { receiver, service, until, pass } = await start(t);
  const made = await service.create(caller, { url: receiver.url });
  const { id } = made.webhook;
  const secrets = [made.secret];
  const rotate = async () => secrets.push((await service.rotate(caller, id)).secret);
  const good = async (): Promise<readonly boolean[]> => {
    await service.test(caller, id);
    await until(id, (states) => states.every((state) => state.endsWith("succeeded")));
    const last = receiver.delivered.at(-1);
    if (last === undefined) return [];
    const at = Number(last.headers["webhook-timestamp"]) * 1_000;
    return secrets.map((secret) => verifyWebhook(secret, last.headers, last.body, at));
  };
  await rotate();
  t.same(await good(), [true, true]);
  pass(HOUR);
  await rotate();
  t.same(await good(), [true, true, true], "the first one as well, which was promised a day");
  t.equal(receiver.delivered[1]?.headers["webhook-signature"]?.toString().split(" ").length, 3);
  await t.rejects(service.rotate(caller, id), { code: "LimitExceeded", statusCode: 400 }, "more are not signed with");
  pass(23 * HOUR - 1);
  t.same(await good(), [true, true, true]);
  pass(1);
  t.same(await good(), [false, true, true], "a day after its rotation");
  await rotate();
  t.same(await good(), [false, true, true, true]);
  pass(HOUR);
  t.same(await good(), [false, false, true, true]);
  pass(24 * HOUR);
  t.same(await good(), [false, false, false, true]);
  t.equal(new Set(secrets).size, 4);
  t.notOk(secrets.some((secret) => reveal(new Secret(secret)) === ""));
});

test("a hundred webhooks of one project take none from another", async (t) => {
  const { receiver, service } = await start(t);
  const other = "europe-west1.gcp:other";
  const make = (...projects: string[]) => service.create(caller, { url: receiver.url, projects });
  const first = await make(PROJECT);
  for (let n = 1; n < 100; n++) await make(PROJECT);
  const full = { code: "LimitExceeded", statusCode: 400, message: "A project may have 100 webhooks." };
  await t.rejects(make(PROJECT), full);
  await t.rejects(make(other, PROJECT), full);
  const { webhook } = await make(other);
  await t.rejects(service.update(caller, webhook.id, { projects: [PROJECT] }), full);
  t.match(
    await service.update(caller, first.webhook.id, { projects: [PROJECT] }),
    { projects: [PROJECT] },
    "one that is there already stays",
  );
});

test("an event that a receiver never takes holds up its own resource alone, and is given up after its attempts", async (t) => {
  const { receiver, service, append, until, pass, store } = await start(t);
  const { id } = (await service.create(caller, { url: receiver.url })).webhook;
  receiver.answer((response, { headers }) => void response.writeHead(headers["webhook-id"] === "evt_poison" ? 500 : 204).end());
  await append([event("evt_poison", "one"), event("evt_after", "one"), event("evt_other", "two"), event("evt_third", "three")]);
  await until(id, (states) => states.includes("evt_other succeeded") && states.includes("evt_third succeeded"));
  t.notOk(
    receiver.delivered.some(({ headers }) => headers["webhook-id"] === "evt_after"),
    "the same resource keeps its order",
  );
  // What arrives in between keeps the endpoint from being disabled.
  for (let n = 0; n < 9; n++) {
    pass(27 * HOUR);
    await append([event(`evt_${n}`, `more-${n}`)]);
    await until(id, (states) => states.includes(`evt_${n} succeeded`));
    while ((await store.deliveries.list(id, 500)).find(({ eventId }) => eventId === "evt_poison")?.attempts !== n + 2)
      await new Promise(setImmediate);
  }
  await until(id, (states) => states.includes("evt_poison dead") && states.includes("evt_after succeeded"));
  t.equal(receiver.delivered.filter(({ headers }) => headers["webhook-id"] === "evt_poison").length, 10);
  pass(31 * 24 * HOUR);
  await until(id, (states) => states.length === 0);
  t.pass("what is over is listed for 30 days");
});

test("a clock that was set back holds up no retry, nor what a receiver asked for", async (t) => {
  const { receiver, service, append, until, pass, store } = await start(t);
  const make = async (path: string) =>
    (await service.create(caller, { url: `http://127.0.0.1:${receiver.port}/${path}`, projects: [PROJECT] })).webhook.id;
  const [failing, busy] = [await make("failing"), await make("busy")];
  receiver.answer((response, { path }) => void response.writeHead(path === "/busy" ? 429 : 500, { "retry-after": "7200" }).end());
  await append([event("evt_1", "one")]);
  const tried = async (id: string): Promise<boolean> => (await store.deliveries.list(id, 9)).every(({ attempts }) => attempts === 1);
  while (!(await tried(failing)) || !(await tried(busy))) await new Promise(setImmediate);
  receiver.answer((response) => void response.writeHead(204).end());
  pass(-HOUR);
  await until(failing, (states) => states.includes("evt_1 succeeded"));
  t.equal(receiver.delivered.filter(({ path }) => path === "/busy").length, 1);
  pass(3 * HOUR);
  await until(busy, (states) => states.includes("evt_1 succeeded"));
});

test("a replay gives what the webhook wants, and where to go on", async (t) => {
  const { receiver, service, append, until } = await start(t);
  const filters = { types: ["deployment.*"], keys: ["res-1", "res-2"], deploymentTypes: ["production"] };
  const { id } = (await service.create(caller, { url: receiver.url, ...filters })).webhook;
  await service.suspend(caller, id);
  const production = { deploymentType: "production" };
  await append([
    event("a", "res-1", production),
    event("b", "res-3", production),
    event("c", "res-1"),
    event("d", "res-2", production),
    event("e", "res-1", { ...production, type: "watch.degraded" }),
  ]);
  t.same(await service.replay(caller, id, { after: "0" }), { replayed: 2, next: undefined });
  await until(id, (states) => states.toSorted().join() === "a pending,d pending");
  await append(Array.from({ length: 1_500 }, (_, n) => event(`many-${n}`, "res-1", production)));
  const first = await service.replay(caller, id, { after: "0" });
  t.match(first, { replayed: 1_000, next: /^\d+$/ });
  t.same(await service.replay(caller, id, { after: first.next ?? "" }), { replayed: 502, next: undefined }, "all of it, in two goes");
});

test("however many endpoints hang, those that answer are served, and each of the others in its turn", async (t) => {
  const { receiver, service, append, pass } = await start(t);
  const origin = `http://127.0.0.1:${receiver.port}`;
  receiver.answer((response, { path }) => (path.startsWith("/hung") ? undefined : void response.writeHead(204).end()));
  const more = Array.from({ length: 5 }, (_, n) => `more-${n}`);
  for (let n = 0; n < 90; n++) await service.create(caller, { url: `${origin}/hung/${n}`, keys: ["first", ...more] });
  for (let n = 0; n < 3; n++) await service.create(caller, { url: `${origin}/good/${n}`, keys: ["later"] });
  await append([event("evt_first", "first")]);
  await receiver.arrived(48);
  receiver.hangUp();
  await receiver.arrived(90);
  receiver.hangUp();
  // Three have not been tried.
  while ((await service.list(caller)).filter(({ status }) => status === "Healthy").length > 3) await new Promise(setImmediate);
  pass(6_000);
  await append(more.map((key) => event(`evt_${key}`, key)));
  await receiver.arrived(90 + 48);
  await append([event("evt_later", "later")]);
  await receiver.arrived(90 + 48 + 3);
  t.ok(
    receiver.delivered.slice(-3).every(({ path }) => path.startsWith("/good")),
    "some places are theirs",
  );
  receiver.hangUp();
  const served = (): number =>
    new Set(
      receiver.delivered
        .slice(90)
        .filter(({ path }) => path.startsWith("/hung"))
        .map(({ path }) => path),
    ).size;
  while (served() < 90) await receiver.arrived(receiver.delivered.length + 1);
  t.ok(receiver.delivered.length <= 90 + 3 + 2 * 48, `${receiver.delivered.length}: nobody twice before all had their turn`);
  receiver.answer((response) => void response.writeHead(204).end());
  receiver.hangUp();
});

test("many endpoints that fall silent at once leave places to the others within a second or two", async (t) => {
  const { receiver, service, append } = await start(t);
  const origin = `http://127.0.0.1:${receiver.port}`;
  receiver.answer((response, { path }) => (path.startsWith("/hung") ? undefined : void response.writeHead(204).end()));
  const keys = ["first", "second"];
  for (let n = 0; n < 90; n++) await service.create(caller, { url: `${origin}/${n % 5 < 3 ? "hung" : "good"}/${n}`, keys });
  const served = (path: string): number =>
    new Set(receiver.delivered.map((each) => each.path).filter((each) => each.startsWith(path))).size;
  await append(keys.map((key) => event(`evt_${key}`, key)));
  while (served("/good") < 36) await receiver.arrived(receiver.delivered.length + 1);
  const hung = receiver.delivered.filter(({ path }) => path.startsWith("/hung")).length;
  t.ok(hung <= 60, `${hung} attempts that hang, and the other places are for those that answer`);
  receiver.answer((response) => void response.writeHead(204).end());
  receiver.hangUp();
});

test("endpoints that fail have their turn also beside one that is served all the time", async (t) => {
  const { receiver, service, append, pass } = await start(t);
  const origin = `http://127.0.0.1:${receiver.port}`;
  const held: (() => void)[] = [];
  receiver.answer((response, { path }) => {
    if (path.startsWith("/bad")) held.push(() => void response.writeHead(500).end());
    else response.writeHead(204).end();
  });
  const many = Array.from({ length: 30 }, (_, n) => `res-${n}`);
  for (let n = 0; n < 90; n++) await service.create(caller, { url: `${origin}/bad/${n}`, keys: many });
  await service.create(caller, { url: `${origin}/good`, keys: many });
  const tried = (): number => new Set(receiver.delivered.map(({ path }) => path).filter((path) => path.startsWith("/bad"))).size;
  const fail = (): void => held.splice(0).forEach((end) => end());
  await append(many.map((key) => event(`evt_${key}`, key)));
  for (let turns = 0; tried() < 90; turns++) {
    fail();
    await receiver.arrived(receiver.delivered.length + 1);
  }
  // From here on all of them fail, and each is owed more than can be tried at once.
  const from = receiver.delivered.length;
  const again = (): number => new Set(receiver.delivered.slice(from).map(({ path }) => path)).size;
  for (let round = 0; again() < 91; round++) {
    pass(6_000);
    await append([event(`evt_more_${round}`, "res-0")]);
    fail();
    await new Promise(setImmediate);
  }
  t.ok(again() >= 91, "all of them, and the one that answers");
  receiver.answer((response) => void response.writeHead(204).end());
  fail();
});

test("what an address answers that was given up says nothing of the new one", async (t) => {
  const { receiver, service, append, until } = await start(t);
  const { port } = receiver;
  const to = (path: string): string => `http://127.0.0.1:${port}/${path}`;
  const cases = [
    [410, {}],
    [503, { "retry-after": "3600" }],
  ] as const;
  for (const [status, headers] of cases) {
    const hung = Promise.withResolvers<ServerResponse>();
    receiver.answer((response, { path }) => (path === "/old" ? hung.resolve(response) : void response.writeHead(204).end()));
    const { webhook } = await service.create(caller, { url: to("old"), projects: [PROJECT] });
    await append([event(`late-${status}`, "a")]);
    const response = await hung.promise;
    await service.update(caller, webhook.id, { url: to("new") });
    response.writeHead(status, headers).end();
    await until(webhook.id, (states) => states.includes(`late-${status} succeeded`));
    t.match(await service.get(caller, webhook.id), { status: "Healthy", heldUntil: 0 }, `${status}: the new one was asked, and answered`);
    await service.remove(caller, webhook.id);
  }
  receiver.answer((response, { path }) => void response.writeHead(path === "/bad" ? 500 : 204).end());
  const { webhook } = await service.create(caller, { url: to("bad"), projects: [PROJECT] });
  await append([event("before", "b")]);
  while ((await service.get(caller, webhook.id)).status !== "TemporaryError") await new Promise(setImmediate);
  await service.update(caller, webhook.id, { url: to("good") });
  await until(webhook.id, (states) => states.includes("before succeeded"));
  t.match(await service.get(caller, webhook.id), { status: "Healthy", failingSince: undefined }, "nor has it failed");
});

test("deliveries by hand are there again after a minute, also when the clock was set back", async (t) => {
  const { receiver, service, pass } = await start(t);
  const { webhook } = await service.create(caller, { url: receiver.url, projects: [PROJECT] });
  for (let n = 0; n < 10; n++) await service.test(caller, webhook.id);
  pass(-HOUR);
  await t.rejects(service.test(caller, webhook.id), { code: "RateLimited", retryAfter: 60 });
  pass(60_000);
  await t.resolves(service.test(caller, webhook.id));
});
