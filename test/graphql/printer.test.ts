import { test } from "tap";
import { at, type Json, PROJECT, rows, startBoth, startTestGateway } from "../helpers/gateway.ts";
import { answer, DEPLOYMENT, startUpstream } from "../helpers/upstream.ts";

/** Asked often enough to be prepared, and once more. */
const TIMES = 6;
const PAGE = "deployments(limit: 5)";
const CASES: Readonly<Record<string, { readonly query: string; readonly variables?: object }>> = {
  "names of one's own": { query: `{ all: ${PAGE} { n: total rows: results { a: id b: id key k2: key } } }` },
  "the same field in several places": {
    query: `query { ${PAGE} { results { id connector { id } } } ${PAGE} { results { connector { name } key } } }`,
  },
  fragments: {
    query: `query { ${PAGE} { ...P results { ... on Deployment { id ...D } } } }
      fragment P on DeploymentQueryResult { total exists } fragment D on Deployment { key connector { ...C } } fragment C on DeploymentConnector { id name }`,
  },
  "names of types": { query: `{ __typename ${PAGE} { __typename results { __typename connector { __typename id } } } }` },
  "types alone": { query: `{ ${PAGE} { __typename } }` },
  "enums, scalars and lists": {
    query: `{ ${PAGE} { limit offset count total results { type typeRaw status statusRaw preview version deployedRegion
      applications { id applicationName url standardConfiguration { key value } securedConfiguration { key value } }
      details { build { id report { entries { type typeRaw title message createdAt } } } } } } }`,
  },
  conditions: {
    query: `query ($no: Boolean!) { ${PAGE} { results { id key @skip(if: $no) status @include(if: $no) } } }`,
    variables: { no: false },
  },
  "a condition on one of two places": {
    query: `query ($yes: Boolean!) { ${PAGE} { results { id connector { id } connector @skip(if: $yes) { ...F } ...G @skip(if: $yes) ...G } } }
      fragment F on DeploymentConnector { name version } fragment G on Deployment { key status }`,
    variables: { yes: true },
  },
  "the order of what is conditional": { query: `{ ${PAGE} { limit @skip(if: true) total limit } }` },
  "variables that are left out and may not be null": {
    query: `query ($limit: Int! = 2, $type: DeploymentType! = sandbox, $sort: [String!]! = ["key asc"]) {
      deployments(limit: $limit, deploymentType: $type, sort: $sort) { limit results { id liveConnector { id } } } }`,
    variables: {},
  },
  "one that is null all the same": {
    query: `query ($limit: Int! = 2) { deployments(limit: $limit) { limit results { id liveConnector { id } } } }`,
    variables: { limit: null },
  },
  variables: {
    query: `query ($limit: Int = 3, $type: DeploymentType) { deployments(limit: $limit, deploymentType: $type) { limit results { id } } }`,
    variables: { type: "sandbox" },
  },
  "a variable of the wrong type": { query: `query ($n: Int) { deployments(limit: $n) { results { id } } }`, variables: { n: "five" } },
  "links, which are read later": { query: `{ ${PAGE} { results { id liveConnector { id name } liveConnectorStaged { id status } } } }` },
  "what is not there": { query: `{ deployment(key: "no-such-thing") { id } ${PAGE} { total } }` },
  "several of them": { query: `{ ${PAGE} { results { id } } connectors(limit: 2) { results { id name } } connectorsStaged { total } }` },
};

