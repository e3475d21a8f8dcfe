import type { FastifyInstance } from "fastify";
import { type ApplicationInput, type ConfigurationInput } from "./deployment-input.ts";
import { changedApplications, changedGlobalConfiguration, newApplications, newGlobalConfiguration } from "./deployment-input.ts";
import { checkVersion } from "./drafts.ts";
import { fail } from "./errors.ts";
import { type Action, DEPLOYMENT_ACTIONS, DeploymentBody, readBody, readUpdate } from "./input.ts";
import { begin, deploySteps, undeploySteps } from "./lifecycle.ts";
import { authorize, holds } from "./oauth.ts";
import { createPrinter } from "./print.ts";
import { byIntegrationTypes, deploymentType, find, page, type Query } from "./query.ts";
import { checkRegion, checkType, type Reference, resolveConnector, snapshotOf } from "./references.ts";
import type { State, Token } from "./state.ts";
import type { Deployment } from "./types.ts";

type DeploymentInput = {
  key?: string;
  type?: string;
  connector: Reference;
  configurations: ApplicationInput[];
  globalConfiguration?: ConfigurationInput;
  region: string;
};
type Project = { Params: { projectKey: string }; Querystring: Query };
type Segment = { Params: { projectKey: string; ref: string }; Querystring: Query };

/** Adds endpoints 12 to 19: deployments of the project in the path. */
export function registerDeployments(app: FastifyInstance, state: State): void {
  const print = createPrinter(state.options.legacy).deployment;
  const inProject = (projectKey: string) => (row: Deployment) => row.projectKey === projectKey;

  app.post<Project>("/:projectKey/deployments", async (request, reply) => {
    const { projectKey } = request.params;
    const token = authorize(state, request, "manage_connectors_deployments", projectKey);
    const deployment = create(state, readBody<DeploymentInput>(state, DeploymentBody, request.body), projectKey, token);
    return reply.code(201).send(print(deployment));
  });

  app.get<Project>("/:projectKey/deployments", async (request) => {
    const { params, query } = request;
    authorize(state, request, "view_connectors_deployments", params.projectKey);
    const type = deploymentType(query);
    const rows = [...state.deployments.values()].filter(
      (row) => row.projectKey === params.projectKey && (type === undefined || row.type === type),
    );
    if (query["integrationTypes"] === undefined) return page(query, rows, print);
    const chosen = new Set(
      byIntegrationTypes(
        query,
        rows.map((row) => row.connector),
      ),
    );
    return page(
      query,
      rows.filter((row) => chosen.has(row.connector)),
      print,
    );
  });

  app.get<Segment>("/:projectKey/deployments/:ref", async (request) => {
    const { projectKey, ref } = request.params;
    authorize(state, request, "view_connectors_deployments", projectKey);
    return print(find(state.deployments, ref, inProject(projectKey)));
  });

  app.post<Segment>("/:projectKey/deployments/:ref", async (request, reply) => {
    const { projectKey, ref } = request.params;
    authorize(state, request, "manage_connectors_deployments", projectKey);
    const deployment = find(state.deployments, ref, inProject(projectKey));
    const { version, actions } = readUpdate(state, DEPLOYMENT_ACTIONS, request.body);
    if (version !== deployment.version) throw fail.conflict(deployment, version, deployment.version);
    const changed = { ...deployment };
    state.attempt(() => {
      for (const action of actions) redeploy(state, changed, action);
    });
    changed.version += 1;
    changed.lastModifiedAt = state.now();
    state.deployments.set(deployment.id, changed);
    state.note(changed);
    return reply.code(201).send(print(changed));
  });

  app.delete<Segment>("/:projectKey/deployments/:ref", async (request, reply) => {
    const { projectKey, ref } = request.params;
    authorize(state, request, "manage_connectors_deployments", projectKey);
    const deployment = find(state.deployments, ref, inProject(projectKey));
    checkVersion(deployment, request.query);
    undeploy(state, deployment);
    return reply.code(202).send(print(deployment));
  });
}

