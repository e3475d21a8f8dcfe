import { type Static, Type } from "typebox";
import {
  certification,
  contributors,
  DeploymentConfigurationApplication,
  DeploymentGlobalConfigurationDraft,
  IntegrationType,
  ProjectIdentifier,
  Region,
  updateVersion,
} from "./model-drafts.ts";
import { action, body, described, list, oneOfActions, optional, text } from "./model-shapes.ts";

const setName = action("ConnectorSetNameAction", "setName", "Gives the connector another name.", { name: text("New name.") });

const setDescription = action("ConnectorSetDescriptionAction", "setDescription", "Changes what the connector says of itself.", {
  description: text("New description."),
});

const setIntegrationTypes = action("ConnectorSetIntegrationTypesAction", "setIntegrationTypes", "Replaces the fields of business.", {
  integrationTypes: list(IntegrationType, "All fields of business that the connector serves from now on."),
});

const setRepository = action("ConnectorSetRepositoryAction", "setRepository", "Changes where the source is; a granted preview is lost.", {
  url: optional(Type.String(), "HTTPS or SSH address of the repository; when left out, it stays."),
  tag: text("Git tag of the release."),
});

const setSupportedRegions = action("ConnectorSetSupportedRegionsAction", "setSupportedRegions", "Replaces the supported regions.", {
  regions: list(Region, "All regions that the connector supports from now on; at least one.", 1),
});

const setDocumentationUrl = action(
  "ConnectorSetDocumentationUrlAction",
  "setDocumentationUrl",
  "Changes the address of the documentation.",
  {
    documentationUrl: text("New address."),
  },
);

const setCreatorName = action("ConnectorSetCreatorNameAction", "setCreatorName", "Changes the creator's name.", {
  creatorName: text("New name."),
});

const setCreatorTitle = action("ConnectorSetCreatorTitleAction", "setCreatorTitle", "Changes the creator's title.", {
  creatorTitle: text("New title."),
});

const setCreatorEmail = action("ConnectorSetCreatorEmailAction", "setCreatorEmail", "Changes the creator's e-mail address.", {
  creatorEmail: text("New e-mail address."),
});

const setCreatorCompany = action("ConnectorSetCreatorCompanyAction", "setCreatorCompany", "Changes the creator's company.", {
  creatorCompany: text("New company."),
});

const setCreatorLogo = action("ConnectorSetCreatorLogoAction", "setCreatorLogo", "Changes the address of the creator's logo.", {
  logoUrl: text("New address; the field is not named like its siblings."),
});

const setCreatorSupportUrl = action("ConnectorSetCreatorSupportUrlAction", "setCreatorSupportUrl", "Changes where users find help.", {
  creatorSupportUrl: text("New address."),
});

const setCreatorNoOfContributors = action(
  "ConnectorSetCreatorNoOfContributorsAction",
  "setCreatorNoOfContributors",
  "Changes the number of people who work on the connector.",
  { creatorNoOfContributors: contributors },
);

const addPrivateProject = action(
  "ConnectorAddPrivateProjectAction",
  "addPrivateProject",
  "Lets one more project use the private connector.",
  {
    privateProject: described(ProjectIdentifier, "The project, as {region}:{projectKey}."),
  },
);

const removePrivateProject = action(
  "ConnectorRemovePrivateProjectAction",
  "removePrivateProject",
  "Takes the private connector away from a project.",
  { privateProject: described(ProjectIdentifier, "The project, as {region}:{projectKey}.") },
);

const updatePreviewable = action("ConnectorUpdatePreviewableAction", "updatePreviewable", "Asks for the check that allows previews.", {});

const publish = action("ConnectorPublishAction", "publish", "Starts publishing.", { certification });

const addCertificationComment = action(
  "ConnectorAddCertificationCommentAction",
  "addCertificationComment",
  "Adds a remark to the review.",
  {
    comment: text("Text of the remark."),
  },
);

const unlist = action("ConnectorUnlistAction", "unlist", "Takes the connector out of search; deployments stay.", {});

/** The schemas of a staged connector's update actions, one by one. */
export const connectorActions = [
  setName,
  setDescription,
  setIntegrationTypes,
  setRepository,
  setSupportedRegions,
  setDocumentationUrl,
  setCreatorName,
  setCreatorTitle,
  setCreatorEmail,
  setCreatorCompany,
  setCreatorLogo,
  setCreatorSupportUrl,
  setCreatorNoOfContributors,
  addPrivateProject,
  removePrivateProject,
  updatePreviewable,
  publish,
  addCertificationComment,
  unlist,
] as const;

/** One change of a staged connector. */
export const ConnectorUpdateAction = oneOfActions("ConnectorUpdateAction", "One change of a staged connector.", connectorActions);
export type ConnectorUpdateAction = Static<typeof ConnectorUpdateAction>;

/** Changes of a staged connector. */
export const ConnectorUpdate = body("ConnectorUpdate", "Changes of a staged connector.", {
  version: updateVersion,
  actions: list(ConnectorUpdateAction, "Changes, applied in order and all together."),
});
export type ConnectorUpdate = Static<typeof ConnectorUpdate>;

/** Deploys again. The two configurations hold values, as Connect takes them, although its description calls one of them definitions. */
export const DeploymentRedeployAction = action(
  "DeploymentRedeployAction",
  "redeploy",
  "Deploys again, with other values if some are given.",
  {
    skipScripts: optional(Type.Boolean(), "Whether to leave out the scripts that run after deployment; false when left out."),
    configurationValues: Type.Optional(
      list(
        DeploymentConfigurationApplication,
        "New values, application by application; left out, they stay. Not named `configurations` here.",
      ),
    ),
    globalConfiguration: optional(DeploymentGlobalConfigurationDraft, "New values that all applications share; left out, they stay."),
    updateConnector: optional(Type.Boolean(), "Whether to move to the newest state of the connector; false when left out."),
  },
);
export type DeploymentRedeployAction = Static<typeof DeploymentRedeployAction>;

/** The schemas of a deployment's update actions, one by one. */
export const deploymentActions = [DeploymentRedeployAction] as const;

/** One change of a deployment. */
export const DeploymentUpdateAction = oneOfActions("DeploymentUpdateAction", "One change of a deployment.", deploymentActions);
export type DeploymentUpdateAction = Static<typeof DeploymentUpdateAction>;

/** Changes of a deployment. */
export const DeploymentUpdate = body("DeploymentUpdate", "Changes of a deployment.", {
  version: updateVersion,
  actions: list(DeploymentUpdateAction, "Changes, applied in order and all together."),
});
export type DeploymentUpdate = Static<typeof DeploymentUpdate>;
