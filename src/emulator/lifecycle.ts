import type { Application, Deployment, Draft, ReportEntry, Step } from "./types.ts";

/** Milliseconds that each phase takes. */
export type Timings = {
  readonly previewMs: number;
  readonly processingMs: number;
  readonly reviewQueueMs: number;
  readonly reviewMs: number;
  readonly queuedMs: number;
  readonly deployMs: number;
  readonly undeployMs: number;
};

/** A person sees every phase, and all of them end within seconds. */
export const DEFAULT_TIMINGS: Timings = {
  previewMs: 2_000,
  processingMs: 2_000,
  reviewQueueMs: 2_000,
  reviewMs: 6_000,
  queuedMs: 0,
  deployMs: 4_000,
  undeployMs: 2_000,
};

/** How a phase ends: well, badly, never, or when somebody decides. */
export type Outcome = "ok" | "fail" | "stuck" | "manual";

type Moving<T> = { version: number; steps: Step<T>[]; lastModifiedAt: number };

/** Applies every step that is due at `now`, in order of time, each with a version of its own; `note` hears of each. */
export function settle<T extends Moving<T>>(resource: T, now: number, note: (resource: T) => void = () => {}): void {
  for (;;) {
    const [next] = resource.steps.toSorted((a, b) => a.at - b.at);
    if (next === undefined || next.at > now) return;
    resource.steps = resource.steps.filter((step) => step !== next);
    resource.version += 1;
    resource.lastModifiedAt = next.at;
    next.change(resource, next.at);
    note(resource);
  }
}

/** Replaces the steps of one chain. */
export function begin<T extends Moving<T>>(resource: T, steps: readonly Step<T>[], chain: string): void {
  resource.steps = [...resource.steps.filter((step) => step.chain !== chain), ...steps];
}

const entry = (type: ReportEntry["type"], title: string, at: number, more: Partial<ReportEntry> = {}): ReportEntry => ({
  type,
  title,
  ...more,
  createdAt: new Date(at).toISOString(),
});

/** Spreads `count` steps evenly over `length` milliseconds; the last one is `last`, the others only raise the version. */
function spread<T>(
  chain: string,
  from: number,
  length: number,
  count: number,
  last: Step<T>["change"],
  middle?: Step<T>["change"],
): Step<T>[] {
  return Array.from({ length: count }, (_, at) => {
    const due = from + Math.round((length * (at + 1)) / count);
    return { at: due, chain, change: at === count - 1 ? last : at === 1 && middle !== undefined ? middle : () => undefined };
  });
}

/** Internal version steps of a preview check and of a deployment, as seen upstream: a preview takes a draft from 2 to 7, a deployment from 1 to 11. */
const PREVIEW_STEPS = 5;
const DEPLOY_STEPS = 10;

const CHECKS = ["Image security analysis check", "SAST and SCA analysis check", "Connector specification file validation check"];

/** The check that allows previews: `pending` until it ends. */
export function previewSteps(now: number, timings: Timings, outcome: Outcome): Step<Draft>[] {
  if (outcome === "stuck") return [];
  return spread("preview", now, timings.previewMs, PREVIEW_STEPS, (draft, at) => {
    draft.isPreviewable = outcome === "fail" ? "false" : "true";
    const passed = CHECKS.map((title) => entry("Information", `${title} succeeded`, at));
    draft.previewableReport = {
      entries:
        outcome === "fail"
          ? [entry("Error", "Image security analysis check failed", at, { message: "The image has a known vulnerability." })]
          : passed,
    };
  });
}

/** What the steps of publishing do beside changing the draft. */
export type PublishEffects = { readonly published: (draft: Draft, certified: boolean, at: number) => void };

/** Publishing: processing, and with `certification` the review, until a connector is published. */
export function publishSteps(
  now: number,
  timings: Timings,
  certification: boolean,
  outcomes: { readonly publish: Outcome; readonly review: Outcome },
  effects: PublishEffects,
): Step<Draft>[] {
  if (outcomes.publish === "stuck") return [];
  const processed = now + timings.processingMs;
  const step = (at: number, change: Step<Draft>["change"]): Step<Draft> => ({ at, chain: "publish", change });
  const checked: Step<Draft> = step(processed, (draft, at) => {
    const failed = outcomes.publish === "fail";
    draft.publishingReport = {
      entries: [
        ...CHECKS.map((title) => entry("Information", `${title} succeeded`, at)),
        failed
          ? entry("Error", "Image build failed", at, { message: "The build ended with exit code 1." })
          : entry("Information", "Image build check succeeded", at),
      ],
    };
    draft.status = failed ? "Failed" : certification ? "ReadyForCertification" : "Processing";
    if (!failed && !certification) effects.published(draft, false, at);
  });
  if (!certification || outcomes.publish === "fail") return [checked];
  const reviewed = processed + timings.reviewQueueMs;
  const question = step(reviewed, (draft, at) => {
    draft.status = "InCertification";
    const comment = "Which scopes does the connector need, and why?";
    draft.comments.push({ userId: REVIEWER, datetime: new Date(at).toISOString(), comment });
  });
  if (outcomes.review === "manual" || outcomes.review === "stuck") return [checked, question];
  const decided = step(reviewed + timings.reviewMs, (draft, at) => decide(draft, outcomes.review === "ok", at, effects));
  return [checked, question, decided];
}

