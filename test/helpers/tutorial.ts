/** Payloads of the tutorial: one connector, from its draft to its second publication. */
export const DRAFT_KEY = "orium-ct-connect-bloomreach-engagement";
export const DEPLOYMENT_KEY = `${DRAFT_KEY}-deployment`;
export const REPOSITORY = "git@github.com:composable-com/ct-connect-bloomreach-engagement.git";
/** Begins every secret of the tutorial's deployment, so that one search finds any of them. */
export const CANARY = "s3cr3t-canary";

export const connectorDraft = {
  key: DRAFT_KEY,
  name: "Bloomreach Engagement connector",
  description: "Bloomreach Engagement connector",
  creator: { title: "Mr", name: "IT", email: "it@orium.example", company: "Orium", noOfDevelopers: 10 },
  repository: { url: REPOSITORY, tag: "v1.0.0" },
  privateProjects: [],
  supportedRegions: ["us-central1.gcp"],
};

const secured = (application: string) => [
  { key: "CTP_CLIENT_ID", value: `${CANARY}-${application}-client-id` },
  { key: "CTP_CLIENT_SECRET", value: `${CANARY}-${application}-client-secret` },
  { key: "CTP_PROJECT_KEY", value: "composable-product-dev-sandbox" },
  { key: "CTP_SCOPE", value: "manage_project:composable-product-dev-sandbox manage_api_clients:composable-product-dev-sandbox" },
  { key: "BLOOMREACH_ENGAGEMENT_API_KEY", value: `${CANARY}-${application}-api-key` },
  { key: "BLOOMREACH_ENGAGEMENT_API_SECRET", value: `${CANARY}-${application}-api-secret` },
  { key: "BLOOMREACH_ENGAGEMENT_PROJECT_TOKEN", value: `${CANARY}-${application}-token` },
  { key: "BLOOMREACH_ENGAGEMENT_CATALOG_LOCALE", value: "en-US" },
  { key: "BASIC_AUTH_SECRET", value: `${CANARY}-${application}-"quoted"\nand two lines` },
];

export const deploymentDraft = {
  key: DEPLOYMENT_KEY,
  connector: { key: DRAFT_KEY, staged: true, version: 7 },
  region: "us-central1.gcp",
  configurations: ["event", "service"].map((applicationName) => ({
    applicationName,
    standardConfiguration: [{ key: "CTP_REGION", value: "us-central1.gcp" }],
    securedConfiguration: secured(applicationName),
  })),
};
