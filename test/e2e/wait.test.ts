import type { ServerResponse } from "node:http";
import { test } from "tap";
import { type Answer, at, type Json, MIRROR, PROJECT, startTestGateway } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";
import { answer, DEPLOYMENT, ID, startUpstream } from "../helpers/upstream.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const DRAFTS = `${MIRROR}/connectors/drafts`;
const connector = { ...DEPLOYMENT.connector, key: "kk" };
const deployment = { id: ID, connector, deployedRegion: "r", applications: [], preview: false };
const flags = { alreadyListed: false, hasChanges: false, private: false, supportedRegions: [], configurations: [], privateProjects: [] };
const staged = { id: ID, name: "n", creator: { email: "e" }, repository: { url: "u", tag: "t" }, integrationTypes: [], ...flags };
const draft = { region: "europe-west1.gcp", connector: { key: "kk" }, configurations: [] };
const REDEPLOY = { actions: [{ action: "redeploy" }] };
const PREVIEW = { version: 1, actions: [{ action: "updatePreviewable" }] };

/** Upstream where a write gives the first of some states and each look the next one, the last again and again; null is gone. */
async function start(t: Parameters<typeof startUpstream>[0]) {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url });
  const seen = { looks: 0, looked: Promise.withResolvers<void>() };
  const script = (...states: (Json | null)[]): void => {
    let at = 0;
    Object.assign(seen, { looks: 0, looked: Promise.withResolvers<void>() });
    upstream.api(({ method, url }, response) => {
      if (method === "GET") {
        at = Math.min(at + 1, states.length - 1);
        seen.looks += 1;
        seen.looked.resolve();
      }
      const state = states[at];
      const gone = { statusCode: 404, message: "gone", errors: [{ code: "ResourceNotFound", message: "gone" }] };
      if (state === null) return answer(response, 404, gone);
      return answer(response, method === "GET" ? 200 : 201, {
        ...(url.includes("/drafts") ? staged : deployment),
        version: at + 1,
        ...state,
      });
    });
  };
  return { upstream, gateway, seen, script };
}
const told = ({ status, body, headers }: Answer): unknown[] => [status, body["status"], headers.get("etag")];

test("a write that waits is answered with how it ended", async (t) => {
  const { gateway, seen, script } = await start(t);
  const { rest } = gateway;
  const prefer = (text: string) => ({ headers: { prefer: text } });
  script({ status: "Queued" }, { status: "Deploying" }, { status: "Deployed" });
  t.same(told(await rest("POST", `${DEPLOYMENTS}?wait=10`, draft)), [201, "Deployed", '"3"']);
  t.equal(seen.looks, 2);
  script({ status: "Deploying" }, { status: "Failed" });
  t.same(told(await rest("POST", DEPLOYMENTS, draft, prefer("respond-async, Wait = 10;strict"))), [201, "Failed", '"2"']);
  script({ status: "Queued" }, { status: "Deployed" });
  t.same(told(await rest("POST", `${DEPLOYMENTS}/${ID}?wait=10`, { version: 1, ...REDEPLOY })), [201, "Deployed", '"2"']);
  script({ status: "Queued", version: 5 }, { status: "Deployed", version: 4 }, { status: "Deployed", version: 7 });
  t.same(
    told(await rest("POST", `${DEPLOYMENTS}/${ID}?wait=10`, { version: 4, ...REDEPLOY })),
    [201, "Deployed", '"7"'],
    "not as it was before",
  );
  script({ status: "Queued", version: 8 }, null, { status: "Deployed", version: 9 });
  t.same(told(await rest("POST", `${DEPLOYMENTS}?wait=10`, draft)), [201, "Deployed", '"9"'], "nor when it cannot be found yet");
  script({ status: "Deployed", version: 10 }, { status: "Undeploying", version: 11 }, null);
  t.same(told(await rest("DELETE", `${DEPLOYMENTS}/${ID}`, undefined, prefer("wait=10"))), [202, "Undeploying", null], "until it is gone");
  script({ status: "Draft", isPreviewable: "pending" }, { status: "Draft", isPreviewable: "true" });
  t.equal((await rest("POST", `${DRAFTS}/${ID}?wait=10`, PREVIEW)).body["isPreviewable"], "true");
  script({ status: "Processing", isPreviewable: "none" }, { status: "Published", isPreviewable: "none" });
  const publish = { version: 1, actions: [{ action: "publish", certification: false }] };
  t.same(told(await rest("POST", `${DRAFTS}/${ID}`, publish, prefer("wait=10"))), [201, "Published", '"2"']);
  script({ status: "Draft", isPreviewable: "none" });
  t.same(
    told(
      await rest("POST", `${DRAFTS}?wait=10`, {
        ...staged,
        id: undefined,
        ...Object.fromEntries(Object.keys(flags).map((name) => [name, undefined])),
      }),
    ),
    [201, "Draft", '"1"'],
  );
  t.equal(seen.looks, 0, "nothing is under way");

  script({ status: "Queued" }, { status: "Deploying" });
  t.same(told(await rest("POST", `${DEPLOYMENTS}?wait=0`, draft)), [201, "Queued", '"1"']);
  t.same(told(await rest("POST", DEPLOYMENTS, draft, prefer("wait=soon"))), [201, "Queued", '"1"']);
  t.equal(seen.looks, 0);
  const before = performance.now();
  t.same(told(await rest("POST", `${DEPLOYMENTS}?wait=1`, draft)), [201, "Deploying", '"2"'], "as it is when the time is over");
  t.ok(performance.now() - before < 3_000);
  for (const wait of ["16", "-1", "x"])
    t.equal(at((await rest("POST", `${DEPLOYMENTS}?wait=${wait}`, draft)).body, "errors.0.code"), "InvalidQueryParam");
  t.equal((await rest("DELETE", `${DRAFTS}/${ID}?wait=1`)).status, 400, "that is done at once");
});

