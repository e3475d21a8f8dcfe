import { inMotion, type State } from "./states.ts";

/** One thing that changed. */
export type Change = {
  /** Such as `deployment.status_changed`. */
  readonly type: string;
  readonly state: State;
  readonly previous: string | number | null;
  readonly current: string | number | null;
  readonly outcome: Outcome | null;
};
/** How something ended that had been under way. */
export type Outcome = "succeeded" | "succeededWithWarnings" | "failed";

/** What happened to one resource between two looks; undefined stands for: not there. An older version than the one seen is no news. */
export function diff(before: State | undefined, now: State | undefined): Change[] {
  if (before === undefined) return now === undefined ? [] : [change("created", now, null, now.status, null)];
  if (now === undefined) return [change("deleted", before, before.status, null, before.status === "Undeploying" ? "succeeded" : null)];
  if (now.version < before.version) return [];
  const changes: Change[] = [];
  if (now.status !== before.status) changes.push(change("status_changed", now, before.status, now.status, outcomeOf(now)));
  if (before.typeId === "connectorStaged" && now.typeId === "connectorStaged") {
    if (now.isPreviewable !== before.isPreviewable) {
      changes.push(change("previewable_changed", now, before.isPreviewable, now.isPreviewable, previewOutcome(now.isPreviewable)));
    }
    if (now.comments > before.comments) changes.push(change("certification_comment_added", now, before.comments, now.comments, null));
  }
  // While something is under way, its version rises by itself; at rest, a version that moved tells of a change that was missed.
  const moved = now.version !== before.version && !(inMotion(before) && inMotion(now));
  return changes.length === 0 && moved ? [change("updated", now, before.version, now.version, null)] : changes;
}

const FAMILY = { deployment: "deployment", connectorStaged: "connector_staged" } as const;

function change(what: string, state: State, previous: Change["previous"], current: Change["current"], outcome: Outcome | null): Change {
  return { type: `${FAMILY[state.typeId]}.${what}`, state, previous, current, outcome };
}

function outcomeOf(state: State): Outcome | null {
  switch (state.status) {
    case "Deployed":
      // Deployed alone is no proof that all went well.
      return state.typeId === "deployment" && state.report.errors + state.report.warnings > 0 ? "succeededWithWarnings" : "succeeded";
    case "Published":
      return "succeeded";
    case "Failed":
    case "UndeployFailed":
      return "failed";
    default:
      return null;
  }
}

function previewOutcome(isPreviewable: string): Outcome | null {
  if (isPreviewable === "true") return "succeeded";
  return isPreviewable === "false" ? "failed" : null;
}
