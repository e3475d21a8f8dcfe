import { inMotion, type State } from "./states.ts";

/** One thing that changed. */
export type Change = {
  /** Such as `deployment.status_changed`. */
  readonly type: string;
  readonly state: State;
  readonly previous: string | number | null;
  readonly current: string | number | null;
  readonly outcome: Outcome | null;
  /** The version that was seen before; null for what is new. */
  readonly previousVersion: number | null;
  /** Whether states between the two looks were missed. */
  readonly coalesced: boolean;
};
/** How something ended that had been under way. */
export type Outcome = "succeeded" | "succeededWithWarnings" | "failed";

/** What happened to one resource between two looks; undefined stands for: not there. An older version than the one seen is no news. */
export function diff(before: State | undefined, now: State | undefined): Change[] {
  if (before === undefined)
    return now === undefined ? [] : [{ ...change("created", now, null, now.status, null), ...since(null, !isFirst(now)) }];
  if (now === undefined) {
    const deleted = change("deleted", before, before.status, null, before.status === "Undeploying" ? "succeeded" : null);
    return [{ ...deleted, ...since(before.version, before.typeId === "deployment" && before.status !== "Undeploying") }];
  }
  if (now.version < before.version) return [];
  return changesOf(before, now).map((each) => ({ ...each, ...since(before.version, isCoalesced(before, now)) }));
}

type Told = Omit<Change, "previousVersion" | "coalesced">;

const since = (previousVersion: number | null, coalesced: boolean): Omit<Change, keyof Told> => ({ previousVersion, coalesced });

function changesOf(before: State, now: State): Told[] {
  const changes: Told[] = [];
  if (now.status !== before.status) changes.push(change("status_changed", now, before.status, now.status, outcomeOf(now)));
  if (before.typeId === "connectorStaged" && now.typeId === "connectorStaged") {
    if (now.isPreviewable !== before.isPreviewable) {
      changes.push(change("previewable_changed", now, before.isPreviewable, now.isPreviewable, previewOutcome(now.isPreviewable)));
    }
    if (now.comments > before.comments) changes.push(change("certification_comment_added", now, before.comments, now.comments, null));
  }
  // At rest, a version that moved tells of a change that was missed.
  const moved = now.version !== before.version && (!underWay(before, now) || isAnother(before, now));
  return changes.length === 0 && moved ? [change("updated", now, before.version, now.version, null)] : changes;
}

/** What a status is followed by, where that is known. */
const NEXT: Readonly<Record<State["typeId"], Readonly<Record<string, readonly string[]>>>> = {
  deployment: {
    Queued: ["Deploying", "Undeploying"],
    Deploying: ["Deployed", "Failed"],
    Deployed: ["Queued", "Deploying", "Undeploying"],
    Failed: ["Queued", "Deploying", "Undeploying"],
    Undeploying: ["UndeployFailed"],
    UndeployFailed: ["Queued", "Deploying", "Undeploying"],
  },
  connectorStaged: {
    Draft: ["Processing"],
    Processing: ["InCertification", "Published", "Failed", "Draft"],
    InCertification: ["Published", "Failed", "Draft"],
    Failed: ["Processing", "Draft"],
    Published: ["Draft", "Processing"],
  },
};

const isFirst = ({ typeId, status }: State): boolean => (typeId === "deployment" ? ["Queued", "Deploying"] : ["Draft"]).includes(status);

/** Whether something happened between two looks that neither of them saw. A deployment that moved and is as it was has been elsewhere. */
function isCoalesced(before: State, now: State): boolean {
  if (before.status !== now.status) return NEXT[now.typeId][before.status]?.includes(now.status) === false;
  if (now.version === before.version) return false;
  if (underWay(before, now)) return isAnother(before, now);
  return now.typeId === "deployment" || now.version > before.version + 1;
}

/** While something is under way its version rises by itself, so that the version alone tells nothing. */
const underWay = (before: State, now: State): boolean => inMotion(before) && inMotion(now);

/** Whether what is under way is not what was under way before: it was begun anew, from something that does not change by itself. */
function isAnother(before: State, now: State): boolean {
  const made = (state: State) => [state.key, state.typeId === "deployment" ? [state.type, state.connector] : state.tag];
  return JSON.stringify(made(before)) !== JSON.stringify(made(now));
}

const FAMILY = { deployment: "deployment", connectorStaged: "connector_staged" } as const;

function change(what: string, state: State, previous: Change["previous"], current: Change["current"], outcome: Outcome | null): Told {
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
