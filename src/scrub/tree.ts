import { MASK } from "../secret.ts";

/** What in a tree is no text of anybody: programs go by it, and it stays as it is. */
export type Structure = {
  /** Whether the name of a field is. */
  isName(name: string): boolean;
  /** Whether the value of a field of this name is. */
  isPlain(name: string, value: string | number): boolean;
  /** Other rules, for what stands in the fields of these names. */
  readonly inside: ReadonlyMap<string, Structure>;
};

const NONE: Structure = { isName: () => false, isPlain: () => false, inside: new Map() };

/** What becomes of a text, and whether that of a number is to be masked. */
type By = { text(text: string): string; number(text: string): boolean };

/** A copy of a JSON-like tree, its texts and the names of its fields mapped. */
export function mapTree(value: unknown, by: By, structure: Structure = NONE, name = ""): unknown {
  if (typeof value === "string") return structure.isPlain(name, value) ? value : by.text(value);
  if (typeof value === "number") return !structure.isPlain(name, value) && by.number(String(value)) ? MASK : value;
  if (Array.isArray(value)) return value.map((item) => mapTree(item, by, structure, name));
  if (value === null || typeof value !== "object" || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      structure.isName(key) ? key : by.text(key),
      mapTree(item, by, structure.inside.get(key) ?? structure, key),
    ]),
  );
}

/** The texts that {@link mapTree} maps. */
export function textsOf(value: unknown, structure: Structure): ReadonlySet<string> {
  const texts = new Set<string>();
  const note = (text: string): string => {
    texts.add(text);
    return text;
  };
  mapTree(value, { text: note, number: () => false }, structure);
  return texts;
}

/** Whether what a field of a line holds was made by the gateway itself. */
export type IsOurs = (name: string, value: string | number) => boolean;

/** A line of JSON, its texts mapped but for those that are ours, whose numbers and names are ours as well; any other line as a whole. */
export function mapLine(line: string, map: (text: string) => string, isOurs: IsOurs): string {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return `${map(line.trimEnd())}\n`;
  }
  const structure = { isName: () => true, isPlain: isOurs, inside: new Map() };
  return `${JSON.stringify(mapTree(fields, { text: map, number: () => false }, structure))}\n`;
}
