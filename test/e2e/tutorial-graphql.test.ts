import { test } from "tap";
import { type Answer, at, PROJECT, rows, startBoth } from "../helpers/gateway.ts";
import { CANARY, connectorDraft, DEPLOYMENT_KEY, deploymentDraft, DRAFT_KEY, REPOSITORY } from "../helpers/tutorial.ts";

const UPDATE = `mutation ($key: String!, $version: Long, $actions: [ConnectorStagedUpdateAction!]!) {
  updateConnectorStaged(key: $key, version: $version, actions: $actions) {
    version status isPreviewable hasChanges alreadyListed repository { tag } certificationInfo { comments { userId comment } }
  }
}`;
const DRAFT = `query ($key: String!) {
  connectorStaged(key: $key) {
    version status isPreviewable isPreviewableRaw previewable feedbackRequired alreadyListed hasChanges private
    integrationTypes configurations { applicationName applicationType securedConfiguration { key required } }
    previewableReport { entries { type title message createdAt } } certificationInfo { comments { comment } }
    connector { certified version }
  }
}`;
const DEPLOYMENT = `query ($key: String!) {
  deployment(key: $key) {
    version status type preview details { build { report { entries { type title } } } }
    applications { applicationName url topic securedConfiguration { key value } }
    connector { name version } liveConnectorStaged { key isPreviewable } liveConnector { key }
  }
}`;
const CREATE = `mutation ($draft: DeploymentDraft!) {
  createDeployment(draft: $draft) { id version status type details { build { id } } applications { securedConfiguration { key value } } }
}`;
const REDEPLOY = `mutation ($key: String!, $actions: [DeploymentUpdateAction!]!) {
  updateDeployment(key: $key, actions: $actions) { status version }
}`;

const codeOf = (answer: Answer): unknown => at(answer.body, "errors.0.extensions.code");

test("the tutorial, from the draft to the second publication, over GraphQL", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  const { graphql } = gateway;
  const update = async (actions: object[], version?: number) =>
    graphql(UPDATE, { key: DRAFT_KEY, actions, ...(version === undefined ? {} : { version }) });
  const draft = async () => at((await graphql(DRAFT, { key: DRAFT_KEY })).body, "data.connectorStaged");
  const deployment = async () => graphql(DEPLOYMENT, { key: DEPLOYMENT_KEY });

  const created = await graphql(
    "mutation ($draft: ConnectorStagedDraft!) { createConnectorStaged(draft: $draft) { version status creator { noOfContributors } isPreviewable } }",
    { draft: connectorDraft },
  );
  t.same(at(created.body, "data.createConnectorStaged"), {
    version: 1,
    status: "Draft",
    creator: { noOfContributors: 10 },
    isPreviewable: "None",
  });
  t.match(at(created.body, "extensions.warnings.0"), /noOfContributors/);

  t.match(at((await update([{ updatePreviewable: true }], 1)).body, "data.updateConnectorStaged"), { isPreviewable: "Pending" });
  emulator.advance(2_000);
  t.match(await draft(), {
    version: 7,
    isPreviewable: "Previewable",
    isPreviewableRaw: "true",
    previewable: true,
    integrationTypes: [],
    connector: null,
  });
  t.equal(rows(await draft(), "previewableReport.entries").length, 3);

  const deploying = await graphql(CREATE, { draft: deploymentDraft });
  t.match(at(deploying.body, "data.createDeployment"), { version: 1, status: "Deploying", type: "preview", details: { build: null } });
  const values = rows(deploying.body, "data.createDeployment.applications").flatMap((each) => rows(each, "securedConfiguration"));
  t.equal(values.length, 18);
  t.ok(values.every((each) => each["value"] === "***"));
  emulator.advance(4_000);
  const running = at((await deployment()).body, "data.deployment");
  t.match(running, {
    status: "Deployed",
    version: 11,
    connector: { version: 7 },
    liveConnectorStaged: { key: DRAFT_KEY, isPreviewable: "Previewable" },
    liveConnector: null,
  });
  t.match(
    rows(running, "applications").map((each) => typeof (each["url"] ?? each["topic"])),
    ["string", "string"],
  );

  const stale = await update([{ publish: { certification: true } }], 1);
  t.match(
    [codeOf(stale), at(stale.body, "errors.0.extensions.currentVersion"), at(stale.body, "data.updateConnectorStaged")],
    ["ConcurrentModification", 7, null],
  );
  t.match(at((await update([{ publish: { certification: true } }])).body, "data.updateConnectorStaged.status"), "Processing");
  emulator.advance(4_000);
  t.match(await draft(), { status: "InCertification", feedbackRequired: true });
  const answered = await update([{ addCertificationComment: { comment: "view_orders, to read orders." } }]);
  t.match(at(answered.body, "data.updateConnectorStaged.certificationInfo.comments.1"), { userId: PROJECT, comment: /view_orders/ });
  t.match(await draft(), { feedbackRequired: false });
  emulator.advance(6_000);
  t.match(await draft(), { status: "Published", alreadyListed: true, private: false, hasChanges: false, connector: { certified: true } });

  t.match(at((await update([{ setRepository: { url: REPOSITORY, tag: "v1.1.0" } }])).body, "data.updateConnectorStaged"), {
    hasChanges: true,
    repository: { tag: "v1.1.0" },
    isPreviewable: "None",
  });
  await update([{ publish: { certification: true } }]);
  emulator.advance(20_000);
  const search = await graphql(
    "query ($keys: [String!]) { connectors(keys: $keys) { total exists results { repository { tag } deployments { total results { key } } connectorStaged { status } } } }",
    { keys: [DRAFT_KEY] },
  );
  t.same(at(search.body, "data.connectors"), {
    total: 1,
    exists: true,
    results: [
      {
        repository: { tag: "v1.1.0" },
        deployments: { total: 1, results: [{ key: DEPLOYMENT_KEY }] },
        connectorStaged: { status: "Published" },
      },
    ],
  });

  const list = await graphql('{ deployments(limit: 1, sort: ["key desc"]) { limit offset count total exists results { key } } }');
  t.same(at(list.body, "data.deployments"), { limit: 1, offset: 0, count: 1, total: 2, exists: true, results: [{ key: DEPLOYMENT_KEY }] });
  t.match(
    at(
      (await graphql(REDEPLOY, { key: DEPLOYMENT_KEY, actions: [{ redeploy: { skipScripts: true } }] })).body,
      "data.updateDeployment.status",
    ),
    "Deploying",
  );
  t.equal(codeOf(await graphql(REDEPLOY, { key: DEPLOYMENT_KEY, actions: [{ redeploy: {} }] })), "DeploymentInvalidStatusTransition");
  emulator.advance(4_000);
  const gone = await graphql("mutation ($key: String!) { deleteDeployment(key: $key) { status } }", { key: DEPLOYMENT_KEY });
  t.equal(at(gone.body, "data.deleteDeployment.status"), "Undeploying");
  emulator.advance(2_000);
  const missing = await deployment();
  t.match([codeOf(missing), at(missing.body, "data.deployment"), missing.status], ["ResourceNotFound", null, 200]);

  t.notMatch(gateway.log(), new RegExp(CANARY), "no secret in the log");
});
