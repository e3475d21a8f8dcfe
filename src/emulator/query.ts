import { fail } from "./errors.ts";
import { DEPLOYMENT_TYPES, INTEGRATION_TYPES } from "./input.ts";

/** Query parameters: a repeated name is a list. */
export type Query = Readonly<Record<string, string | string[] | undefined>>;

/** One value of a parameter, the first if it is repeated. */
export function one(query: Query, name: string): string | undefined {
  const value = query[name];
  return Array.isArray(value) ? value[0] : value;
}

/** All values of a parameter. */
export function many(query: Query, name: string): readonly string[] | undefined {
  const value = query[name];
  return value === undefined ? undefined : [value].flat();
}

/** A boolean parameter. */
export function bool(query: Query, name: string): boolean | undefined {
  const value = one(query, name);
  if (value === undefined || value === "true" || value === "false") return value === undefined ? undefined : value === "true";
  throw fail.invalidQuery(`${name} must be true or false`);
}

function whole(query: Query, name: string, fallback: number, max: number): number {
  const value = one(query, name);
  if (value === undefined) return fallback;
  const number = Number(value);
  if (!/^-?\d+$/.test(value) || number < 0 || number > max) throw fail.invalidQuery(`${name} must be a whole number from 0 to ${max}`);
  return number;
}

const SORTABLE = new Set(["createdAt", "lastModifiedAt", "id", "key", "name", "version", "status"]);

/** One page of `rows` as the query asks for it, each printed by `print`. */
export function page<T extends object>(query: Query, rows: readonly T[], print: (row: T) => object): object {
  const limit = whole(query, "limit", 20, 500);
  const offset = whole(query, "offset", 0, 10_000);
  const orders = (many(query, "sort") ?? []).map((text) => {
    const [, field = "", direction = "asc"] = /^(\w+)(?: (asc|desc))?$/.exec(text.trim()) ?? [];
    if (!SORTABLE.has(field)) throw fail.invalidQuery("sort must be a field, optionally followed by asc or desc");
    return { field, sign: direction === "desc" ? -1 : 1 };
  });
  const sorted = orders.length === 0 ? rows : rows.toSorted((a, b) => order(a, b, orders));
  const results = sorted.slice(offset, offset + limit).map(print);
  return { limit, offset, count: results.length, total: rows.length, results };
}

function order(a: object, b: object, orders: readonly { field: string; sign: number }[]): number {
  for (const { field, sign } of orders) {
    const [left, right] = [valueOf(a, field), valueOf(b, field)];
    if (left !== right) return left < right ? -sign : sign;
  }
  return 0;
}

function valueOf(row: object, field: string): string | number {
  const value: unknown = Reflect.get(row, field);
  return typeof value === "number" ? value : typeof value === "string" ? value : "";
}

/** Keeps rows that have one of the integration types that the query names. */
export function byIntegrationTypes<T extends { readonly integrationTypes: readonly string[] }>(
  query: Query,
  rows: readonly T[],
): readonly T[] {
  const wanted = many(query, "integrationTypes");
  if (wanted === undefined) return rows;
  if (!wanted.every((each) => INTEGRATION_TYPES.includes(each))) throw fail.invalidQuery("integrationTypes holds an unknown value");
  return rows.filter((row) => row.integrationTypes.some((type) => wanted.includes(type)));
}

/** The deployment type that the query names. */
export function deploymentType(query: Query): string | undefined {
  const value = one(query, "deploymentType");
  if (value !== undefined && !DEPLOYMENT_TYPES.includes(value)) throw fail.invalidQuery("deploymentType is not one of the types");
  return value;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const KEY = /^[A-Za-z0-9_-]{2,256}$/;

/** The resource that the last path segment names: an id, or `key=…`, also when the `=` arrives encoded. */
export function reference(segment: string): { readonly id: string } | { readonly key: string } {
  if (segment.startsWith("key=")) {
    const key = segment.slice("key=".length);
    if (!KEY.test(key)) throw fail.invalidPath("the key is not valid");
    return { key };
  }
  if (!UUID.test(segment)) throw fail.invalidPath("the id is not a UUID");
  return { id: segment.toLowerCase() };
}

/** The row that `segment` names among those that pass `visible`; 404 when there is none. */
export function find<T extends { readonly id: string; readonly key: string | undefined }>(
  rows: ReadonlyMap<string, T>,
  segment: string,
  visible: (row: T) => boolean,
): T {
  const named = reference(segment);
  const row = "id" in named ? rows.get(named.id) : rows.values().find((each) => each.key === named.key && visible(each));
  if (row === undefined || !visible(row)) throw fail.notFound(named);
  return row;
}
