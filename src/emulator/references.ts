import { mayUse } from "./connectors.ts";
import { fail } from "./errors.ts";
import { DEPLOYMENT_TYPES, REGIONS } from "./input.ts";
import type { State } from "./state.ts";
import type { Connector, ConnectorContent, DeploymentType, Draft, Snapshot } from "./types.ts";

/** The connector that a deployment names. */
export type Reference = { readonly id?: string; readonly key?: string; readonly staged?: boolean; readonly version?: number };
type Target = Draft | Connector;

const isDraft = (target: Target): target is Draft => "isPreviewable" in target;

/** The draft or published connector that a reference means, if the project may deploy it. */
export function resolveConnector(state: State, { id, key, staged, version }: Reference, projectKey: string): Target {
  if (id === undefined && key === undefined) throw fail.invalidJson("/connector: id or key is needed");
  const rows: Iterable<Target> = staged === true ? state.drafts.values() : state.connectors.values();
  const named = Iterator.from(rows).find((row) => (id === undefined ? row.key === key : row.id === id));
  if (named === undefined || (version !== undefined && version !== named.version)) throw fail.referenceNotFound(id ?? key ?? "", version);
  // A draft is for its owner and the projects it is assigned to, even when what was published from it is public.
  if (!mayUse(state, isDraft(named) ? { ...named, private: true } : named, projectKey)) throw fail.denied();
  if (isDraft(named) && named.isPreviewable !== "true") throw fail.notPreviewable(named, named.version);
  return named;
}

/** The type that the deployment gets: drafts are previewed, what is published runs as sandbox or production. */
export function checkType(state: State, target: Target, asked: string | undefined, projectKey: string): DeploymentType {
  const allowed = isDraft(target) ? ["preview"] : DEPLOYMENT_TYPES.filter((type) => type !== "preview");
  const type = asked ?? allowed[0] ?? "";
  if (!allowed.includes(type)) throw fail.invalidType(target, type, allowed.join("|"));
  const production = state.options.projects.some((project) => project.projectKey === projectKey && project.production === true);
  if (type === "production" && !production) throw fail.productionDeactivated();
  return type as DeploymentType;
}

/** Refuses a region that Connect does not have, or that the connector does not support; a connector without regions supports all. */
export function checkRegion({ supportedRegions }: Target, region: string): void {
  const supported = supportedRegions.length === 0 ? REGIONS : supportedRegions;
  if (!supported.includes(region) || !REGIONS.includes(region)) throw fail.unsupportedRegion(region);
}

/** What a draft, the connector published from it and a deployment's memory of it have in common; a copy. */
export function contentOf(held: ConnectorContent): ConnectorContent {
  const { name, description, integrationTypes, creator, repository, specification, supportedRegions, documentationUrl } = held;
  return { name, description, integrationTypes, repository, specification, supportedRegions, documentationUrl, creator: { ...creator } };
}

/** The connector as it is now, for a deployment to keep. */
export function snapshotOf(target: Target): Snapshot {
  const { id, key, version } = target;
  return { ...contentOf(target), id, key, version, certified: isDraft(target) ? false : target.certified };
}
