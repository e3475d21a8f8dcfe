import { test } from "tap";
import { at, MIRROR, PROJECT, rows, startBoth } from "../helpers/gateway.ts";
import { connectorDraft, DEPLOYMENT_KEY, deploymentDraft, DRAFT_KEY } from "../helpers/tutorial.ts";

const DRAFT = `query { connectorStaged(key: "${DRAFT_KEY}") {
  status statusRaw feedbackRequired isPreviewable integrationTypes integrationTypesRaw privateProjects publishingReport { entries { title } }
  certificationInfo { comments { comment } } apiClient { scopes } globalConfiguration { standardConfiguration { key } }
  configurations { securedConfiguration { key required } standardConfiguration { default required } } previewableReport { entries { message } }
} }`;
const DEPLOYMENT = `query { deployment(key: "${DEPLOYMENT_KEY}") {
  type typeRaw preview details { build { id } } apiClient { name } globalConfiguration { securedConfiguration { key } } rollbackRevision
  connector { key integrationTypes } applications { url topic schedule }
} }`;

test("the tutorial's old shapes are met", async (t) => {
  const { emulator, gateway } = await startBoth(t, { legacy: true });
  const { rest, graphql } = gateway;
  const old = { ...connectorDraft, creator: { ...connectorDraft.creator, email: "[email protected]" } };
  const refused = await rest("POST", `${MIRROR}/connectors/drafts`, old);
  t.match(
    [refused.status, refused.body["message"]],
    [400, /\/creator\/email.*placeholder/],
    "an address that a web page hid is no address",
  );
  t.notMatch(refused.text, /\[email/);
  const hidden = { ...connectorDraft, repository: { url: "[email protected]:composable-com/x.git", tag: "v1.0.0" } };
  t.match((await rest("POST", `${MIRROR}/connectors/drafts`, hidden)).text, /\/repository\/url/);
  const both = { ...connectorDraft, creator: { ...connectorDraft.creator, noOfContributors: 3 } };
  t.match((await rest("POST", `${MIRROR}/connectors/drafts`, both)).text, /keep noOfContributors/);
  t.match(
    (await emulator.journal()).filter((entry) => entry["method"] === "POST" && entry["path"] === "/connectors/drafts"),
    [],
  );

  const created = await rest("POST", `${MIRROR}/connectors/drafts`, connectorDraft);
  t.equal(created.status, 201);
  t.notOk("integrationTypes" in created.body, "the mirror shows what upstream sent");
  await rest("POST", `${MIRROR}/connectors/drafts/key=${DRAFT_KEY}`, { actions: [{ action: "updatePreviewable" }] });
  emulator.advance(2_000);
  await rest("POST", `${MIRROR}/${PROJECT}/deployments`, deploymentDraft);
  await rest("POST", `${MIRROR}/connectors/drafts/key=${DRAFT_KEY}`, { actions: [{ action: "publish", certification: true }] });
  emulator.advance(4_000);

  const raw = await rest("GET", `${MIRROR}/connectors/drafts/key=${DRAFT_KEY}`);
  t.equal(raw.body["status"], "FEEDBACK_REQUIRED");
  const draft = at((await graphql(DRAFT)).body, "data.connectorStaged");
  t.match(draft, { status: "InCertification", statusRaw: "FEEDBACK_REQUIRED", feedbackRequired: true, isPreviewable: "Previewable" });
  t.match(draft, {
    integrationTypes: [],
    integrationTypesRaw: [],
    privateProjects: [],
    publishingReport: null,
    apiClient: null,
    globalConfiguration: null,
  });
  t.match(rows(draft, "configurations")[0], { standardConfiguration: [{ default: null, required: false }] });
  t.match(rows(draft, "previewableReport.entries")[0], { message: null });

  const deployment = at((await graphql(DEPLOYMENT)).body, "data.deployment");
  t.match(deployment, {
    type: "preview",
    typeRaw: "preview",
    preview: true,
    details: { build: null },
    apiClient: null,
    globalConfiguration: null,
  });
  t.match(deployment, { rollbackRevision: null, connector: { key: null, integrationTypes: [] } });
  t.match(rows(deployment, "applications")[0], { url: null, topic: null, schedule: null });
});

test("what upstream adds without notice passes", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  const { rest, graphql } = gateway;
  const path = `${MIRROR}/${PROJECT}/deployments/key=demo-shipping-deployment`;
  const known = (await rest("GET", path)).body;
  const changed = {
    ...known,
    status: "Hibernating",
    type: "canary",
    deployedRegion: "mars-north1.gcp",
    newField: { deep: [1] },
    details: null,
    apiClient: null,
    preview: true,
  };
  const fault = { kind: "status", status: 200, times: 2, match: { path: "/deployments" }, body: changed };
  await emulator.control("POST", "faults", fault);
  t.match((await rest("GET", path)).body, { status: "Hibernating", newField: { deep: [1] } }, "the mirror shows it");
  const { body } = await graphql(
    '{ deployment(key: "demo-shipping-deployment") { status statusRaw type typeRaw deployedRegion details { build { id } } apiClient { name } } }',
  );
  t.same(at(body, "data.deployment"), {
    status: "Unknown",
    statusRaw: "Hibernating",
    type: "Unknown",
    typeRaw: "canary",
    deployedRegion: "mars-north1.gcp",
    details: { build: null },
    apiClient: null,
  });
  const boolean = { ...(await emulator.api("GET", "/connectors/drafts")).body };
  t.equal(boolean["total"], 0);
  const refused = await graphql("{ deployments(deploymentType: Unknown) { total } }");
  t.match(at(refused.body, "errors.0"), { message: /deploymentType must not be Unknown/, extensions: { code: "InvalidJsonInput" } });
});
