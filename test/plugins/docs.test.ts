import { readFileSync } from "node:fs";
import { test } from "tap";
import { noBrowser, openPage } from "../helpers/browser.ts";
import { run } from "../helpers/command.ts";
import { at, MIRROR, PROJECT, read, REGION, startBoth } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";

test("every file of the page with the documentation comes from the gateway", async (t) => {
  t.equal((await run("node", ["scripts/assets.ts"])).code, 0);
  const { gateway } = await startBoth(t);
  const page = await fetch(`${gateway.url}/docs`, { redirect: "error" });
  const policy = page.headers.get("content-security-policy") ?? "";
  t.match(
    [page.status, page.headers.get("content-type"), page.headers.get("cache-control")],
    [200, "text/html; charset=utf-8", "no-store"],
    "open to all, and never an old one",
  );
  t.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self'; .*connect-src 'self'; .*frame-ancestors 'none'$/);
  t.notMatch(policy, /unsafe|https?:|\*/);
  const html = await page.text();
  t.notMatch(html, /<script>|<style|\son\w+=|\/\//, "nothing in the page itself, nothing from elsewhere");
  const files = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path = ""]) => path).filter((path) => !path.startsWith("data:"));
  t.same(files, ["/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js", "/docs/boot.js"]);
  for (const path of files) {
    const { status, headers, text } = await read(await fetch(gateway.url + path));
    t.match([status, headers.get("content-type")], [200, path.endsWith(".css") ? /^text\/css/ : /^text\/javascript/], path);
    t.equal(headers.get("content-security-policy"), policy);
    t.equal(headers.get("cache-control"), path.endsWith("boot.js") ? "no-store" : "public, max-age=3600", path);
    t.ok(text.length > 100);
    if (path.endsWith(".css")) t.notMatch(text, /@import|url\(["']?(?!["']?data:)/, "the style loads nothing");
  }
  t.equal((await fetch(`${gateway.url}/docs/nothing.js`)).status, 404);
  const { paths } = (await gateway.rest("GET", "/openapi.json")).body;
  t.same(
    Object.keys(paths as object).filter((path) => !/^\/(connect|v1)\//.test(path)),
    [],
    "the document tells of no page",
  );
});

test("the page shows the API, and a request can be tried with a token", { skip: noBrowser }, async (t) => {
  const { gateway } = await startBoth(t);
  const page = await openPage(t, `${gateway.url}/docs`);
  const operation = "[id$='_deployments'].opblock-get";
  t.equal(
    await page.until(`document.querySelector("${operation} .opblock-summary-path")?.textContent`),
    "/connect/{region}/{projectKey}/deployments",
  );
  await page.click(".auth-wrapper .authorize");
  await page.type(".modal-ux input", tokenFor(`manage_project:${PROJECT}`));
  await page.click(".modal-ux .authorize[type=submit]");
  await page.click(".modal-ux .btn-done");
  await page.click(`${operation} .opblock-summary-control`);
  await page.click(`${operation} .try-out__btn`);
  await page.type(`${operation} [data-param-name=region] input`, REGION);
  await page.type(`${operation} [data-param-name=projectKey] input`, PROJECT);
  await page.click(`${operation} .execute`);
  const answer = await page.until(`document.querySelector("${operation} .live-responses-table .highlight-code")?.textContent`);
  t.match(answer, /demo-shipping-deployment/);
  t.ok(
    page.requests.some((url) => url.startsWith(`${gateway.url}${MIRROR}/${PROJECT}/deployments`)),
    "asked of this server",
  );
  t.same(page.requestsElsewhere(), [], "nothing of any other");
  t.same(page.errors, []);
});

test("the document tells of the gateway's own routes how they answer", async (t) => {
  const { gateway } = await startBoth(t, {}, { WEBHOOK_ALLOW: "127.0.0.1" });
  const { rest } = gateway;
  type Operation = { parameters?: { name: string }[]; responses: Record<string, { content?: object }> };
  const document = (await rest("GET", "/openapi.json")).body;
  t.equal(at(document, "info.version"), (JSON.parse(readFileSync("package.json", "utf8")) as { version: string }).version);
  const paths = at(document, "paths") as Record<string, Record<string, Operation>>;
  const made = await rest("POST", "/v1/webhooks", { url: "http://127.0.0.1:9/hook" });
  const one = `/v1/webhooks/${String(made.body["id"])}`;
  const asked: readonly (readonly [method: string, path: string, answer: { status: number; body: object }])[] = [
    ["post", "/v1/webhooks", made],
    ["get", "/v1/webhooks", await rest("GET", "/v1/webhooks")],
    ["get", "/v1/webhooks/{id}", await rest("GET", one)],
    ["patch", "/v1/webhooks/{id}", await rest("PATCH", one, { description: "Bot" })],
    ["post", "/v1/webhooks/{id}/suspend", await rest("POST", `${one}/suspend`)],
    ["post", "/v1/webhooks/{id}/test", await rest("POST", `${one}/test`)],
    ["get", "/v1/webhooks/{id}/deliveries", await rest("GET", `${one}/deliveries`)],
    ["post", "/v1/webhooks/{id}/resume", await rest("POST", `${one}/resume`)],
    ["post", "/v1/webhooks/{id}/rotate-secret", await rest("POST", `${one}/rotate-secret`)],
    ["post", "/v1/webhooks/{id}/replay", await rest("POST", `${one}/replay`, { after: "0" })],
    ["delete", "/v1/webhooks/{id}", await rest("DELETE", one)],
    ["get", "/v1/events", await rest("GET", "/v1/events")],
    ["get", "/v1/projects", await rest("GET", "/v1/projects")],
  ];
  for (const [method, path, { status, body }] of asked) {
    const responses = paths[path]?.[method]?.responses ?? {};
    t.same(Object.keys(responses), [String(status), "4XX", "5XX"], `${method} ${path}`);
    const told = at(responses, `${status}.content.application/json.schema.properties`) as object | undefined;
    t.same(
      Object.keys(body).filter((name) => told === undefined || !Object.hasOwn(told, name)),
      [],
      "no field that it does not tell of",
    );
  }
  const names = (path: string): unknown => paths[path]?.["delete"]?.parameters?.map(({ name }) => name);
  t.same(names("/connect/{region}/connectors/drafts/{id}"), ["version", "dryRun", "if-match", "region", "id"], "nothing to wait for");
});
