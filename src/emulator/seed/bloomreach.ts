/** Address of the tutorial connector's repository. */
export const BLOOMREACH_URL = "git@github.com:composable-com/ct-connect-bloomreach-engagement.git";

const SECURED = [
  ["CTP_PROJECT_KEY", "commercetools Composable Commerce project key"],
  ["CTP_CLIENT_ID", "commercetools Composable Commerce client ID"],
  ["CTP_CLIENT_SECRET", "commercetools Composable Commerce client secret"],
  ["CTP_SCOPE", "commercetools Composable Commerce client scope"],
  ["BLOOMREACH_ENGAGEMENT_API_KEY", "Bloomreach API key"],
  ["BLOOMREACH_ENGAGEMENT_API_SECRET", "Bloomreach API secret"],
  ["BLOOMREACH_ENGAGEMENT_PROJECT_TOKEN", "Bloomreach project token"],
  ["BLOOMREACH_ENGAGEMENT_CATALOG_LOCALE", "Bloomreach catalog locale"],
  ["BASIC_AUTH_SECRET", "HTTP basic auth password"],
] as const;

function application(type: "service" | "event", more: string): string {
  const secured = SECURED.map(([key, description]) => `        - key: ${key}\n          description: ${description}`).join("\n");
  return `  - name: ${type}
    applicationType: ${type}
    endpoint: /${type}
    scripts:
      postDeploy: npm install && npm run connector:post-deploy
      preUndeploy: npm install && npm run connector:pre-undeploy
    configuration:
      standardConfiguration:
        - key: CTP_REGION
          description: commercetools Composable Commerce API region
${more}      securedConfiguration:
${secured}
`;
}

/** The connector of the tutorial, tag v1.0.0: a service and an event application with nine secured keys each. */
export const BLOOMREACH_YAML = `deployAs:\n${application("service", "")}${application("event", "")}`;

const BATCH = "        - key: BATCH_SIZE\n          description: Records in one request to Bloomreach\n          default: '50'\n";

/** Its next release, tag v1.1.0: one more standard key with a default. */
export const BLOOMREACH_YAML_2 = `deployAs:\n${application("service", BATCH)}${application("event", BATCH)}`;
