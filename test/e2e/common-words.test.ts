import { test } from "tap";
import { type Answer, at, MIRROR, PROJECT, REGION, startBoth } from "../helpers/gateway.ts";
import { DEPLOYMENT_KEY, deploymentDraft } from "../helpers/tutorial.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const DEMO = `${DEPLOYMENTS}/key=demo-shipping-deployment`;
const codeOf = ({ status, body }: Answer): unknown[] => [status, at(body, "errors.0.code")];
const redeploy = { actions: [{ action: "redeploy" }] };

/** Words of the vocabulary and of the log, and what names a project. */
const WORDS =
  "Warning Error Concurrent Status Resource NotFound Deploy Invalid code message type entries createdAt data next details 2026- INFO level time msg GET route";

test("secured values that are common words change nothing of what programs go by", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  const { rest, graphql } = gateway;
  const fault = async (body: object, more: object = {}): Promise<void> => {
    await emulator.control("DELETE", "faults");
    await emulator.control("POST", "faults", { kind: "status", times: 1, match: { path: "/deployments" }, body, ...more });
  };
  const refusal = (status: number, code: string, more: object = {}) => ({
    statusCode: status,
    message: `${code} Warning`,
    errors: [{ code, message: `${code} Warning`, ...more }],
  });
  const values = [...WORDS.split(" "), PROJECT, REGION];
  const securedConfiguration = values.map((value, place) => ({ key: `K${place}`, value }));
  const draft = { ...deploymentDraft, configurations: [{ applicationName: "event", securedConfiguration }] };
  const taught = await rest("POST", DEPLOYMENTS, draft);
  t.equal(taught.status, 400, "the emulator knows no such keys, and heard them all");

  await t.test("not the codes of errors, nor what hangs on them", async (t) => {
    await fault(refusal(404, "ResourceNotFound"), { status: 404 });
    t.same(codeOf(await rest("GET", DEMO)), [404, "ResourceNotFound"]);
    const conflict = refusal(409, "ConcurrentModification", { currentVersion: 7, field: "message", Warning: true });
    await fault(conflict, { status: 409, match: { method: "POST", path: "/deployments" } });
    const told = await rest("POST", DEMO, { version: 3, ...redeploy });
    t.match(told.body, {
      errors: [{ code: "ConcurrentModification", currentVersion: 7, field: "message", message: "***Modification ***", "***": true }],
    });
    await fault(conflict, { status: 409, match: { method: "POST", path: "/deployments" } });
    t.equal((await rest("POST", DEMO, redeploy)).status, 201, "a conflict of a write without a version is tried again");
    const busy = { headers: { "idempotency-key": "busy" } };
    emulator.advance(10_000);
    await fault(refusal(400, "DeploymentInvalidStatusTransition"), { status: 400, match: { method: "POST", path: "/deployments" } });
    t.same(codeOf(await rest("POST", DEMO, redeploy, busy)), [400, "DeploymentInvalidStatusTransition"]);
    t.equal((await rest("POST", DEMO, redeploy, busy)).status, 201, "what was refused for the moment is not kept");
  });

  await t.test("not the words and times of reports and log lines, nor the token of the next page", async (t) => {
    const createdAt = "2026-01-01T00:00:00.000Z";
    const entries = [{ type: "Warning", title: "a Warning", message: "m", application: "event", createdAt }];
    const deployment = JSON.parse((await rest("GET", DEMO)).text) as object;
    await fault({ ...deployment, details: { build: { id: "b", report: { entries } } } }, { status: 200, times: 2 });
    const shown = [{ ...entries[0], title: "a ***" }];
    t.match((await rest("GET", DEMO)).body, { details: { build: { report: { entries: shown } } } });
    const { body } = await graphql(
      '{ deployment(key: "demo-shipping-deployment") { details { build { report { entries { type title createdAt } } } } } }',
    );
    t.match(at(body, "data.deployment.details.build.report.entries.0"), { type: "Warning", title: "a ***", createdAt });
    const details = { message: "INFO", type: "Warning" };
    const line = {
      type: "APPLICATION_TEXT",
      deploymentId: "11111111-1111-4111-8111-111111111111",
      applicationName: "event",
      severity: "INFO",
      timestamp: createdAt,
    };
    const next = `Warning ${PROJECT}`;
    await fault({ data: [{ ...line, details }], next }, { status: 200 });
    const logs = await rest("GET", `${DEMO}/logs`);
    t.same(logs.body, { data: [{ ...line, details: { message: "***", type: "***" } }], next });
  });

  await t.test("not the log", (t) => {
    const lines = gateway.log().trimEnd().split("\n");
    for (const line of lines) t.match(JSON.parse(line), { level: /^[a-z]+$/, time: /^\d{4}-\d\d-\d\dT/, msg: /./ });
    const last = lines.filter((line) => line.includes('"upstream"')).at(-1) ?? "";
    const upstream = { method: "GET", operation: "deployments.logs", region: REGION, projectKey: PROJECT, outcome: "ok" };
    t.match(JSON.parse(last), { upstream });
    t.end();
  });
  t.notMatch((await rest("GET", `${DEPLOYMENTS}/key=${DEPLOYMENT_KEY}`)).text, /Warning/);
});
