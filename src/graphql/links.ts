import DataLoader from "dataloader";
import type { Connector, ConnectorStaged, Deployment, Page, Sealed } from "../connect/index.ts";
import { MAX_LIMIT, MAX_OFFSET } from "../connect/model.ts";
import { toGatewayError } from "../errors.ts";
import { type ProjectId, projectId } from "../identifiers.ts";
import type { GraphContext } from "./context.ts";

/** Links between resources. What a page of rows needs is fetched in one call, never one call per row. */
export type Links = {
  /** The published connector with this id, or null. */
  connector(project: ProjectId, id: string): Promise<Connector | null>;
  /** The draft with this id among those the project's credential owns, or null. */
  connectorStaged(project: ProjectId, id: string): Promise<ConnectorStaged | null>;
  /** All deployments of the project that were made from this connector. */
  deploymentsOf(project: ProjectId, connectorId: string): Promise<readonly Sealed<Deployment>[]>;
};

/** Ids in one search: each takes 40 of the 8,192 characters that an address may have. */
const IDS_IN_URL = 200;

/** Makes the links of one request; `context` is asked for only when a link is followed. */
export function createLinks(context: () => GraphContext): Links {
  const connectors = perProject((project) => new DataLoader<string, Connector | null>((ids) => loadConnectors(context(), project, ids)));
  const drafts = perProject((project) => new DataLoader<string, ConnectorStaged | null>((ids) => loadDrafts(context(), project, ids)));
  const deployments = perProject((project) => loadDeployments(context(), project));
  return {
    connector: (project, id) => connectors(project).load(id),
    connectorStaged: (project, id) => drafts(project).load(id),
    deploymentsOf: async (project, id) => (await deployments(project)).get(id) ?? [],
  };
}

function perProject<T>(make: (project: ProjectId) => T): (project: ProjectId) => T {
  const made = new Map<string, T>();
  return (project) => {
    const id = projectId(project);
    const held = made.get(id) ?? make(project);
    made.set(id, held);
    return held;
  };
}

async function loadConnectors(
  { services, request, own }: GraphContext,
  project: ProjectId,
  ids: readonly string[],
): Promise<(Connector | null)[]> {
  const found = new Map<string, Connector>();
  const take = (page: Page<Connector>): void => {
    for (const row of page.results) found.set(row.id, own(project, row));
  };
  let missing = [...ids];
  if (ids.length > IDS_IN_URL) {
    // One full page is cheaper than several searches by id, and mostly holds them all.
    const page = await services.connectors.search(request, project, { limit: MAX_LIMIT });
    take(page);
    missing = page.total > page.count ? ids.filter((id) => !found.has(id)) : [];
  }
  for (let at = 0; at < missing.length; at += IDS_IN_URL) {
    take(await services.connectors.search(request, project, { id: missing.slice(at, at + IDS_IN_URL), limit: IDS_IN_URL }));
  }
  return ids.map((id) => found.get(id) ?? null);
}

async function loadDrafts(
  { services, request, own }: GraphContext,
  project: ProjectId,
  ids: readonly string[],
): Promise<(ConnectorStaged | null)[]> {
  const [only, ...others] = ids;
  if (only !== undefined && others.length === 0) {
    const draft = await services.drafts.get(request, project, { id: only }).catch((error: unknown) => {
      if (toGatewayError(error).statusCode === 404) return null;
      throw error;
    });
    return [draft === null ? null : own(project, draft)];
  }
  const rows = await crawl((offset) => services.drafts.list(request, project, { limit: MAX_LIMIT, offset }));
  const byId = new Map(rows.map((row) => [row.id, own(project, row)]));
  return ids.map((id) => byId.get(id) ?? null);
}

async function loadDeployments({ services, request, own }: GraphContext, project: ProjectId): Promise<Map<string, Sealed<Deployment>[]>> {
  const rows = await crawl((offset) => services.deployments.list(request, project, { limit: MAX_LIMIT, offset }));
  return Map.groupBy(
    rows.map((row) => own(project, row)),
    (row) => row.connector.id,
  );
}

/** All rows of a listing, page after page, as far as upstream lets anyone read (offset 10,000). */
async function crawl<T>(page: (offset: number) => Promise<Page<T>>): Promise<T[]> {
  const rows: T[] = [];
  for (let offset = 0; offset <= MAX_OFFSET; offset += MAX_LIMIT) {
    const { results, total } = await page(offset);
    rows.push(...results);
    if (results.length === 0 || rows.length >= total) break;
  }
  return rows;
}
