import type { ServerResponse } from "node:http";
import { test } from "tap";
import {
  deployment,
  DEPLOYMENTS,
  draft,
  DRAFTS,
  keyed,
  REDEPLOY,
  refusal,
  REGION,
  type Say,
  say,
  start,
  told,
} from "../helpers/scripted.ts";

test("what was not done, and not told of, is not told as done", async (t) => {
  const { gateway, things, says } = await start(t);
  const { rest } = gateway;
  const path = `${DEPLOYMENTS}/key=one`;
  const create = { region: REGION, connector: { key: "kk" }, configurations: [], key: "one" };
  /** Upstream does nothing of it; meanwhile the deployment has become such a one. */
  const lost =
    (more: object): Say =>
    (response) => {
      things.set("one", deployment("one", more));
      response.destroy();
    };
  const cases: readonly (readonly [what: string, path: string, body: object, more: object])[] = [
    ["undeployed by another", path, { version: 5, ...REDEPLOY }, { version: 6, status: "Undeploying" }],
    ["undeployed by another, no version named", path, REDEPLOY, { version: 6, status: "UndeployFailed" }],
    ["a version of long ago", path, { version: 5, ...REDEPLOY }, { version: 27, status: "Deploying" }],
    ["redeployed by another, and at rest", path, { version: 5, ...REDEPLOY }, { version: 16, status: "Deployed" }],
    ["the key is taken by what is redeployed", DEPLOYMENTS, create, { version: 12, status: "Deploying" }],
    ["the key is taken", DEPLOYMENTS, create, { version: 9, status: "Deployed" }],
    ["the key is taken by what failed", DEPLOYMENTS, create, { version: 9, status: "Failed" }],
    ["the key is taken by what ends", DEPLOYMENTS, create, { version: 1, status: "Undeploying" }],
  ];
  for (const [what, at, body, more] of cases) {
    things.set("one", deployment("one", { version: 5 }));
    says.write = lost(more);
    const key = keyed(what.replaceAll(/[^a-z]/g, "-"));
    for (let n = 0; n < 2; n++) t.same(told(await rest("POST", at, body, key)), [504, "UpstreamOutcomeUnknown", null], what);
    says.write = say(201);
    // So that writes are not kept back, where one after the other fails.
    t.equal((await rest("POST", `${DEPLOYMENTS}/key=well`, { version: 1, ...REDEPLOY })).status, 201);
  }
});

test("what nobody can tell any more stays so, whatever the next try is told", async (t) => {
  const { gateway, things, says } = await start(t);
  const ask = async () => told(await gateway.rest("POST", `${DEPLOYMENTS}/key=one`, { version: 5, ...REDEPLOY }, keyed("whose-is-it")));
  says.write = (response) => {
    things.set("one", deployment("one", { version: 16 }));
    response.destroy();
  };
  t.same(await ask(), [504, "UpstreamOutcomeUnknown", null]);
  for (const refused of [refusal(409, "ConcurrentModification", { currentVersion: 16 }), refusal(503, "x"), say(201)]) {
    says.write = refused;
    t.same(await ask(), [504, "UpstreamOutcomeUnknown", null], "neither done nor refused");
  }
});

test("a draft under a key is nobody's who asked for another, nor what has changed since it was made", async (t) => {
  const { gateway, things, says } = await start(t);
  const creator = { email: "a@b.example" };
  const ask = {
    key: "one",
    name: "n",
    description: "mine",
    creator,

    repository: { url: "https://github.com/a/b.git", tag: "t" },
  };
  for (const [what, status, more] of [
    ["mine", 201, { description: "mine", creator: { company: "c", email: "a@b.example" } }],
    ["theirs", 504, { description: "theirs" }],
    ["of-before", 504, { description: "mine", version: 2 }],
  ] as const) {
    says.write = (response) => {
      things.set("one", draft("one", more));
      response.destroy();
    };
    for (let n = 0; n < 2; n++) t.equal((await gateway.rest("POST", DRAFTS, ask, keyed(`${what}-draft`))).status, status, what);
  }
});

test("a refusal that may come of the lost write itself settles nothing while a copy of upstream lags behind", async (t) => {
  const { gateway, things, says } = await start(t);
  const create = { region: REGION, connector: { key: "kk" }, configurations: [], key: "two" };
  things.set("one", deployment("one", { version: 5 }));
  const cases: readonly (readonly [path: string, body: object, old: Say, code: string])[] = [
    [`${DEPLOYMENTS}/key=one`, { version: 5, ...REDEPLOY }, say(200, deployment("one", { version: 5 })), "ConcurrentModification"],
    [DEPLOYMENTS, create, refusal(404, "ResourceNotFound"), "DuplicateField"],
  ];
  for (const [path, body, old, code] of cases) {
    says.read = old;
    says.write = (response) => response.destroy();
    const ask = async () => told(await gateway.rest("POST", path, body, keyed(`lags-${code}`)));
    t.same(await ask(), [504, "UpstreamOutcomeUnknown", null], code);
    says.write = refusal(code === "DuplicateField" ? 400 : 409, code);
    t.same(await ask(), [504, "UpstreamOutcomeUnknown", null], `${code}, while it lags`);
    says.read = say(200);
    t.same(await ask(), [201, "ok", "true"], `${code}, when it has caught up`);
  }
});

test("of two writes with the same version the one that was answered was done", async (t) => {
  const { gateway, things, says, posts } = await start(t);
  const { rest } = gateway;
  const path = `${DEPLOYMENTS}/key=one`;
  const redeploy = { version: 5, ...REDEPLOY };
  const arrived = Promise.withResolvers<ServerResponse>();
  says.write = arrived.resolve;
  const first = rest("POST", path, redeploy);
  const unanswered = await arrived.promise;
  things.set("one", deployment("one", { version: 5 }));
  says.write = say(201);
  t.same(told(await rest("POST", path, redeploy)), [201, "ok", null]);
  unanswered.destroy();
  t.same(told(await first), [504, "UpstreamOutcomeUnknown", null]);
  t.equal(posts(), 2);
});
