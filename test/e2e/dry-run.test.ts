import { test } from "tap";
import { CANARY, leaks } from "../helpers/canary.ts";
import { type Answer, at, MIRROR, PROJECT, startBoth } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const DEMO = `${DEPLOYMENTS}/key=demo-shipping-deployment`;
const DRAFTS = `${MIRROR}/connectors/drafts`;
const codeOf = ({ status, body }: Answer): unknown[] => [status, at(body, "errors.0.code")];
const ifMatch = (version: number) => ({ headers: { "if-match": `"${version}"` } });

const secured = (value: string) => [{ applicationName: "labels", securedConfiguration: [{ key: "CARRIER_API_KEY", value }] }];
const draft = { connector: { key: "demo-shipping-connector" }, region: "europe-west1.gcp", configurations: secured(CANARY) };
const staged = {
  key: "dry",
  name: "n",
  creator: { email: "a@b.example", noOfDevelopers: 2 },
  repository: { url: "https://github.com/example/connect-shipping-labels.git", tag: "v2.3.0" },
};
const redeploy = (value: string) => ({ actions: [{ action: "redeploy", configurationValues: secured(value) }] });

test("a dry run tells what would be sent, and sends nothing that writes", async (t) => {
  const { gateway, emulator } = await startBoth(t);
  const { rest } = gateway;
  const version = Number((await rest("GET", DEMO)).body["version"]);
  const made = await rest("POST", DRAFTS, staged);
  const dry = `${DRAFTS}/${String(made.body["id"])}`;
  await emulator.control("DELETE", "journal");

  const create = await rest("POST", `${DEPLOYMENTS}?dryRun=true`, draft, { headers: { "idempotency-key": "dry" } });
  t.match([create.status, create.body], [200, { dryRun: true, method: "POST", path: `/${PROJECT}/deployments` }]);
  t.same(at(create.body, "body"), { ...draft, configurations: secured("***") });
  const update = await rest("POST", `${DEMO.replace("key=", "key%3D")}?dryRun=true&wait=5`, redeploy(CANARY));
  t.match(update.body, { method: "POST", path: `/${PROJECT}/deployments/key=demo-shipping-deployment`, body: { version } });
  t.same(at(update.body, "body.actions"), redeploy("***").actions);
  const undeploy = await rest("DELETE", `${DEMO}?dryRun=true&version=${version}`);
  t.same(
    [undeploy.status, undeploy.body],
    [200, { dryRun: true, method: "DELETE", path: `/${PROJECT}/deployments/key=demo-shipping-deployment` }],
  );
  const another = await rest("POST", `${DRAFTS}?dryRun=true`, { ...staged, key: "another" });
  t.same(at(another.body, "body.creator"), { email: "a@b.example", noOfContributors: 2 }, "as it would be sent");
  t.match(another.headers.get("warning"), /noOfDevelopers/);
  const change = await rest("POST", `${dry}?dryRun=true`, { actions: [{ action: "setName", name: "other" }] }, ifMatch(1));
  t.match([change.status, change.body], [200, { body: { version: 1, actions: [{ action: "setName", name: "other" }] } }]);
  t.equal((await rest("DELETE", `${dry}?dryRun=true`)).body["method"], "DELETE");
  t.same([...new Set((await emulator.journal()).map((entry) => entry["method"]))], ["GET"]);

  const refused = [
    await rest("POST", `${DEPLOYMENTS}?dryRun=true`, { ...draft, configurations: secured("***") }),
    await rest("POST", `${DEPLOYMENTS}?dryRun=true`, { ...draft, nonsense: 1 }),
    await rest("POST", `${DEMO}?dryRun=true`, { version: version + 1, ...redeploy("x") }),
    await rest("POST", `${DEMO}?dryRun=true`, redeploy("x"), ifMatch(version + 1)),
    await rest("POST", `${DEMO}?dryRun=true`, redeploy("*")),
    await rest("DELETE", `${DEMO}?dryRun=true`, undefined, ifMatch(version + 1)),
    await rest("DELETE", `${DEPLOYMENTS}/key=nothing?dryRun=true`),
    await rest("DELETE", `${dry}?dryRun=true&version=7`),
    await rest("POST", `${DEMO}?dryRun=true`, redeploy("x"), { token: tokenFor(`view_connectors_deployments:${PROJECT}`) }),
    await rest("DELETE", `${dry}?dryRun=true`, undefined, { token: tokenFor(`view_connectors:${PROJECT}`) }),
    await rest("POST", `${DEPLOYMENTS}?dryRun=yes`, draft),
  ];
  t.same(refused.map(codeOf), [
    [400, "MaskedValue"],
    [400, "InvalidJsonInput"],
    [409, "ConcurrentModification"],
    [412, "PreconditionFailed"],
    [400, "MaskedValue"],
    [412, "PreconditionFailed"],
    [404, "ResourceNotFound"],
    [409, "ConcurrentModification"],
    [403, "AuthorizationError"],
    [403, "AuthorizationError"],
    [400, "InvalidQueryParam"],
  ]);
  t.same([...new Set((await emulator.journal()).map((entry) => entry["method"]))], ["GET"]);
  t.same(leaks([gateway.log(), create.text, update.text].join("")), []);

  t.equal((await rest("POST", DEMO, { actions: [{ action: "redeploy" }] })).status, 201);
  t.same(codeOf(await rest("POST", `${DEMO}?dryRun=true`, redeploy("x"))), [400, "DeploymentInvalidStatusTransition"], "it is busy now");
});
