import { newApplications } from "./deployment-input.ts";
import { DEFAULT_TIMINGS, deploySteps, settle } from "./lifecycle.ts";
import { snapshotOf } from "./references.ts";
import type { Fixture } from "./repositories.ts";
import { BLOOMREACH_URL, BLOOMREACH_YAML, BLOOMREACH_YAML_2 } from "./seed/bloomreach.ts";
import { SHIPPING_URL, SHIPPING_YAML } from "./seed/shipping.ts";
import type { Client, Project, State } from "./state.ts";
import type { Connector, Deployment } from "./types.ts";

/** The project, API Client and region that the emulator has when nothing else is asked for. None of it opens anything elsewhere. */
export const SEED = {
  region: "us-central1.gcp",
  projectKey: "composable-product-dev-sandbox",
  clientId: "emulator-client",
  clientSecret: "emulator-secret",
} as const;

export const SEED_PROJECTS: readonly Project[] = [{ projectKey: SEED.projectKey, region: SEED.region }];
export const SEED_CLIENTS: readonly Client[] = [
  {
    clientId: SEED.clientId,
    clientSecret: SEED.clientSecret,
    projectKey: SEED.projectKey,
    scopes: ["manage_project", "manage_api_clients"],
  },
];
export const SEED_FIXTURES: readonly Fixture[] = [
  { url: BLOOMREACH_URL, tag: "v1.0.0", connectYaml: BLOOMREACH_YAML },
  { url: BLOOMREACH_URL, tag: "v1.1.0", connectYaml: BLOOMREACH_YAML_2 },
  { url: SHIPPING_URL, tag: "v2.3.0", connectYaml: SHIPPING_YAML },
];

/** Publishes a certified connector and deploys it, so that a new emulator has something to show. */
export function seedDemo(state: State): void {
  if (!state.options.projects.some((project) => project.projectKey === SEED.projectKey)) return;
  const connector = publishedConnector(state, "demo-shipping-connector", "Shipping labels", "connect-demo-vendor");
  state.connectors.set(connector.id, connector);
  const deployment = deploymentOf(state, connector, "demo-shipping-deployment", SEED.projectKey);
  state.deployments.set(deployment.id, deployment);
}

/** Adds `connectors` published connectors and `deployments` finished deployments, spread over them in turn. */
export function seedMany(state: State, connectors: number, deployments: number, projectKey: string = SEED.projectKey): void {
  const first = seeded(state.connectors, "seeded-connector-");
  const made = Array.from({ length: connectors }, (_, at) =>
    publishedConnector(state, `seeded-connector-${first + at}`, `Seeded connector ${first + at}`, projectKey),
  );
  for (const connector of made) state.connectors.set(connector.id, connector);
  const targets = made.length > 0 ? made : [...state.connectors.values()];
  const next = seeded(state.deployments, "seeded-deployment-");
  for (let at = 0; at < deployments; at++) {
    const target = targets[at % targets.length];
    if (target === undefined) return;
    const deployment = deploymentOf(state, target, `seeded-deployment-${next + at}`, projectKey);
    state.deployments.set(deployment.id, deployment);
  }
}

/** The number after which the next seeded key has to go on. */
function seeded(rows: ReadonlyMap<string, { readonly key: string | undefined }>, prefix: string): number {
  const numbers = [...rows.values()].map(({ key = "" }) => (key.startsWith(prefix) ? Number(key.slice(prefix.length)) + 1 : 0));
  return numbers.filter((each) => Number.isSafeInteger(each)).reduce((highest, each) => Math.max(highest, each), 0);
}

function publishedConnector(state: State, key: string, name: string, owner: string): Connector {
  const repository = { url: SHIPPING_URL, tag: "v2.3.0" };
  return {
    id: state.newId(),
    key,
    name,
    owner,
    repository,
    version: 12,
    createdAt: state.now(),
    description: "Buys shipping labels and tells customers where their parcel is.",
    integrationTypes: ["shipping"],
    creator: { email: "connectors@example.com", name: "Demo Vendor", company: "Demo Vendor", noOfContributors: 3 },
    specification: state.repositories.read(repository.url, repository.tag),
    supportedRegions: [],
    documentationUrl: "https://docs.example.com/shipping",
    private: false,
    privateProjects: [],
    certified: true,
    listed: true,
  };
}

/** A deployment that has already arrived. */
function deploymentOf(state: State, connector: Connector, key: string, projectKey: string): Deployment {
  const took = DEFAULT_TIMINGS.deployMs;
  const began = state.now() - took;
  const { specification } = connector;
  const inputs = specification.configurations.map(({ applicationName, standardConfiguration, securedConfiguration }) => ({
    applicationName,
    standardConfiguration: standardConfiguration.map((each) => ({ key: each.key, value: each.default ?? "demo" })),
    securedConfiguration: securedConfiguration.map((each) => ({ key: each.key, value: "emulator-value" })),
  }));
  const region = state.options.projects.find((project) => project.projectKey === projectKey)?.region ?? SEED.region;
  const deployment: Deployment = {
    id: state.newId(),
    key,
    projectKey,
    deployedRegion: region,
    version: 1,
    createdAt: began,
    lastModifiedAt: began,
    type: "sandbox",
    status: "Deploying",
    build: undefined,
    connector: snapshotOf(connector),
    applications: newApplications(specification, inputs, state.newId),
    globalConfiguration: { standardConfiguration: [{ key: "CLOUD_IDENTIFIER", value: "gcp-us" }], securedConfiguration: [] },
    apiClient: { name: state.newId().replaceAll("-", "").slice(0, 24), scopes: [`manage_orders:${projectKey}`] },
    steps: deploySteps(began, { ...DEFAULT_TIMINGS, queuedMs: 0 }, "ok", false, state.newId()),
  };
  settle(deployment, began + took);
  return deployment;
}
