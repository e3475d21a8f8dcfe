import {
  type Call,
  type ConnectorStaged,
  type ConnectorStagedDraft,
  type ConnectorUpdateAction,
  type Deployment,
  type DeploymentDraft,
  type DeploymentUpdate,
  isUnchanged,
  type Ref,
  type Sealed,
} from "../connect/index.ts";
import { type GatewayError, gatewayError, toGatewayError } from "../errors.ts";
import { beforeReadBack, callWithin } from "./deadline.ts";
import type { Turn } from "./idempotency.ts";
import { type Expected, freshly, refuseOther } from "./versions.ts";

/** How long a deletion may wait for what is to be deleted, in milliseconds. */
const LAST_LOOK_MS = 2_000;

/**
 * A write whose answer may get lost on the way. When it does, `readBack` looks for its effect; where there is none to be seen, the write is reported as it
 * ended, mostly as `UpstreamOutcomeUnknown`: it may still happen, so it is never sent again. A resource that is gone is told as such.
 */
export async function settled<T>(
  call: Call,
  write: (call: Call) => Promise<T>,
  readBack: (call: Call) => Promise<T | undefined>,
): Promise<T> {
  try {
    return await write(beforeReadBack(call));
  } catch (error) {
    if (!isInDoubt(toGatewayError(error))) throw error;
    const found = await readBack(freshly(call)).catch((failure: unknown) => {
      if (toGatewayError(failure).statusCode === 404) throw failure;
      return undefined;
    });
    if (found === undefined) throw error;
    return found;
  }
}

/** Whether a write that ended so may have been done all the same: also a page that asks to wait may come after it was. */
function isInDoubt(failure: GatewayError): boolean {
  return failure.code === "UpstreamOutcomeUnknown" || (failure.code === "UpstreamThrottled" && !isUnchanged(failure));
}

/** What `read` gives; undefined when there is no such thing. */
export async function ifThere<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (toGatewayError(error).statusCode === 404) return undefined;
    throw error;
  }
}

/**
 * Reads what is about to be deleted. With an expected version that decides, because Connect compares none here; else it is for the answer only, should
 * upstream's get lost and the resource be gone by then: undefined when it cannot be had at once.
 */
export async function readBeforeDelete<T extends { readonly version: number }>(
  call: Call,
  expected: Expected,
  read: (call: Call) => Promise<T>,
): Promise<T | undefined> {
  if (expected.version === undefined && expected.ifMatch === undefined) {
    // An older answer is good enough here, and no news for the caller.
    return read(callWithin({ ...call, noted: undefined }, LAST_LOOK_MS)).catch(() => undefined);
  }
  const current = await read(freshly(call));
  refuseOther(current.version, expected);
  return current;
}

/** What a deletion is to be for: what was compared with the caller's expectation, and nothing that has its key by now. */
export function refOf(ref: Ref, { version, ifMatch }: Expected, compared: { readonly id: string } | undefined): Ref {
  return compared === undefined || (version === undefined && ifMatch === undefined) ? ref : { id: compared.id };
}

/** How a lost change is looked for. */
type Search<T> = {
  readonly read: () => Promise<T>;
  /** Whether what is found shows a change that was sent with this version. */
  readonly shows: (found: T, version: number) => boolean;
  /** What the same change was just told. */
  readonly refusal?: GatewayError | undefined;
};

/** Refusals that say that the version is another one by now. */
const MOVED_ON = new Set(["ConcurrentModification", "PreconditionFailed"]);

/**
 * Looks for what a lost write has done that was sent with the version noted in `turn`: the resource if it shows in there, undefined if it was not done.
 * Throws `UpstreamOutcomeUnknown` when that cannot be told.
 */
export async function lookFor<T extends { readonly version: number }>(
  { version }: Turn,
  { read, shows, refusal }: Search<T>,
): Promise<T | undefined> {
  // Nothing is sent before its version is noted.
  if (version === undefined) return undefined;
  const found = await read();
  if (shows(found, version)) return found;
  // What has moved it on since may have been the lost write itself.
  if (found.version > version || lagsBehind(found.version, version, refusal)) throw gatewayError("UpstreamOutcomeUnknown");
  return undefined;
}

/** Whether Connect knows of a newer version than the copy of it that was read: it may be the one that the lost write led to. */
function lagsBehind(found: number, sent: number, refusal: GatewayError | undefined): boolean {
  if (refusal?.code === undefined || !MOVED_ON.has(refusal.code)) return false;
  const current = refusal.errors[0]?.["currentVersion"];
  return typeof current === "number" ? current > found : found === sent;
}

/** Refuses to say that nothing was created under a key that was just told to be taken: a copy of Connect may lag behind. */
export function refuseIfTaken(found: object | undefined, refusal: GatewayError | undefined): void {
  if (found === undefined && refusal?.code === "DuplicateField") throw gatewayError("UpstreamOutcomeUnknown");
}

/** States that no creation and no redeploy leads to: somebody ends the deployment. */
const ENDING = new Set<string>(["Undeploying", "UndeployFailed"]);

/** Whether a deployment is the one that a draft asked for, as far as can be told: secured values cannot be compared. */
export function isMadeFrom(deployment: Sealed<Deployment>, draft: Sealed<DeploymentDraft>): boolean {
  const { connector, deployedRegion, status, type } = deployment;
  // Old deployments have no type.
  const isOfType = type === undefined || type === null || (draft.type ?? type) === type;
  if (ENDING.has(status) || !isOfType) return false;
  const same =
    "id" in draft.connector && draft.connector.id !== undefined
      ? connector.id === draft.connector.id
      : connector.key === draft.connector.key;
  return same && deployedRegion === draft.region && hasValues(deployment, draft.configurations, draft.globalConfiguration);
}

