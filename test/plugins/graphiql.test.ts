import { test } from "tap";
import { noBrowser, openPage } from "../helpers/browser.ts";
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

test("the page renders in a browser", { skip: noBrowser }, async (t) => {
  const { gateway } = await startBoth(t);
  const page = await openPage(t, `${gateway.url}/graphiql`);
  await page.until("document.querySelector('.graphiql-container [aria-label^=\"Execute query\"]') !== null");
  t.ok(page.requests.includes(`${gateway.url}/graphiql/boot.js`));
  t.same(page.requestsElsewhere(), [], "nothing of any other");
});
