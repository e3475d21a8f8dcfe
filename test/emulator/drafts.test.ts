import type { Test } from "tap";
import { test } from "tap";
import type { EmulatorOptions } from "../../src/emulator/index.ts";
import { type Answer, at, type Json, PROJECT, rows, startTestEmulator } from "../helpers/gateway.ts";
import { connectorDraft, deploymentDraft, DRAFT_KEY, REPOSITORY } from "../helpers/tutorial.ts";

const DRAFTS = "/connectors/drafts";
const DRAFT = `${DRAFTS}/key=${DRAFT_KEY}`;
const CONNECTOR = `/connectors/key=${DRAFT_KEY}`;
const named = (action: string, more: object = {}) => ({ action, ...more });
const certify = named("publish", { certification: true });

/** An emulator with the tutorial's draft; `act` updates the draft at the version that it has. */
async function withDraft(t: Test, options: EmulatorOptions = {}) {
  const emulator = await startTestEmulator(t, options);
  const { api, advance, control } = emulator;
  t.equal((await api("POST", DRAFTS, connectorDraft)).status, 201);
  const draft = async (): Promise<Json> => (await api("GET", DRAFT)).body;
  const act = async (...actions: object[]): Promise<Answer> => api("POST", DRAFT, { version: (await draft())["version"], actions });
  const after = async (ms: number): Promise<Json> => (advance(ms), draft());
  const plan = (phase: string, outcome: string, more: object = {}) => control("POST", "outcomes", { phase, outcome, ...more });
  const code = async (...actions: object[]) => at((await act(...actions)).body, "errors.0.code");
  return { ...emulator, draft, act, after, plan, code };
}

/** Every action that changes content, and where its effect shows. */
const EDITS: readonly (readonly [action: object, path: string, value: unknown])[] = [
  [named("setName", { name: "n" }), "name", "n"],
  [named("setDescription", { description: "d" }), "description", "d"],
  [named("setIntegrationTypes", { integrationTypes: ["tax", "giftcard"] }), "integrationTypes", ["tax", "giftcard"]],
  [named("setRepository", { url: REPOSITORY, tag: "v1.1.0" }), "repository", { url: REPOSITORY, tag: "v1.1.0" }],
  [named("setRepository", { tag: "v1.0.0" }), "repository", { url: REPOSITORY, tag: "v1.0.0" }],
  [named("setSupportedRegions", { regions: ["us-east-2.aws"] }), "supportedRegions", ["us-east-2.aws"]],
  [named("setDocumentationUrl", { documentationUrl: "https://d" }), "documentationUrl", "https://d"],
  [named("setCreatorName", { creatorName: "cn" }), "creator.name", "cn"],
  [named("setCreatorTitle", { creatorTitle: "ct" }), "creator.title", "ct"],
  [named("setCreatorEmail", { creatorEmail: "c@e.example" }), "creator.email", "c@e.example"],
  [named("setCreatorCompany", { creatorCompany: "cc" }), "creator.company", "cc"],
  [named("setCreatorLogo", { logoUrl: "https://l" }), "creator.logoUrl", "https://l"],
  [named("setCreatorSupportUrl", { creatorSupportUrl: "https://s" }), "creator.supportUrl", "https://s"],
  [named("setCreatorNoOfContributors", { creatorNoOfContributors: 4 }), "creator.noOfContributors", 4],
  [named("addPrivateProject", { privateProject: "europe-west1.gcp:other" }), "privateProjects", ["europe-west1.gcp:other"]],
  [named("removePrivateProject", { privateProject: "europe-west1.gcp:other" }), "privateProjects", []],
  [named("addCertificationComment", { comment: "c" }), "certificationInfo.comments.0.comment", "c"],
  [named("updatePreviewable"), "isPreviewable", "pending"],
  [named("unlist"), "alreadyListed", false],
  [named("publish", { certification: false }), "status", "Processing"],
];