/** By so much Connect raises the version of a deployment by itself at most, from its beginning until it is at rest. */
export const MOST_STEPS = 11;

/** Whether a redeploy has begun: the version moved on, by no more than one redeploy moves it, and the values that are not secured are there. */
export function isRedeployed(deployment: Sealed<Deployment>, before: number, { actions }: Sealed<DeploymentUpdate>): boolean {
  const { status, version } = deployment;
  if (ENDING.has(status) || version <= before || version > before + 1 + MOST_STEPS) return false;
  return actions.every(({ configurationValues = [], globalConfiguration }) =>
    hasValues(deployment, configurationValues, globalConfiguration),
  );
}

/** Whether a draft is the one that was asked for, as far as can be told. */
export function isCreatedFrom(found: ConnectorStaged, { creator, repository, key: _key, ...draft }: ConnectorStagedDraft): boolean {
  return found.repository.tag === repository.tag && holds(found.creator, creator) && holds(found, draft);
}

/** Whether everything that was given stands there, whatever else does: what is empty may have been left out. */
function holds(found: unknown, given: unknown): boolean {
  if (given === undefined || given === null || (Array.isArray(given) && given.length === 0)) return true;
  if (typeof given !== "object") return found === given;
  if (found === undefined || found === null || typeof found !== "object") return false;
  if (Array.isArray(given) && (!Array.isArray(found) || found.length !== given.length)) return false;
  return Object.entries(given).every(([name, value]) => holds(Reflect.get(found, name), value));
}

type Value = { readonly key: string; readonly value: string };
type Standard = { readonly standardConfiguration?: readonly Value[] | null | undefined };
type Values = readonly (Standard & { readonly applicationName: string })[];

function hasValues(deployment: Sealed<Deployment>, wanted: Values, global: Standard | undefined): boolean {
  const { applications, globalConfiguration } = deployment;
  const heldBy = (name: string) => applications.find(({ applicationName }) => applicationName === name);
  return includesAll(globalConfiguration, global) && wanted.every((each) => includesAll(heldBy(each.applicationName), each));
}

function includesAll(held: Standard | null | undefined, wanted: Standard | undefined): boolean {
  const values = held?.standardConfiguration ?? [];
  return (wanted?.standardConfiguration ?? []).every(({ key, value }) => values.some((each) => each.key === key && each.value === value));
}

type Fields = Readonly<Record<string, unknown>>;
const equal = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
const includes = (list: readonly string[] | null | undefined, item: unknown): boolean => list?.some((each) => each === item) === true;

/** How the effect of each action shows in the draft. */
const EFFECTS: Readonly<Record<ConnectorUpdateAction["action"], (draft: ConnectorStaged, action: Fields) => boolean>> = {
  setName: (draft, { name }) => draft.name === name,
  setDescription: (draft, { description }) => draft.description === description,
  setIntegrationTypes: (draft, { integrationTypes }) => equal(draft.integrationTypes, integrationTypes),
  setRepository: ({ repository }, { url, tag }) => repository.tag === tag && (url === undefined || repository.url === url),
  setSupportedRegions: (draft, { regions }) => equal(draft.supportedRegions, regions),
  setDocumentationUrl: (draft, { documentationUrl }) => draft.documentationUrl === documentationUrl,
  setCreatorName: ({ creator }, { creatorName }) => creator.name === creatorName,
  setCreatorTitle: ({ creator }, { creatorTitle }) => creator.title === creatorTitle,
  setCreatorEmail: ({ creator }, { creatorEmail }) => creator.email === creatorEmail,
  setCreatorCompany: ({ creator }, { creatorCompany }) => creator.company === creatorCompany,
  setCreatorLogo: ({ creator }, { logoUrl }) => creator.logoUrl === logoUrl,
  setCreatorSupportUrl: ({ creator }, { creatorSupportUrl }) => creator.supportUrl === creatorSupportUrl,
  setCreatorNoOfContributors: ({ creator }, { creatorNoOfContributors }) => creator.noOfContributors === creatorNoOfContributors,
  addPrivateProject: (draft, { privateProject }) => includes(draft.privateProjects, privateProject),
  removePrivateProject: (draft, { privateProject }) => !includes(draft.privateProjects, privateProject),
  updatePreviewable: ({ isPreviewable }) => String(isPreviewable) !== "none",
  publish: ({ status }) => status !== "Draft",
  addCertificationComment: ({ certificationInfo }, { comment }) =>
    certificationInfo?.comments.some((each) => each.comment === comment) === true,
  unlist: ({ alreadyListed }) => !alreadyListed,
};

/** Whether the actions of an update were applied: the version moved on, and each shows. */
export function isUpdated(draft: ConnectorStaged, version: number, actions: readonly ConnectorUpdateAction[]): boolean {
  return draft.version > version && isShown(draft, actions);
}

/** Whether a draft is as the actions would leave it. */
export function isShown(draft: ConnectorStaged, actions: readonly ConnectorUpdateAction[]): boolean {
  return actions.every((action) => EFFECTS[action.action](draft, action as Fields));
}
