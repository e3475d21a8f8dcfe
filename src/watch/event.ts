import { eventId, newEvent, type NewEvent } from "../store/index.ts";
import type { Change } from "./diff.ts";

/** Between which moments a change happened, in milliseconds since 1970. */
export type Observed = { readonly notBefore: number; readonly notAfter: number };

const iso = (ms: number): string => new Date(ms).toISOString();

/** A change as an event; `told` counts those before it that told of the same resource. It holds no configuration values at all. */
export function changeEvent(project: string, change: Change, observed: Observed, told: number): NewEvent {
  const { type, state, previous, current, outcome, previousVersion, coalesced } = change;
  const id = eventId(project, type, state.typeId, state.id, state.version, String(current), told);
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
  const deploymentType = state.typeId === "deployment" ? state.type : undefined;
  return newEvent({ id, type, project, resourceKey: state.key ?? undefined, deploymentType, at: observed.notAfter, data });
}

/** That a project cannot be looked at any more, or can again. */
export function watchEvent(project: string, type: "watch.degraded" | "watch.recovered", lastOkAt: number, now: number): NewEvent {
  const id = eventId(project, type, lastOkAt);
  return newEvent({ id, type, project, at: now, data: { project, lastLook: iso(lastOkAt) } });
}