test("each of the 19 actions changes its field and the version by one", async (t) => {
  const { act, draft, api } = await withDraft(t);
  for (const [index, [action, path, value]] of EDITS.entries()) {
    const answer = await act(action);
    t.equal(answer.status, 201, JSON.stringify(action));
    t.equal(answer.body["version"], index + 2);
    t.same(at(answer.body, path), value);
    t.same(await draft(), answer.body, "a reader sees what the writer got");
  }
  t.equal(new Set(EDITS.map(([action]) => at(action, "action"))).size, 19);
  t.match((await draft())["certificationInfo"], { comments: [{ userId: PROJECT, datetime: /^2026-11-01T12/ }] });
  t.same((await api("GET", `${DRAFTS}/${String((await draft())["id"])}`)).body, await draft(), "by id as by key");
});

test("fields of actions are checked, and nothing of a refused update stays", async (t) => {
  const { act, api, draft, code, plan, after } = await withDraft(t);
  const before = await draft();
  const cases: readonly object[] = [
    named("setName"),
    named("setName", { name: 7 }),
    named("setIntegrationTypes", { integrationTypes: ["hologram"] }),
    named("setRepository", { url: REPOSITORY }),
    named("setSupportedRegions", { regions: [] }),
    named("setSupportedRegions", { supportedRegions: ["us-east-2.aws"] }),
    named("setCreatorEmail", { creatorEmail: "[email protected]" }),
    named("setCreatorEmail", { creatorEmail: "nobody" }),
    named("setCreatorLogo", { creatorLogo: "https://l" }),
    named("setCreatorNoOfContributors", { creatorNoOfContributors: 0 }),
    named("addPrivateProject", { privateProject: "no-region" }),
    named("publish"),
    named("publish", { certification: "true" }),
    named("setKey", { key: "other" }),
    named("constructor"),
    {},
  ];
  for (const action of cases) {
    const refused = await act(named("setName", { name: "changed" }), named("addCertificationComment", { comment: "c" }), action);
    t.match([refused.status, at(refused.body, "errors.0.code")], [400, "InvalidJsonInput"], JSON.stringify(action));
    t.match(at(refused.body, "errors.0.detailedErrorMessage"), /^\/(actions\/2|creator)/);
  }
  for (const body of [{ actions: [] }, { version: 1 }, { version: "1", actions: [] }, { version: 1, actions: {} }, [], null, "{", '"x"'])
    t.match(at((await api("POST", DRAFT, body)).body, "errors.0.code"), "InvalidJsonInput", JSON.stringify(body));
  t.match((await api("POST", DRAFT, "")).status, 400, "no body at all");
  const stale = await api("POST", DRAFT, { version: 7, actions: [named("setName", { name: "x" })] });
  t.match([stale.status, at(stale.body, "errors.0")], [409, { code: "ConcurrentModification", expectedVersion: 7, currentVersion: 1 }]);

  await plan("preview", "fail");
  const repository = named("setRepository", { tag: "none" });
  t.equal(await code(named("updatePreviewable"), named("setName", { name: "x" }), repository), "GitRepositoryNotReachable");
  t.equal(await code(named("updatePreviewable"), named("updatePreviewable")), "ConnectorStagedPreviewRequestUnderProcess");
  t.same(await after(10_000), before);
  t.equal((await act(named("updatePreviewable"))).status, 201);
  t.match(await after(2_000), { isPreviewable: "false" }, "a refused update does not use up a planned outcome");
});

test("previews: asked for, granted, refused, stuck, and lost with another repository", async (t) => {
  const { act, after, code, plan, draft } = await withDraft(t);
  t.match(await draft(), { isPreviewable: "none", previewableReport: null });
  await act(named("updatePreviewable"));
  t.match(await after(1_999), { isPreviewable: "pending", version: 6, previewableReport: null });
  t.equal(await code(named("updatePreviewable")), "ConnectorStagedPreviewRequestUnderProcess");
  const granted = await after(1);
  t.match(granted, { isPreviewable: "true", version: 7 });
  t.same(
    rows(granted, "previewableReport.entries").map((entry) => [entry["type"], entry["title"]]),
    [
      ["Information", "Image security analysis check succeeded"],
      ["Information", "SAST and SCA analysis check succeeded"],
      ["Information", "Connector specification file validation check succeeded"],
    ],
  );
  await act(named("setName", { name: "n" }));
  t.match(await draft(), { isPreviewable: "true" }, "a name does not matter");
  await plan("preview", "fail", { key: "another-draft" });
  await act(named("updatePreviewable"));
  t.match(await after(2_000), { isPreviewable: "true" }, "the plan is for another draft");
  await act(named("setRepository", { tag: "v1.0.0" }));
  t.match(await draft(), { isPreviewable: "none", previewableReport: null });
  await plan("preview", "fail", { key: DRAFT_KEY, times: 2 });
  for (const expected of ["false", "false", "true"]) {
    await act(named("updatePreviewable"));
    t.match(await after(2_000), { isPreviewable: expected });
  }
  await act(named("updatePreviewable"));
  await act(named("setRepository", { tag: "v1.1.0" }));
  const version = (await draft())["version"];
  t.match(await after(60_000), { isPreviewable: "none", version }, "the check that ran is forgotten");
  await plan("preview", "stuck");
  await act(named("updatePreviewable"));
  t.match(await after(86_400_000), { isPreviewable: "pending" });
});

