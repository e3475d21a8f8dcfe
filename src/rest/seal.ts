import type { DeploymentDraft, DeploymentUpdate, Sealed } from "../connect/index.ts";
import { Secret } from "../secret.ts";

type Holder = { readonly securedConfiguration?: readonly { readonly key: string; readonly value: string }[] };

/** The draft with every secured value sealed; nothing behind this door sees one as text. */
export function sealDraft({ configurations, globalConfiguration, ...draft }: DeploymentDraft): Sealed<DeploymentDraft> {
  return {
    ...draft,
    configurations: configurations.map(sealSecured),
    ...(globalConfiguration === undefined ? {} : { globalConfiguration: sealSecured(globalConfiguration) }),
  };
}

/** The update with every secured value sealed. */
export function sealUpdate({ actions, ...update }: DeploymentUpdate): Sealed<DeploymentUpdate> {
  return {
    ...update,
    actions: actions.map(({ configurationValues, globalConfiguration, ...action }) => ({
      ...action,
      ...(configurationValues === undefined ? {} : { configurationValues: configurationValues.map(sealSecured) }),
      ...(globalConfiguration === undefined ? {} : { globalConfiguration: sealSecured(globalConfiguration) }),
    })),
  };
}

function sealSecured<T extends Holder>({ securedConfiguration, ...rest }: T) {
  const sealed = securedConfiguration?.map(({ key, value }) => ({ key, value: new Secret(value) }));
  return { ...rest, ...(sealed === undefined ? {} : { securedConfiguration: sealed }) };
}
