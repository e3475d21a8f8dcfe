import { randomUUID } from "node:crypto";
import { createJournal, type Journal } from "./journal.ts";
import { DEFAULT_TIMINGS, decide, type Outcome, type PublishEffects, REVIEWER, settle, type Timings } from "./lifecycle.ts";
import { contentOf } from "./references.ts";
import { createRepositories, type Fixture, type Repositories } from "./repositories.ts";
import type { Connector, Deployment, Draft } from "./types.ts";

/** An API Client: what it may do, and in which project. */
export type Client = {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly projectKey: string;
  /** Scope names without the project key. */
  readonly scopes: readonly string[];
};
/** A project; production deployments are off unless `production` is true. */
export type Project = { readonly projectKey: string; readonly region: string; readonly production?: boolean };
export type Token = { readonly client: Client; readonly scopes: ReadonlySet<string>; readonly expiresAt: number };

export type Phase = "preview" | "publish" | "review" | "deploy" | "undeploy";
/** How the next operation of a phase ends; for the resource with `key` if one is given. */
export type PlannedOutcome = { readonly phase: Phase; readonly outcome: Outcome; readonly key?: string; times: number };

export type StateOptions = {
  readonly now: () => number;
  readonly newId?: () => string;
  readonly timings?: Partial<Timings>;
  readonly clients: readonly Client[];
  readonly projects: readonly Project[];
  readonly fixtures: readonly Fixture[];
  /** Prints resources as they were in 2023. */
  readonly legacy: boolean;
  /** Refuses unknown fields of bodies, which Connect itself drops. */
  readonly strict: boolean;
  readonly tokenLifetimeSeconds: number;
  readonly logsRemoved: boolean;
  readonly certification: "timed" | "manual";
};

/** Everything the emulator holds. */
export type State = {
  readonly options: StateOptions;
  readonly timings: Timings;
  readonly journal: Journal;
  readonly repositories: Repositories;
  readonly tokens: Map<string, Token>;
  readonly drafts: Map<string, Draft>;
  readonly connectors: Map<string, Connector>;
  readonly deployments: Map<string, Deployment>;
  readonly planned: PlannedOutcome[];
  readonly effects: PublishEffects;
  newId(): string;
  /** Milliseconds since 1970, with the offset that the controls added. */
  now(): number;
  /** Moves the clock forward. */
  advance(ms: number): void;
  /** Lets everything happen that is due by now. Called before each request, so that nothing needs a timer. */
  settle(): void;
  /** Notes the status of a resource that was just created or changed. */
  note(resource: Draft | Deployment): void;
  /** Takes the outcome that was planned for a phase of this resource, once. */
  outcome(phase: Phase, key: string | undefined): Outcome;
  /** Runs an update that takes planned outcomes; they are put back when it throws. */
  attempt<T>(update: () => T): T;
  /** Ends a manual review, with a reviewer's comment if there is one; false when no review waits. */
  review(key: string, accepted: boolean, comment?: string): boolean;
};

/** Makes the state, empty but for its fixtures. */
export function createState(options: StateOptions): State {
  let offset = 0;
  const newId = options.newId ?? randomUUID;
  const now = () => options.now() + offset;
  const [drafts, connectors, deployments] = [new Map<string, Draft>(), new Map<string, Connector>(), new Map<string, Deployment>()];
  const journal = createJournal();
  const planned: PlannedOutcome[] = [];
  const effects: PublishEffects = { published: (draft, certified) => publish(connectors, draft, certified) };

  function note(resource: Draft | Deployment): void {
    const { id, key, version } = resource;
    const isDraft = "isPreviewable" in resource;
    const status = isDraft ? `${resource.status} ${resource.isPreviewable}` : resource.status;
    const at = new Date(resource.lastModifiedAt).toISOString();
    journal.add({ kind: "transition", at, resource: isDraft ? "connectorStaged" : "deployment", id, key, version, status });
  }

  function settleAll(): void {
    const time = now();
    for (const draft of drafts.values()) if (draft.steps.length > 0) settle(draft, time, note);
    for (const deployment of deployments.values()) if (deployment.steps.length > 0) settle(deployment, time, note);
  }

  function outcome(phase: Phase, key: string | undefined): Outcome {
    const at = planned.findIndex((each) => each.phase === phase && (each.key === undefined || each.key === key));
    const found = planned[at];
    if (found === undefined) return phase === "review" && options.certification === "manual" ? "manual" : "ok";
    found.times -= 1;
    if (found.times <= 0) planned.splice(at, 1);
    return found.outcome;
  }

  function attempt<T>(update: () => T): T {
    const before = planned.map((each) => ({ ...each }));
    try {
      return update();
    } catch (error) {
      planned.splice(0, planned.length, ...before);
      throw error;
    }
  }

  function review(key: string, accepted: boolean, comment?: string): boolean {
    const draft = drafts.values().find((each) => each.key === key && each.status === "InCertification");
    if (draft === undefined) return false;
    draft.steps = draft.steps.filter((step) => step.chain !== "publish");
    draft.version += 1;
    draft.lastModifiedAt = now();
    if (comment !== undefined) draft.comments.push({ userId: REVIEWER, datetime: new Date(now()).toISOString(), comment });
    decide(draft, accepted, now(), effects);
    note(draft);
    return true;
  }

  return {
    options,
    timings: { ...DEFAULT_TIMINGS, ...options.timings },
    journal,
    repositories: createRepositories(options.fixtures),
    tokens: new Map(),
    drafts,
    connectors,
    deployments,
    planned,
    effects,
    newId,
    now,
    advance: (ms) => void (offset += ms),
    settle: settleAll,
    note,
    outcome,
    attempt,
    review,
  };
}

/** Makes or replaces the connector of a draft. */
function publish(connectors: Map<string, Connector>, draft: Draft, certified: boolean): void {
  draft.status = "Published";
  draft.alreadyListed = true;
  draft.hasChanges = false;
  draft.private = !certified;
  const { id, key, owner, version, privateProjects } = draft;
  const createdAt = connectors.get(id)?.createdAt ?? draft.lastModifiedAt;
  connectors.set(id, {
    ...contentOf(draft),
    id,
    key,
    owner,
    version,
    privateProjects,
    createdAt,
    private: draft.private,
    certified,
    listed: true,
  });
}
