/** Copies the files of the GraphiQL page out of the packages, so that the gateway serves them itself and nothing comes from elsewhere. */
import { copyFileSync, mkdirSync, statSync } from "node:fs";

const ROOT = new URL("../", import.meta.url);
const FILES = {
  "graphiql.min.js": "graphiql/graphiql.min.js",
  "graphiql.min.css": "graphiql/graphiql.min.css",
  "react.production.min.js": "react/umd/react.production.min.js",
  "react-dom.production.min.js": "react-dom/umd/react-dom.production.min.js",
};

const sizeOf = (file: URL): number => statSync(file, { throwIfNoEntry: false })?.size ?? -1;

mkdirSync(new URL("assets/graphiql", ROOT), { recursive: true });
for (const [name, path] of Object.entries(FILES)) {
  const [from, to] = [new URL(`node_modules/${path}`, ROOT), new URL(`assets/graphiql/${name}`, ROOT)];
  if (sizeOf(from) !== sizeOf(to)) copyFileSync(from, to);
}
