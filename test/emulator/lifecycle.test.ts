import { test } from "tap";
import { at, PROJECT, rows, startTestEmulator } from "../helpers/gateway.ts";
import { connectorDraft, DEPLOYMENT_KEY, deploymentDraft, DRAFT_KEY } from "../helpers/tutorial.ts";

const DRAFT = `/connectors/drafts/key=${DRAFT_KEY}`;
const DEPLOYMENT = `/${PROJECT}/deployments/key=${DEPLOYMENT_KEY}`;

test("planned outcomes: previews, publications, reviews and deployments that fail or never end", async (t) => {
  const { api, advance, control, journal } = await startTestEmulator(t);
  const plan = (phase: string, outcome: string) => control("POST", "outcomes", { phase, outcome });
  const act = async (...actions: object[]) => api("POST", DRAFT, { version: (await api("GET", DRAFT)).body["version"], actions });
  const after = async (ms: number, path = DRAFT) => {
    advance(ms);
    return (await api("GET", path)).body;
  };
  await api("POST", "/connectors/drafts", connectorDraft);

  await plan("preview", "fail");
  await act({ action: "updatePreviewable" });
  t.match(await after(2_000), { isPreviewable: "false", previewableReport: { entries: [{ type: "Error" }] } });
  await plan("preview", "stuck");
  await act({ action: "updatePreviewable" });
  t.match(await after(3_600_000), { isPreviewable: "pending" });
  await act({ action: "setRepository", tag: "v1.0.0" });
  t.match(await after(0), { isPreviewable: "none" }, "another repository ends the wait");

  await plan("publish", "fail");
  await act({ action: "publish", certification: true });
  t.match(await after(60_000), { status: "Failed", alreadyListed: false });
  t.match(rows(await after(0), "publishingReport.entries").at(-1), { type: "Error", title: "Image build failed" });
  await act({ action: "setName", name: "Mended" });
  t.match(await after(0), { status: "Draft" });
  await plan("review", "manual");
  await act({ action: "publish", certification: true });
  t.match(await after(3_600_000), { status: "InCertification" }, "it waits for a person");
  t.equal((await control("POST", "certification", { key: DRAFT_KEY, decision: "fail", comment: "Too slow." })).status, 200);
  t.match(await after(0), { status: "Failed", certificationInfo: { comments: [{}, { comment: "Too slow." }] } });
  await act({ action: "publish", certification: false });
  t.match(await after(2_000), { status: "Published", private: true, alreadyListed: true, hasChanges: false });
  t.match((await api("GET", `/connectors/key=${DRAFT_KEY}`)).body, { private: true, certified: false, name: "Mended" });

  await act({ action: "updatePreviewable" });
  advance(2_000);
  await plan("deploy", "fail");
  const created = await api("POST", `/${PROJECT}/deployments`, { ...deploymentDraft, connector: { key: DRAFT_KEY, staged: true } });
  t.same([created.body["status"], created.body["details"], created.body["version"]], ["Deploying", {}, 1]);
  t.ok(at(await after(1_000, DEPLOYMENT), "details.build.id"), "a build exists before it is over");
  t.match(await after(3_000, DEPLOYMENT), { status: "Failed", version: 11 });
  await plan("deploy", "stuck");
  await api("POST", DEPLOYMENT, { version: 11, actions: [{ action: "redeploy" }] });
  t.match(await after(3_600_000, DEPLOYMENT), { status: "Deploying" });
  const moves = (await journal()).filter((entry) => entry["resource"] === "connectorStaged").map((entry) => entry["version"]);
  t.same(
    moves,
    [...moves].toSorted((a, b) => Number(a) - Number(b)),
    "versions only rise",
  );
  t.ok(new Set(moves).size > 20);
});

test("redeploy changes what it names, undeploy ends with 404", async (t) => {
  const { api, advance, control } = await startTestEmulator(t);
  const path = `/${PROJECT}/deployments/key=demo-shipping-deployment`;
  const values = (name: string, body: unknown) =>
    at(
      rows(body, "applications").find((each) => each["applicationName"] === name),
      "securedConfiguration.0.value",
    );
  const before = (await api("GET", path)).body;
  t.equal(values("labels", before), "*".repeat("emulator-value".length), "the mask is as long as the value");
  const configurationValues = [{ applicationName: "labels", securedConfiguration: [{ key: "CARRIER_API_KEY", value: "12345" }] }];
  const empty = { standardConfiguration: [], securedConfiguration: [] };
  const changed = await api("POST", path, {
    version: 11,
    actions: [{ action: "redeploy", configurationValues, globalConfiguration: empty }],
  });
  t.match([changed.status, changed.body["status"], values("labels", changed.body)], [201, "Deploying", "*****"]);
  t.equal(values("order-events", changed.body), values("order-events", before), "the others stay");
  t.same(changed.body["globalConfiguration"], before["globalConfiguration"], "empty lists change nothing");
  t.equal((await api("DELETE", path)).status, 400, "a busy deployment cannot be undeployed");
  advance(4_000);
  const after = (await api("GET", path)).body;
  t.equal(at(after, "applications.0.url"), at(before, "applications.0.url"), "addresses stay");

  await control("POST", "outcomes", { phase: "undeploy", outcome: "fail" });
  const version = Number(after["version"]);
  t.equal((await api("DELETE", `${path}?version=1`)).status, 409);
  t.match((await api("DELETE", `${path}?version=${version}`)).body, { status: "Undeploying" });
  advance(2_000);
  t.match((await api("GET", path)).body, { status: "UndeployFailed" });
  t.equal((await api("DELETE", path)).status, 202);
  advance(2_000);
  t.equal((await api("GET", path)).status, 404);
});

test("an update is all or nothing, and unknown fields are dropped unless strict", async (t) => {
  const { api } = await startTestEmulator(t);
  await api("POST", "/connectors/drafts", connectorDraft);
  const failing = await api("POST", DRAFT, {
    version: 1,
    actions: [
      { action: "setName", name: "x" },
      { action: "setRepository", tag: "none" },
    ],
  });
  t.equal(failing.status, 400);
  t.match((await api("GET", DRAFT)).body, { version: 1, name: connectorDraft.name });
  t.equal((await api("POST", DRAFT, { version: 1, actions: [{ action: "setName", name: "y", nmae: 1 }], more: 1 })).status, 201);
  const strict = await startTestEmulator(t, { strict: true });
  const refused = await strict.api("POST", "/connectors/drafts", connectorDraft);
  t.match([refused.status, refused.text], [400, "creator"], "noOfDevelopers is no field of today");
  t.equal((await api("DELETE", DRAFT)).status, 200);
  t.equal((await api("GET", DRAFT)).status, 404);
});
