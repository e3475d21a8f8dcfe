import { test } from "tap";
import { at, MIRROR, PROJECT, rows, startBoth } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";

test("a list of 500 deployments with links costs two upstream calls", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  const { graphql } = gateway;
  await emulator.control("POST", "seed", { connectors: 499, deployments: 499 });
  await graphql("{ projects { id } }");
  const calls = async (query: string) => {
    await emulator.control("DELETE", "journal");
    const { body } = await graphql(query);
    const paths = (await emulator.journal())
      .map((entry) => `${String(entry["path"])}?${String(entry["query"])}`)
      .filter((path) => !path.startsWith("/oauth"));
    t.equal(body["errors"], undefined);
    return { body, paths };
  };

  const all = await calls("{ deployments(limit: 500) { count results { id connector { id } liveConnector { id name certified } } } }");
  t.equal(all.paths.length, 2, all.paths.join(" "));
  const results = rows(all.body, "data.deployments.results");
  t.equal(results.length, 500);
  t.ok(
    results.every((row) => at(row, "liveConnector.id") === at(row, "connector.id")),
    "each with its own connector",
  );

  const page = await calls(
    "{ deployments(limit: 20) { results { liveConnector { name connectorStaged { id } deployments(limit: 5) { total count } } liveConnectorStaged { id } } } }",
  );
  t.equal(page.paths.length, 4, "one call for each kind of link, however many rows");
  t.same(at(page.body, "data.deployments.results.0.liveConnector"), {
    name: "Shipping labels",
    connectorStaged: null,
    deployments: { total: 1, count: 1 },
  });

  const none = await calls("{ deployments(limit: 20) { results { id connector { name } } } }");
  t.equal(none.paths.length, 1, "links that nobody asks for cost nothing");
  const empty = await calls("{ deployments(limit: 0) { limit count total exists results { id } } }");
  t.same(at(empty.body, "data.deployments"), { limit: 0, count: 0, total: 500, exists: true, results: [] }, "limit 0 counts");
});

test("links of any number of rows are found", async (t) => {
  for (const count of [201, 230, 250]) {
    const { emulator, gateway } = await startBoth(t);
    await emulator.control("POST", "seed", { connectors: count, deployments: count });
    const { body } = await gateway.graphql("query ($n: Int) { deployments(limit: $n) { results { liveConnector { id } } } }", { n: count });
    t.equal(body["errors"], undefined, `${count} rows`);
    const found = rows(body, "data.deployments.results").filter((row) => typeof at(row, "liveConnector.id") === "string");
    t.equal(found.length, count);
  }
});

test("links follow the caller's permission and the project of their row", async (t) => {
  const region = "europe-west1.gcp";
  const projects = [
    { region: "us-central1.gcp", projectKey: PROJECT },
    { region, projectKey: "second-project" },
  ];
  const scopes = ["manage_project", "manage_api_clients"];
  const clients = [
    { clientId: "emulator-client", clientSecret: "emulator-secret", projectKey: PROJECT, scopes },
    { clientId: "second", clientSecret: "second-secret", projectKey: "second-project", scopes },
  ];
  const { emulator, gateway } = await startBoth(t, { projects, clients });
  await emulator.control("POST", "seed", { connectors: 1, deployments: 1, projectKey: "second-project" });

  const half = tokenFor(`view_connectors_deployments:${PROJECT}`);
  const { body } = await gateway.graphql("{ deployments { results { key liveConnector { key } } } }", {}, { token: half });
  t.equal(at(body, "data.deployments.results.0.liveConnector"), null);
  t.match(body["errors"], [
    {
      path: ["deployments", "results", 0, "liveConnector"],
      extensions: { code: "AuthorizationError", scope: `view_connectors:${PROJECT}` },
    },
  ]);

  const other = tokenFor("manage_project:second-project");
  const hidden = await gateway.rest("GET", `${MIRROR}/${PROJECT}/deployments/key=demo-shipping-deployment`, undefined, { token: other });
  const missing = await gateway.rest("GET", `${MIRROR}/no-such-project/deployments/key=nothing`, undefined, { token: other });
  t.equal(hidden.status, 404);
  t.equal(hidden.text, missing.text, "another project's deployment is byte for byte a missing one");
});
