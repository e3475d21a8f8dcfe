import type { Gateway } from "./app.ts";
import { projectId } from "./identifiers.ts";

/** What a person sees after the start: addresses and, in development, a token with two commands that work when pasted. */
export function banner({ url, projects, emulatorUrl, developmentToken }: Gateway): string {
  const lines = [
    "",
    "  Connect Gateway",
    "",
    `  GraphQL     ${url}/graphql   (try it on ${url}/graphiql)`,
    ...projects.map((project) => `  REST        ${url}/connect/${project.region}   (project ${project.projectKey})`),
    `  OpenAPI     ${url}/openapi.json   (read it on ${url}/docs)`,
    `  Upstream    ${emulatorUrl === undefined ? projects.map((project) => project.connectUrl).join(", ") : `${emulatorUrl}   (embedded emulator)`}`,
    "",
  ];
  const [first] = projects;
  if (developmentToken === undefined || first === undefined) return `${lines.join("\n")}\n`;
  const query = '{"query":"{ deployments { total results { key status connector { name } } } }"}';
  return `${[
    ...lines,
    "  Development token, good for 24 hours:",
    "",
    `  export TOKEN=${developmentToken}`,
    "",
    `  A GraphQL query over the deployments of ${projectId(first)}:`,
    "",
    `  curl -s ${url}/graphql -H "authorization: Bearer $TOKEN" -H 'content-type: application/json' -d '${query}'`,
    "",
    "  The same over the mirrored Connect API:",
    "",
    `  curl -s ${url}/connect/${first.region}/${first.projectKey}/deployments -H "authorization: Bearer $TOKEN"`,
    "",
  ].join("\n")}\n`;
}