test("whatever happens while it waits, the write is told", async (t) => {
  const { upstream, gateway, seen, script } = await start(t);
  const { rest } = gateway;
  script({ status: "Queued" }, { status: "Deploying" });
  const answers = Array.from({ length: 16 }, () => rest("POST", `${DEPLOYMENTS}?wait=15`, draft));
  await seen.looked.promise;
  while (upstream.requests.filter(({ method }) => method === "POST").length < 16) await new Promise(setImmediate);
  const between = performance.now();
  t.equal((await rest("POST", `${DEPLOYMENTS}?wait=15`, draft)).status, 201);
  t.ok(performance.now() - between < 5_000, "places to wait are few: this one is told what upstream said");
  const before = performance.now();
  await gateway.stop();
  t.same([...new Set((await Promise.all(answers)).map(({ status }) => status))], [201], "a gateway that stops keeps nobody waiting");
  t.ok(performance.now() - before < 10_000);

  const next = await startTestGateway(t, { upstream: upstream.url });
  let failing = Number.POSITIVE_INFINITY;
  upstream.api(({ method }, response) => {
    if (method === "POST") return answer(response, 201, { ...deployment, version: 1, status: "Queued" });
    return failing-- > 0 ? answer(response, 400, "<html>") : answer(response, 200, { ...deployment, version: 2, status: "Deployed" });
  });
  t.same(told(await next.rest("POST", `${DEPLOYMENTS}?wait=1`, draft)), [201, "Queued", '"1"'], "and trouble of upstream is not theirs");
  failing = 2;
  t.same(told(await next.rest("POST", `${DEPLOYMENTS}?wait=15`, draft)), [201, "Deployed", '"2"'], "nor ends it the waiting");
});

test("who is gone waits no more, nor begins to, also behind a request without a body", async (t) => {
  const { upstream, gateway } = await start(t);
  const OTHER = ID.replace("834bd4ed", "934bd4ed");
  const held: ServerResponse[] = [];
  let [asked, looked] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  // What is undeployed stays so, and what is deployed meanwhile is ready at the first look.
  upstream.api(({ method, url }, response) => {
    const other = method === "POST" || url.includes(OTHER);
    const state = { ...deployment, id: other ? OTHER : ID, version: 1, status: other ? "Deployed" : "Undeploying" };
    if (method === "DELETE" && held.push(response) === 16) asked.resolve();
    if (method === "GET" && !other) looked.resolve();
    if (method !== "DELETE") answer(response, method === "POST" ? 201 : 200, method === "POST" ? { ...state, status: "Queued" } : state);
  });
  const letGo = (): void => {
    for (const response of held.splice(0)) answer(response, 202, { ...deployment, version: 1, status: "Undeploying" });
  };
  const headers = { authorization: `Bearer ${tokenFor(`manage_project:${PROJECT}`)}` };
  const undeploy = (signal: AbortSignal) =>
    Array.from({ length: 16 }, () =>
      fetch(`${gateway.url}${DEPLOYMENTS}/${ID}?wait=15&version=1`, { method: "DELETE", headers, signal }).catch(() => "gone"),
    );
  /** Places to wait are few: until there is one for somebody else. */
  const placesAreFree = async (when: string) => {
    const before = performance.now();
    while ((await gateway.rest("POST", `${DEPLOYMENTS}?wait=15`, draft)).body["status"] !== "Deployed");
    t.ok(performance.now() - before < 10_000, when);
  };

  const during = new AbortController();
  const first = undeploy(during.signal);
  await asked.promise;
  // Looks from here on are those of who waits.
  looked = Promise.withResolvers();
  letGo();
  await looked.promise;
  during.abort();
  t.same([...new Set(await Promise.all(first))], ["gone"]);
  await placesAreFree("gone while they wait");

  asked = Promise.withResolvers();
  const before = new AbortController();
  const second = undeploy(before.signal);
  await asked.promise;
  before.abort();
  t.same([...new Set(await Promise.all(second))], ["gone"]);
  // The gateway has heard of it by the time that it has answered somebody else.
  await gateway.rest("GET", "/v1/projects");
  letGo();
  await placesAreFree("gone before they did");
});
