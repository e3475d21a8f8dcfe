import type { DeploymentConfigurationApplication, DeploymentGlobalConfiguration, Sealed } from "../connect/index.ts";
import { gatewayError } from "../errors.ts";
import { isMask, type Secret } from "../secret.ts";

type SecuredValues = readonly { readonly key: string; readonly value: Secret }[] | null | undefined;

/**
 * Refuses secured values that consist of asterisks alone: they come from an answer, and writing them back would overwrite the real value.
 * Throws `MaskedValue`, which names the application (none for a global value) and the key.
 */
export function refuseMasks(
  applications: readonly Sealed<DeploymentConfigurationApplication>[] | null | undefined,
  globalConfiguration: Sealed<DeploymentGlobalConfiguration> | null | undefined,
  field: string,
): void {
  for (const [at, application] of (applications ?? []).entries()) {
    refuse(application.securedConfiguration, `/${field}/${at}/securedConfiguration`, application.applicationName);
  }
  refuse(globalConfiguration?.securedConfiguration, "/globalConfiguration/securedConfiguration", undefined);
}

function refuse(values: SecuredValues, path: string, applicationName: string | undefined): void {
  for (const [at, { key, value }] of (values ?? []).entries()) {
    if (!isMask(value)) continue;
    const owner = applicationName === undefined ? "the global configuration" : `application '${applicationName}'`;
    const message = `The secured value '${key}' of ${owner} consists of asterisks only: it is a mask, not the value. Send the real value.`;
    const fields = { path: `${path}/${at}/value`, key, ...(applicationName === undefined ? {} : { applicationName }) };
    throw gatewayError("MaskedValue", message, { fields });
  }
}
