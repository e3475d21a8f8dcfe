import { readFileSync } from "node:fs";
import { test } from "tap";
import { type Answer, at, type Json, PROJECT, startTestEmulator, type TestEmulator } from "../helpers/gateway.ts";
import { connectorDraft, deploymentDraft, DRAFT_KEY, REPOSITORY } from "../helpers/tutorial.ts";

const DRAFT = `/connectors/drafts/key=${DRAFT_KEY}`;
const DEPLOYMENTS = `/${PROJECT}/deployments`;
const DEMO = `${DEPLOYMENTS}/key=demo-shipping-deployment`;
const LOGS = `${DEMO}/logs`;
const demo = { region: "us-central1.gcp", connector: { key: "demo-shipping-connector" }, configurations: [{ applicationName: "labels" }] };
const cloud = { standardConfiguration: [{ key: "CLOUD_IDENTIFIER", value: "gcp-us" }] };
const staged = { ...deploymentDraft, connector: { key: DRAFT_KEY, staged: true } };
const { errors } = JSON.parse(readFileSync(new URL("../fixtures/connect-facts.json", import.meta.url), "utf8")) as {
  errors: Record<string, string[]>;
};

type Step = (emulator: TestEmulator) => Promise<Answer>;
const post =
  (path: string, body: unknown): Step =>
  ({ api }) =>
    api("POST", path, body);
const get =
  (path: string): Step =>
  ({ api }) =>
    api("GET", path);
const act =
  (...actions: object[]): Step =>
  async ({ api }) =>
    api("POST", DRAFT, { version: (await api("GET", DRAFT)).body["version"], actions });
const redeploy =
  (action: object): Step =>
  async ({ api }) =>
    api("POST", DEMO, { version: (await api("GET", DEMO)).body["version"], actions: [{ action: "redeploy", ...action }] });
const advance =
  (ms: number): Step =>
  async ({ advance: move, api }) => (move(ms), api("GET", DEMO));
const fixture =
  (body: object): Step =>
  ({ control }) =>
    control("PUT", "fixtures", body);
const withRepository = (tag: string) => ({ ...connectorDraft, key: "other", repository: { url: REPOSITORY, tag } });
const create = post("/connectors/drafts", connectorDraft);
const preview = act({ action: "updatePreviewable" });
const previewed = [create, preview, advance(2_000)];

