import { SEED } from "../src/emulator/index.ts";

/** The project that everything is asked about. */
export const PROJECT = SEED.projectKey;

/** The list as a page would show it, with its secured values. */
export const QUERY =
  "query($limit: Int, $offset: Int) { deployments(limit: $limit, offset: $offset) { total results { id key version status deployedRegion connector { id name version } applications { applicationName securedConfiguration { key value } } } } }";

/** A GraphQL request for a page of so many rows; different offsets are different questions. */
export const ask = (offset: number, limit = 20): string => JSON.stringify({ query: QUERY, variables: { limit, offset } });