test("publishing without a review: private, locked meanwhile, repeatable", async (t) => {
  const { act, after, api, draft, code, plan } = await withDraft(t, { tokenLifetimeSeconds: 604_800 });
  t.match(await draft(), { alreadyListed: false, hasChanges: true, private: true });
  await act(named("publish", { certification: false }));
  const locked = await act(named("setName", { name: "x" }));
  t.match([locked.status, at(locked.body, "errors.0.code")], [409, "ConnectorStagedProcessing"]);
  t.equal((await api("POST", DRAFT, { version: 1, actions: [] })).status, 409, "a stale version is told first");
  t.equal((await api("GET", CONNECTOR)).status, 404);
  t.match(await after(2_000), { status: "Published", alreadyListed: true, hasChanges: false, private: true });
  const connector = (await api("GET", CONNECTOR)).body;
  t.match(connector, { id: (await draft())["id"], key: DRAFT_KEY, certified: false, private: true, name: connectorDraft.name });
  t.notOk("status" in connector || "privateProjects" in connector || "previewableReport" in connector);

  await act(named("setName", { name: "Second" }));
  t.match(await draft(), { status: "Draft", alreadyListed: true, hasChanges: true });
  t.equal(at((await api("GET", CONNECTOR)).body, "name"), connectorDraft.name, "what is published stays");
  await plan("publish", "fail");
  await act(named("publish", { certification: false }));
  const failed = await after(2_000);
  t.match(failed, { status: "Failed", alreadyListed: true, hasChanges: true });
  t.match(rows(failed, "publishingReport.entries").at(-1), { type: "Error" });
  t.equal(at((await api("GET", CONNECTOR)).body, "name"), connectorDraft.name);
  await act(named("publish", { certification: false }));
  t.match(await after(2_000), { status: "Published", hasChanges: false });
  t.equal(at((await api("GET", CONNECTOR)).body, "name"), "Second");
  await plan("publish", "stuck");
  await act(named("publish", { certification: false }));
  t.match(await after(86_400_000), { status: "Processing" });
  t.equal(await code(named("setName", { name: "x" })), "ConnectorStagedProcessing");
});

