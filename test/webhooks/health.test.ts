import { test } from "tap";
import type { WebhookRow } from "../../src/store/index.ts";
import { healthAfter } from "../../src/webhooks/health.ts";
import { GIVE_UP_MS } from "../../src/webhooks/retry.ts";

const webhook: WebhookRow = {
  id: "wh_1",
  url: "https://receiver.example/hook?token=not-for-logs",
  description: undefined,
  types: undefined,
  projects: ["r:a", "r:b"],
  deploymentTypes: undefined,
  keys: undefined,
  status: "Healthy",
  generation: 1,
  previous: [],
  heldUntil: 0,
  createdAt: 0,
  failingSince: undefined,
};
const good = { status: 204, reason: undefined, retryAfter: undefined };
const bad = { status: 500, reason: "status 500", retryAfter: undefined };
const gone = { status: 410, reason: "status 410", retryAfter: undefined };
const busy = { status: 429, reason: "status 429", retryAfter: 60_000 };
const failing = { ...webhook, status: "TemporaryError", failingSince: 1_000 } as const;

test("what an attempt makes of its endpoint", (t) => {
  t.equal(healthAfter(webhook, good, 5), undefined);
  t.match(healthAfter(webhook, bad, 1_000), { status: "TemporaryError", failingSince: 1_000, heldUntil: 0, events: [] });
  t.match(healthAfter(failing, bad, 9_000), { status: "TemporaryError", failingSince: 1_000, events: [] }, "since the first failure");
  t.match(healthAfter(webhook, busy, 1_000), { status: "TemporaryError", heldUntil: 61_000 }, "it asked to be left alone");
  t.match(healthAfter({ ...failing, heldUntil: 90_000 }, busy, 1_000), { heldUntil: 90_000 }, "longer before");
  t.match(healthAfter(webhook, { ...busy, retryAfter: 1e12 }, 0), { heldUntil: 86_400_000 }, "a day at most");
  t.notOk("heldUntil" in (healthAfter({ ...failing, heldUntil: 90_000 }, good, 9_000) ?? {}), "which a success does not end");
  t.match(healthAfter(failing, good, 9_000), { status: "Healthy", failingSince: undefined, events: [] }, "one success begins anew");
  t.match(healthAfter(failing, bad, 1_000 + GIVE_UP_MS - 1), { status: "TemporaryError" });
  for (const status of ["ManuallySuspended", "ConfigurationErrorDeliveryStopped"] as const)
    for (const attempt of [good, bad, gone]) t.equal(healthAfter({ ...webhook, status }, attempt, 9_000), undefined, `${status} stays so`);
  t.end();
});

test("an endpoint that is disabled is told of in the log of each of its projects", (t) => {
  for (const [attempt, at, reason] of [
    [gone, 1_000, "gone"],
    [bad, 1_000 + GIVE_UP_MS, "failing"],
  ] as const) {
    const health = healthAfter(failing, attempt, at);
    t.equal(health?.status, "ConfigurationErrorDeliveryStopped");
    t.match(
      health?.events.map((event) => JSON.parse(event.body) as unknown),
      ["r:a", "r:b"].map((project) => ({
        id: /^evt_[0-9a-f]{32}$/,
        type: "webhook.disabled",
        data: { project, webhook: "wh_1", reason, failingSince: "1970-01-01T00:00:01.000Z" },
      })),
    );
    t.equal(new Set(health?.events.map((event) => event.id)).size, 2);
    t.notMatch(JSON.stringify(health), /not-for-logs|receiver\.example/, "its address may hold a token");
  }
  t.end();
});
