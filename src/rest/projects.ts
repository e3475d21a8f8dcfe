import type { FastifyInstance } from "fastify";
import { Type } from "typebox";
import type { RestOptions } from "./index.ts";
import { own } from "./schemas.ts";

const Projects = Type.Object(
  {
    results: Type.Array(
      Type.Object({
        region: Type.String({ description: "Region of the project's Connect API." }),
        projectKey: Type.String({ description: "Key of the project." }),
        scopes: Type.Array(Type.String(), { description: "What the token grants there, as `name:projectKey`." }),
      }),
    ),
  },
  { description: "The projects that the caller's token grants anything in." },
);

/** `GET /v1/projects`: what the caller may see. */
export function registerProjects(app: FastifyInstance, { services }: RestOptions): void {
  app.get("/projects", { schema: own("List the caller's projects", { body: Projects }) }, async (request) => ({
    results: services.projects.visible(request.caller),
  }));
}
