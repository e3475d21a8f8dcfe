import { randomUUID } from "node:crypto";
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
    const id = randomUUID();
    things.set("one", deployment("one", { id, version: 5 }));
    says.write = lost({ id, ...more });
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

test("what Connect refused was not done, also where it could not be read again", async (t) => {
  const { gateway, things, says, posts } = await start(t);
  things.set("one", deployment("one", { version: 5 }));
  const ask = async () => told(await gateway.rest("POST", `${DEPLOYMENTS}/key=one`, REDEPLOY, keyed("refused")));
  says.write = (response) => {
    says.read = refusal(403, "insufficient_scope");
    refusal(409, "ConcurrentModification", { currentVersion: 9 })(response, {});
  };
  t.match((await ask())[0], 502);
  [says.write, says.read] = [say(201), say(200)];
  things.set("one", deployment("one", { version: 9 }));
  t.same(await ask(), [201, "ok", null], "begun anew");
  t.equal(posts(), 2);
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

test("what another write through here was answered for, or may have done, is no lost one's effect", async (t) => {
  const { gateway, things, says } = await start(t);
  const { rest } = gateway;
  const create = { region: REGION, connector: { key: "kk" }, configurations: [], key: "one" };
  const staged = { name: "n", creator: { email: "a@b.example" }, repository: { url: "https://github.com/a/b.git", tag: "t" }, key: "two" };
  // Upstream refuses the second, because the key is taken, and that is not heard.
  for (const [path, body] of [[DEPLOYMENTS, create] as const, [DRAFTS, staged] as const]) {
    says.write = say(201);
    t.equal((await rest("POST", path, body)).status, 201);
    const made = structuredClone(things.get(body.key));
    says.write = (response) => {
      things.set(body.key, made ?? {});
      response.destroy();
    };
    for (let n = 0; n < 2; n++)
      t.same(
        told(await rest("POST", path, body, keyed(`second-${body.key}`))),
        [504, "UpstreamOutcomeUnknown", null],
        `creation of ${body.key}`,
      );
  }

  const global = (value: string) => ({ globalConfiguration: { standardConfiguration: [{ key: "A", value }] } });
  for (const [key, more, status] of [
    ["of-another-type", { type: "production" }, 504],
    ["with-another-value", global("2"), 504],
    ["alike", { type: "sandbox", ...global("1") }, 201],
  ] as const) {
    says.write = (response) => {
      things.set(key, deployment(key, { id: randomUUID(), type: "sandbox", ...global("1") }));
      response.destroy();
    };
    t.equal((await rest("POST", DEPLOYMENTS, { ...create, key, ...more })).status, status, key);
  }

  says.write = say(201);
  await rest("POST", `${DEPLOYMENTS}/key=well`, { version: 1, ...REDEPLOY });
  things.set("raced", deployment("raced", { id: randomUUID(), version: 5 }));
  const held: (() => void)[] = [];
  says.write = (response) => void held.push(() => response.destroy());
  const id = String(things.get("raced")?.["id"]);
  for (const names of [
    ["key=raced", "key=raced"],
    ["key=raced", id],
  ]) {
    things.set("raced", deployment("raced", { id, version: 5 }));
    const both = names.map((name) => rest("POST", `${DEPLOYMENTS}/${name}`, { version: 5, ...REDEPLOY }));
    while (held.length < 2) await new Promise(setImmediate);
    for (const lose of held.splice(0)) lose();
    for (const each of await Promise.all(both))
      t.same(told(each), [504, "UpstreamOutcomeUnknown", null], `of two at once: ${names.join()}`);
  }
});

test("a change of a draft whose effect was there before is not told as done", async (t) => {
  const { gateway, things, says } = await start(t);
  const { rest } = gateway;
  const path = `${DRAFTS}/key=two`;
  const rename = { actions: [{ action: "setName", name: "n" }] };
  things.set("two", draft("two", { id: randomUUID() }));
  // Upstream does nothing of it; meanwhile somebody changes something else.
  says.write = (response) => response.destroy();
  t.same(told(await rest("POST", path, rename)), [504, "UpstreamOutcomeUnknown", null]);
  things.set("three", draft("three", { id: randomUUID(), name: "before" }));
  t.same(told(await rest("POST", `${DRAFTS}/key=three`, rename)), [201, "ok", null], "one that was not is");
});

test("a named version that something has moved on since is not told as a conflict under the key of a lost request", async (t) => {
  const { gateway, things, says } = await start(t);
  const path = `${DEPLOYMENTS}/key=one`;
  says.write = (response) => {
    says.read = say(503, "");
    response.destroy();
  };
  const asks = [
    () => gateway.rest("POST", path, { version: 5, ...REDEPLOY }, keyed("moved-on")),
    () => gateway.rest("POST", path, REDEPLOY, { headers: { "idempotency-key": "expected", "if-match": '"5"' } }),
  ];
  for (const ask of asks) {
    const id = randomUUID();
    things.set("one", deployment("one", { id, version: 5 }));
    says.read = say(200);
    t.same(told(await ask()), [504, "UpstreamOutcomeUnknown", null]);
    says.read = say(200);
    things.set("one", deployment("one", { id, version: 40, status: "Undeploying" }));
    for (let n = 0; n < 2; n++) t.same(told(await ask()), [504, "UpstreamOutcomeUnknown", null]);
  }
});

test("a deletion with an expected version is for what was compared, not for what has its key by then", async (t) => {
  const { gateway, things, upstream } = await start(t);
  for (const [path, thing] of [[DEPLOYMENTS, deployment] as const, [DRAFTS, draft] as const]) {
    const id = randomUUID();
    things.set("one", thing("one", { id, version: 5 }));
    await gateway.rest("DELETE", `${path}/key=one?version=5`);
    t.match(upstream.requests.findLast(({ method }) => method === "DELETE")?.url, new RegExp(`/${id}$`));
  }
});

test("a request that comes again while it is under way is no other write", async (t) => {
  const { gateway, things, says } = await start(t);
  things.set("one", deployment("one", { id: randomUUID(), version: 5 }));
  const lost = Promise.withResolvers<() => void>();
  says.write = (response) => lost.resolve(() => response.destroy());
  const ask = () => gateway.rest("POST", `${DEPLOYMENTS}/key=one`, { version: 5, ...REDEPLOY }, keyed("twice"));
  const first = ask();
  const lose = await lost.promise;
  t.equal(told(await ask())[1], "IdempotencyKeyInUse");
  lose();
  t.same(told(await first), [201, "ok", null]);
});

test("what a write may have done of which nobody knows is no later one's effect, but its own", async (t) => {
  const { gateway, things, says } = await start(t);
  things.set("one", deployment("one", { id: randomUUID(), version: 5 }));
  const ask = (key: string) => gateway.rest("POST", `${DEPLOYMENTS}/key=one`, { version: 5, ...REDEPLOY }, keyed(key));
  says.write = (response) => {
    says.read = say(503, "");
    response.destroy();
  };
  t.same(told(await ask("first-one")), [504, "UpstreamOutcomeUnknown", null]);
  says.read = say(200);
  t.same(told(await ask("first-one")), [201, "ok", "true"]);

  things.set("one", deployment("one", { id: randomUUID(), version: 5 }));
  says.write = (response) => {
    says.read = say(503, "");
    response.destroy();
  };
  t.same(told(await ask("second-one")), [504, "UpstreamOutcomeUnknown", null]);
  says.read = say(200);
  const done = structuredClone(things.get("one")) ?? {};
  // Upstream refuses it, because the version is another one by now, and that is not heard.
  says.write = (response) => {
    things.set("one", done);
    response.destroy();
  };
  t.same(told(await ask("third-one")), [504, "UpstreamOutcomeUnknown", null]);
});

test("what one lost write was found to have done is no other one's effect", async (t) => {
  const { gateway, things, says } = await start(t);
  const create = { region: REGION, connector: { key: "kk" }, configurations: [], key: "one" };
  const asks: readonly (readonly [path: string, body: object])[] = [
    [DEPLOYMENTS, create],
    [`${DEPLOYMENTS}/key=one`, { version: 1, ...REDEPLOY }],
  ];
  for (const [path, body] of asks) {
    says.write = (response) => response.destroy();
    t.same(told(await gateway.rest("POST", path, body)), [201, "ok", null]);
    const done = structuredClone(things.get("one")) ?? {};
    // Upstream refuses the second, and that is not heard.
    says.write = (response) => {
      things.set("one", done);
      response.destroy();
    };
    t.same(told(await gateway.rest("POST", path, body)), [504, "UpstreamOutcomeUnknown", null]);
    says.write = say(201);
    t.equal((await gateway.rest("POST", `${DEPLOYMENTS}/key=well`, { version: 1, ...REDEPLOY })).status, 201);
  }
});

test("what is in doubt of something ends with it", async (t) => {
  const { gateway, things, says } = await start(t);
  const path = `${DEPLOYMENTS}/key=one`;
  things.set("one", deployment("one", { id: randomUUID(), version: 30 }));
  says.write = (response) => {
    things.set("one", deployment("one", { id: randomUUID(), version: 30 }));
    response.destroy();
  };
  t.equal(told(await gateway.rest("POST", path, { version: 30, ...REDEPLOY }))[1], "UpstreamOutcomeUnknown");
  things.clear();
  says.write = say(201);
  const create = { region: REGION, connector: { key: "kk" }, configurations: [], key: "one" };
  t.equal((await gateway.rest("POST", DEPLOYMENTS, create)).status, 201);
  says.write = (response) => response.destroy();
  t.same(told(await gateway.rest("POST", path, { version: 1, ...REDEPLOY })), [201, "ok", null]);
});