/** Every documented code: what leads to it, and the request that gets it. */
const CASES: readonly (readonly [code: string, status: number, ...steps: Step[]])[] = [
  ["InvalidJsonInput", 400, post(DEPLOYMENTS, "{")],
  ["InvalidJsonInput", 400, post(DEPLOYMENTS, { region: 7 })],
  ["InvalidJsonInput", 400, create, act({ action: "triggerCertification" })],
  ["InvalidPathParam", 400, get(`${DEPLOYMENTS}/not-a-uuid`)],
  ["InvalidQueryParam", 400, get(`${DEPLOYMENTS}?limit=501`)],
  ["InvalidQueryParam", 400, get(`${DEPLOYMENTS}?offset=-1`)],
  ["DuplicateField", 400, create, create],
  ["DuplicateField", 400, post(DEPLOYMENTS, { ...demo, key: "demo-shipping-deployment", globalConfiguration: cloud })],
  ["FieldValueNotFound", 400, create, act({ action: "removePrivateProject", privateProject: "us-central1.gcp:nobody" })],
  ["ResourceNotFound", 404, get(`${DEPLOYMENTS}/key=none`)],
  ["ConcurrentModification", 409, create, post(DRAFT, { version: 9, actions: [] })],
  ["ConnectorStagedProcessing", 409, create, act({ action: "publish", certification: false }), act({ action: "setName", name: "x" })],
  ["ConnectorStagedNotPreviewable", 400, create, post(DEPLOYMENTS, staged)],
  [
    "ConnectorStagedNotPrivate",
    400,
    create,
    act({ action: "publish", certification: true }),
    advance(20_000),
    act({ action: "addPrivateProject", privateProject: "us-central1.gcp:pp" }),
  ],
  ["ConnectorStagedPreviewRequestUnderProcess", 400, create, preview, preview],
  [
    "ConnectorStagedInCertification",
    400,
    create,
    act({ action: "publish", certification: true }),
    advance(4_000),
    act({ action: "publish", certification: true }),
  ],
  [
    "ConnectorAlreadyCertified",
    400,
    create,
    act({ action: "publish", certification: true }),
    advance(20_000),
    act({ action: "publish", certification: true }),
  ],
  ["ConnectorReferenceNotFound", 400, post(DEPLOYMENTS, { ...demo, connector: { key: "none" } })],
  ["ConnectorReferenceNotFound", 400, post(DEPLOYMENTS, { ...demo, connector: { key: "demo-shipping-connector", version: 1 } })],
  ["GitRepositoryNotReachable", 400, post("/connectors/drafts", withRepository("v9"))],
  [
    "GitRepositoryNotReachable",
    400,
    fixture({ url: REPOSITORY, tag: "v2", unreachable: true }),
    post("/connectors/drafts", withRepository("v2")),
  ],
  [
    "ConnectorSpecificationFileNotFound",
    400,
    fixture({ url: REPOSITORY, tag: "v2", missing: true }),
    post("/connectors/drafts", withRepository("v2")),
  ],
  [
    "ConnectorSpecificationFileNotValid",
    400,
    create,
    fixture({ url: REPOSITORY, tag: "v2", connectYaml: "deployAs: []" }),
    act({ action: "setRepository", tag: "v2" }),
  ],
  ["DeploymentUnsupportedRegion", 400, post(DEPLOYMENTS, { ...demo, region: "mars.gcp" })],
  ["DeploymentInvalidType", 400, post(DEPLOYMENTS, { ...demo, type: "preview" })],
  ["DeploymentInvalidType", 400, ...previewed, post(DEPLOYMENTS, { ...staged, type: "sandbox" })],
  ["DeploymentProductionDeactivated", 400, post(DEPLOYMENTS, { ...demo, type: "production" })],
  ["DeploymentUnknownApplicationConfiguration", 400, post(DEPLOYMENTS, { ...demo, configurations: [{ applicationName: "none" }] })],
  [
    "DeploymentUnknownApplicationConfigurationKey",
    400,
    post(DEPLOYMENTS, { ...demo, configurations: [{ applicationName: "labels", securedConfiguration: [{ key: "NONE", value: "x" }] }] }),
  ],
  ["DeploymentMissingGlobalConfigurationKey", 400, post(DEPLOYMENTS, demo)],
  [
    "DeploymentUnknownGlobalConfigurationKey",
    400,
    redeploy({ globalConfiguration: { securedConfiguration: [{ key: "NONE", value: "x" }] } }),
  ],
  [
    "DeploymentEmptyRequiredGlobalConfigurationKey",
    400,
    post(DEPLOYMENTS, { ...demo, globalConfiguration: { standardConfiguration: [{ key: "CLOUD_IDENTIFIER", value: "" }] } }),
  ],
  ["DeploymentApplicationRequired", 400, post(DEPLOYMENTS, { ...demo, configurations: [], globalConfiguration: cloud })],
  [
    "DeploymentApplicationDoNotBelong",
    400,
    post(DEPLOYMENTS, { ...demo, key: "half", globalConfiguration: cloud }),
    advance(4_000),
    ({ api }) =>
      api("POST", `${DEPLOYMENTS}/key=half`, {
        version: 11,
        actions: [{ action: "redeploy", configurationValues: [{ applicationName: "order-events" }] }],
      }),
  ],
  ["DeploymentInvalidStatusTransition", 400, redeploy({}), redeploy({})],
  [
    "DeploymentConnectorUpdateFailure",
    400,
    ...previewed,
    post(DEPLOYMENTS, staged),
    advance(4_000),
    act({ action: "setRepository", tag: "v1.1.0" }),
    ({ api }) =>
      api("POST", `${DEPLOYMENTS}/key=${deploymentDraft.key}`, { version: 11, actions: [{ action: "redeploy", updateConnector: true }] }),
  ],
  [
    "DeploymentInvalidRetryPolicy",
    400,
    redeploy({
      configurationValues: [
        { applicationName: "order-events", retryPolicy: { strategy: "exponential-backoff", minBackoffSeconds: 9, maxBackoffSeconds: 1 } },
      ],
    }),
  ],
  [
    "DeploymentRetryPolicyOverrideNotAllowed",
    400,
    redeploy({ configurationValues: [{ applicationName: "labels", retryPolicy: { strategy: "immediate" } }] }),
  ],
  ["DeploymentApplicationDoesNotExist", 400, get(`${LOGS}?applicationName=none`)],
  ["DeploymentLogInvalidDate", 400, get(`${LOGS}?startDate=yesterday`)],
  ["DeploymentLogInvalidPageToken", 400, get(`${LOGS}?pageToken=none`)],
  [
    "DeploymentLogMissingApplicationName",
    400,
    post(DEPLOYMENTS, { ...demo, key: "aws", region: "us-east-2.aws", globalConfiguration: cloud }),
    get(`${DEPLOYMENTS}/key=aws/logs`),
  ],
];

/** Codes that are documented but reached in other ways: by the auth tests and by faults. */
const ELSEWHERE = ["AuthenticationError", "AuthorizationError", "BadGateway", "General"];

test("every documented error can be had, with its status and its fields", async (t) => {
  for (const [code, status, ...steps] of CASES) {
    const emulator = await startTestEmulator(t);
    let last: Answer | undefined;
    for (const step of steps) last = await step(emulator);
    const body: Json = last?.body ?? {};
    t.match([last?.status, body["statusCode"], at(body, "errors.0.code")], [status, status, code], `${code} ${String(body["message"])}`);
    t.equal(body["message"], at(body, "errors.0.message"));
    for (const field of errors[code] ?? [])
      t.ok(field.endsWith("?") || at(body, `errors.0.${field}`) !== undefined, `${code} carries ${field}`);
  }
  const reached = new Set(CASES.map(([code]) => code));
  t.same(
    Object.keys(errors).filter((code) => !reached.has(code)),
    ELSEWHERE,
  );
});
