import type { FastifyInstance } from "fastify";
import { authorize } from "./oauth.ts";
import { createPrinter } from "./print.ts";
import { bool, byIntegrationTypes, find, many, one, page, type Query } from "./query.ts";
import type { Client, State } from "./state.ts";
import type { Connector } from "./types.ts";

/** Adds endpoints 9 to 11: published connectors, as far as the token's project may see them. */
export function registerConnectors(app: FastifyInstance, state: State): void {
  const print = createPrinter(state.options.legacy).connector;

  app.get<{ Querystring: Query }>("/connectors/search", async ({ query }, reply) => {
    const { client } = authorize(state, reply.request, "view_connectors");
    const rows = [...state.connectors.values()].filter((row) => row.listed && mayUse(state, row, client.projectKey));
    return page(query, byIntegrationTypes(query, rows.filter(matches(state, query, client))), print);
  });

  app.get<{ Params: { ref: string } }>("/connectors/:ref", async (request) => {
    const { client } = authorize(state, request, "view_connectors");
    return print(find(state.connectors, request.params.ref, (row) => mayUse(state, row, client.projectKey)));
  });
}

/** Whether a project may use a connector or draft: public ones, its own, and private ones assigned to it. */
export function mayUse(state: State, row: Pick<Connector, "private" | "owner" | "privateProjects">, projectKey: string): boolean {
  return !row.private || row.owner === projectKey || row.privateProjects.includes(identifier(state, projectKey));
}

function identifier(state: State, projectKey: string): string {
  const region = state.options.projects.find((project) => project.projectKey === projectKey)?.region ?? "";
  return `${region}:${projectKey}`;
}

function matches(state: State, query: Query, client: Client): (row: Connector) => boolean {
  const text = one(query, "text")?.toLowerCase();
  const company = one(query, "creator.company");
  const [ids, keys] = [many(query, "id"), many(query, "key")];
  const assigned = bool(query, "private");
  const project = identifier(state, client.projectKey);
  return (row) =>
    (text === undefined || `${row.name}\n${row.description ?? ""}`.toLowerCase().includes(text)) &&
    (company === undefined || row.creator.company === company) &&
    (ids === undefined || ids.includes(row.id)) &&
    (keys === undefined || (row.key !== undefined && keys.includes(row.key))) &&
    (assigned !== true || row.privateProjects.includes(project));
}
