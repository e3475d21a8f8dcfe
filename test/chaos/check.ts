import { at, type Json } from "../helpers/gateway.ts";
import type { Journal } from "./journals.ts";

function keyOf(event: Json): string {
  const key = at(event, "data.resource.key");
  return typeof key === "string" ? key : "";
}

/** What is wrong with the log itself: states that do not follow each other, versions that fall, facts that stand in it twice. */
export function faultsOfLog(log: readonly Json[]): string[] {
  const faults: string[] = [];
  for (const key of new Set(log.map(keyOf).filter((key) => key !== ""))) {
    const own = log.filter((event) => keyOf(event) === key);
    const moves = own.filter((event) => event["type"] === "deployment.status_changed").map((event) => event["data"] as Json);
    for (const [index, move] of moves.entries())
      if (index > 0 && move["previous"] !== moves[index - 1]?.["current"])
        faults.push(`${key}: ${String(move["previous"])} does not follow ${String(moves[index - 1]?.["current"])}`);
    const versions = own.map((event) => Number(at(event, "data.resourceVersion")));
    if (versions.some((version, index) => index > 0 && version < (versions[index - 1] ?? 0))) faults.push(`${key}: versions fall`);
  }
  if (new Set(log.map((event) => event["id"])).size !== log.length) faults.push("an event is in the log twice");
  return faults;
}

/** What is wrong with a channel, beside the log: lost, reordered within a resource, made up, twice with other bytes; a cursor that goes back. */
export function faultsOfJournal(log: readonly Json[], { name, told }: Journal): string[] {
  const faults: string[] = [];
  const bodies = new Map(log.map((event) => [String(event["id"]), JSON.stringify(event)]));
  const ids = new Set(told.map((each) => each.id));
  for (const id of bodies.keys()) if (!ids.has(id)) faults.push(`${name}: ${id} was lost`);
  for (const { id, body } of told) {
    const known = bodies.get(id);
    if (known === undefined) faults.push(`${name}: ${id} is in no log`);
    else if (known !== body) faults.push(`${name}: ${id} has other bytes than in the log`);
  }
  for (const key of new Set(log.map(keyOf))) {
    const own = log.filter((event) => keyOf(event) === key).map((event) => String(event["id"]));
    const mine = new Set(own);
    const arrived = [...ids].filter((id) => mine.has(id));
    if (arrived.some((id, index) => id !== own.filter((each) => ids.has(each))[index]))
      faults.push(`${name}: ${key} came in another order`);
  }
  const cursors = told.map((each) => each.cursor).filter((cursor) => cursor !== undefined);
  if (cursors.some((cursor, index) => index > 0 && cursor <= (cursors[index - 1] ?? 0)))
    faults.push(`${name}: a cursor came twice or went back`);
  return faults;
}
