import { fastify } from "fastify";
import { GraphQLError } from "graphql";
import { test } from "tap";
import { ERRORS, gatewayError, type GatewayErrorCode } from "../../src/errors.ts";
import { printError } from "../../src/graphql/errors.ts";
import { registerErrors } from "../../src/plugins/errors.ts";
import { type Answer, at, type Json, MIRROR, PROJECT, read, startBoth } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const DEMO = `${DEPLOYMENTS}/key=demo-shipping-deployment`;
const GET = '{ deployment(key: "demo-shipping-deployment") { id } }';
const REDEPLOY =
  'mutation ($v: Long) { updateDeployment(key: "demo-shipping-deployment", version: $v, actions: [{ redeploy: {} }]) { id } }';
const redeploy = (version?: number) => ({ ...(version === undefined ? {} : { version }), actions: [{ action: "redeploy" }] });

type Facts = { readonly code: unknown; readonly statusCode: unknown; readonly message: unknown; readonly more: Json };

function restFacts({ body }: Answer): Facts {
  const { code, message: _message, ...more } = Object(at(body, "errors.0")) as Json;
  return { code, statusCode: body["statusCode"], message: body["message"], more };
}

function graphqlFacts({ body }: Answer): Facts {
  const { code, statusCode, correlationId: _id, retryAfter: _after, ...more } = Object(at(body, "errors.0.extensions")) as Json;
  return { code, statusCode, message: at(body, "errors.0.message"), more };
}

test("both faces print every row of the error table alike", async (t) => {
  const app = fastify();
  registerErrors(app);
  app.get<{ Params: { code: GatewayErrorCode } }>("/:code", async (request) => {
    throw gatewayError(request.params.code, undefined, { fields: { currentVersion: 4 }, retryAfter: 7 });
  });
  t.teardown(() => app.close());
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  for (const [code, [status, message]] of Object.entries(ERRORS) as [GatewayErrorCode, readonly [number, string]][]) {
    const answer = await read(await fetch(`${url}/${code}`));
    const failure = gatewayError(code, undefined, { fields: { currentVersion: 4 }, retryAfter: 7 });
    const printed = printError(new GraphQLError("hidden", { originalError: failure }), "an-id");
    t.equal(answer.status, status, code);
    t.same(restFacts(answer), { code, statusCode: status, message, more: { currentVersion: 4 } });
    t.same(graphqlFacts({ ...answer, body: { errors: [printed] } }), restFacts(answer));
    t.match(
      [answer.headers.get("retry-after"), at(printed, "extensions.retryAfter"), at(printed, "extensions.correlationId")],
      ["7", 7, "an-id"],
    );
    const problem = await read(await fetch(`${url}/${code}`, { headers: { accept: "application/problem+json" } }));
    t.equal(problem.headers.get("content-type"), "application/problem+json; charset=utf-8");
    t.match(problem.body, { type: "about:blank", title: message, status, detail: message, code, currentVersion: 4 });
  }
});

