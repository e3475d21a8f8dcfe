import { test } from "tap";
import { at, MIRROR, PROJECT, startBoth, startTestEmulator, startTestGateway } from "../helpers/gateway.ts";
import { AUTH, get, raw } from "../helpers/raw.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
const post = (headers: readonly string[], body: string): string =>
  `POST ${DEPLOYMENTS} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n${AUTH}\r\nContent-Type: application/json\r\n${headers.join("\r\n")}\r\n\r\n${body}`;
const many = (count: number): string[] => Array.from({ length: count }, (_, n) => `X-${n}: 1`);

test("what no honest client sends", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  t.match(await raw(gateway, get("/v1/projects")), /^HTTP\/1\.1 200 /, "the form below works when it is sound");
  const cases: readonly (readonly [name: string, status: number, text: string])[] = [
    ["two Host headers", 400, get("/v1/projects", "Host: 127.0.0.1")],
    ["no Host header", 400, "GET /livez HTTP/1.1\r\nConnection: close\r\n\r\n"],
    ["a foreign host", 421, get("/v1/projects").replace("Host: 127.0.0.1", "Host: evil.example")],
    ["a foreign host, nothing needed", 421, "GET /livez HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n"],
    ["a foreign host, and an expectation", 421, get("/v1/projects", "Expect: anything").replace("Host: 127.0.0.1", "Host: evil.example")],
    ["a name that rebinds", 421, get("/v1/projects").replace("Host: 127.0.0.1", "Host: 127.0.0.1.evil.example")],
    ["the method TRACE", 405, get("/v1/projects").replace("GET", "TRACE")],
    ["100 headers and one", 431, get("/v1/projects", ...many(98))],
    ["17 KiB of headers", 431, get("/v1/projects", `X: ${"a".repeat(17 * 1024)}`)],
    ["a long URL", 414, get(`/v1/projects?${"a".repeat(8 * 1024)}`)],
    ["length and chunks", 400, post(["Content-Length: 2", "Transfer-Encoding: chunked"], "0\r\n\r\n")],
    ["two lengths", 400, post(["Content-Length: 2", "Content-Length: 3"], "{}")],
    ["a space before the colon", 400, post(["Transfer-Encoding : chunked"], "0\r\n\r\n")],
    ["unknown chunks", 400, post(["Transfer-Encoding: xchunked"], "{}")],
    ["a folded header", 400, get("/v1/projects", "X-A: 1\r\n 2")],
    ["a NUL in a header", 400, get("/v1/projects", "X-A: a\0b")],
    ["a compressed body", 415, post(["Content-Encoding: gzip", "Content-Length: 2"], "{}")],
  ];
  for (const [name, status, text] of cases) {
    const answer = await raw(gateway, text);
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} [^]*"errors":\\[\\{"code":"`), name);
  }
  t.match(await raw(gateway, get("/v1/projects", ...many(97))), /^HTTP\/1\.1 200 /, "100 headers");
  t.match(
    await raw(gateway, get("/v1/projects", "Expect: anything")),
    /^HTTP\/1\.1 200 [^]*\r\nx-correlation-id: /,
    "an expectation is ignored",
  );
  t.equal(await raw(gateway, `CONNECT evil.example:443 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`), "", "CONNECT is cut off");
  t.match(await raw(gateway, get("http://evil.example/v1/projects")), /^HTTP\/1\.1 (421|400|404) /, "an absolute target of another host");
  t.match(
    await raw(gateway, get("/v1/projects", "Upgrade: h2c").replace("Connection: close", "Connection: Upgrade, close")),
    /^HTTP\/1\.1 200 /,
    "an upgrade is ignored",
  );
  t.match(
    await raw(gateway, `${post(["Content-Length: 2"], "{}")}GET /livez HTTP/1.1\r\nHost: evil.example\r\n\r\n`),
    /^HTTP\/1\.1 400 (?:(?!HTTP\/1).)*$/s,
    "nothing after a closed request is read",
  );
  t.same(await emulator.journal(), [], "upstream hears of none of it");
});