test("a review: queue, question, comments, and each of its ends", async (t) => {
  const { act, after, api, code, plan, control } = await withDraft(t);
  await act(certify);
  t.match(await after(2_000), { status: "ReadyForCertification", alreadyListed: false, private: true });
  t.equal(await code(certify), "ConnectorStagedInCertification");
  t.match(await after(2_000), { status: "InCertification", certificationInfo: { comments: [{ userId: "connect-review" }] } });
  t.equal(await code(certify), "ConnectorStagedInCertification");
  await act(named("addCertificationComment", { comment: "Because." }));
  t.match(await after(6_000), { status: "Published", private: false, alreadyListed: true, hasChanges: false });
  t.match((await api("GET", CONNECTOR)).body, { certified: true, private: false });
  t.equal(await code(certify), "ConnectorAlreadyCertified");
  const project = named("addPrivateProject", { privateProject: "us-central1.gcp:second" });
  t.equal(await code(project), "ConnectorStagedNotPrivate");
  t.equal(await code({ ...project, action: "removePrivateProject" }), "ConnectorStagedNotPrivate");

  await act(named("setName", { name: "Third" }));
  await plan("review", "fail");
  await act(certify);
  t.match(await after(60_000), { status: "Failed", hasChanges: true, private: false });
  t.match((await api("GET", CONNECTOR)).body, { name: connectorDraft.name, certified: true }, "what is published stays");
  await plan("review", "manual");
  const decide = (decision: string, key = DRAFT_KEY) => control("POST", "certification", { key, decision, comment: decision });
  t.equal((await decide("publish")).status, 400, "no review waits");
  await act(certify);
  const waiting = await after(86_400_000);
  t.equal(waiting["status"], "InCertification");
  t.notOk(
    rows(waiting, "certificationInfo.comments").some((each) => each["comment"] === "publish"),
    "a refused decision leaves no comment",
  );
  t.equal((await decide("publish", "unknown")).status, 400);
  t.equal((await decide("maybe")).status, 400);
  t.equal((await decide("publish")).status, 200);
  t.match(await after(0), { status: "Published", version: Number(waiting["version"]) + 1 });
  t.equal(at((await api("GET", CONNECTOR)).body, "name"), "Third");
  await act(named("publish", { certification: false }));
  t.match(await after(2_000), { private: true }, "without a review it is private again");
  t.match((await api("GET", CONNECTOR)).body, { certified: false, private: true });

  const manual = await withDraft(t, { certification: "manual" });
  await manual.act(certify);
  t.match(await manual.after(86_400_000), { status: "InCertification" }, "as an option for every review");
});

test("unlisting takes a connector out of the search only, and only when the whole update holds", async (t) => {
  const { act, after, api } = await withDraft(t);
  const found = async () => (await api("GET", `/connectors/search?key=${DRAFT_KEY}`)).body["total"];
  await act(certify);
  await after(20_000);
  t.equal(await found(), 1);
  t.equal((await act(named("unlist"), named("setRepository", { tag: "none" }))).status, 400);
  t.equal(await found(), 1);
  t.equal((await act(named("unlist"))).status, 201);
  t.equal(await found(), 0);
  t.equal((await api("GET", CONNECTOR)).status, 200);
  await act(named("setName", { name: "Again" }), certify);
  await after(20_000);
  t.equal(await found(), 1, "until it is published again");
});

test("keys are unique until their draft is deleted, with its connector and not its deployments", async (t) => {
  const { act, after, api, draft } = await withDraft(t);
  const duplicate = await api("POST", DRAFTS, connectorDraft);
  t.match([duplicate.status, at(duplicate.body, "errors.0")], [400, { code: "DuplicateField", field: "key", duplicateValue: DRAFT_KEY }]);
  const taken = await api("POST", DRAFTS, { ...connectorDraft, key: "demo-shipping-connector" });
  t.equal(at(taken.body, "errors.0.code"), "DuplicateField", "a published connector keeps its key too");
  const { key: _key, ...keyless } = connectorDraft;
  for (const _ of [1, 2]) t.notOk("key" in (await api("POST", DRAFTS, keyless)).body, "without keys they never clash");
  await act(named("updatePreviewable"));
  await act(named("publish", { certification: false }));
  await after(2_000);
  const deployment = { ...deploymentDraft, connector: { key: DRAFT_KEY, staged: true } };
  t.equal((await api("POST", `/${PROJECT}/deployments`, deployment)).status, 201);
  const before = await draft();
  t.equal((await api("DELETE", `${DRAFT}?version=1`)).status, 409);
  t.equal((await api("DELETE", `${DRAFT}?version=x`)).status, 400);
  const deleted = await api("DELETE", `${DRAFTS}/${String(before["id"])}?version=${Number(before["version"])}`);
  t.match([deleted.status, deleted.body], [200, { id: before["id"] }]);
  for (const path of [DRAFT, CONNECTOR, `/connectors/${String(before["id"])}`]) t.equal((await api("GET", path)).status, 404, path);
  t.equal((await api("DELETE", DRAFT)).status, 404);
  t.equal((await api("GET", `/${PROJECT}/deployments/key=${deploymentDraft.key}`)).status, 200);
  const again = await api("POST", DRAFTS, connectorDraft);
  t.match([again.status, again.body["version"]], [201, 1]);
  t.not(again.body["id"], before["id"]);
});
