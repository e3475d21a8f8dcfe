import { type ClientRequest, type ClientResponse, createApiClient } from "@commercetools-connect/sdk";
import { test } from "tap";
import { at, MIRROR, PROJECT, read, REGION, rows, startBoth } from "../helpers/gateway.ts";
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

test("the official SDK works through the gateway by its base address alone", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  const api = createApiClient(executor(tokenFor(`manage_project:${PROJECT}`)), `${gateway.url}${MIRROR}`);
  const drafts = api.connectors().drafts();
  const creator = { email: "it@orium.example" };
  const body = { key: "sdk-connector", name: "SDK", creator, repository: { url: REPOSITORY, tag: "v1.0.0" }, supportedRegions: [REGION] };
  const created = await drafts.post({ body }).execute();
  t.match([created.statusCode, created.body.status, created.body.configurations.length], [201, "Draft", 2]);
  const { id, version } = created.body;
  const asked = await drafts
    .withId({ ID: id })
    .post({ body: { version, actions: [{ action: "updatePreviewable" }] } })
    .execute();
  t.equal(asked.body.isPreviewable, "pending");
  emulator.advance(2_000);
  const draft = await drafts.withKey({ key: "sdk-connector" }).get().execute();
  t.match([draft.body.id, draft.body.isPreviewable], [id, "true"]);
  const listed = await drafts.get({ queryArgs: { limit: 1, sort: ["key asc", "name desc"], isPrivate: true } }).execute();
  t.match([listed.body.total, listed.body.results[0]?.id], [1, id]);

  const securedConfiguration = [{ key: "CTP_SCOPE", value: "very secret" }];
  const configurations = [{ applicationName: "service", standardConfiguration: [], securedConfiguration }];
  const deployments = api.withProjectKey({ projectKey: PROJECT }).deployments();
  const made = await deployments
    .post({ body: { key: "sdk-deployment", region: REGION, connector: { id, staged: true }, configurations } })
    .execute();
  t.match(
    [made.statusCode, made.body.status, made.body.applications[0]?.securedConfiguration],
    [201, "Deploying", [{ key: "CTP_SCOPE", value: "***" }]],
  );
  emulator.advance(4_000);
  const deployed = await deployments.withKey({ key: "sdk-deployment" }).get().execute();
  t.equal(deployed.body.status, "Deployed");
  t.equal((await deployments.get({ queryArgs: { deploymentType: "preview", limit: 0 } }).execute()).body.total, 1);
  const logs = await deployments
    .withId({ ID: deployed.body.id })
    .logs()
    .get({ queryArgs: { applicationName: "service" } })
    .execute();
  t.ok(rows(logs.body, "data").length > 0);
  const again = await deployments
    .withKey({ key: "sdk-deployment" })
    .post({ body: { version: deployed.body.version, actions: [{ action: "redeploy" }] } })
    .execute();
  t.match([again.statusCode, again.body.status], [201, "Deploying"]);
  emulator.advance(4_000);
  const removed = await deployments.withId({ ID: deployed.body.id }).delete().execute();
  t.match([removed.statusCode, at(removed.body, "status")], [202, "Undeploying"]);

  const found = await api
    .connectors()
    .search()
    .get({ queryArgs: { key: ["demo-shipping-connector", "other"], limit: 5 } })
    .execute();
  t.match(found.body.results, [{ certified: true }]);
  const connector = await api
    .connectors()
    .withId({ ID: found.body.results[0]?.id ?? "" })
    .get()
    .execute();
  t.equal(connector.body.key, "demo-shipping-connector");
  const missing: unknown = await api
    .connectors()
    .withKey({ key: "no-such-connector" })
    .get()
    .execute()
    .catch((error: unknown) => error);
  t.match(missing, { statusCode: 404, body: { errors: [{ code: "ResourceNotFound" }] } });
});