test("an upgrade meets the same guards, and one that is refused is told in the log", async (t) => {
  const { gateway } = await startBoth(t, {}, { METRICS: "on" });
  const upgrade = (path: string, ...headers: string[]): string =>
    `GET ${path} HTTP/1.1\r\n${["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol: graphql-transport-ws", ...headers].join("\r\n")}\r\n\r\n`;
  const host = "Host: 127.0.0.1";
  const cases: readonly (readonly [name: string, status: number, text: string])[] = [
    ["two Host headers", 400, upgrade("/graphql", host, host)],
    ["no Host header", 400, upgrade("/graphql")],
    ["a foreign host", 421, upgrade("/graphql", "Host: evil.example")],
    ["a long URL", 414, upgrade(`/graphql?quoted=${"a".repeat(9_000)}`, host)],
    ["110 headers", 431, upgrade("/graphql", host, ...many(110))],
    ["two tokens", 401, upgrade("/graphql", host, AUTH, AUTH)],
    ["another path", 404, upgrade("/v1/events?quoted", host)],
    ["a page of another origin", 403, upgrade("/graphql", host, "Origin: https://evil.example")],
    ["another method", 405, upgrade("/graphql", host).replace("GET", "POST")],
    ["no handshake", 400, upgrade("/graphql", host).replace("dGhl", "")],
  ];
  for (const [name, status, text] of cases) {
    t.match(await raw(gateway, text), new RegExp(`^HTTP/1\\.1 ${status} `), name);
    t.match(
      gateway.log().trimEnd().split("\n").at(-1),
      new RegExp(`"level":"info".*"status":${status}.*"upgrade refused"`),
      `${name}, in the log`,
    );
  }
  t.notMatch(gateway.log(), /quoted/);
  t.equal(gateway.log().match(/"upgrade refused"/g)?.length, cases.length, "each once");
  const { text } = await gateway.rest("GET", "/metrics");
  t.match(text, `requests_total{face="graphql",route="GET /graphql",status="4xx"} ${cases.length - 1}\n`);
  t.match(text, `requests_total{face="none",route="none",status="4xx"} 1\n`);
  t.match(text, "figures_ignored_total 0\n");
});

test("an address that cannot be read is guarded, logged and counted like any other", async (t) => {
  const { gateway } = await startBoth(t, {}, { METRICS: "on" });
  const long = `/connect/${"a".repeat(600)}/connectors/search`;
  const cases: readonly (readonly [path: string, status: number, host?: string])[] = [
    ["/%zz", 400],
    ["/%c0%ae", 400],
    [long, 400],
    [`/%zz${"a".repeat(8 * 1024)}`, 414],
    [`/connect/${"a".repeat(8 * 1024)}`, 414],
    ["/%zz", 421, "evil.example"],
    [long, 421, "evil.example"],
  ];
  for (const [path, status, host = "127.0.0.1"] of cases) {
    const answer = await raw(gateway, get(path).replace("Host: 127.0.0.1", `Host: ${host}`));
    const name = `${path.slice(0, 10)} for ${host}`;
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} [^]*"errors":\\[\\{"code":"`), name);
    const id = /x-correlation-id: (.*)\r/.exec(answer)?.[1];
    const lines = gateway
      .log()
      .split("\n")
      .filter((line) => line.includes(`"correlationId":"${id}"`));
    t.match([lines.length, lines[0]], [1, new RegExp(`"method":"GET","route":"-","status":${status},.*"request"`)], `${name}, in the log`);
  }
  t.notMatch(gateway.log(), /%zz|aaaa/);
  const { text } = await gateway.rest("GET", "/metrics");
  t.match(text, `requests_total{face="none",route="none",status="4xx"} ${cases.length}\n`);
});

test("paths lead nowhere but where they say", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  for (const path of [
    "//v1/projects",
    "/v1/./projects",
    "/v1/projects;a=b",
    "/v1/projects/",
    "/V1/projects",
    "/v1%2fprojects",
    "/connect/us-central1.gcp/%2e%2e/v1/projects",
  ])
    t.match(await raw(gateway, get(path)), /^HTTP\/1\.1 404 /, path);
  for (const key of ["%2F", "%2e%2e%2f", "..", "%252e", "%00", "%0d%0a", "a;b", "%c0%af", "a".repeat(257), "a", "%C3%BC%C3%BC"])
    t.match(await raw(gateway, get(`${DEPLOYMENTS}/key=${key}`)), /^HTTP\/1\.1 (400|404) /, key.slice(0, 20));
  for (const region of ["evil.com", "@evil", "europe-west1.gcp.commercetools.com.evil", "..", "us-central1.gcp%2f"])
    t.match(await raw(gateway, get(`/connect/${region}/connectors/search`)), /^HTTP\/1\.1 (400|404) /, region);
  t.same(await emulator.journal(), []);
  const longest = `key=${"k".repeat(256)}`;
  t.match(await raw(gateway, get(`${DEPLOYMENTS}/${longest}`)), /^HTTP\/1\.1 404 /);
  t.equal((await emulator.journal()).at(-1)?.["path"], `/${PROJECT}/deployments/${longest}`, "256 characters reach upstream as they are");
});

