import type {
  Call,
  ConnectorStaged,
  ConnectorUpdateAction,
  Deployment,
  DeploymentDraft,
  DeploymentUpdate,
  Sealed,
} from "../connect/index.ts";
import { toGatewayError } from "../errors.ts";

/** The whole time for a write and for finding out what became of it, in milliseconds, and the least that is left for the second. */
const TOTAL_MS = 15_000;
const LEAST_MS = 1_500;

/**
 * A write whose answer may get lost on the way. When it does, `readBack` looks for its effect; where there is none to be seen, the write is reported as
 * `UpstreamOutcomeUnknown`: it may still happen, so it is never sent again. A resource that is gone is told as such.
 */
export async function settled<T>(call: Call, write: () => Promise<T>, readBack: (call: Call) => Promise<T | undefined>): Promise<T> {
  const started = performance.now();
  try {
    return await write();
  } catch (error) {
    if (toGatewayError(error).code !== "UpstreamOutcomeUnknown") throw error;
    const withinMs = Math.max(TOTAL_MS - (performance.now() - started), LEAST_MS);
    const found = await readBack({ ...call, fresh: "own", withinMs }).catch((failure: unknown) => {
      if (toGatewayError(failure).statusCode === 404) throw failure;
      return undefined;
    });
    if (found === undefined) throw error;
    return found;
  }
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

/** Whether a deployment is the one that a draft asked for, as far as can be told: secured values cannot be compared. */
export function isMadeFrom(deployment: Sealed<Deployment>, draft: Sealed<DeploymentDraft>): boolean {
  const { connector, deployedRegion } = deployment;
  const same =
    "id" in draft.connector && draft.connector.id !== undefined
      ? connector.id === draft.connector.id
      : connector.key === draft.connector.key;
  return same && deployedRegion === draft.region && hasValues(deployment, draft.configurations);
}

/** Whether a redeploy has begun: the version moved on, and the values that are not secured are there. */
export function isRedeployed(deployment: Sealed<Deployment>, version: number, { actions }: Sealed<DeploymentUpdate>): boolean {
  const values = actions.map(({ configurationValues }) => configurationValues ?? []);
  return deployment.version > version && values.every((each) => hasValues(deployment, each));
}

type Values = readonly { readonly applicationName: string; readonly standardConfiguration?: readonly Value[] | undefined }[];
type Value = { readonly key: string; readonly value: string };

function hasValues({ applications }: Sealed<Deployment>, wanted: Values): boolean {
  return wanted.every(({ applicationName, standardConfiguration = [] }) => {
    const held = applications.find((each) => each.applicationName === applicationName)?.standardConfiguration ?? [];
    return standardConfiguration.every(({ key, value }) => held.some((each) => each.key === key && each.value === value));
  });
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
  return draft.version > version && actions.every((action) => EFFECTS[action.action](draft, action as Fields));
}
