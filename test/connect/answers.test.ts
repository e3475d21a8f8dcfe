import { createServer } from "node:net";
import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { test } from "tap";
import type { GatewayError } from "../../src/errors.ts";
import { createScrubber } from "../../src/scrub/index.ts";
import { Secret } from "../../src/secret.ts";
import { answer, CALL, connectTo, DEPLOYMENT, ID, startUpstream } from "../helpers/upstream.ts";

const deployment = {
  ...DEPLOYMENT,
  applications: [{ id: "a", applicationName: "service", securedConfiguration: [{ key: "K", value: "****************" }] }],
};
const draft = {
  region: "us-central1.gcp",
  connector: { key: "kk" },
  configurations: [{ applicationName: "service", securedConfiguration: [{ key: "K", value: new Secret('top "secret"') }] }],
};
type Script = (response: ServerResponse) => void;
const say =
  (status: number, body: unknown, headers: Record<string, string> = {}): Script =>
  (response) =>
    answer(response, status, body, headers);
const failure = (status: number, code: string): Script =>
  say(status, { statusCode: status, message: "m", errors: [{ code, message: "m", currentVersion: 4 }] });

/** How an answer ends for a read and for a write, and how often upstream is asked for each. */
const CASES: readonly (readonly [name: string, script: Script, read: string, write: string, reads: number])[] = [
  ["200", say(200, deployment), "ok", "ok", 1],
  ["201", say(201, deployment), "ok", "ok", 1],
  ["202", say(202, deployment), "ok", "ok", 1],
  ["no content type", (response) => response.end(JSON.stringify(deployment)), "ok", "ok", 1],
  ["new fields and nulls", say(200, { ...deployment, details: null, type: null, news: { a: 1 } }), "ok", "ok", 1],
  ["a wrong type", say(200, { ...deployment, version: "1" }), "UpstreamBadResponse", "UpstreamOutcomeUnknown", 1],
  ["a list", say(200, [deployment]), "UpstreamBadResponse", "UpstreamOutcomeUnknown", 1],
  ["a text", say(200, '"text"'), "UpstreamBadResponse", "UpstreamOutcomeUnknown", 1],
  ["HTML", say(200, "<html></html>", { "content-type": "text/html" }), "UpstreamBadResponse", "UpstreamOutcomeUnknown", 1],
  ["nothing", say(200, ""), "UpstreamBadResponse", "UpstreamOutcomeUnknown", 1],
  ["half", say(200, JSON.stringify(deployment).slice(0, 99)), "UpstreamBadResponse", "UpstreamOutcomeUnknown", 1],
  ["a thousand levels", say(200, `${'{"a":'.repeat(1_000)}1${"}".repeat(1_000)}`), "UpstreamBadResponse", "UpstreamOutcomeUnknown", 1],
  [
    "gzip that nobody asked for",
    (response) => response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(JSON.stringify(deployment))),
    "UpstreamBadResponse",
    "UpstreamOutcomeUnknown",
    1,
  ],
  [
    "nine megabytes",
    say(200, JSON.stringify({ ...deployment, more: "x".repeat(9 * 1024 * 1024) })),
    "UpstreamBadResponse",
    "UpstreamOutcomeUnknown",
    1,
  ],
  [
    "a crowd of lists beside what was asked for",
    say(200, `${JSON.stringify(deployment).slice(0, -1)},"more":[${"[],".repeat(310_000)}[]]}`),
    "UpstreamBadResponse",
    "UpstreamOutcomeUnknown",
    1,
  ],
  ["a redirect", say(302, "", { location: "/elsewhere" }), "UpstreamBadResponse", "UpstreamOutcomeUnknown", 1],
  ["400 with a code", failure(400, "DuplicateField"), "DuplicateField", "DuplicateField", 1],
  ["409 with a new code", failure(409, "BrandNew"), "BrandNew", "BrandNew", 1],
  [
    "400 with a crowd of lists",
    say(400, `{"statusCode":400,"errors":[{"code":"X","message":"m"}],"more":[${"[],".repeat(310_000)}[]]}`),
    "UpstreamBadResponse",
    "UpstreamOutcomeUnknown",
    1,
  ],
  ["400 in HTML", say(400, "<html>"), "UpstreamBadResponse", "UpstreamOutcomeUnknown", 1],
  ["408", failure(408, "RequestTimeout"), "RequestTimeout", "UpstreamOutcomeUnknown", 1],
  ["404", failure(404, "ResourceNotFound"), "ResourceNotFound", "ResourceNotFound", 1],
  ["404 without a body", say(404, ""), "ResourceNotFound", "UpstreamOutcomeUnknown", 1],
  ["403", failure(403, "access_denied"), "UpstreamAuthFailed", "UpstreamAuthFailed", 1],
  ["401 in HTML", say(401, "<html>"), "UpstreamAuthFailed", "UpstreamOutcomeUnknown", 2],
  ["403 in HTML", say(403, "<html>"), "UpstreamAuthFailed", "UpstreamOutcomeUnknown", 1],
  ["403 as OAuth has it", say(403, { error: "insufficient_scope" }), "UpstreamAuthFailed", "UpstreamAuthFailed", 1],
  ["429", say(429, "", { "retry-after": "0" }), "UpstreamThrottled", "UpstreamThrottled", 3],
  ["a page of 429", say(429, "<html>", { "retry-after": "0" }), "UpstreamThrottled", "UpstreamOutcomeUnknown", 3],
  ["429 with a long wait", say(429, "", { "retry-after": "30" }), "UpstreamThrottled", "UpstreamThrottled", 1],
  ["500", failure(500, "General"), "UpstreamUnavailable", "UpstreamOutcomeUnknown", 3],
  ["502 in HTML", say(502, "<html>", { "content-type": "text/html" }), "UpstreamUnavailable", "UpstreamOutcomeUnknown", 3],
  ["503", say(503, ""), "UpstreamUnavailable", "UpstreamOutcomeUnknown", 3],
  ["504", say(504, ""), "UpstreamUnavailable", "UpstreamOutcomeUnknown", 3],
  ["a reset", (response) => response.destroy(), "UpstreamUnavailable", "UpstreamOutcomeUnknown", 3],
  [
    "a reset in the middle",
    (response) => response.writeHead(200, { "content-length": "999" }).write("{", () => response.destroy()),
    "UpstreamUnavailable",
    "UpstreamOutcomeUnknown",
    3,
  ],
];

