import { test } from "tap";
import { at, emulatorToken, PROJECT, read, startTestEmulator } from "../helpers/gateway.ts";

const BASIC = { authorization: `Basic ${btoa("emulator-client:emulator-secret")}` };
const FORM = { "content-type": "application/x-www-form-urlencoded" };

test("the token endpoint", async (t) => {
  const { url } = await startTestEmulator(t, { tokenLifetimeSeconds: 3_600 });
  const ask = async (body: string, headers: Record<string, string> = {}, query = "") =>
    read(await fetch(`${url}/oauth/token${query}`, { method: "POST", body, headers: { ...FORM, ...headers } }));
  const good = await ask("grant_type=client_credentials", BASIC);
  t.match(good.body, { token_type: "Bearer", expires_in: 3_600, scope: `manage_project:${PROJECT} manage_api_clients:${PROJECT}` });
  const less = await ask(`grant_type=client_credentials&scope=manage_project%3A${PROJECT}`, BASIC);
  t.equal(less.body["scope"], `manage_project:${PROJECT}`);
  t.equal(
    (await ask("grant_type=client_credentials&client_id=emulator-client&client_secret=emulator-secret")).status,
    200,
    "credentials in the form",
  );
  t.equal((await ask("", BASIC, "?grant_type=client_credentials")).status, 200, "parameters in the query");
  t.equal(
    (await ask("", { ...BASIC, "content-type": "application/json" }, "?grant_type=client_credentials")).status,
    200,
    "with the wrong type",
  );
  for (const [status, error, body, headers] of [
    [400, "invalid_request", "scope=x", BASIC],
    [400, "unsupported_grant_type", "grant_type=password", BASIC],
    [400, "invalid_scope", "grant_type=client_credentials&scope=manage_project:other", BASIC],
    [401, "invalid_client", "grant_type=client_credentials", {}],
    [401, "invalid_client", "grant_type=client_credentials", { authorization: `Basic ${btoa("emulator-client:wrong")}` }],
  ] as const) {
    const refused = await ask(body, headers);
    t.match([refused.status, refused.body], [status, { statusCode: status, error, errors: [{ code: error }], error_description: String }]);
  }
});

test("tokens end, can be revoked, and open only what their scopes name", async (t) => {
  const clients = [
    { clientId: "one", clientSecret: "s1", projectKey: PROJECT, scopes: ["view_connectors", "manage_connectors_deployments"] },
    { clientId: "two", clientSecret: "s2", projectKey: "second", scopes: ["manage_project"] },
  ];
  const projects = [
    { projectKey: PROJECT, region: "us-central1.gcp" },
    { projectKey: "second", region: "europe-west1.gcp" },
  ];
  const emulator = await startTestEmulator(t, { clients, projects });
  const [one, two] = [
    await emulatorToken(emulator.url, { clientId: "one", clientSecret: "s1" }),
    await emulatorToken(emulator.url, { clientId: "two", clientSecret: "s2" }),
  ];
  const call = async (token: string, method: string, path: string, body?: object) =>
    read(
      await fetch(emulator.url + path, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    );
  t.equal((await call(one, "GET", "/connectors/drafts")).status, 200);
  const lacking = await call(one, "POST", "/connectors/drafts", {});
  t.match([lacking.status, lacking.body], [403, { error: "insufficient_scope", errors: [{ code: "insufficient_scope" }] }]);
  t.equal((await call(one, "GET", `/${PROJECT}/deployments`)).status, 200, "manage includes view");
  t.equal((await call(two, "GET", `/${PROJECT}/deployments`)).status, 403, "another project's token");
  const draft = {
    region: "us-central1.gcp",
    connector: { key: "demo-shipping-connector" },
    configurations: [{ applicationName: "labels" }],
    globalConfiguration: { standardConfiguration: [{ key: "CLOUD_IDENTIFIER", value: "x" }] },
  };
  const client = await call(one, "POST", `/${PROJECT}/deployments`, draft);
  t.match([client.status, client.text], [403, "manage_api_clients"], "a connector with an API Client asks for one scope more");

  t.match((await call("wrong", "GET", "/connectors/drafts")).body, {
    statusCode: 401,
    error: "invalid_token",
    errors: [{ code: "invalid_token" }],
  });
  emulator.advance(172_800_000);
  t.equal((await call(one, "GET", "/connectors/drafts")).status, 401, "after its lifetime");
  const fresh = await emulatorToken(emulator.url, { clientId: "one", clientSecret: "s1" });
  t.equal((await call(fresh, "GET", "/connectors/drafts")).status, 200);
  t.equal(at((await emulator.control("POST", "tokens/revoke")).body, "revoked"), 1, "those that had ended are gone");
  t.equal((await call(fresh, "GET", "/connectors/drafts")).status, 401, "after a revocation");
});