/** Project key under which reviewers comment. */
export const REVIEWER = "connect-review";

/** Ends a review. */
export function decide(draft: Draft, accepted: boolean, at: number, effects: PublishEffects): void {
  if (accepted) return effects.published(draft, true, at);
  draft.status = "Failed";
  draft.publishingReport = { entries: [...(draft.publishingReport?.entries ?? []), entry("Error", "Certification was refused", at)] };
}

/** A deployment's way from now to `Deployed` or `Failed`. */
export function deploySteps(now: number, timings: Timings, outcome: Outcome, skipScripts: boolean, buildId: string): Step<Deployment>[] {
  const start = now + timings.queuedMs;
  const queued: Step<Deployment>[] =
    timings.queuedMs === 0 ? [] : [{ at: start, chain: "deploy", change: (deployment) => void (deployment.status = "Deploying") }];
  if (outcome === "stuck") return queued;
  const finish: Step<Deployment>["change"] = (deployment, at) => {
    deployment.status = outcome === "fail" ? "Failed" : "Deployed";
    if (outcome !== "fail") for (const application of deployment.applications) reach(deployment, application);
    deployment.build = {
      id: buildId,
      report: { entries: deployment.applications.map((each) => finding(deployment, each, outcome, skipScripts, at)) },
    };
  };
  const build: Step<Deployment>["change"] = (deployment) => void (deployment.build = { id: buildId, report: undefined });
  return [...queued, ...spread("deploy", start, timings.deployMs, DEPLOY_STEPS, finish, build)];
}

function finding(deployment: Deployment, application: Application, outcome: Outcome, skipScripts: boolean, at: number): ReportEntry {
  const name = application.applicationName;
  if (outcome === "fail")
    return entry("Error", "Failed during the execution of 'postDeploy' script", at, {
      application: name,
      message: "The script ended with exit code 1.",
    });
  const defined = deployment.connector.specification.applications.get(name)?.postDeploy === true;
  const title = !defined
    ? `Script for "postDeploy" not defined`
    : skipScripts
      ? `Script for "postDeploy" skipped`
      : `Script for "postDeploy" executed`;
  return entry("Information", title, at, { application: name });
}

/** Gives an application its address, destination or schedule; a redeploy keeps those it has. */
function reach({ connector, deployedRegion }: Deployment, application: Application): void {
  const { applicationName, id } = application;
  const specification = connector.specification.applications.get(applicationName);
  const type = connector.specification.configurations.find((each) => each.applicationName === applicationName)?.applicationType;
  if (type === "job") application.schedule ??= specification?.schedule ?? "@daily";
  else if (type === "event") application.topic ??= topic(applicationName, id, deployedRegion);
  else {
    const host = type === "assets" ? `assets-${id}` : `${applicationName}-${id}`;
    const path = specification?.endpoint === undefined ? "" : `/${specification.endpoint.replace(/^\/+/, "")}`;
    application.url ??= `https://${host.toLowerCase()}.${deployedRegion}.commercetools.app${path === "/" ? "" : path}`;
  }
}

function topic(name: string, id: string, region: string): string {
  return region.endsWith(".aws")
    ? `arn:aws:sns:${region.replace(/\.aws$/, "")}:000000000000:${name}-${id}`
    : `projects/connect/topics/${name}-${id}`;
}

/** Undeploying, until `gone` is called or it failed. */
export function undeploySteps(now: number, timings: Timings, outcome: Outcome, gone: (deployment: Deployment) => void): Step<Deployment>[] {
  if (outcome === "stuck") return [];
  const change: Step<Deployment>["change"] = (deployment, at) => {
    if (outcome !== "fail") return gone(deployment);
    deployment.status = "UndeployFailed";
    const title = "Failed during the execution of 'preUndeploy' script";
    deployment.build = { id: deployment.build?.id ?? deployment.id, report: { entries: [entry("Error", title, at)] } };
  };
  return [{ at: now + timings.undeployMs, chain: "undeploy", change }];
}
