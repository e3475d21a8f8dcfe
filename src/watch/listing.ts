import { randomUUID } from "node:crypto";
import { type Call, type Connect, type Fields, MAX_LIMIT, MAX_OFFSET, type Page } from "../connect/index.ts";
import { gatewayError, toGatewayError } from "../errors.ts";
import { connectorStagedState, deploymentState, type State } from "./states.ts";

/** What is read of each row: what is remembered of it, and nothing else. */
const DEPLOYMENT: Fields = {
  id: true,
  key: true,
  version: true,
  status: true,
  type: true,
  preview: true,
  connector: { id: true, version: true },
  applications: { applicationName: true, url: true },
  details: { build: { report: { entries: { type: true } } } },
};
const DRAFT: Fields = {
  id: true,
  key: true,
  version: true,
  status: true,
  isPreviewable: true,
  certificationInfo: { comments: { datetime: true } },
  repository: { tag: true },
};

const DEPLOYMENTS: Fields = { total: true, results: DEPLOYMENT };
const DRAFTS: Fields = { total: true, results: DRAFT };

/** A page of a listing: the states of its rows, and the mark by which it is known again. */
export type SeenPage = {
  readonly typeId: State["typeId"];
  readonly mark: string;
  readonly offset: number;
  readonly states: readonly State[];
  /** How many there are, as the page says. */
  readonly total: number;
  /** When it had been read, in milliseconds since 1970: what it tells happened before. */
  readonly readAt: number;
};

/** A whole listing in order; a page that is as it was before is the same object. */
export type Listing = readonly SeenPage[];

/** The name of a resource among all of a project. */
export const nameOf = ({ typeId, id }: Pick<State, "typeId" | "id">): string => `${typeId} ${id}`;

type Marked<T> = { readonly mark: string; readonly value: Page<T> | undefined };
type Kind<T> = {
  readonly read: (offset: number, mark: string | undefined) => Promise<Marked<T>>;
  readonly toState: (row: T) => State;
  readonly typeId: State["typeId"];
};

const newCall = (): Call => ({ correlationId: `watch-${randomUUID()}`, fresh: "shared" });

/** What a look needs of the world: the project, a `place` before each call, the time, and what ends it early. */
export type Ways = {
  readonly connect: Connect;
  readonly place: () => Promise<void>;
  readonly now: () => number;
  readonly ended: AbortSignal;
};

type Earlier = {
  /** The listing before; what is as it was is not read again. */
  readonly before: Listing | undefined;
  /** Whether nothing is known yet: what is not in the listing would be taken for new later. */
  readonly first: boolean;
};

/** Reads all of a project's deployments and staged connectors that Connect lists; fails when a first listing does not hold all that Connect counts. */
export async function readListing(ways: Ways, earlier: Earlier): Promise<Listing> {
  const { deployments, drafts } = ways.connect;
  const call = newCall();
  const query = (offset: number) => ({ limit: MAX_LIMIT, offset });
  const ofDeployments = await readKind(ways, earlier, {
    read: (offset, mark) => deployments.listMarked({ ...call, fields: DEPLOYMENTS }, query(offset), mark),
    toState: deploymentState,
    typeId: "deployment",
  });
  const ofDrafts = await readKind(ways, earlier, {
    read: (offset, mark) => drafts.listMarked({ ...call, fields: DRAFTS }, query(offset), mark),
    toState: connectorStagedState,
    typeId: "connectorStaged",
  });
  return [...ofDeployments, ...ofDrafts];
}

/** A listing that is not whole, because upstream answered so or something moved between two pages, is read so often in one look. */
const WALKS = 3;

/**
 * Reads a kind until one walk shows all of it. Where none does, what all of them saw together is taken: what slipped between two pages of one walk
 * stands in another. Later that is good enough, since what is known and missing is asked for by itself; the first listing must hold as many as there are.
 */
async function readKind<T>(ways: Ways, { before = [], first }: Earlier, kind: Kind<T>): Promise<Listing> {
  const walks: Listing[] = [];
  const known = before.filter((page) => page.typeId === kind.typeId);
  while (walks.length < WALKS) {
    const pages = await walk(ways, kind, [...known, ...walks.flat()]);
    if (isEnded(pages) && (!first || isOfOnePiece(pages))) return pages;
    walks.push(pages);
  }
  const seen = walks.flat();
  if (first && countOf(seen) < Math.min(seen.at(-1)?.total ?? 0, MAX_OFFSET)) {
    throw gatewayError("UpstreamBadResponse", "The Connect API did not list all that it counts.");
  }
  return seen;
}

/** Goes from page to page; of several that are known of one place the last counts. */
async function walk<T>({ place, now }: Ways, { read, toState, typeId }: Kind<T>, known: Listing): Promise<Listing> {
  const knownAt = new Map(known.map((page) => [page.offset, page]));
  const pages: SeenPage[] = [];
  for (let offset = 0; offset <= MAX_OFFSET;) {
    await place();
    const seen = knownAt.get(offset);
    const { mark, value } = await read(offset, seen?.mark);
    const page =
      value === undefined ? seen : { typeId, mark, offset, states: value.results.map(toState), total: value.total, readAt: now() };
    if (page === undefined) break;
    pages.push(page);
    if (page.states.length === 0 || endOf(page) >= page.total) break;
    // A page may be shorter than was asked for.
    offset = endOf(page);
  }
  return pages;
}

const endOf = ({ offset, states }: SeenPage): number => offset + states.length;
const countOf = (listing: Listing): number => new Set(listing.flatMap(({ states }) => states.map(({ id }) => id))).size;

/** Whether a walk came to the end of all there are, or of all that Connect lists. */
const isEnded = (pages: Listing): boolean => pages.some((page) => endOf(page) >= Math.min(page.total, MAX_OFFSET + 1));

/** Whether nothing was seen to move between its pages: each says the same total, and no row stands on two. */
const isOfOnePiece = (pages: Listing): boolean =>
  pages.every(({ total }) => total === pages[0]?.total) && countOf(pages) === pages.reduce((sum, { states }) => sum + states.length, 0);

/** The kinds of which there are more than Connect lists: what is not in the listing may still be there, and nothing can be said of it. */
export function cutKinds(listing: Listing): ReadonlySet<State["typeId"]> {
  return new Set(listing.filter((page) => endOf(page) > MAX_OFFSET && endOf(page) < page.total).map(({ typeId }) => typeId));
}

/** Reads one resource by itself; undefined when it is gone: missing from a listing is no proof, only a 404 is. */
export async function readOne({ connect, place }: Ways, { typeId, id }: State): Promise<State | undefined> {
  await place();
  try {
    if (typeId === "deployment") return deploymentState(await connect.deployments.get({ ...newCall(), fields: DEPLOYMENT }, { id }));
    return connectorStagedState(await connect.drafts.get({ ...newCall(), fields: DRAFT }, { id }));
  } catch (error) {
    if (toGatewayError(error).statusCode === 404) return undefined;
    throw error;
  }
}
