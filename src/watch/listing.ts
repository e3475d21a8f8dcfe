import { randomUUID } from "node:crypto";
import type { Call, Connect, Fields, Page } from "../connect/index.ts";
import { toGatewayError } from "../errors.ts";
import { connectorStagedState, deploymentState, type State } from "./states.ts";

const PAGE = 500;
const FURTHEST = 10_000;

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
  certificationInfo: { comments: { title: true } },
  repository: { tag: true },
};

const DEPLOYMENTS: Fields = { total: true, results: DEPLOYMENT };
const DRAFTS: Fields = { total: true, results: DRAFT };

/** A page of a listing: the states of its rows, and the mark by which it is known again. */
export type SeenPage = {
  readonly typeId: State["typeId"];
  readonly mark: string;
  readonly states: readonly State[];
  readonly last: boolean;
  /** When it had been read, in milliseconds since 1970: what it tells happened before. */
  readonly readAt: number;
};

/** A whole listing in order; a page that is as it was before is the same object. */
export type Listing = readonly SeenPage[];

/** The name of a resource among all of a project. */
export const nameOf = ({ typeId, id }: Pick<State, "typeId" | "id">): string => `${typeId} ${id}`;

type Marked<T> = { readonly mark: string; readonly value: Page<T> | undefined };
type Crawl<T> = {
  readonly read: (offset: number, mark: string | undefined) => Promise<Marked<T>>;
  readonly toState: (row: T) => State;
  readonly typeId: State["typeId"];
};

const newCall = (): Call => ({ correlationId: `watch-${randomUUID()}`, fresh: "shared" });

/** What a look needs of the world: the project, a `place` before each call, and the time. */
export type Ways = { readonly connect: Connect; readonly place: () => Promise<void>; readonly now: () => number };

/** Reads all of a project's deployments and staged connectors that Connect lists, without reading what is as in `before`. */
export async function readListing({ connect, place, now }: Ways, before: Listing = []): Promise<Listing> {
  const call = newCall();
  const listing: SeenPage[] = [];

  async function crawl<T>({ read, toState, typeId }: Crawl<T>): Promise<void> {
    const known = before.filter((page) => page.typeId === typeId);
    for (let offset = 0; offset <= FURTHEST; offset += PAGE) {
      await place();
      const seen = known[offset / PAGE];
      const { mark, value } = await read(offset, seen?.mark);
      const page = value === undefined ? seen : { typeId, mark, readAt: now(), ...statesOf(value, offset, toState) };
      if (page === undefined) return;
      listing.push(page);
      if (page.last) return;
    }
  }

  const query = (offset: number) => ({ limit: PAGE, offset });
  await crawl({
    read: (offset, mark) => connect.deployments.listMarked({ ...call, fields: DEPLOYMENTS }, query(offset), mark),
    toState: deploymentState,
    typeId: "deployment",
  });
  await crawl({
    read: (offset, mark) => connect.drafts.listMarked({ ...call, fields: DRAFTS }, query(offset), mark),
    toState: connectorStagedState,
    typeId: "connectorStaged",
  });
  return listing;
}

function statesOf<T>({ results, total }: Page<T>, offset: number, toState: (row: T) => State): Pick<SeenPage, "states" | "last"> {
  return { states: results.map(toState), last: results.length === 0 || offset + results.length >= total };
}

/** The kinds of which there are more than Connect lists: what is not in the listing may still be there, and nothing can be said of it. */
export function cutKinds(listing: Listing): ReadonlySet<State["typeId"]> {
  const kinds = new Set(listing.map(({ typeId }) => typeId));
  for (const { typeId, last } of listing) if (last) kinds.delete(typeId);
  return kinds;
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
