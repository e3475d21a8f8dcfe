import fc from "fast-check";
import { CANARY } from "../helpers/canary.ts";

const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

/** Values that have broken parsers, checks and printers before. */
export const HOSTILE: readonly unknown[] = [
  "",
  " ",
  "\0",
  "\u202e\u2028",
  "\ud800",
  "__proto__",
  "constructor",
  "toString",
  "../../etc/passwd",
  "%00%0d%0a",
  "a\r\nset-cookie: a=b",
  "key=",
  "key=key=",
  "'; drop table deployments; --",
  "${jndi:ldap://127.0.0.1/a}",
  "{{7*7}}",
  "<script>alert(1)</script>",
  "*",
  "***",
  "a".repeat(10_000),
  "ü".repeat(300),
  CANARY,
  -1,
  0,
  0.5,
  1e21,
  2 ** 53,
  -(2 ** 63),
  true,
  false,
  null,
  [],
  {},
  [[]],
  [null],
  { __proto__: null, a: 1 },
  { constructor: { prototype: { polluted: true } } },
  nested(20),
  nested(40),
];

/** One of them. */
export const hostile: fc.Arbitrary<unknown> = fc.constantFrom(...HOSTILE);
/** One of them, as text. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...HOSTILE.filter((value) => typeof value === "string")),
  fc.string({ maxLength: 40, unit: "binary" }),
);

type Place = { readonly holder: Record<string, unknown>; readonly name: string };

function placesIn(value: unknown, found: Place[]): Place[] {
  if (value === null || typeof value !== "object") return found;
  const holder = value as Record<string, unknown>;
  for (const name of Object.keys(holder)) {
    found.push({ holder, name });
    placesIn(holder[name], found);
  }
  return found;
}

/** The value with one thing wrong: a hostile value in some place, a field too few, too many or misspelt. */
export function broken(sound: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> {
  return fc
    .tuple(sound, fc.nat(), fc.constantFrom("replace", "drop", "rename", "add"), hostile, hostileText)
    .map(([value, at, how, bad, name]) => {
      const copy: unknown = structuredClone(value);
      const places = placesIn(copy, []);
      const place = places[at % Math.max(places.length, 1)];
      if (place === undefined) return bad;
      const held = place.holder[place.name];
      if (how === "replace") place.holder[place.name] = bad;
      if (how !== "replace" && how !== "add") delete place.holder[place.name];
      // A list's `length` cannot be defined anew; then it stays as it was.
      if (how === "rename") Reflect.defineProperty(place.holder, `${place.name}x`, { value: held, enumerable: true });
      if (how === "add") Reflect.defineProperty(place.holder, name, { value: bad, enumerable: true, configurable: true, writable: true });
      return copy;
    });
}