test("what upstream answers, and what becomes of it", async (t) => {
  const upstream = await startUpstream(t);
  const outcome = (result: Promise<unknown>): Promise<unknown> =>
    result.then(
      () => "ok",
      (error: unknown) => (error as { code?: unknown }).code,
    );
  for (const [name, script, read, write, reads] of CASES) {
    const { deployments } = connectTo(t, upstream.url);
    upstream.api((_request, response) => script(response));
    const before = upstream.requests.length;
    t.equal(await outcome(deployments.get(CALL, { id: ID })), read, `${name}: read`);
    t.equal(upstream.requests.length - before, reads, `${name}: asked ${reads} times`);
    t.equal(await outcome(deployments.create(CALL, draft)), write, `${name}: write`);
    t.equal(upstream.requests.length - before, reads + 1, `${name}: a write that was sent is never repeated`);
  }
});

test("nothing is decided by a 404 that is not Connect's own", async (t) => {
  const upstream = await startUpstream(t);
  for (const [body, plain, decisive] of [
    ["<html>", "ResourceNotFound", "UpstreamBadResponse"],
    ["", "ResourceNotFound", "UpstreamBadResponse"],
    [{ message: "no Route matched" }, "ResourceNotFound", "UpstreamBadResponse"],
    [{ statusCode: 404, message: "m" }, "ResourceNotFound", "ResourceNotFound"],
    [{ statusCode: 404, message: "m", errors: [{ code: "ResourceNotFound", message: "m" }] }, "ResourceNotFound", "ResourceNotFound"],
  ] as const) {
    const { deployments } = connectTo(t, upstream.url);
    upstream.api((_request, response) => answer(response, 404, body));
    await t.rejects(deployments.get(CALL, { id: ID }), { code: plain }, JSON.stringify(body));
    for (const fresh of ["own", "shared"] as const)
      await t.rejects(deployments.get({ ...CALL, fresh }, { id: ID }), { code: decisive }, `${fresh}, ${JSON.stringify(body)}`);
    await t.rejects(deployments.list(CALL, {}), { code: decisive }, `a listing, ${JSON.stringify(body)}`);
  }
});

test("a name with half a character is asked for all the same", async (t) => {
  const upstream = await startUpstream(t);
  const { deployments } = connectTo(t, upstream.url);
  upstream.api((_request, response) => failure(404, "ResourceNotFound")(response));
  for (const ref of [{ id: "\ud800" }, { key: "\ud800" }]) await t.rejects(deployments.get(CALL, ref), { code: "ResourceNotFound" });
});