test("both faces say the same of the same fault", async (t) => {
  const { emulator, gateway } = await startBoth(t, {}, { STALE_IF_ERROR_MS: "0" });
  const { rest, graphql } = gateway;
  const fault = (status: number, more: object = {}) =>
    emulator.control("POST", "faults", { kind: "status", status, times: 100, match: { path: "/deployments" }, ...more });
  const view = tokenFor(`view_connectors:${PROJECT}`);
  const viewer = tokenFor(`view_connectors_deployments:${PROJECT}`);
  const conflict = { code: "NewCode", message: "Something new.", detail: 3 };
  type Case = readonly [
    code: string,
    status: number,
    arrange: () => Promise<unknown>,
    rest: () => Promise<Answer>,
    graphql: () => Promise<Answer>,
  ];
  const nothing = async (): Promise<void> => {};
  const get = [() => rest("GET", DEMO), () => graphql(GET)] as const;
  const write = [() => rest("POST", DEMO, redeploy(11)), () => graphql(REDEPLOY, { v: 11 })] as const;
  const cases: readonly Case[] = [
    ["AuthorizationError", 403, nothing, () => rest("GET", DEMO, undefined, { token: view }), () => graphql(GET, {}, { token: view })],
    [
      "AuthorizationError",
      403,
      nothing,
      () => rest("POST", DEMO, redeploy(), { token: viewer }),
      () => graphql(REDEPLOY, {}, { token: viewer }),
    ],
    ["ResourceNotFound", 404, nothing, () => rest("GET", `${DEPLOYMENTS}/key=none`), () => graphql('{ deployment(key: "none") { id } }')],
    ["ConcurrentModification", 409, nothing, () => rest("POST", DEMO, redeploy(3)), () => graphql(REDEPLOY, { v: 3 })],
    [
      "DeploymentUnknownApplicationConfiguration",
      400,
      nothing,
      () => rest("POST", DEMO, { actions: [{ action: "redeploy", configurationValues: [{ applicationName: "nope" }] }] }),
      () =>
        graphql(
          'mutation { updateDeployment(key: "demo-shipping-deployment", actions: [{ redeploy: { configurationValues: [{ applicationName: "nope" }] } }]) { id } }',
        ),
    ],
    ["NewCode", 409, () => fault(409, { body: { statusCode: 409, message: "Something new.", errors: [conflict] } }), ...get],
    ["UpstreamUnavailable", 503, () => fault(503), ...get],
    ["UpstreamBadResponse", 502, () => fault(200, { kind: "html" }), ...get],
    ["UpstreamAuthFailed", 502, () => fault(403, { body: { errors: [{ code: "access_denied", message: "Access denied" }] } }), ...get],
    ["UpstreamOutcomeUnknown", 504, () => fault(500), ...write],
    [
      "LogsRemoved",
      410,
      () => fault(404, { match: { path: "/logs" } }),
      () => rest("GET", `${DEMO}/logs`),
      () => graphql('{ deploymentLogs(key: "demo-shipping-deployment") { next } }'),
    ],
    // Last, because a few requests only go through after it.
    ["UpstreamThrottled", 503, () => fault(429, { headers: { "retry-after": "9" } }), ...write],
  ];
  const theirs = { ...conflict, status: 200, type: "https://example.com", title: "theirs", statusCode: 200, correlationId: "theirs" };
  await fault(409, { times: 2, body: { statusCode: 409, message: "Something new.", errors: [theirs] } });
  const problem = await rest("GET", DEMO, undefined, { headers: { accept: "application/problem+json" } });
  t.match(problem.body, { type: "about:blank", title: "Something new.", status: 409, detail: "Something new.", code: "NewCode" });
  const { body, headers } = await graphql(GET);
  t.match(at(body, "errors.0.extensions"), { code: "NewCode", statusCode: 409, correlationId: headers.get("x-correlation-id") });
  for (const [code, status, arrange, byRest, byGraphql] of cases) {
    await emulator.control("DELETE", "faults");
    await arrange();
    const [answer, field] = [await byRest(), await byGraphql()];
    t.match(restFacts(answer), { code, statusCode: status }, code);
    t.equal(answer.status, status);
    t.same(graphqlFacts(field), restFacts(answer), `${code}: the same in GraphQL`);
    t.equal(answer.headers.get("retry-after"), at(field.body, "errors.0.extensions.retryAfter")?.toString() ?? null);
    t.equal(at(field.body, "errors.0.extensions.correlationId"), field.headers.get("x-correlation-id"));
  }
});

