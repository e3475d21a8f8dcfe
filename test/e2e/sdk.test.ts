import {
  type ApiRoot,
  type ClientRequest,
  type ClientResponse,
  type ConnectorUpdateAction,
  createApiClient,
  type DeploymentUpdateAction,
} from "@commercetools-connect/sdk";
import { type Test, test } from "tap";
import { MIRROR, PROJECT, read, REGION, startBoth } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";
import { REPOSITORY } from "../helpers/tutorial.ts";

/** The executor that a user of the SDK writes: it fills the address in and sends the request. */
function executor(token: string) {
  return async ({
    baseUri = "",
    uriTemplate = "",
    pathVariables = {},
    queryParams = {},
    method,
    headers,
    body,
  }: ClientRequest): Promise<ClientResponse> => {
    const path = uriTemplate.replaceAll(/\{(\w+)\}/g, (_whole, name: string) => encodeURIComponent(String(pathVariables[name])));
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(queryParams))
      for (const item of [value].flat()) if (item !== undefined) query.append(name, String(item));
    const response = await fetch(`${baseUri}${path}${query.size > 0 ? `?${query.toString()}` : ""}`, {
      method,
      headers: { ...(headers as Record<string, string>), authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = await read(response);
    if (!response.ok) throw Object.assign(new Error("refused"), { statusCode: response.status, body: answer.body });
    return { body: answer.body, statusCode: response.status };
  };
}

type Advance = (ms: number) => void;
const KEY = "sdk-connector";

/** Creates, changes, reads and checks a draft; gives its id. */
async function draftSteps(t: Test, api: ApiRoot, advance: Advance): Promise<string> {
  const drafts = api.connectors().drafts();
  const creator = { email: "it@orium.example" };
  const body = { key: KEY, name: "SDK", creator, repository: { url: REPOSITORY, tag: "v1.0.0" }, supportedRegions: [REGION] };
  const created = await drafts.post({ body }).execute();
  t.match([created.statusCode, created.body.status, created.body.configurations.length], [201, "Draft", 2]);
  const { id, version } = created.body;
  const actions: ConnectorUpdateAction[] = [
    { action: "setName", name: "Renamed" },
    { action: "setRepository", tag: "v1.0.0" },
  ];
  const renamed = await drafts.withKey({ key: KEY }).post({ body: { version, actions } }).execute();
  t.match([renamed.statusCode, renamed.body.name, renamed.body.repository.url], [201, "Renamed", REPOSITORY]);
  const stale = await failure(drafts.withKey({ key: KEY }).post({ body: { version, actions } }));
  t.match(stale, { statusCode: 409, body: { errors: [{ code: "ConcurrentModification", currentVersion: renamed.body.version }] } });
  const asked = await drafts
    .withId({ ID: id })
    .post({ body: { version: renamed.body.version, actions: [{ action: "updatePreviewable" }] } })
    .execute();
  t.equal(asked.body.isPreviewable, "pending");
  advance(2_000);
  const byKey = await drafts.withKey({ key: KEY }).get().execute();
  t.match([byKey.body.id, byKey.body.isPreviewable], [id, "true"]);
  t.same((await drafts.withId({ ID: id }).get().execute()).body, byKey.body);
  const listed = await drafts.get({ queryArgs: { limit: 1, sort: ["key asc", "name desc"], isPrivate: true } }).execute();
  t.match([listed.body.total, listed.body.results[0]?.id], [1, id]);
  return id;
}

/** Makes a preview of the draft, reads it, deploys it again and deletes it. */
async function deploymentSteps(t: Test, api: ApiRoot, advance: Advance, id: string): Promise<void> {
  const securedConfiguration = [{ key: "CTP_SCOPE", value: "very secret" }];
  const configurations = [{ applicationName: "service", standardConfiguration: [], securedConfiguration }];
  const deployments = api.withProjectKey({ projectKey: PROJECT }).deployments();
  const byKey = deployments.withKey({ key: "sdk-deployment" });
  const body = { key: "sdk-deployment", region: REGION, connector: { id, staged: true }, configurations };
  const made = await deployments.post({ body }).execute();
  const masked = [{ key: "CTP_SCOPE", value: "***" }];
  t.match([made.statusCode, made.body.status, made.body.applications[0]?.securedConfiguration], [201, "Deploying", masked]);
  advance(4_000);
  const deployed = await byKey.get().execute();
  t.equal(deployed.body.status, "Deployed");
  const byId = deployments.withId({ ID: deployed.body.id });
  t.same((await byId.get().execute()).body, deployed.body);
  const listed = await deployments.get({ queryArgs: { deploymentType: "preview", sort: ["key desc"] } }).execute();
  t.match([listed.body.total, listed.body.results[0]?.id], [1, deployed.body.id]);

  advance(21_000);
  const queryArgs = { applicationName: "service", startDate: "2026-11-01T12:00:00.000Z" };
  const first = await byId.logs().get({ queryArgs }).execute();
  const second = await byKey
    .logs()
    .get({ queryArgs: { ...queryArgs, pageToken: first.body.next } })
    .execute();
  t.match([first.body.data.length, second.body.data.length, second.body.next], [20, 6, ""], "a page token survives both encodings");

  const configurationValues = [
    { applicationName: "service", standardConfiguration: [{ key: "CTP_REGION", value: REGION }], securedConfiguration: [] },
  ];
  const actions: DeploymentUpdateAction[] = [{ action: "redeploy", configurationValues, skipScripts: true }];
  const again = await byKey.post({ body: { version: deployed.body.version, actions } }).execute();
  t.match([again.statusCode, again.body.status, again.body.applications[0]?.securedConfiguration], [201, "Deploying", masked]);
  advance(4_000);
  const removed = await byId.delete().execute();
  t.match([removed.statusCode, removed.body.status], [202, "Undeploying"]);
  advance(2_000);
  t.match(await failure(byKey.get()), { statusCode: 404, body: { errors: [{ code: "ResourceNotFound" }] } });
}

/** Publishes the draft and finds the connector that comes of it. */
async function connectorSteps(t: Test, api: ApiRoot, advance: Advance, id: string): Promise<void> {
  const draft = api.connectors().drafts().withId({ ID: id });
  const { version } = (await draft.get().execute()).body;
  const publishing = await draft.post({ body: { version, actions: [{ action: "publish", certification: false }] } }).execute();
  t.equal(publishing.body.status, "Processing");
  advance(2_000);
  t.equal((await draft.get().execute()).body.status, "Published");
  t.equal((await api.connectors().withId({ ID: id }).get().execute()).body.key, KEY);
  t.equal((await api.connectors().withKey({ key: KEY }).get().execute()).body.id, id);
  const found = await api
    .connectors()
    .search()
    .get({ queryArgs: { key: ["demo-shipping-connector", "other"], limit: 5 } })
    .execute();
  t.match(found.body.results, [{ key: "demo-shipping-connector", certified: true }]);
  const missing = await failure(api.connectors().withKey({ key: "no-such-connector" }).get());
  t.match(missing, { statusCode: 404, body: { errors: [{ code: "ResourceNotFound" }] } });
}

/** What a request that must be refused throws. */
async function failure(request: { execute(): Promise<unknown> }): Promise<unknown> {
  return request.execute().then(
    () => new Error("it was not refused"),
    (error: unknown) => error,
  );
}

test("the official SDK works through the gateway by its base address alone", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  const api = createApiClient(executor(tokenFor(`manage_project:${PROJECT}`)), `${gateway.url}${MIRROR}`);
  const id = await draftSteps(t, api, emulator.advance);
  await deploymentSteps(t, api, emulator.advance, id);
  await connectorSteps(t, api, emulator.advance, id);
  t.notMatch(gateway.log(), /very secret/);
});
