import { createHash } from "node:crypto";
import type { NewEvent } from "../store/index.ts";
import type { Change } from "./diff.ts";

/** Between which moments a change happened, in milliseconds since 1970. */
export type Observed = { readonly notBefore: number; readonly notAfter: number };

const iso = (ms: number): string => new Date(ms).toISOString();

/** The same fact has the same id, whoever finds it and how often. */
function idOf(...fact: readonly (string | number)[]): string {
  return `evt_${createHash("sha256").update(JSON.stringify(fact)).digest("hex").slice(0, 32)}`;
}

/** A change as an event; `told` counts those before it that told of the same resource. It holds no configuration values at all. */
export function changeEvent(project: string, change: Change, observed: Observed, told: number): NewEvent {
  const { type, state, previous, current, outcome, previousVersion, coalesced } = change;
  const id = idOf(project, type, state.typeId, state.id, state.version, String(current), told);
  const details =
    state.typeId === "deployment"
      ? { report: state.report, connector: state.connector, applications: state.applications }
      : { repository: { tag: state.tag } };
  const data = {
    project,
    resource: { typeId: state.typeId, id: state.id, key: state.key },
    resourceVersion: state.version,
    previousVersion,
    coalesced,
    previous,
    current,
    outcome,
    ...details,
    observed: { notBefore: iso(observed.notBefore), notAfter: iso(observed.notAfter) },
  };
  const kind = state.typeId === "deployment" ? state.type : undefined;
  return { ...newEvent(id, type, project, state.key ?? undefined, observed.notAfter, data), deploymentType: kind };
}

/** That a project cannot be looked at any more, or can again. */
export function watchEvent(project: string, type: "watch.degraded" | "watch.recovered", lastOkAt: number, now: number): NewEvent {
  return newEvent(idOf(project, type, lastOkAt), type, project, undefined, now, { project, lastLook: iso(lastOkAt) });
}

function newEvent(id: string, type: string, project: string, resourceKey: string | undefined, at: number, data: object): NewEvent {
  return { id, type, project, resourceKey, deploymentType: undefined, at, body: JSON.stringify({ id, type, timestamp: iso(at), data }) };
}