test("a prepared query is answered as it was before, by the same reads", async (t) => {
  const { gateway, emulator } = await startBoth(t);
  const journal = async (): Promise<number> =>
    (await emulator.journal()).filter(({ kind, path }) => kind === "request" && path !== "/oauth/token").length;
  for (const [name, { query, variables }] of Object.entries(CASES)) {
    const answers: string[] = [];
    const reads: number[] = [];
    for (let time = 0; time < TIMES; time++) {
      const before = await journal();
      const { status, body } = await gateway.graphql(query, variables);
      reads.push((await journal()) - before);
      const errors = at(body, "errors.0.extensions.code");
      answers.push(JSON.stringify([status, body["data"] ?? null, errors ?? "none"]));
    }
    t.equal(new Set(answers).size, 1, `${name}: ${[...new Set(answers)].join(" then ").slice(0, 400)}`);
    t.equal(new Set(reads.slice(1)).size, 1, `${name}: asks upstream ${reads.join(", ")} times`);
    t.notMatch(answers[0], /^\[200,null/, name);
  }
});

test("what upstream leaves out or sends otherwise is told the same by both", async (t) => {
  const { gateway, emulator } = await startBoth(t, {}, { STALE_IF_ERROR_MS: "0" });
  const [row = {}] = rows((await emulator.api("GET", `/${PROJECT}/deployments`)).body, "results");
  const { applications: _applications, ...bare } = row;
  const { connector: loaded, ...loose } = row;
  const { key: _key, ...nameless } = row;
  const pages = {
    "as it should be": [row, { ...row, id: "30000000-0000-4000-8000-000000000000" }],
    "no applications": [bare],
    "no connector": [row, loose],
    "no key": [nameless, row],
    "a connector that is null": [{ ...row, connector: null }],
    "applications that are no list": [{ ...row, applications: {} }],
    "an application that is null": [{ ...row, applications: [null] }],
    "a status that is a number": [{ ...row, status: 5 }],
    "a version that is a text": [{ ...row, version: "1" }],
    "a number of more than 32 bits": [
      { ...row, connector: { ...(loaded as Json), creator: { email: "e", noOfContributors: 5_000_000_000 } } },
    ],
    "no rows": [],
  };
  for (const [turn, [name, results]] of Object.entries(pages).entries()) {
    const query = `query ($limit: Int) { deployments(limit: $limit) { count results { id key version status
      connector { id name creator { noOfContributors } } applications { applicationName securedConfiguration { key value } } } } }`;
    const body = { limit: 20, offset: 0, count: results.length, total: results.length, results };
    await emulator.control("POST", "faults", {
      kind: "status",
      status: 200,
      body,
      match: { path: `/${PROJECT}/deployments` },
      times: TIMES,
    });
    const answers: string[] = [];
    for (let time = 0; time < TIMES; time++) {
      const { status, body: answer } = await gateway.graphql(query.replace("count", `c${turn}: count`), { limit: 20 });
      const errors = ((answer["errors"] ?? []) as Json[]).map(({ path, extensions }) => [path, (extensions as Json)["code"]]);
      answers.push(JSON.stringify([status, answer["data"] ?? null, errors]));
    }
    t.equal(new Set(answers).size, 1, `${name}: ${[...new Set(answers)].join(" then ").slice(0, 600)}`);
    t.notMatch(answers[0], /InvalidJsonInput/, `${name}: it is not the caller who sent this`);
  }
});

test("a prepared query tells upstream's nonsense as such", async (t) => {
  const { gateway, emulator } = await startBoth(t, {}, { CACHE_TTL_MS: "0", STALE_IF_ERROR_MS: "0" });
  const query = "{ deployments { limit offset count results { id } } }";
  for (let time = 0; time < TIMES; time++) t.equal((await gateway.graphql(query)).body["errors"], undefined);
  for (const field of ["limit", "offset", "count"]) {
    const body = { limit: 20, offset: 0, count: 0, total: 0, results: [], [field]: 5_000_000_000 };
    await emulator.control("POST", "faults", { kind: "status", status: 200, body, match: { path: `/${PROJECT}/deployments` } });
    const { status, body: answer } = await gateway.graphql(query);
    t.match([status, at(answer, "errors.0.extensions.code"), answer["data"]], [200, "UpstreamBadResponse", null], field);
  }
});

test("of callers who come together all but the first three find their query prepared", async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url });
  // Only who reads what is asked for, and no more, does not stumble over this.
  const row = JSON.stringify({ ...DEPLOYMENT, spare: ["?"] }).replace('["?"]', "[?]");
  const waiting: (() => void)[] = [];
  upstream.api(({ url }, response) => {
    const limit = Number(new URL(url, upstream.url).searchParams.get("limit"));
    if (!(limit >= 11 && limit <= 16)) return answer(response, 200, { limit: 20, offset: 0, count: 0, total: 0, results: [] });
    waiting.push(() => answer(response, 200, `{"limit":${limit},"offset":0,"count":1,"total":1,"results":[${row}]}`));
    if (waiting.length === 6) for (const go of waiting) go();
    return undefined;
  });
  const query = "query ($limit: Int) { deployments(limit: $limit) { results { id } } }";
  const answers = await Promise.all([11, 12, 13, 14, 15, 16].map((limit) => gateway.graphql(query, { limit })));
  const count = (path: string, value: string): number => answers.filter(({ body }) => at(body, path) === value).length;
  t.equal(count("errors.0.extensions.code", "UpstreamBadResponse"), 3);
  t.equal(count("data.deployments.results.0.id", DEPLOYMENT.id), 3);
});
