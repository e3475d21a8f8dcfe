import { hash } from "node:crypto";
import { type Needles, SHORT } from "./needles.ts";

/** What is known of some values: their digests, the short ones among them as they are by their owners, and the set in which the forms of all others stand. */
export type Group = { readonly set: number; readonly names: Set<string>; readonly short: Map<number, Set<string>> };

export const groupOf = (set: number): Group => ({ set, names: new Set(), short: new Map() });

/** What an owner's value is called in a group. */
export const nameOf = (value: string, owner: number): string => hash("sha256", Buffer.from(`${owner} ${value}`, "utf16le"), "binary");

/** Notes a value whose forms stand in a group. */
export function noteIn(group: Group, value: string, owner: number): void {
  group.names.add(nameOf(value, owner));
  if (value.length < SHORT) group.short.set(owner, (group.short.get(owner) ?? new Set()).add(value));
}

export function emptyOut(needles: Needles, group: Group): void {
  needles.clear(group.set);
  group.names.clear();
  group.short.clear();
}
