import { randomUUID } from "node:crypto";
import { test } from "tap";
import { type Answer, at, MIRROR, PROJECT, startTestGateway } from "../helpers/gateway.ts";
import { answer, DEPLOYMENT, ID, startUpstream } from "../helpers/upstream.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const connector = { ...DEPLOYMENT.connector, key: "kk" };
const body = { id: ID, version: 1, connector, deployedRegion: "r", applications: [], preview: false, status: "Deployed" };
const REDEPLOY = { actions: [{ action: "redeploy" }] };
/** Answers of a slow upstream take that long, in milliseconds: two of them are more than a request may take. */
const SLOW = 9_000;

test("a request ends within 15 seconds, however many answers of upstream it needs", async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url });
  const later: NodeJS.Timeout[] = [];
  t.teardown(() => later.forEach(clearTimeout));
  const redeployed = new Set<string>();
  const ids = new Map<string, string>();
  upstream.api(({ method, url }, response) => {
    const key = url.split("key=")[1] ?? "";
    if (method === "POST" && key === "conflict") return answer(response, 409, { errors: [{ code: "ConcurrentModification" }] });
    if (method === "POST") redeployed.add(key);
    // Drips without end.
    if (method === "POST" && key.startsWith("drip")) return void later.push(setInterval(() => response.write(" "), 500));
    if (method === "POST" && key === "lost") return void setImmediate(() => response.destroy());
    const version = redeployed.has(key) ? 2 : 1;
    if (!ids.has(key)) ids.set(key, randomUUID());
    const found = { ...body, id: ids.get(key), version };
    const page = { limit: 20, offset: 0, count: 1, total: 1, results: [body] };
    const say = (): void => answer(response, method === "DELETE" ? 202 : 200, /deployments(\?|$)|search/.test(url) ? page : found);
    // What was redeployed can be read at once.
    if (version === 2 || key === "quick") return say();
    later.push(setTimeout(say, SLOW));
  });
  const timed = async (request: Promise<Answer>): Promise<[string, unknown]> => {
    const before = performance.now();
    const { status, body: told } = await request;
    const ms = performance.now() - before;
    return [ms < 15_500 ? "in time" : `after ${ms} ms`, at(told, "errors.0.code") ?? at(told, "errors.0.extensions.code") ?? status];
  };
  const { rest, graphql } = gateway;
  const redeploy = (key: string, more = {}) => rest("POST", `${DEPLOYMENTS}/key=${key}`, { ...REDEPLOY, ...more });
  const answers = await Promise.all(
    [
      redeploy("slow"),
      redeploy("drip"),
      redeploy("drip-too", { version: 1 }),
      redeploy("conflict"),
      redeploy("lost"),
      rest("DELETE", `${DEPLOYMENTS}/key=slow-too?version=1`),
      rest("DELETE", `${DEPLOYMENTS}/key=slow-too`, undefined, { headers: { "if-match": '"1"' } }),
      rest("DELETE", `${DEPLOYMENTS}/key=quick`, undefined, { headers: { "if-match": '"1"' } }),
      graphql("{ deployments { results { id liveConnector { name } } } }"),
    ].map(timed),
  );
  t.same(answers, [
    ["in time", 201],
    ["in time", 201],
    ["in time", 201],
    ["in time", "UpstreamTimeout"],
    ["in time", 201],
    ["in time", "UpstreamOutcomeUnknown"],
    ["in time", "UpstreamOutcomeUnknown"],
    ["in time", 202],
    ["in time", "UpstreamTimeout"],
  ]);
  const reads = upstream.requests.filter(({ method, url }) => method === "GET" && url.endsWith("key=quick"));
  t.equal(reads.length, 1, "If-Match is one read");
});
