import type { FastifyInstance } from "fastify";
import { servePage } from "./pages.ts";

/** Only this server's own files and requests; the editor sets styles on its elements. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; connect-src 'self'; frame-ancestors 'none'";

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <title>Connect Gateway: GraphiQL</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/graphiql/graphiql.min.css" />
    <style>html, body, #graphiql { height: 100%; margin: 0; }</style>
  </head>
  <body>
    <div id="graphiql">Loading…</div>
    <script src="/graphiql/react.production.min.js"></script>
    <script src="/graphiql/react-dom.production.min.js"></script>
    <script src="/graphiql/graphiql.min.js"></script>
    <script src="/graphiql/boot.js"></script>
  </body>
</html>
`;

/** The token stays in the editor's headers: it is not stored. */
const BOOT = `const fetcher = GraphiQL.createFetcher({ url: "/graphql" });
ReactDOM.createRoot(document.getElementById("graphiql")).render(
  React.createElement(GraphiQL, {
    fetcher,
    defaultEditorToolsVisibility: "headers",
    defaultHeaders: JSON.stringify({ authorization: "Bearer paste-your-token" }, null, 2),
    defaultQuery: "{\\n  deployments {\\n    total\\n    results {\\n      key\\n      status\\n      connector {\\n        name\\n      }\\n    }\\n  }\\n}\\n",
    shouldPersistHeaders: false,
  }),
);
`;

/** Adds `/graphiql`, a page to try queries in; every file of it is served from here. */
export function registerGraphiql(app: FastifyInstance, assets: URL): void {
  const files = ["graphiql.min.css", "graphiql.min.js", "react-dom.production.min.js", "react.production.min.js"];
  servePage(app, { path: "/graphiql", html: PAGE, boot: BOOT, files, assets, policy: POLICY });
}
