import { randomUUID } from "node:crypto";
import type { Call, Connect, Fields, Page } from "../connect/index.ts";
import { toGatewayError } from "../errors.ts";
import { connectorStagedState, deploymentState, type State } from "./states.ts";

const PAGE = 500;
const FURTHEST = 10_000;

/** What is read of each row: what is remembered of it, and nothing else. */
const DEPLOYMENTS: Fields = {
  total: true,
  results: {
    id: true,
    key: true,
    version: true,
    status: true,
    type: true,
    preview: true,
    connector: { id: true, version: true },
    applications: { applicationName: true, url: true },
    details: { build: { report: { entries: { type: true } } } },
  },
};
const DRAFTS: Fields = {
  total: true,
  results: {
    id: true,
    key: true,
    version: true,
    status: true,
    isPreviewable: true,
    certificationInfo: { comments: { title: true } },
    repository: { tag: true },
  },
};

/** The states of each page of a listing, complete and in order; a page that is as it was before is the same list. */
export type Listing = readonly (readonly State[])[];

/** The name of a resource among all of a project. */
export const nameOf = ({ typeId, id }: Pick<State, "typeId" | "id">): string => `${typeId} ${id}`;

/** Pages and rows that come again unchanged are the same objects: what was made of them is good still. */
const pages = new WeakMap<object, readonly State[]>();
const rows = new WeakMap<object, State>();

function statesOf<T extends object>(page: Page<T>, toState: (row: T) => State): readonly State[] {
  const held = pages.get(page.results);
  if (held !== undefined) return held;
  const made = page.results.map((row) => {
    const state = rows.get(row) ?? toState(row);
    rows.set(row, state);
    return state;
  });
  pages.set(page.results, made);
  return made;
}

/** Reads all of a project's deployments and staged connectors; waits for a `place` before each call. */
export async function readListing(connect: Connect, place: () => Promise<void>): Promise<Listing> {
  const call: Call = { correlationId: `watch-${randomUUID()}`, fresh: "shared" };
  const listing: (readonly State[])[] = [];
  const crawl = async <T extends object>(read: (offset: number) => Promise<Page<T>>, toState: (row: T) => State): Promise<void> => {
    for (let offset = 0; offset <= FURTHEST; offset += PAGE) {
      await place();
      const page = await read(offset);
      listing.push(statesOf(page, toState));
      if (offset + page.results.length >= page.total || page.results.length === 0) return;
    }
  };
  const query = (offset: number) => ({ limit: PAGE, offset });
  await crawl((offset) => connect.deployments.list({ ...call, fields: DEPLOYMENTS }, query(offset)), deploymentState);
  await crawl((offset) => connect.drafts.list({ ...call, fields: DRAFTS }, query(offset)), connectorStagedState);
  return listing;
}

/** Missing from a listing is no proof: only a 404 is. */
export async function isGone(connect: Connect, { typeId, id }: State): Promise<boolean> {
  const call: Call = { correlationId: `watch-${randomUUID()}`, fresh: "shared" };
  try {
    await (typeId === "deployment" ? connect.deployments.get(call, { id }) : connect.drafts.get(call, { id }));
    return false;
  } catch (error) {
    if (toGatewayError(error).statusCode === 404) return true;
    throw error;
  }
}
