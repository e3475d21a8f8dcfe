import { existsSync } from "node:fs";
import { test } from "tap";
import { run } from "../helpers/command.ts";
import { startBoth } from "../helpers/gateway.ts";

test("every file of the GraphiQL page comes from the gateway", async (t) => {
  t.equal((await run("node", ["scripts/assets.ts"])).code, 0);
  const { gateway } = await startBoth(t);
  const page = await fetch(`${gateway.url}/graphiql`);
  t.match(page.headers.get("content-security-policy"), /default-src 'none'; script-src 'self'.*connect-src 'self'/);
  const html = await page.text();
  const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = ""]) => path).filter((path) => !path.startsWith("data:"));
  t.equal(files.length, 5);
  for (const path of files) {
    t.match(path, /^\/graphiql\//, "an address on this server");
    const file = await fetch(gateway.url + path);
    t.match([file.status, file.headers.get("content-type")], [200, path.endsWith(".css") ? /^text\/css/ : /^text\/javascript/], path);
    t.ok((await file.text()).length > 300);
  }
});

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));

test(
  "the page renders in a browser",
  { skip: CHROMIUM === undefined ? "no Chromium on this machine: install it to include this test" : false },
  async (t) => {
    const { gateway } = await startBoth(t);
    const flags =
      "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking --disable-component-update --disable-sync --virtual-time-budget=8000 --dump-dom";
    const { stdout } = await run(CHROMIUM ?? "", [...flags.split(" "), `--user-data-dir=${t.testdir()}`, `${gateway.url}/graphiql`]);
    t.match(stdout, /graphiql-container/, "React has drawn the editor");
    t.match(stdout, /Execute query/);
  },
);
