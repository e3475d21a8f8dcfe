import { test } from "tap";
import { parseSpecification } from "../../src/emulator/specification.ts";
import { BLOOMREACH_YAML } from "../../src/emulator/seed/bloomreach.ts";
import { SHIPPING_YAML } from "../../src/emulator/seed/shipping.ts";

const service = (more: object = {}) => ({ name: "service", applicationType: "service", endpoint: "/service", ...more });
const file = (...deployAs: object[]) => JSON.stringify({ deployAs });
const keys = (...names: string[]) => ({ configuration: { standardConfiguration: names.map((key) => ({ key, description: "d" })) } });
const center = (more: object) => ({ name: "app", applicationType: "merchant-center-custom-application", configuration: more });
const required = (key: string) => ({ key, description: "d", required: true });
const APP_KEYS = [required("CUSTOM_APPLICATION_ID"), required("ENTRY_POINT_URI_PATH")];

test("what a connect.yaml gives", (t) => {
  const tutorial = parseSpecification(BLOOMREACH_YAML);
  t.match(tutorial.configurations, [
    { applicationName: "service", applicationType: "service" },
    { applicationName: "event", applicationType: "event" },
  ]);
  t.equal(tutorial.configurations[0]?.securedConfiguration.length, 9);
  const demo = parseSpecification(SHIPPING_YAML);
  t.equal(demo.configurations.length, 5);
  t.match(demo.globalConfiguration, { standardConfiguration: [{ key: "CLOUD_IDENTIFIER", required: true }], securedConfiguration: [] });
  t.same(demo.apiClient, { scopes: ["manage_orders"] });
  t.match(demo.applications.get("tracking-sync"), { schedule: "*/15 * * * *" });
  const alias = parseSpecification(
    file({ ...center({ standardConfiguration: [...APP_KEYS, required("CLOUD_IDENTIFIER")] }), applicationType: "mc-app" }),
  );
  t.equal(alias.configurations[0]?.applicationType, "merchant-center-custom-application");
  t.equal(parseSpecification(file({ name: "new", applicationType: "hologram" })).configurations[0]?.applicationType, "unknown");
  for (const schedule of ["@daily", "@every 5m", "0 0 * * *", "0 0 0 * * * 2030"])
    parseSpecification(file({ name: "job", applicationType: "job", endpoint: "j", properties: { schedule } }));
  t.end();
});

test("every rule of connect.yaml can be broken", (t) => {
  const cases: readonly (readonly [rule: RegExp, text: string])[] = [
    [/not valid YAML/, "deployAs: ["],
    [/deployAs/, "{}"],
    [/deployAs/, file()],
    [/\/deployAs\/0/, file({ name: "a", applicationType: "service", endpoint: "e" })],
    [/the application name service stands twice/, file(service(), service())],
    [/\/deployAs\/0.*endpoint/, file({ name: "service", applicationType: "service" })],
    [/endpoint/, file(service({ endpoint: "//x" }))],
    [/endpoint/, file(service({ endpoint: "a b" }))],
    [/schedule/, file({ name: "job", applicationType: "job", endpoint: "j", properties: { schedule: "daily" } })],
    [/properties/, file({ name: "job", applicationType: "job", endpoint: "j" })],
    [/postDeploy/, file(service({ scripts: { postDeploy: " " } }))],
    [/is not a known field/, file(service({ colour: "red" }))],
    [/is not a known field/, file({ name: "assets", applicationType: "assets", scripts: {} })],
    [/description/, file(service({ configuration: { standardConfiguration: [{ key: "AA", description: "" }] } }))],
    [/default/, file(service({ configuration: { securedConfiguration: [{ key: "AA", description: "d", default: "x" }] } }))],
    [/key/, file(service(keys("A-B")))],
    [/the key k_service is reserved/, file(service(keys("k_service")))],
    [/the key TWICE is defined twice/, file(service(keys("TWICE", "TWICE")))],
    [/the key SHARED is defined twice/, JSON.stringify({ deployAs: [service(keys("SHARED"))], inheritAs: keys("SHARED") })],
    [/scopes/, JSON.stringify({ deployAs: [service()], inheritAs: { apiClient: { scopes: [] } } })],
    [/must require the standard key ENTRY_POINT_URI_PATH/, file(center({ standardConfiguration: [required("CUSTOM_APPLICATION_ID")] }))],
    [/app needs CLOUD_IDENTIFIER/, file(center({ standardConfiguration: APP_KEYS }))],
    [
      /must not have secured keys/,
      file(
        center({
          standardConfiguration: [...APP_KEYS, required("CLOUD_IDENTIFIER")],
          securedConfiguration: [{ key: "AA", description: "d" }],
        }),
      ),
    ],
    [/must require the standard key CUSTOM_VIEW_ID/, file({ name: "view", applicationType: "merchant-center-custom-view" })],
    [/healthCheck/, file(service({ healthCheck: { path: "/h", intervalSeconds: 21 } }))],
    [/retryPolicy/, file({ name: "event", applicationType: "event", endpoint: "e", retryPolicy: { strategy: "never" } })],
  ];
  for (const [rule, text] of cases) t.throws(() => parseSpecification(text), { message: rule }, text);
  t.end();
});
