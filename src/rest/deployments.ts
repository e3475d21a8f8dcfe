import type { FastifyInstance } from "fastify";
import type { DeploymentDraft, DeploymentLogsQuery, DeploymentsQuery, DeploymentUpdate, Ref } from "../connect/index.ts";
import type { RestOptions } from "./index.ts";
import { ifMatch, keyRef, pathProject, patience, sendPlan, serviceRequest, toRef, type WriteQuery } from "./request.ts";
import { mirrored, undeployQuery, writeQuery } from "./schemas.ts";
import { sealDraft, sealUpdate } from "./seal.ts";

type Project = { region: string; projectKey: string };

/** A draft may carry certificates and keys, so it may be larger than other bodies, in bytes. */
const DRAFT_LIMIT = 1024 * 1024;

/** Deprecation of the log endpoints, by upstream's announcement of 6 November 2026. */
const LOGS_DEPRECATION = { deprecation: "@1793923200", sunset: "Sun, 31 Jan 2027 23:59:59 GMT" };

/** Endpoints 12 to 21 of the Connect API: deployments and their logs. */
export function registerDeployments(app: FastifyInstance, { services, closing }: RestOptions): void {
  const { deployments } = services;

  app.post<{ Params: Project; Querystring: WriteQuery; Body: DeploymentDraft }>(
    "/:projectKey/deployments",
    {
      bodyLimit: DRAFT_LIMIT,
      schema: mirrored("deployments.create", "Create Deployment", {
        body: "DeploymentDraft",
        query: writeQuery,
        success: [201, "Deployment"],
      }),
    },
    async (request, reply) => {
      const project = pathProject(request.params.region, request.params.projectKey);
      const asked = serviceRequest(request, reply);
      const draft = sealDraft(request.body);
      if (request.query.dryRun === true) return sendPlan(request, reply, await deployments.planCreate(asked, project, draft));
      const written = await deployments.create(asked, project, draft);
      const created = await deployments.settle(asked, project, written, patience(request, reply, closing));
      reply.code(201).header("etag", `"${created.version}"`);
      return created;
    },
  );

  app.get<{ Params: Project; Querystring: DeploymentsQuery }>(
    "/:projectKey/deployments",
    {
      schema: mirrored("deployments.list", "Query Deployments", {
        query: "DeploymentsQuery",
        success: [200, "DeploymentPagedQueryResponse"],
      }),
    },
    async (request, reply) =>
      deployments.list(serviceRequest(request, reply), pathProject(request.params.region, request.params.projectKey), request.query),
  );

  registerOne("/:projectKey/deployments/:id", "by ID", ({ id }) => toRef(id ?? ""));
  registerOne("/:projectKey/deployments/key=:key", "by key", ({ key }) => keyRef(key ?? ""));

  function registerOne(path: string, by: string, ref: (params: { id?: string; key?: string }) => Ref): void {
    type Params = Project & { id?: string; key?: string };

    app.get<{ Params: Params }>(
      path,
      { schema: mirrored("deployments.get", `Get Deployment ${by}`, { success: [200, "Deployment"] }) },
      async (request, reply) => {
        const project = pathProject(request.params.region, request.params.projectKey);
        const found = await deployments.get(serviceRequest(request, reply), project, ref(request.params));
        reply.header("etag", `"${found.version}"`);
        return found;
      },
    );

    app.post<{ Params: Params; Querystring: WriteQuery; Body: DeploymentUpdate }>(
      path,
      {
        bodyLimit: DRAFT_LIMIT,
        schema: mirrored("deployments.update", `Update Deployment ${by}`, {
          body: "DeploymentUpdate",
          query: writeQuery,
          success: [201, "Deployment"],
        }),
      },
      async (request, reply) => {
        const project = pathProject(request.params.region, request.params.projectKey);
        const asked = serviceRequest(request, reply);
        const change = [asked, project, ref(request.params), sealUpdate(request.body), ifMatch(request)] as const;
        if (request.query.dryRun === true) return sendPlan(request, reply, await deployments.planUpdate(...change));
        const updated = await deployments.settle(asked, project, await deployments.update(...change), patience(request, reply, closing));
        reply.code(201).header("etag", `"${updated.version}"`);
        return updated;
      },
    );

    app.delete<{ Params: Params; Querystring: WriteQuery }>(
      path,
      { schema: mirrored("deployments.delete", `Undeploy Deployment ${by}`, { query: undeployQuery, success: [202, "Deployment"] }) },
      async (request, reply) => {
        const project = pathProject(request.params.region, request.params.projectKey);
        const expected = { ...ifMatch(request), version: request.query.version };
        const asked = serviceRequest(request, reply);
        if (request.query.dryRun === true) {
          await deployments.planRemove(asked, project, ref(request.params), expected);
          return sendPlan(request, reply);
        }
        const removed = await deployments.remove(asked, project, ref(request.params), expected);
        reply.code(202);
        return deployments.settle(asked, project, removed, patience(request, reply, closing));
      },
    );

    app.get<{ Params: Params; Querystring: DeploymentLogsQuery }>(
      `${path}/logs`,
      {
        schema: {
          ...mirrored("deployments.logs", `Get logs of a Deployment ${by}`, {
            query: "DeploymentLogsQuery",
            success: [200, "DeploymentLogCursorPagedQueryResponse"],
          }),
          deprecated: true,
        },
      },
      async (request, reply) => {
        reply.headers(LOGS_DEPRECATION);
        const project = pathProject(request.params.region, request.params.projectKey);
        return deployments.logs(serviceRequest(request, reply), project, ref(request.params), request.query);
      },
    );
  }
}