test("a write is sent again with a new token only when it was Connect that refused the old one", async (t) => {
  const upstream = await startUpstream(t);
  for (const [refusal, code, sent] of [
    ["<html>", "UpstreamOutcomeUnknown", 1],
    ["", "UpstreamAuthFailed", 2],
    [{ statusCode: 401, message: "m" }, "UpstreamAuthFailed", 2],
    [{ error: "invalid_token" }, "UpstreamAuthFailed", 2],
  ] as const) {
    const { deployments } = connectTo(t, upstream.url);
    upstream.api((_request, response) => answer(response, 401, refusal));
    const before = upstream.requests.length;
    await t.rejects(deployments.create(CALL, draft), { code });
    t.equal(upstream.requests.length - before, sent, JSON.stringify(refusal));
  }
});

test("Retry-After reaches the caller, within reason", async (t) => {
  const upstream = await startUpstream(t);
  const inTen = new Date(Date.now() + 10_000).toUTCString();
  for (const [header, expected, date] of [
    ["5", [5, 5]],
    ["0", [1, 1]],
    ["99999", [60, 60]],
    ["soon", [1, 1]],
    [inTen, [9, 10]],
    ["Thu, 01 Jan 1970 00:00:00 GMT", [1, 1]],
    // By a clock that is years behind: what counts is the time between the two.
    ["Thu, 01 Jan 1970 00:00:20 GMT", [20, 20], "Thu, 01 Jan 1970 00:00:00 GMT"],
    ["Thu, 01 Jan 1970 00:00:20 GMT", [1, 1], "Thu, 01 Jan 1970 00:01:00 GMT"],
    ["Thu, 01 Jan 1970 00:00:20 GMT", [1, 1], "yesterday"],
  ] as const) {
    upstream.api((_request, response) => answer(response, 429, "", { "retry-after": header, ...(date === undefined ? {} : { date }) }));
    const { deployments } = connectTo(t, upstream.url);
    const error: unknown = await deployments.create(CALL, draft).catch((thrown: unknown) => thrown);
    const { retryAfter } = error as { retryAfter: number };
    t.ok(retryAfter >= expected[0] && retryAfter <= expected[1], `${header}: ${retryAfter}`);
  }
});

test("time and reach: silence, drip, nobody there, a dead connection", async (t) => {
  const upstream = await startUpstream(t);
  const limits = { connectMs: 200, headersMs: 150, totalMs: 250 };
  const { deployments } = connectTo(t, upstream.url, { limits });
  upstream.api(() => {});
  await t.rejects(deployments.get(CALL, { id: ID }), { code: "UpstreamTimeout" }, "silence, for a read");
  await t.rejects(deployments.create(CALL, draft), { code: "UpstreamOutcomeUnknown" }, "silence, for a write");
  upstream.api((_request, response) => {
    const drip = setInterval(() => response.write(" "), 20);
    response.on("close", () => clearInterval(drip));
  });
  await t.rejects(deployments.get(CALL, { id: ID }), { code: "UpstreamTimeout" }, "a drip does not outlast the deadline");

  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  const nobody = connectTo(t, upstream.url, { connectUrl: `http://127.0.0.1:${port}` });
  await t.rejects(nobody.deployments.create(CALL, draft), { code: "UpstreamUnavailable" }, "a write that never left is told as such");

  for (const [greeting, code] of [
    ["", "UpstreamUnavailable"],
    ["HTTP/1.1 400 Bad Request\r\n\r\n", "UpstreamBadResponse"],
  ] as const) {
    const plain = createServer((socket) => socket.on("error", () => {}).once("data", () => socket.end(greeting))).listen(0, "127.0.0.1");
    await once(plain, "listening");
    const connectUrl = `https://127.0.0.1:${(plain.address() as AddressInfo).port}`;
    const broken = connectTo(t, upstream.url, { connectUrl });
    await t.rejects(broken.deployments.create(CALL, draft), { code }, "nor did one before a handshake that broke");
    plain.close();
  }
});

test("upstream's errors are told up to a length", async (t) => {
  const upstream = await startUpstream(t);
  const { deployments } = connectTo(t, upstream.url);
  const long = "x".repeat(1_000_000);
  const told = async (entry: object): Promise<string> => {
    upstream.api((_request, response) => answer(response, 400, { statusCode: 400, message: "m", errors: [entry] }));
    const { errors } = (await deployments.create(CALL, draft).catch((thrown: unknown) => thrown)) as { errors: unknown };
    return JSON.stringify(errors);
  };
  t.equal(await told({ code: "X", message: long }), `[{"code":"X","message":"${long.slice(0, 3_999)}…"}]`);
  t.equal(await told({ code: long, message: "m" }), `[{"code":"${long.slice(0, 127)}…","message":"m"}]`);
  t.equal(await told({ code: "X", message: "m", field: "key", more: { value: long } }), '[{"field":"key","code":"X","message":"m"}]');
  const most = { field: "key", value: long.slice(0, 3_900) };
  t.same(JSON.parse(await told({ code: "X", message: long.slice(0, 4_000), ...most })), [
    { ...most, code: "X", message: long.slice(0, 4_000) },
  ]);
});

