import { test } from "tap";
import { at, MIRROR, PROJECT, rows, startBoth } from "../helpers/gateway.ts";
import { CANARY, connectorDraft, DEPLOYMENT_KEY, deploymentDraft, DRAFT_KEY, REPOSITORY } from "../helpers/tutorial.ts";

const DRAFT = `${MIRROR}/connectors/drafts/key=${DRAFT_KEY}`;
const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const DEPLOYMENT = `${DEPLOYMENTS}/key=${DEPLOYMENT_KEY}`;

test("the tutorial, from the draft to the second publication, over REST", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  const { rest } = gateway;
  const act = (version: number, ...actions: object[]) => rest("POST", DRAFT, { version, actions });

  const created = await rest("POST", `${MIRROR}/connectors/drafts`, connectorDraft);
  t.equal(created.status, 201);
  t.match(created.body, { version: 1, status: "Draft", isPreviewable: "none", private: true, alreadyListed: false, hasChanges: true });
  t.equal(at(created.body, "creator.noOfContributors"), 10, "the old name reached upstream as the new one");
  t.match(created.headers.get("warning") ?? "", /noOfContributors/);

  const asked = await act(1, { action: "updatePreviewable" });
  t.match([asked.status, asked.body["isPreviewable"]], [201, "pending"]);
  emulator.advance(2_000);
  const previewable = await rest("GET", DRAFT);
  t.match(previewable.body, { version: 7, isPreviewable: "true", status: "Draft" });
  t.equal(rows(previewable.body, "previewableReport.entries").length, 3);
  t.same(
    rows(previewable.body, "configurations")
      .map((each) => String(each["applicationName"]))
      .toSorted(),
    ["event", "service"],
  );

  const deployed = await rest("POST", DEPLOYMENTS, deploymentDraft);
  t.match([deployed.status, deployed.body["status"], deployed.body["type"], deployed.body["preview"]], [201, "Deploying", "preview", true]);
  t.same(deployed.body["details"], {});
  const values = rows(deployed.body, "applications").flatMap((each) => rows(each, "securedConfiguration"));
  t.equal(values.length, 18);
  t.ok(
    values.every((each) => each["value"] === "***"),
    "every secured value reads ***, whatever its length",
  );
  const direct = await emulator.api("GET", `/${PROJECT}/deployments/key=${DEPLOYMENT_KEY}`);
  t.match(direct.text, /"\*{5}"/, "upstream's own mask tells the length of en-US, the gateway's does not");
  emulator.advance(4_000);
  const running = await rest("GET", DEPLOYMENT);
  t.match(running.body, { status: "Deployed", version: 11 });
  t.match(String(rows(running.body, "applications").find((each) => each["applicationName"] === "service")?.["url"]), /^https:\/\//);

  const stale = await act(1, { action: "publish", certification: true });
  t.match(
    [stale.status, at(stale.body, "errors.0")],
    [409, { code: "ConcurrentModification", currentVersion: 7 }],
    "the tutorial's version is stale",
  );
  const published = await rest("POST", DRAFT, { actions: [{ action: "publish", certification: true }] });
  t.match([published.status, published.body["status"]], [201, "Processing"], "without a version the gateway reads it");
  const locked = await rest("POST", DRAFT, { actions: [{ action: "setName", name: "Another" }] });
  t.equal(locked.status, 409);
  emulator.advance(4_000);
  const reviewed = await rest("GET", DRAFT);
  t.equal(reviewed.body["status"], "InCertification");
  t.match(rows(reviewed.body, "certificationInfo.comments"), [{ userId: "connect-review", comment: /scopes/ }]);
  const answered = await act(Number(reviewed.body["version"]), {
    action: "addCertificationComment",
    comment: "view_orders, to read orders.",
  });
  t.match(at(answered.body, "certificationInfo.comments.1"), { userId: PROJECT, comment: /view_orders/ });
  emulator.advance(6_000);
  t.match((await rest("GET", DRAFT)).body, { status: "Published", alreadyListed: true, hasChanges: false, private: false });
  const found = await rest("GET", `${MIRROR}/connectors/search?key=${DRAFT_KEY}&text=bloomreach`);
  t.match([found.body["total"], at(found.body, "results.0.certified")], [1, true]);

  const tagged = await rest("POST", DRAFT, { actions: [{ action: "setRepository", url: REPOSITORY, tag: "v1.1.0" }] });
  t.match(tagged.body, { hasChanges: true, isPreviewable: "none", repository: { tag: "v1.1.0" } });
  await rest("POST", DRAFT, { actions: [{ action: "publish", certification: true }] });
  emulator.advance(20_000);
  t.match((await rest("GET", `${MIRROR}/connectors/key=${DRAFT_KEY}`)).body, { repository: { tag: "v1.1.0" }, certified: true });

  const list = await rest("GET", `${DEPLOYMENTS}?limit=1&sort=key+desc`);
  t.match(list.body, { limit: 1, offset: 0, count: 1, total: 2, results: [{ key: DEPLOYMENT_KEY }] });
  const again = await rest("POST", DEPLOYMENT, { actions: [{ action: "redeploy", skipScripts: true }] });
  t.match([again.status, again.body["status"]], [201, "Deploying"]);
  const busy = await rest("POST", DEPLOYMENT, { actions: [{ action: "redeploy" }] });
  t.match([busy.status, at(busy.body, "errors.0.code")], [400, "DeploymentInvalidStatusTransition"]);
  emulator.advance(4_000);
  const undeployed = await rest("DELETE", DEPLOYMENT);
  t.match(
    [undeployed.status, undeployed.body["status"]],
    [202, "Undeploying"],
    "with a JSON content type and no body, as the CLI sends it",
  );
  emulator.advance(2_000);
  t.equal((await rest("GET", DEPLOYMENT)).status, 404);

  t.notMatch(gateway.log(), new RegExp(CANARY), "no secret in the log");
});