function create(state: State, input: DeploymentInput, projectKey: string, token: Token): Deployment {
  const { key, region } = input;
  if (key !== undefined && state.deployments.values().some((row) => row.key === key && row.projectKey === projectKey))
    throw fail.duplicate("key", key);
  const connector = resolveConnector(state, input.connector, projectKey);
  const type = checkType(state, connector, input.type, projectKey);
  checkRegion(connector, region);
  const { specification } = connector;
  const applications = newApplications(specification, input.configurations, state.newId);
  const globalConfiguration = newGlobalConfiguration(specification.globalConfiguration, input.globalConfiguration);
  if (specification.apiClient !== undefined && !holds(token, "manage_api_clients", projectKey))
    throw fail.forbidden(`manage_api_clients:${projectKey}`);
  const scopes = specification.apiClient?.scopes.map((scope) => `${scope}:${projectKey}`);
  const now = state.now();
  const deployment: Deployment = {
    id: state.newId(),
    key,
    version: 1,
    steps: [],
    projectKey,
    type,
    deployedRegion: region,
    createdAt: now,
    lastModifiedAt: now,
    connector: snapshotOf(connector),
    globalConfiguration,
    applications,
    build: undefined,
    status: state.timings.queuedMs === 0 ? "Deploying" : "Queued",
    apiClient: scopes === undefined ? undefined : { name: state.newId().replaceAll("-", "").slice(0, 24), scopes },
  };
  begin(deployment, deploySteps(now, state.timings, state.outcome("deploy", key), false, state.newId()), "deploy");
  state.deployments.set(deployment.id, deployment);
  state.note(deployment);
  return deployment;
}

const BUSY = new Set(["Queued", "Deploying", "Undeploying"]);

function redeploy(state: State, deployment: Deployment, action: Action): void {
  if (BUSY.has(deployment.status)) throw fail.invalidTransition(deployment.status);
  const { configurationValues, globalConfiguration, updateConnector, skipScripts } = action as Action & {
    configurationValues?: ApplicationInput[];
    globalConfiguration?: ConfigurationInput;
    updateConnector?: boolean;
    skipScripts?: boolean;
  };
  if (updateConnector === true) deployment.connector = newest(state, deployment);
  const { specification } = deployment.connector;
  deployment.applications = changedApplications(specification, deployment.applications, configurationValues, deployment);
  deployment.globalConfiguration = changedGlobalConfiguration(
    specification.globalConfiguration,
    deployment.globalConfiguration,
    globalConfiguration,
  );
  deployment.status = state.timings.queuedMs === 0 ? "Deploying" : "Queued";
  const steps = deploySteps(state.now(), state.timings, state.outcome("deploy", deployment.key), skipScripts === true, state.newId());
  begin(deployment, steps, "deploy");
}

/** The newest state of a deployment's connector: of the draft for a preview, else of what is published. */
function newest(state: State, deployment: Deployment): Deployment["connector"] {
  const { id, key } = deployment.connector;
  try {
    return snapshotOf(resolveConnector(state, { id, staged: deployment.type === "preview" }, deployment.projectKey));
  } catch (error) {
    throw fail.connectorUpdateFailure(deployment, { id, key }, error instanceof Error ? error.message : "unknown");
  }
}

function undeploy(state: State, deployment: Deployment): void {
  if (BUSY.has(deployment.status)) throw fail.invalidTransition(deployment.status);
  deployment.status = "Undeploying";
  deployment.version += 1;
  deployment.lastModifiedAt = state.now();
  const gone = (row: Deployment): void => void state.deployments.delete(row.id);
  begin(deployment, undeploySteps(state.now(), state.timings, state.outcome("undeploy", deployment.key), gone), "undeploy");
  state.note(deployment);
}
