import { test } from "tap";
import { at, PROJECT, read, rows, startTestEmulator } from "../helpers/gateway.ts";

const DEPLOYMENTS = `/${PROJECT}/deployments`;
const DEMO = `${DEPLOYMENTS}/key=demo-shipping-deployment`;

test("each kind of fault, as often as asked for, where asked for", async (t) => {
  const { api, control, journal } = await startTestEmulator(t);
  const arm = (fault: object) => control("POST", "faults", { match: { method: "GET", path: "/deployments" }, ...fault });
  await api("GET", DEPLOYMENTS);
  await arm({ kind: "status", status: 429, headers: { "retry-after": "7" }, times: 2 });
  t.equal((await api("GET", "/connectors/drafts")).status, 200, "not here");
  for (const expected of [429, 429, 200]) {
    const answer = await api("GET", DEPLOYMENTS);
    t.match([answer.status, answer.headers.get("retry-after")], [expected, expected === 429 ? "7" : null]);
  }
  await arm({ kind: "html" });
  const html = await api("GET", DEPLOYMENTS);
  t.match([html.status, html.headers.get("content-type"), html.text], [502, "text/html", /<h1>/]);
  await arm({ kind: "empty", status: 404 });
  t.match(await api("GET", DEPLOYMENTS), { status: 404, text: "" });
  for (const kind of ["reset", "truncate"]) {
    await arm({ kind });
    await t.rejects(api("GET", DEPLOYMENTS), kind);
  }
  await arm({ kind: "slow", delayMs: 20 });
  t.equal((await api("GET", DEPLOYMENTS)).status, 200);
  const create = {
    region: "us-central1.gcp",
    connector: { key: "demo-shipping-connector" },
    configurations: [{ applicationName: "labels" }],
    globalConfiguration: { standardConfiguration: [{ key: "CLOUD_IDENTIFIER", value: "x" }] },
  };
  for (const [kind, key] of [
    ["after-commit", "made-anyway"],
    ["lost", "made-unheard"],
  ] as const) {
    await control("POST", "faults", { kind, match: { method: "POST" } });
    if (kind === "lost") await t.rejects(api("POST", DEPLOYMENTS, { ...create, key }));
    else t.match(await api("POST", DEPLOYMENTS, { ...create, key }), { status: 500, body: { errors: [{ code: "General" }] } });
    t.equal((await api("GET", `${DEPLOYMENTS}/key=${key}`)).status, 200, `${kind}: it was done`);
  }
  await arm({ kind: "hang", times: 9 });
  t.equal(rows((await control("GET", "faults")).body, "results").length, 1);
  t.equal((await control("DELETE", "faults")).status, 204);
  t.equal((await api("GET", DEPLOYMENTS)).status, 200);
  t.equal((await control("POST", "faults", { kind: "nonsense" })).status, 400);
  t.equal((await control("POST", "faults", { kind: "html", match: { path: "(" } })).status, 400);
  const entries = (await journal()).filter((entry) => entry["kind"] === "request");
  t.match(entries[0], { method: "POST", path: "/oauth/token", status: 200 });
  t.ok(entries.some((entry) => entry["status"] === 429 && entry["path"] === DEPLOYMENTS));
  t.notOk(entries.some((entry) => String(entry["path"]).startsWith("/_emulator")));
  await control("DELETE", "journal");
  t.same(await journal(), []);
});

test("a fault that hangs ends with the caller", async (t) => {
  const { url, control } = await startTestEmulator(t);
  await control("POST", "faults", { kind: "hang" });
  const leaving = new AbortController();
  const asked = fetch(`${url}/connectors/search`, { signal: leaving.signal });
  while (rows((await control("GET", "faults")).body, "results").length > 0);
  leaving.abort();
  await t.rejects(asked);
});