test("texts that are dear to decode are told as long as it takes no time, and cut beyond", async (t) => {
  const upstream = await startUpstream(t);
  const scrubber = createScrubber();
  const { deployments } = connectTo(t, upstream.url, { scrubber });
  await scrubber.of("europe-west1.gcp", "my-project").learn(["some-value"], Number.POSITIVE_INFINITY);
  const dear = "%41+\\n&#65;\n ".repeat(4_000);
  const lines = "a line\n".repeat(8_000);
  const entry = (message: string) => ({ type: "Error", title: "some-value", message, createdAt: "x" });
  const entries = Array.from({ length: 30 }, () => [entry(dear), entry(lines)]).flat();
  upstream.api((_request, response) => answer(response, 200, { ...deployment, details: { build: { id: "b", report: { entries } } } }));
  const { details } = await deployments.get(CALL, { id: ID });
  const told = details?.build?.report?.entries ?? [];
  t.equal(told.length, 60);
  t.equal(told[0]?.message, dear);
  t.same(told.at(-1), { type: "Error", title: "***", message: "…", createdAt: "x" });
  const many = Array.from({ length: 100 }, () => entry(lines));
  upstream.api((_request, response) =>
    answer(response, 200, { ...deployment, details: { build: { id: "b", report: { entries: many } } } }),
  );
  const longest = await deployments.get({ ...CALL, fresh: "own" }, { id: ID });
  t.equal(longest.details?.build?.report?.entries.at(-1)?.message, lines, "texts of many lines are told however many they are");
  const errors = [dear, dear, "m"].map((message) => ({ code: "X", message }));
  upstream.api((_request, response) => answer(response, 400, { statusCode: 400, message: "m", errors }));
  const error = (await deployments.get({ ...CALL, fresh: "own" }, { id: ID }).catch((thrown: unknown) => thrown)) as GatewayError;
  t.same(
    error.errors.map(({ message }) => message.length),
    [4_000, 1, 1],
  );
  const bare = Array.from({ length: 50 }, () => ({ code: "X", field: "message", value: "some-value" }));
  upstream.api((_request, response) => answer(response, 400, { statusCode: 400, message: dear, errors: bare }));
  const common = (await deployments.get({ ...CALL, fresh: "own" }, { id: ID }).catch((thrown: unknown) => thrown)) as GatewayError;
  t.same(
    common.errors.map(({ message }) => message.length),
    bare.map(() => 4_000),
    "a text that they share is looked through once",
  );
});

test("retries never become a flood", async (t) => {
  const upstream = await startUpstream(t);
  const { deployments } = connectTo(t, upstream.url);
  upstream.api((_request, response) => answer(response, 503, ""));
  await Promise.allSettled(Array.from({ length: 200 }, () => deployments.get({ ...CALL, fresh: "own" }, { id: ID })));
  t.ok(upstream.requests.length <= 200 * 1.1 + 10, `${upstream.requests.length} requests for 200 calls`);
});

test("secrets are opened for upstream alone, and everything that comes back is sealed", async (t) => {
  const upstream = await startUpstream(t);
  const scrubber = createScrubber();
  const { deployments } = connectTo(t, upstream.url, { scrubber });
  const secured = (value: unknown) => ({ securedConfiguration: [{ key: "K", value, description: "d", required: true }] });
  upstream.api((_request, response) =>
    answer(response, 201, {
      ...deployment,
      globalConfiguration: secured("clear"),
      odd: { deeper: [secured("clear"), { securedConfiguration: "clear" }] },
      details: {
        build: { id: "b", report: { entries: [{ type: "Error", title: 'got top "secret"', createdAt: "x", ...secured("clear") }] } },
      },
    }),
  );
  const created = JSON.stringify(await deployments.create(CALL, draft));
  t.match(upstream.requests.at(-1)?.body, /"value":"top \\"secret\\""/, "upstream gets the value");
  t.notMatch(created, /clear|secret"/);
  t.match(created, /"securedConfiguration":\[\{"key":"K","value":"\*\*\*"\}\]/, "a mask of one length");
  t.match(created, /"description":"d"/, "definitions stay");
  upstream.api((_request, response) =>
    answer(response, 400, {
      statusCode: 400,
      errors: [{ code: "X", message: 'you sent top "secret" and dG9wICJzZWNyZXQi', value: { deep: 'top "secret"' } }],
    }),
  );
  const error: unknown = await deployments.create(CALL, draft).catch((thrown: unknown) => thrown);
  t.match(error, { code: "X", message: "you sent *** and ***" });
  t.notMatch(JSON.stringify(error), /secret/);
});