test("what is wrong with a request is said, where, and what would be right", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  const { rest } = gateway;
  await rest("GET", DEPLOYMENTS);
  await emulator.control("DELETE", "journal");
  const draft = { connector: { key: "k" }, region: "us-central1.gcp", configurations: [] };
  const values = (name: string, count: number) => ({
    [name]: Array.from({ length: count }, (_, place) => ({ key: `K${place}`, value: "v" })),
  });
  const crowd = { applicationName: "a", ...values("securedConfiguration", 500), ...values("standardConfiguration", 400) };
  const shared = values("securedConfiguration", 101);
  const crowded = { ...draft, configurations: [crowd], globalConfiguration: shared };
  const CREATE = "mutation ($draft: DeploymentDraft!) { createDeployment(draft: $draft) { id } }";
  const cases: readonly (readonly [said: RegExp, answer: () => Promise<Answer>])[] = [
    [/1001 configuration values in \/configurations and globalConfiguration.*; 1000 are allowed/, () => rest("POST", DEPLOYMENTS, crowded)],
    [
      /1002 configuration values in \/actions/,
      () => {
        const action = { action: "redeploy", configurationValues: [{ ...crowd, ...values("securedConfiguration", 602) }] };
        return rest("POST", DEMO, { version: 1, actions: [action] });
      },
    ],
    [
      /at \/actions\/0: unknown field; did you mean configurationValues\?/,
      () => rest("POST", DEMO, { actions: [{ action: "redeploy", configurations: [] }] }),
    ],
    [/unknown field; did you mean region\?/, () => rest("POST", DEPLOYMENTS, { ...draft, regoin: "x" })],
    [/the field connector is missing/, () => rest("POST", DEPLOYMENTS, { region: "us-central1.gcp", configurations: [] })],
    [/at \/configurations: must be an array/, () => rest("POST", DEPLOYMENTS, { ...draft, configurations: {} })],
    [/at \/key: has the wrong form.*2 to 256 characters/, () => rest("POST", DEPLOYMENTS, { ...draft, key: "a b" })],
    [/at \/type: must be one of preview, sandbox, production/, () => rest("POST", DEPLOYMENTS, { ...draft, type: "prod" })],
    [/an update action; did you mean redeploy\? allowed are redeploy$/, () => rest("POST", DEMO, { actions: [{ action: "redeplo" }] })],
    [/an update action; allowed are redeploy$/, () => rest("POST", DEMO, { actions: [{ action: "toString" }] })],
    [/did you mean publish\?/, () => rest("POST", `${MIRROR}/connectors/drafts/key=kk`, { actions: [{ action: "triggerCertification" }] })],
    [
      /at \/version: must be <= 9007199254740991/,
      () => rest("POST", DEMO, '{"version":9007199254740993,"actions":[{"action":"redeploy"}]}'),
    ],
    [/limit must be a whole number/, () => rest("GET", `${DEPLOYMENTS}?limit=0x10`)],
    [/limit/, () => rest("GET", `${DEPLOYMENTS}?limit=501`)],
    [/limit may be given once only/, () => rest("GET", `${DEPLOYMENTS}?limit=1&limit=2`)],
    [/unknown field; did you mean deploymentType\?/, () => rest("GET", `${DEPLOYMENTS}?deploymentTyp=preview`)],
    [/id must be a UUID/, () => rest("GET", `${DEPLOYMENTS}/not-an-id`)],
    [/key must be 2 to 256 characters/, () => rest("GET", `${DEPLOYMENTS}/key=x`)],
    [/region must look like/, () => rest("GET", "/connect/nowhere/connectors/drafts")],
    [/JSON syntax is broken/, () => rest("POST", DEPLOYMENTS, "{")],
    [/nested deeper than 32/, () => rest("POST", DEPLOYMENTS, `${"[".repeat(33)}${"]".repeat(33)}`)],
  ];
  for (const [said, ask] of cases) {
    const { status, text, body } = await ask();
    t.equal(status, 400, text);
    t.match(`${String(at(body, "errors.0.detailedErrorMessage"))} ${String(body["message"])}`, said);
  }
  const { body: refused } = await gateway.graphql(CREATE, { draft: crowded });
  t.match(at(refused, "errors.0"), {
    message: /1001 configuration values/,
    extensions: { code: "LimitExceeded", statusCode: 400, path: "/configurations" },
  });
  const others: readonly (readonly [status: number, code: string, answer: () => Promise<Answer>])[] = [
    [404, "ResourceNotFound", () => rest("GET", "/nowhere")],
    [404, "ResourceNotFound", () => rest("GET", `${MIRROR}/connectors`)],
    [405, "MethodNotAllowed", () => rest("PUT", DEMO, {})],
    [413, "PayloadTooLarge", () => rest("POST", `${MIRROR}/connectors/drafts`, `"${"a".repeat(256 * 1024)}"`)],
    [413, "PayloadTooLarge", () => rest("POST", DEPLOYMENTS, `"${"a".repeat(1024 * 1024)}"`)],
    [
      415,
      "UnsupportedMediaType",
      () => rest("POST", DEPLOYMENTS, "a=b", { headers: { "content-type": "application/x-www-form-urlencoded" } }),
    ],
    [406, "NotAcceptable", () => rest("POST", "/graphql", { query: "{ projects { id } }" }, { headers: { accept: "text/html" } })],
  ];
  for (const [status, code, ask] of others) {
    const answer = await ask();
    t.match([answer.status, answer.text], [status, code]);
  }
  t.equal((await rest("PUT", DEMO, {})).headers.get("allow"), "GET, POST, DELETE");
  t.same(await emulator.journal(), [], "and none of it reached upstream");
});
