import type { Ref } from "../connect/index.ts";
import { MAX_LIMIT, MAX_OFFSET } from "../connect/model.ts";
import { gatewayError, invalidBody } from "../errors.ts";
import { KEY, UUID } from "../identifiers.ts";
import type { EventFilter } from "../services/index.ts";

/** The resource that the arguments `id` and `key` name: exactly one of them. */
export function argumentRef({ id, key }: { readonly id?: string | null; readonly key?: string | null }): Ref {
  if (typeof id === "string" && typeof key !== "string") return { id: checked(id, UUID, "id must be a UUID").toLowerCase() };
  if (typeof key === "string" && typeof id !== "string")
    return { key: checked(key, KEY, "key must be 2 to 256 characters from A-Z, a-z, 0-9, _ and -") };
  throw invalidBody("give exactly one of the arguments id and key");
}

function checked(text: string, pattern: RegExp, expected: string): string {
  if (!pattern.test(text))
    throw gatewayError("InvalidPathParam", `The argument is not valid: ${expected}.`, { fields: { detailedErrorMessage: expected } });
  return text;
}

type PageArguments = { readonly limit?: number | null; readonly offset?: number | null; readonly sort?: readonly string[] | null };

/** `limit`, `offset` and `sort` within upstream's bounds. */
export function paging({ limit, offset, sort }: PageArguments): { limit: number; offset: number; sort?: string[] } {
  const size = limit ?? 20;
  const start = offset ?? 0;
  if (size < 0 || size > MAX_LIMIT) throw gatewayError("LimitExceeded", `limit must be from 0 to ${MAX_LIMIT}.`);
  if (start < 0 || start > MAX_OFFSET) throw gatewayError("LimitExceeded", `offset must be from 0 to ${MAX_OFFSET}.`);
  return { limit: size, offset: start, ...(sort === undefined || sort === null ? {} : { sort: [...sort] }) };
}

/** Values of an enum in input: `Unknown` is for answers only. A list that was left out stays undefined. */
export function known<T extends string>(field: string, values: readonly T[] | null | undefined): Exclude<T, "Unknown">[] | undefined {
  if (values === null || values === undefined) return undefined;
  if (values.some((value) => value === "Unknown")) throw invalidBody(`${field} must not be Unknown: that value stands in answers only`);
  return [...values] as Exclude<T, "Unknown">[];
}

type WithoutNull<T> = { [K in keyof T]?: Exclude<T[K], null | undefined> };

/** The fields that hold something: GraphQL says null where REST leaves a parameter out. */
export function dropNull<T extends object>(fields: T): WithoutNull<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null && value !== undefined)) as WithoutNull<T>;
}

/** The largest number of rows of a page that has a cursor. */
export function pageSize(limit: number | null | undefined): number {
  const size = limit ?? 100;
  if (size < 1 || size > MAX_LIMIT) throw gatewayError("LimitExceeded", `limit must be from 1 to ${MAX_LIMIT}.`);
  return size;
}

type FilterArguments = {
  readonly after?: string | null | undefined;
  readonly types?: readonly string[] | null | undefined;
  readonly project?: string | null | undefined;
  readonly key?: string | null | undefined;
};

/** Which events the arguments ask for. */
export function toFilter({ after, types, project, key }: FilterArguments): EventFilter {
  return { after: after ?? undefined, types: types ?? undefined, project: project ?? undefined, key: key ?? undefined };
}
