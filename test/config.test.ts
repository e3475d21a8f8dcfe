import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { test } from "tap";
import { type Config, ConfigError, readConfig, type Setting, SETTINGS } from "../src/config/index.ts";
import { reveal } from "../src/secret.ts";
import { makeCertificate, noOpenssl } from "./helpers/certificate.ts";

type Env = Readonly<Record<string, string>>;

/** Reads `env` with `files` as the only files there are. */
function read(env: Env, files: Env = {}): Config {
  return readConfig(env, (path) => {
    const text = files[path];
    if (text === undefined) throw new Error(`ENOENT: ${path}`);
    return text;
  });
}

/** The error of settings that cannot be used. */
function refusal(env: Env, files: Env = {}): ConfigError {
  try {
    read(env, files);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("the settings were accepted");
}

const problemsOf = (env: Env, files: Env = {}): readonly string[] => refusal(env, files).problems;

const UPSTREAM = {
  CTP_REGION: "europe-west1.gcp",
  CTP_PROJECT_KEY: "my-project",
  CTP_CLIENT_ID: "client-id",
  CTP_CLIENT_SECRET: "client-secret",
};
const PROJECT = { region: "us-east-2.aws", projectKey: "one", clientId: "id", clientSecret: "secret-one" };
const fromFile = (...projects: readonly unknown[]) => [{ PROJECTS_FILE: "/p.json" }, { "/p.json": JSON.stringify(projects) }] as const;

test("defaults are those of the table", (t) => {
  const byName = new Map<string, string>(SETTINGS.map((setting) => [setting.name, setting.default]));
  for (const env of [{}, Object.fromEntries([...byName.keys()].map((name) => [name, ""]))]) {
    const config = read(env);
    t.equal(config.host, byName.get("HOST"));
    t.equal(String(config.port), byName.get("PORT"));
    t.equal(config.logLevel, byName.get("LOG_LEVEL"));
    t.equal(config.production, byName.get("NODE_ENV") === "production");
    t.equal(reveal(config.databaseUrl), byName.get("DATABASE_URL"));
    t.equal(config.jwtSecret, undefined, "a random key is made elsewhere");
    t.same(config.projects, [], "the emulator stands in");
  }
  t.equal(byName.size, SETTINGS.length, "no name twice");
  t.end();
});

test("what is set is taken, and nobody changes it later", (t) => {
  const env = {
    ...UPSTREAM,
    HOST: "::1",
    PORT: "0",
    LOG_LEVEL: "silent",
    JWT_SECRET: "ü".repeat(16),
    DATABASE_URL: "postgres://db/x",
    WEBHOOK_SECRET: "w".repeat(32),
  };
  const config = read({ ...env, CTP_SCOPE: "manage_project:my-project", CTP_CONNECT_URL: "http://127.0.0.1:8080" });
  t.match(config, { host: "::1", port: 0, logLevel: "silent", production: false });
  t.equal(reveal(config.databaseUrl), "postgres://db/x");
  t.equal(config.jwtSecret === undefined ? "" : reveal(config.jwtSecret), "ü".repeat(16), "32 bytes, not characters");
  const [project] = config.projects;
  t.match(project, { region: "europe-west1.gcp", projectKey: "my-project", clientId: "client-id", scope: "manage_project:my-project" });
  t.match(project, { authUrl: "https://auth.europe-west1.gcp.commercetools.com", connectUrl: "http://127.0.0.1:8080" });
  t.equal(project === undefined ? "" : reveal(project.clientSecret), "client-secret");
  t.throws(() => Object.assign(config, { production: true }), TypeError);
  t.notMatch(JSON.stringify(config) + inspect(config, { depth: 9 }), /client-secret|üü|postgres:/, "secrets print as the mask");
  t.end();
});

test("nothing is shown of the inside unless it is turned on", (t) => {
  t.same(read({}).telemetry, { metrics: undefined, traces: undefined });
  t.same(read({ METRICS: "on", HOST: "::1" }).telemetry.metrics, { token: undefined }, "on a loopback address a token may be left out");
  const token = "m".repeat(32);
  const { telemetry } = read({
    METRICS: "on",
    METRICS_TOKEN: token,
    HOST: "0.0.0.0",
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=Bearer%20x,tenant=a",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
  });
  t.equal(telemetry.metrics?.token === undefined ? "" : reveal(telemetry.metrics.token), token);
  t.match(telemetry.traces, { endpoint: "http://127.0.0.1:4318", ratio: 0.25 });
  t.notMatch(JSON.stringify(telemetry) + inspect(telemetry, { depth: 9 }), /mmm|Bearer/, "secrets print as the mask");
  t.end();
});

const allow = (entry: string) => ({ WEBHOOK_ALLOW: `10.0.0.0/8, ${entry}` });

test("what webhooks may reach is taken as it is written", (t) => {
  const entries = ["0.0.0.0/0", "10.1.2.3", "10.0.0.0/32", "::/0", "fd00::1", "fd00::/128", "bot", "Bot.Corp", "a_b.xn--bcher-kva.example"];
  t.same(read({ WEBHOOK_ALLOW: entries.join(" , ") }).webhooks.allowed, entries);
  t.end();
});

test("a stop lets the load balancer hear of it where there may be one", (t) => {
  const issuer = { JWT_JWKS_URL: "https://issuer.example/keys", JWT_ISSUER: "https://issuer.example", JWT_AUDIENCE: "gateway" };
  const production = { ...UPSTREAM, ...issuer, NODE_ENV: "production" };
  for (const [ms, env] of [
    [0, {}],
    [2_000, production],
    [0, { ...production, PRE_STOP_MS: "0" }],
    [5_000, { PRE_STOP_MS: "5000" }],
  ] as const)
    t.equal(read(env).preStopMs, ms);
  t.end();
});

test("each fault has its sentence", (t) => {
  const secret = "s".repeat(32);
  const cases: readonly (readonly [expected: RegExp, env: Env])[] = [
    ...["65536", "-1", "4e3", "40 00", "0x10", "123456"].map((PORT) => [/^PORT must be a whole number/, { PORT }] as const),
    [/^LOG_LEVEL must be one of trace, debug/, { LOG_LEVEL: "verbose" }],
    [/^PRE_STOP_MS must be a whole number from 0 to 5000/, { PRE_STOP_MS: "5001" }],
    [/^JWT_SECRET must be at least 32 bytes/, { JWT_SECRET: "s".repeat(31) }],
    [/^DATABASE_URL must start with sqlite: or postgres:/, { DATABASE_URL: "mysql://db/x" }],
    [/^WEBHOOK_PROXY resolves names .* in WEBHOOK_ALLOW/, { WEBHOOK_PROXY: "http://proxy:3128", WEBHOOK_ALLOW: " " }],
    [/^WEBHOOK_PROXY resolves names .* in WEBHOOK_ALLOW/, { WEBHOOK_PROXY: "http://proxy:3128", WEBHOOK_ALLOW: " , ," }],
    [/^WEBHOOK_PROXY must be an http or https address/, { WEBHOOK_PROXY: "socks5://proxy", WEBHOOK_ALLOW: "a.example" }],
    ...["10.0.0.0/", "10.0.0.0/0x8", "10.0.0.0/8/8", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/-1", "10.0.0.0/8.5", "10.0.0.0/ 8"].map(
      (entry) => [/^WEBHOOK_ALLOW, entry 2: the prefix after the \/ must be a whole number from 0 to 32/, allow(entry)] as const,
    ),
    ...["::1/", "fd00::/129", "fd00::/8/"].map((entry) => [/^WEBHOOK_ALLOW, entry 2: .* 0 to 128/, allow(entry)] as const),
    ...["bot.corp/8", "/8", "10.0.0/8"].map((entry) => [/^WEBHOOK_ALLOW, entry 2: what stands before the \//, allow(entry)] as const),
    ...["127.0.0.1:9000", "bot.corp:443"].map((entry) => [/^WEBHOOK_ALLOW, entry 2: it must have no port/, allow(entry)] as const),
    [/^WEBHOOK_ALLOW, entry 2: .*without a scheme/, allow("http://127.0.0.1")],
    [/^WEBHOOK_ALLOW, entry 2: an IPv6 address is written without brackets/, allow("[::1]")],
    [/^WEBHOOK_ALLOW, entry 2: .*wildcards are not taken/, allow("*.corp")],
    [/^WEBHOOK_ALLOW, entry 2: an IPv4 network is written as such/, allow("::ffff:10.0.0.0/104")],
    ...[
      "127.1",
      "2130706433",
      "0x7f.1",
      "bot.corp.",
      "-bot.corp",
      "bot corp",
      "bücher.example",
      "fe80::1%eth0",
      `${"a".repeat(64)}.corp`,
    ].map((entry) => [/^WEBHOOK_ALLOW, entry 2: it must be a network such as/, allow(entry)] as const),
    [/^METRICS must be on or off/, { METRICS: "true" }],
    [/^METRICS_TOKEN must be at least 32 visible/, { METRICS: "on", METRICS_TOKEN: "m".repeat(31) }],
    [/^METRICS=on needs METRICS_TOKEN/, { METRICS: "on", HOST: "0.0.0.0" }],
    [/^METRICS=on needs METRICS_TOKEN/, { ...UPSTREAM, METRICS: "on", NODE_ENV: "production" }],
    ...["collector:4318", "grpc://collector", "http://user:pw@collector", "http://collector/?key=1"].map(
      (OTEL_EXPORTER_OTLP_ENDPOINT) => [/^OTEL_EXPORTER_OTLP_ENDPOINT must be/, { OTEL_EXPORTER_OTLP_ENDPOINT }] as const,
    ),
    ...["key", "a=%zz", "a=b\nc=d"].map(
      (OTEL_EXPORTER_OTLP_HEADERS) => [/^OTEL_EXPORTER_OTLP_HEADERS must be/, { OTEL_EXPORTER_OTLP_HEADERS }] as const,
    ),
    ...["2", "-1", "half"].map((ratio) => [/^OTEL_TRACES_SAMPLER_ARG must be/, { OTEL_TRACES_SAMPLER_ARG: ratio }] as const),
    ...["a=b%0d%0ac", "a=b%00", "a=%E2%82%AC"].map(
      (OTEL_EXPORTER_OTLP_HEADERS) => [/^OTEL_EXPORTER_OTLP_HEADERS must be .* without control/, { OTEL_EXPORTER_OTLP_HEADERS }] as const,
    ),
    ...[" ", "256.1.1.1", "[::1]", "http://127.0.0.1", "127.0.0.1:80", "a b."].map(
      (HOST) => [/^HOST must be an address such as/, { HOST }] as const,
    ),
    ...["HTTPS_PROXY", "CONNECT_PROXY", "AUTH_PROXY", "WEBHOOK_PROXY"].map(
      (name) =>
        [new RegExp(`^${name} must have a URL-encoded user`), { [name]: "http://u:PW%ZZ@h:80", WEBHOOK_ALLOW: "a.example" }] as const,
    ),
    [/^HTTPS_PROXY must have a URL-encoded user/, { HTTPS_PROXY: "http://50%:1@h:80" }],
    ...["/x", "/?a=b", "#a", "//"].map((end) => [/^HTTPS_PROXY must end with the port/, { HTTPS_PROXY: `http://h:3128${end}` }] as const),
    [/^WEBHOOK_PROXY must end with the port/, { WEBHOOK_PROXY: "http://h:3128/x", WEBHOOK_ALLOW: "a.example" }],
    [/^ALLOWED_HOSTS, entry 2: it must be a host name .*, without a port/, { ALLOWED_HOSTS: "a.example, x:80" }],
    [/^ALLOWED_HOSTS, entry 1: .*, without a port/, { ALLOWED_HOSTS: "[::1]:80" }],
    [/^ALLOWED_HOSTS, entry 1: .*, without a scheme/, { ALLOWED_HOSTS: "http://x" }],
    [/^ALLOWED_HOSTS, entry 1: .*; wildcards are not taken/, { ALLOWED_HOSTS: "*" }],
    [/^ALLOWED_HOSTS, entry 1: an IPv6 address stands in brackets/, { ALLOWED_HOSTS: "fd00::1" }],
    ...["a b", "x/", "bücher.example"].map(
      (ALLOWED_HOSTS) => [/^ALLOWED_HOSTS, entry 1: it must be a host name/, { ALLOWED_HOSTS }] as const,
    ),
    ...["u:p@127.0.0.1:99999/x", "127.0.0.1:x/y", "[::1]:1e3/x", "u:p#q@h:5432/x"].map(
      (rest) => [/^DATABASE_URL: the port must be a whole number up to 65535/, { DATABASE_URL: `postgres://${rest}` }] as const,
    ),
    [/^DATABASE_URL: it must look like postgres:/, { DATABASE_URL: "postgres://u@h x/y" }],
    [/^DATABASE_URL: sslmode must be one of disable, prefer/, { DATABASE_URL: "postgres://h/x?sslmode=bogus" }],
    ...["sslcert", "sslkey", "sslrootcert"].map(
      (name) =>
        [new RegExp(`^DATABASE_URL: ${name} names a file that cannot be read`), { DATABASE_URL: `postgres://h/x?${name}=/none` }] as const,
    ),
    [/^LEASE_MS must be a whole number from 500/, { LEASE_MS: "499" }],
    [/^NODE_TLS_REJECT_UNAUTHORIZED=0 turns TLS checks off/, { NODE_TLS_REJECT_UNAUTHORIZED: "0" }],
    [/^NODE_ENV=production needs an upstream project/, { NODE_ENV: "production" }],
    [/^NODE_ENV=production needs an issuer of callers' tokens/, { ...UPSTREAM, NODE_ENV: "production" }],
    [/missing: JWT_AUDIENCE/, { JWT_JWKS_URL: "https://id.example/keys", JWT_ISSUER: "id" }],
    [
      /^JWT_JWKS_URL must be an https address, or http on this machine/,
      { JWT_JWKS_URL: "http://id.example/keys", JWT_ISSUER: "id", JWT_AUDIENCE: "a" },
    ],
    [/JWT_ISSUERS_FILE and the JWT_… settings are both set/, { JWT_ISSUERS_FILE: "/none", JWT_ISSUER: "id" }],
    [/JWT_ISSUERS_FILE names a file that cannot be read/, { JWT_ISSUERS_FILE: "/none" }],
    [/^NODE_ENV must be one of development, test, production/, { NODE_ENV: "Production" }],
    [/^JWT_SECRET \(HS256\) is for development/, { ...UPSTREAM, NODE_ENV: "production", JWT_SECRET: secret }],
    [/missing: CTP_PROJECT_KEY, CTP_CLIENT_SECRET\.$/, { CTP_REGION: UPSTREAM.CTP_REGION, CTP_CLIENT_ID: "x" }],
    ...["europe-west1", "gcp.europe-west1.x", "evil.example/", "a b.gcp", "EU.gcp", "x@evil.gcp", "..gcp"].map(
      (CTP_REGION) => [/^CTP_REGION must look like/, { ...UPSTREAM, CTP_REGION }] as const,
    ),
    ...["x", "a/b", "..", "connectors", "k".repeat(37), "ke y"].map(
      (CTP_PROJECT_KEY) => [/^CTP_PROJECT_KEY must be 2 to 36 letters, digits, _ or -/, { ...UPSTREAM, CTP_PROJECT_KEY }] as const,
    ),
    ...["ftp://host", "host", "https://user:word@host", "https://host?x=1", "https://host#x", "file:///etc/passwd"].flatMap((url) => [
      [/^CTP_AUTH_URL must be/, { ...UPSTREAM, CTP_AUTH_URL: url }] as const,
      [/^CTP_CONNECT_URL must be/, { ...UPSTREAM, CTP_CONNECT_URL: url }] as const,
    ]),
  ];
  for (const [expected, env] of cases)
    t.match(problemsOf(env).join("\n"), new RegExp(expected.source, "m"), JSON.stringify(env).slice(0, 90));
  t.end();
});

test("in production secrets go out by TLS only, but for this machine", (t) => {
  const issuer = { JWT_JWKS_URL: "https://id.example/keys", JWT_ISSUER: "id", JWT_AUDIENCE: "a" };
  const production = { ...UPSTREAM, ...issuer, NODE_ENV: "production" };
  for (const setting of ["CTP_AUTH_URL", "CTP_CONNECT_URL"]) {
    const wrong = `${setting} must be an https address in production, or http on this machine.`;
    for (const host of ["auth.example", "10.0.0.7", "127.example", "localhost.example", "[fd00::1]"]) {
      t.same(problemsOf({ ...production, [setting]: `http://${host}:8080` }), [wrong], host);
      t.equal(read({ ...UPSTREAM, [setting]: `http://${host}:8080` }).projects.length, 1, `${host}, in development`);
    }
    for (const url of ["https://auth.example", "http://127.0.0.1:8080", "http://127.8.9.10", "http://localhost:1", "http://[::1]:80"])
      t.equal(read({ ...production, [setting]: url }).projects.length, 1, url);
  }
  const [env, files] = fromFile({ ...PROJECT, authUrl: "http://auth.example" });
  t.match(problemsOf({ ...issuer, ...env, NODE_ENV: "production" }, files), [/^PROJECTS_FILE, project 1: authUrl must be an https/]);
  t.end();
});

test("what may look wrong and is not is taken", (t) => {
  const hosts = ["gateway.example.com", "Gateway", "a_b.corp.", "10.1.2.3", "[fd00::1]", "xn--bcher-kva.example"];
  t.same(
    read({ ALLOWED_HOSTS: hosts.join(" , ") }).allowedHosts,
    hosts.map((host) => host.replace(/\.$/, "")),
  );
  for (const HOST of ["0.0.0.0", "::", "localhost", "gateway-1", "fe80::1%eth0"]) t.equal(read({ HOST }).host, HOST);
  for (const rest of [
    "h/x",
    "u:p%25w@h:5432/x?sslmode=verify-full",
    "/x?host=/run/postgresql",
    "u@/x?host=/run",
    "%2Frun%2Fpg/x",
    "[::1]:5432/x",
  ])
    t.equal(reveal(read({ DATABASE_URL: `postgres://${rest}`, WEBHOOK_SECRET: "w".repeat(32) }).databaseUrl), `postgres://${rest}`);
  t.equal(read({ HTTPS_PROXY: "http://u:p%25@h:80", CONNECT_PROXY: "none" }).outbound.connect, undefined);
  t.end();
});

test("a fault of HTTPS_PROXY is told by the name that was set, once", (t) => {
  for (const HTTPS_PROXY of ["socks5://proxy", "http://u:50%@proxy"]) {
    const problems = problemsOf({ HTTPS_PROXY });
    t.equal(problems.length, 1);
    t.match(problems[0], /^HTTPS_PROXY /);
  }
  t.end();
});

test("files of keys and certificates must hold them", { skip: noOpenssl }, (t) => {
  const { cert, key } = makeCertificate(t, "DNS:localhost");
  const files = {
    "/cert": cert,
    "/key": key,
    "/chain": `# ours\n${cert}\n${cert}`,
    "/other": makeCertificate(t, "DNS:localhost").key,
    "/begin": "-----BEGIN CERTIFICATE-----\nx",
    "/garbage": cert.replaceAll(/\n.{64}\n/g, "\nAAAA\n"),
    "/half": `${cert}\n${cert.replaceAll(/\n.{64}\n/g, "\nAAAA\n")}`,
    "/badkey": "-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----",
  };
  const pair = { PROXY_CERT_FILE: "/chain", PROXY_KEY_FILE: "/key" };
  t.equal(read({ HTTPS_PROXY: "https://h", PROXY_CA_FILE: "/chain", ...pair }, files).outbound.connect?.tls.ca, files["/chain"]);
  for (const path of ["/none", "/begin", "/garbage", "/half", "/key"])
    t.same(problemsOf({ PROXY_CA_FILE: path }, files), ["PROXY_CA_FILE names a file that cannot be read as certificates (PEM)."], path);
  for (const path of ["/begin", "/garbage", "/key"])
    t.match(problemsOf({ ...pair, PROXY_CERT_FILE: path }, files), [/^PROXY_CERT_FILE .* as a certificate/], path);
  for (const path of ["/begin", "/badkey", "/cert"])
    t.match(problemsOf({ ...pair, PROXY_KEY_FILE: path }, files), [/^PROXY_KEY_FILE .* as a key without a password/], path);
  t.match(problemsOf({ ...pair, PROXY_KEY_FILE: "/other" }, files), [/^PROXY_KEY_FILE is not the key of the certificate/]);
  t.match(problemsOf({ PROXY_CERT_FILE: "/cert" }, files), [/^PROXY_CERT_FILE and PROXY_KEY_FILE go together/]);
  t.end();
});

test("all faults are told at once, each one once", (t) => {
  const error = refusal({ PORT: "x", LOG_LEVEL: "x", NODE_ENV: "production", JWT_SECRET: "short", DATABASE_URL: "x", CTP_REGION: "x.gcp" });
  for (const name of ["PORT", "LOG_LEVEL", "JWT_SECRET (HS256)", "JWT_SECRET must", "DATABASE_URL", "One upstream project needs"])
    t.equal(error.problems.filter((problem) => problem.startsWith(name)).length, 1, name);
  t.equal(error.message, error.problems.join(" "));
  t.ok(
    error.problems.every((problem) => /^\S.*\.$/.test(problem)),
    "they are sentences",
  );
  const twice = { ...UPSTREAM, CTP_CLIENT_SECRET_FILE: "/none" };
  for (const env of [twice, { ...twice, CTP_CLIENT_SECRET: "" }]) {
    const problems = problemsOf(env);
    t.equal(new Set(problems).size, problems.length, `no sentence twice: ${problems.join(" ")}`);
  }
  t.end();
});

test("secrets come from files too", (t) => {
  const secrets = SETTINGS.filter((setting) => "secret" in setting).map((setting) => setting.name);
  t.same(secrets, [
    "CTP_CLIENT_SECRET",
    "JWT_SECRET",
    "HTTPS_PROXY",
    "CONNECT_PROXY",
    "AUTH_PROXY",
    "WEBHOOK_PROXY",
    "WEBHOOK_SECRET",
    "DATABASE_URL",
    "METRICS_TOKEN",
    "OTEL_EXPORTER_OTLP_HEADERS",
  ]);
  const files = { "/c": "client-secret\n", "/j": `${"j".repeat(32)}\n`, "/d": "sqlite:x.db\n" };
  const { CTP_CLIENT_SECRET, ...rest } = UPSTREAM;
  const env = { ...rest, CTP_CLIENT_SECRET_FILE: "/c", JWT_SECRET_FILE: "/j", DATABASE_URL_FILE: "/d" };
  const config = read(env, files);
  const [project] = config.projects;
  t.equal(project === undefined ? "" : reveal(project.clientSecret), CTP_CLIENT_SECRET, "the line end is not part of it");
  t.equal(config.jwtSecret === undefined ? "" : reveal(config.jwtSecret), "j".repeat(32));
  t.equal(reveal(config.databaseUrl), "sqlite:x.db");
  t.equal(read({ HOST_FILE: "/c" }, files).host, "127.0.0.1", "only secrets have a file");
  for (const name of secrets) {
    t.match(
      problemsOf({ ...UPSTREAM, [`${name}_FILE`]: "/none" }).join("\n"),
      new RegExp(`^${name}_FILE names a file that cannot be read`, "m"),
    );
    const both = problemsOf({ ...UPSTREAM, [name]: "x".repeat(32), [`${name}_FILE`]: "/c" }, files);
    t.match(both.join("\n"), new RegExp(`^${name} and ${name}_FILE are both set`, "m"));
  }
  t.match(problemsOf({ JWT_SECRET_FILE: "/empty" }, { "/empty": "\n" }).join(), /JWT_SECRET must be at least 32 bytes/);
  t.end();
});

test("PROJECTS_FILE holds several projects", (t) => {
  const other = {
    ...PROJECT,
    projectKey: "two",
    scope: "view_connectors:two",
    authUrl: "https://auth.example",
    connectUrl: "https://c.example",
  };
  const { projects } = read(...fromFile(PROJECT, other, { ...PROJECT, region: "eu-central-1.aws" }));
  t.same(
    projects.map(({ region, projectKey, scope, authUrl }) => [region, projectKey, scope, authUrl]),
    [
      ["us-east-2.aws", "one", undefined, "https://auth.us-east-2.aws.commercetools.com"],
      ["us-east-2.aws", "two", "view_connectors:two", "https://auth.example"],
      ["eu-central-1.aws", "one", undefined, "https://auth.eu-central-1.aws.commercetools.com"],
    ],
  );
  const [env, files] = fromFile(PROJECT);
  t.equal(read(env, files).projects.length, 1);
  const cases: readonly (readonly [expected: RegExp, env: Env, files: Env])[] = [
    [/names a file that cannot be read as JSON/, env, {}],
    [/names a file that cannot be read as JSON/, env, { "/p.json": '[{"clientSecret":"canary' }],
    [/must hold a JSON array with at least one project/, env, { "/p.json": "{}" }],
    [/must hold a JSON array with at least one project/, env, { "/p.json": "[]" }],
    [/names the same region and projectKey twice/, ...fromFile(PROJECT, PROJECT)],
    [/project 2: clientSecret must be a non-empty string/, ...fromFile(PROJECT, { ...other, clientSecret: 7 })],
    [/project 1: clientId must be a non-empty string/, ...fromFile({ ...PROJECT, clientId: "" })],
    [/project 1: scope must be a non-empty string/, ...fromFile({ ...PROJECT, scope: ["x"] })],
    [/project 1: unknown field; allowed are region,/, ...fromFile({ ...PROJECT, client_secret: "x" })],
    [/project 1: region must be a non-empty string/, ...fromFile(null)],
    [/project 1: region must look like/, ...fromFile({ ...PROJECT, region: "evil.example/" })],
    [/project 1: connectUrl must be an http or https address/, ...fromFile({ ...PROJECT, connectUrl: "file:///x" })],
    [/PROJECTS_FILE and the CTP_… settings are both set/, { ...env, ...UPSTREAM }, files],
  ];
  for (const [expected, env, files] of cases) t.match(problemsOf(env, files).join("\n"), expected, expected.source);
  t.end();
});

test("no sentence quotes a value", (t) => {
  const canary = "canary value/";
  const env = Object.fromEntries(SETTINGS.map(({ name }) => [name, `${name} ${canary}`]));
  const { PROJECTS_FILE, ...upstream } = env;
  const broken = { "/p.json": `[{"${canary}":"${canary}",}]` };
  const fields = Object.fromEntries(Object.keys(PROJECT).map((name) => [name, canary]));
  const errors = [
    refusal(env, { [PROJECTS_FILE ?? ""]: canary }),
    refusal(upstream),
    refusal({ JWT_SECRET_FILE: "/j", DATABASE_URL_FILE: "/j", PROJECTS_FILE: "/p.json" }, { ...broken, "/j": canary }),
    refusal({ JWT_SECRET_FILE: canary, CTP_CLIENT_SECRET_FILE: canary }),
    refusal(...fromFile({ ...fields, authUrl: canary, connectUrl: canary, scope: [canary], [canary]: canary }, canary)),
  ];
  for (const error of errors) t.notMatch(`${inspect(error, { depth: 9, showHidden: true })} ${error.stack ?? ""}`, /canary/);
  t.end();
});

/** What is wrong with the settings table of a README: rows of `| \`NAME\` | default | meaning |`, a default other than words in backticks. */
function checkReadme(text: string, settings: readonly Setting[]): string[] {
  const plain = (cell: string): string => cell.trim().replaceAll("`", "");
  const section = /^## Settings$(?<rows>[\s\S]*?)(?=^## |(?![\s\S]))/m.exec(text)?.groups?.["rows"] ?? "";
  const rows = [...section.matchAll(/^\| *`(?<name>[A-Z_]+)` *\|(?<value>[^|]*)\|[^|]+\|$/gm)].map(({ groups }) => groups);
  const shown = rows.map((row): readonly [string, string] => [row?.["name"] ?? "", plain(row?.["value"] ?? "")]);
  const defaults = new Map(shown);
  return [
    ...shown.filter(([name], at) => shown.findIndex(([other]) => other === name) < at).map(([name]) => `${name} has two rows`),
    ...shown.filter(([name]) => settings.every((setting) => setting.name !== name)).map(([name]) => `${name} is not a setting`),
    ...settings.filter(({ name }) => !defaults.has(name)).map(({ name }) => `${name} has no row`),
    ...settings
      .filter((setting) => defaults.has(setting.name) && defaults.get(setting.name) !== plain(setting.default))
      .map((setting) => `${setting.name} has the default ${setting.default}`),
  ];
}

test("the README shows exactly the settings", (t) => {
  const settings = [
    { name: "HOST", default: "127.0.0.1", meaning: "Where." },
    { name: "KEY", default: "–", meaning: "Which." },
  ];
  const table = (...rows: readonly string[]) =>
    `# X\n\n## Settings\n\n| setting | default | meaning |\n|---|---|---|\n${rows.join("\n")}\n\n## Next\n`;
  const [host, key] = ["| `HOST` | `127.0.0.1` | Where. |", "| `KEY`  | –           | Which. |"];
  t.same(checkReadme(table(host, key), settings), []);
  t.same(checkReadme(table(host), settings), ["KEY has no row"]);
  t.same(checkReadme(table(host, key, "| `OLD` | – | Gone. |"), settings), ["OLD is not a setting"]);
  t.same(checkReadme(table(host, key, key), settings), ["KEY has two rows"]);
  t.same(checkReadme(table("| `HOST` | `0.0.0.0` | Where. |", key), settings), ["HOST has the default 127.0.0.1"]);
  t.same(checkReadme(`${table(host)}${key}`, settings), ["KEY has no row"], "only the section counts");
  t.same(checkReadme(readFileSync("README.md", "utf8"), SETTINGS), [], "README.md");
  t.end();
});
