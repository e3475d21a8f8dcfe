import { test } from "tap";
import { createBudget } from "../../src/watch/budget.ts";
import { diff } from "../../src/watch/diff.ts";
import type { ConnectorStagedState, DeploymentState } from "../../src/watch/states.ts";

const deployment: DeploymentState = {
  typeId: "deployment",
  id: "1",
  key: "k",
  version: 5,
  status: "Deployed",
  type: "sandbox",
  connector: { id: "c", version: 1 },
  report: { errors: 0, warnings: 0 },
  applications: [],
};
const draft: ConnectorStagedState = {
  typeId: "connectorStaged",
  id: "2",
  key: null,
  version: 3,
  status: "Draft",
  isPreviewable: "none",
  comments: 0,
  tag: "v1",
};

test("what changed between two looks", (t) => {
  const types = (...args: Parameters<typeof diff>) =>
    diff(...args).map(({ type, previous, current, outcome }) => [type, previous, current, outcome]);
  t.same(types(undefined, undefined), []);
  t.same(types(undefined, deployment), [["deployment.created", null, "Deployed", null]]);
  t.same(types(deployment, undefined), [["deployment.deleted", "Deployed", null, null]]);
  t.same(types({ ...deployment, status: "Undeploying" }, undefined), [["deployment.deleted", "Undeploying", null, "succeeded"]]);
  t.same(types(deployment, deployment), []);
  t.same(types(deployment, { ...deployment, version: 4, status: "Failed" }), [], "an older version is no news");
  t.same(types(deployment, { ...deployment, version: 9 }), [["deployment.updated", 5, 9, null]], "there and back again is not silence");
  const moving = { ...deployment, status: "Deploying" };
  t.same(types(moving, { ...moving, version: 9 }), [], "under way, versions rise by themselves");
  const again = { ...moving, version: 9, connector: { id: "c", version: 2 } };
  t.match(diff(moving, again), [{ type: "deployment.updated", previous: 5, current: 9, coalesced: true }], "but not the connector's");
  const report = { ...moving, version: 9, report: { errors: 0, warnings: 1 }, applications: [{ applicationName: "a", url: "u" }] };
  t.same(types(moving, report), [], "reports and addresses come by themselves as well");
  for (const [status, report, outcome] of [
    ["Deployed", { errors: 0, warnings: 0 }, "succeeded"],
    ["Deployed", { errors: 0, warnings: 1 }, "succeededWithWarnings"],
    ["Failed", { errors: 1, warnings: 0 }, "failed"],
    ["UndeployFailed", { errors: 0, warnings: 0 }, "failed"],
    ["Undeploying", { errors: 0, warnings: 0 }, null],
    ["Hibernating", { errors: 0, warnings: 0 }, null],
  ] as const)
    t.same(types(moving, { ...moving, version: 6, status, report }), [["deployment.status_changed", "Deploying", status, outcome]]);
  t.same(types(draft, { ...draft, version: 4, status: "InCertification", isPreviewable: "true", comments: 1 }), [
    ["connector_staged.status_changed", "Draft", "InCertification", null],
    ["connector_staged.previewable_changed", "none", "true", "succeeded"],
    ["connector_staged.certification_comment_added", 0, 1, null],
  ]);
  t.same(types(draft, { ...draft, version: 4, tag: "v2" }), [["connector_staged.updated", 3, 4, null]]);
  t.end();
});

test("a budget gives a second's worth at once, then one place after another", async (t) => {
  const never = new AbortController().signal;
  let now = 0;
  const budget = createBudget(2, () => now);
  await budget.take(never);
  await budget.take(never);
  const leaving = new AbortController();
  const third = budget.take(leaving.signal);
  const waited = await Promise.race([third.then(() => "went"), new Promise((resolve) => void setImmediate(resolve, "waits"))]);
  t.equal(waited, "waits");
  leaving.abort();
  await third;
  now += 1_500;
  const later = await Promise.race([
    budget.take(never).then(() => "went"),
    new Promise((resolve) => void setImmediate(() => setImmediate(resolve, "waits"))),
  ]);
  t.equal(later, "went", "with time there are places again");
});
