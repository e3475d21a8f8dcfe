/** Copies the files of the pages `/docs` and `/graphiql` out of the packages, so that the gateway serves them itself and nothing comes from elsewhere. */
import { copyFileSync, mkdirSync, statSync } from "node:fs";

const ROOT = new URL("../", import.meta.url);
const FILES = {
  "docs/swagger-ui-bundle.js": "@fastify/swagger-ui/static/swagger-ui-bundle.js",
  "docs/swagger-ui.css": "@fastify/swagger-ui/static/swagger-ui.css",
  "graphiql/graphiql.min.js": "graphiql/graphiql.min.js",
  "graphiql/graphiql.min.css": "graphiql/graphiql.min.css",
  "graphiql/react.production.min.js": "react/umd/react.production.min.js",
  "graphiql/react-dom.production.min.js": "react-dom/umd/react-dom.production.min.js",
};

const sizeOf = (file: URL): number => statSync(file, { throwIfNoEntry: false })?.size ?? -1;

for (const folder of ["docs", "graphiql"]) mkdirSync(new URL(`assets/${folder}`, ROOT), { recursive: true });
for (const [name, path] of Object.entries(FILES)) {
  const [from, to] = [new URL(`node_modules/${path}`, ROOT), new URL(`assets/${name}`, ROOT)];
  if (sizeOf(from) !== sizeOf(to)) copyFileSync(from, to);
}
