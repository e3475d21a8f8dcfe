import type { Deployment, DeploymentDraft, DeploymentUpdate, Sealed } from "../connect/index.ts";
import { GatewayError, gatewayError } from "../errors.ts";
import { MOST_STEPS } from "./lost-writes.ts";
import { refuseMasks } from "./masks.ts";
import { FIRST_VERSION } from "./versions.ts";

/** States in which Connect refuses a redeploy, with its own words for each. */
export const BUSY: Readonly<Record<string, string>> = { Queued: "queued", Deploying: "deploying", Undeploying: "undeploying" };

/** Whether nothing was done with a deployment since it was made. */
export function isNew({ version, status }: Sealed<Deployment>): boolean {
  return version === FIRST_VERSION || (BUSY[status] !== undefined && version < FIRST_VERSION + MOST_STEPS);
}

/** Whether what is found right after a redeploy of version `sent` may have been so for long: it is at rest, and some steps further on. */
export function mayBeOlder({ version, status }: Sealed<Deployment>, sent: number): boolean {
  return BUSY[status] === undefined && version > sent + 1;
}

/** The draft with what it leaves to Connect's default: whoever says so asks for the same. */
export function spelledOut(draft: Sealed<DeploymentDraft>): object {
  return { ...draft, connector: { ...draft.connector, staged: draft.connector.staged === true } };
}

/** The same of an action. */
export function spelledOutAction(action: Sealed<DeploymentUpdate>["actions"][number]): object {
  return { ...action, skipScripts: action.skipScripts === true, updateConnector: action.updateConnector === true };
}

export function checkDraft(draft: Sealed<DeploymentDraft>): void {
  refuseCrowd("/configurations", [...draft.configurations, draft.globalConfiguration ?? {}]);
  refuseMasks(draft.configurations, draft.globalConfiguration, "configurations");
}

export function checkUpdate({ actions }: Sealed<DeploymentUpdate>): void {
  const holders = actions.flatMap(({ configurationValues = [], globalConfiguration = {} }) => [
    ...configurationValues,
    globalConfiguration,
  ]);
  refuseCrowd("/actions", holders);
  for (const action of actions) refuseMasks(action.configurationValues, action.globalConfiguration, "configurationValues");
}

/** Configuration values of one write: each secured one is remembered in a dozen forms. */
const MOST_VALUES = 1_000;

type Values = { readonly standardConfiguration?: readonly unknown[]; readonly securedConfiguration?: readonly unknown[] };

function refuseCrowd(path: string, holders: readonly Values[]): void {
  const sizes = holders.map(
    ({ standardConfiguration = [], securedConfiguration = [] }) => standardConfiguration.length + securedConfiguration.length,
  );
  const count = sizes.reduce((sum, size) => sum + size, 0);
  if (count <= MOST_VALUES) return;
  const message = `The write has ${count} configuration values in ${path} and globalConfiguration, standard and secured ones together; ${MOST_VALUES} are allowed.`;
  throw gatewayError("LimitExceeded", message, { fields: { path } });
}

export function refuseBusy(status: string): void {
  const word = BUSY[status];
  if (word === undefined) return;
  const entry = { code: "DeploymentInvalidStatusTransition", message: `Invalid status change: Already ${word}` };
  throw new GatewayError(400, [entry]);
}

/** The version of a deployment that can take a redeploy; throws what Connect would say of another. */
export function versionIfFree({ status, version }: Sealed<Deployment>): number {
  refuseBusy(status);
  return version;
}