test("logs: three types, pages bound to their filters, a window, an end", async (t) => {
  const { api, advance } = await startTestEmulator(t);
  advance(100_000);
  const logs = `${DEMO}/logs`;
  const first = await api("GET", `${logs}?applicationName=labels`);
  t.same(
    [...new Set(rows(first.body, "data").map((line) => String(line["type"])))].toSorted((a, b) => a.localeCompare(b)),
    ["APPLICATION_JSON", "APPLICATION_TEXT", "HTTP_REQUEST"],
  );
  const next = String(first.body["next"]);
  t.match(next, /\/\+/, "with characters that a query has to encode");
  const second = await api("GET", `${logs}?applicationName=labels&pageToken=${encodeURIComponent(next)}`);
  t.not(at(second.body, "data.0.timestamp"), at(first.body, "data.0.timestamp"));
  t.equal((await api("GET", `${logs}?pageToken=${encodeURIComponent(next)}`)).status, 400, "with other filters the token is none");
  let [token, pages] = [next, 1];
  for (; token !== ""; pages++)
    token = String((await api("GET", `${logs}?applicationName=labels&pageToken=${encodeURIComponent(token)}`)).body["next"]);
  t.equal(pages, 6);
  t.equal(rows((await api("GET", `${logs}?startDate=2026-11-01T12:01:00&endDate=2026-11-01T12:01:09`)).body, "data").length, 20);
  t.same((await api("GET", `${logs}?endDate=2020-01-01T00:00:00Z&startDate=2019-01-01T00:00:00Z`)).status, 400);
  advance(31 * 86_400_000);
});

test("after the sunset there are no logs", async (t) => {
  const { api, control } = await startTestEmulator(t, { tokenLifetimeSeconds: 86_400 * 365 });
  t.equal((await api("GET", `${DEMO}/logs`)).status, 200);
  await control("POST", "clock", { advanceMs: 92 * 86_400_000 });
  t.match(await api("GET", `${DEMO}/logs`), { status: 404, text: "" });
  t.equal((await api("GET", DEMO)).status, 200);
});

test("many rows, and how they are listed", async (t) => {
  const { url, api, control } = await startTestEmulator(t);
  t.same((await control("POST", "seed", { connectors: 30, deployments: 60 })).body, { connectors: 31, deployments: 61 });
  const list = async (query: string) => (await api("GET", `${DEPLOYMENTS}?${query}`)).body;
  t.match(await list(""), { limit: 20, offset: 0, count: 20, total: 61 });
  t.match(await list("limit=0"), { limit: 0, count: 0, total: 61, results: [] });
  t.match(await list("limit=500&offset=60"), { count: 1 });
  t.match(await list("limit=2&sort=key+desc"), { results: [{ key: "seeded-deployment-9" }, { key: "seeded-deployment-8" }] });
  t.match(await list("deploymentType=preview"), { total: 0 });
  t.match(await list("integrationTypes=tax&integrationTypes=shipping"), { total: 61 });
  for (const query of [
    "limit=501",
    "limit=-1",
    "limit=ten",
    "offset=10001",
    "sort=colour",
    "sort=key+up",
    "deploymentType=x",
    "integrationTypes=x",
  ])
    t.equal((await api("GET", `${DEPLOYMENTS}?${query}`)).status, 400, query);
  t.equal((await api("GET", "/connectors/drafts?isPrivate=maybe")).status, 400);
  t.equal((await api("GET", `${DEPLOYMENTS}/key%3Ddemo-shipping-deployment`)).status, 200);
  for (const path of ["/connectors", "/nowhere", `${DEPLOYMENTS}/a/b`])
    t.match(await api("GET", path), { status: 404, body: { errors: [{ code: "ResourceNotFound" }] } });
  const given = await read(await fetch(`${url}/connectors/search`, { headers: { "x-correlation-id": "given-by-caller" } }));
  t.equal(given.headers.get("x-correlation-id"), "given-by-caller");
  t.match((await read(await fetch(`${url}/connectors/search`))).headers.get("x-correlation-id"), /^[0-9a-f-]{36}$/);
});