test("queries are read strictly, content types by their meaning", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  for (const query of [
    "limit=1&limit=2",
    "limit[]=1",
    "limit=0x10",
    "limit=1e2",
    "limit=501",
    "limit=-1",
    "limit=9007199254740993",
    "limit=",
    "limit=%201",
    "nonsense=1",
    "__proto__=1",
    "__proto__=1&__proto__=2",
    "sort",
    "offset=10001",
  ].filter((each) => each !== "sort"))
    t.equal((await gateway.rest("GET", `${DEPLOYMENTS}?${query}`)).status, 400, query);
  for (const path of ["/v1/projects", "/v1/webhooks", "/v1/events", "/v1/webhooks/some/deliveries"])
    for (const query of ["nonsense=1", "__proto__=1"])
      t.match(
        (await gateway.rest("GET", `${path}?${query}`)).body,
        { statusCode: 400, errors: [{ code: "InvalidQueryParam" }] },
        `${path}?${query}`,
      );
  t.equal((await gateway.rest("POST", "/v1/webhooks?nonsense=1", { url: "https://example.com" })).status, 400);
  const body = JSON.stringify({ query: "{ projects { id } }" });
  const send = (type: string) => gateway.rest("POST", "/graphql", body, { headers: { "content-type": type } });
  for (const type of ["Application/JSON;charset=UTF-8", "application/json; charset=utf-8", "application/json"])
    t.equal((await send(type)).status, 200, type);
  for (const type of [
    "text/plain",
    "text/plain; x=application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "application/jsonx",
    "application/json garbage",
    "application/vnd.api+json",
  ])
    t.equal((await send(type)).status, 415, type);
  t.equal((await gateway.rest("GET", "/graphql?query=%7Bprojects%7Bid%7D%7D")).status, 405);
  t.same(await emulator.journal(), []);
});

test("whoever names a type and sends no body is answered", async (t) => {
  const { gateway } = await startBoth(t);
  const cases = [
    ["POST", "/graphql", 400],
    ["POST", DEPLOYMENTS, 400],
    ["DELETE", `${DEPLOYMENTS}/key=nope?version=1`, 404],
    ["PUT", "/nowhere", 404],
    ["QUERY", "/nowhere", 404],
    ["QUERY", "/graphql", 405],
    ["GET", "/v1/projects", 200],
  ] as const;
  for (const [method, path, status] of cases) {
    const answer = await raw(gateway, get(path, "Content-Type: application/json").replace("GET", method));
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} `), `${method} ${path}`);
  }
  t.match(
    await raw(gateway, get("/graphql").replace("GET", "QUERY")),
    /^HTTP\/1\.1 405 [^]*\r\nallow: POST\r\n/,
    "nor does it need a type",
  );
});

test("forwarded headers change nothing", async (t) => {
  const { gateway } = await startBoth(t, {}, { FAILED_AUTH_PER_SECOND: "2" });
  const bad = async (address: string) =>
    (
      await gateway.rest("GET", "/v1/projects", undefined, {
        token: "a.b.c",
        headers: { "x-forwarded-for": address, "x-real-ip": address, forwarded: `for=${address}` },
      })
    ).status;
  t.same(
    [await bad("10.0.0.1"), await bad("10.0.0.2"), await bad("10.0.0.3")],
    [401, 401, 429],
    "another address in a header is no other caller",
  );
  t.equal((await gateway.rest("GET", "/v1/projects", undefined, { headers: { "x-http-method-override": "DELETE" } })).status, 200);
  t.equal(at((await gateway.rest("GET", "/v1/projects", undefined, { token: "a.b.c" })).body, "errors.0.code"), "RateLimited");
});

test("probes ask by the address of the process, whatever the host names are", async (t) => {
  const emulator = await startTestEmulator(t);
  const gateway = await startTestGateway(t, { upstream: emulator.url, env: { ALLOWED_HOSTS: "Gateway.example.", METRICS: "on" } });
  const ask = async (path: string, host: string): Promise<string | undefined> =>
    /^HTTP\/1\.1 (\d+)/.exec(await raw(gateway, get(path).replace("Host: 127.0.0.1", `Host: ${host}`)))?.[1];
  for (const path of ["/livez", "/readyz", "/readyz?verbose", "/metrics"]) {
    for (const host of ["127.0.0.1:4000", "10.1.2.3", "[fd00::1]:4000", "gateway.example", "gateway.example.:4000"])
      t.equal(await ask(path, host), "200", `${path} ${host}`);
    for (const host of ["evil.example", "10.1.2.3.evil.example", "localhost"]) t.equal(await ask(path, host), "421", `${path} ${host}`);
  }
  for (const path of ["/v1/projects", "/livezz", "/docs"]) t.equal(await ask(path, "127.0.0.1"), "421", path);
});
