import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { test } from "tap";
import { MIRROR, PROJECT, read, startBoth } from "../helpers/gateway.ts";
import { JWT_SECRET, signToken, tokenFor } from "../helpers/token.ts";

const PATH = `${MIRROR}/${PROJECT}/deployments`;
const now = Math.floor(Date.now() / 1_000);
const good = { sub: "tester", scope: `manage_project:${PROJECT}`, iat: now, exp: now + 600 };
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const rsa = `${part({ alg: "RS256", typ: "JWT" })}.${part(good)}`;
const [header = "", payload = "", signature = ""] = signToken(good).split(".");
const hs512 = `${part({ alg: "HS512", typ: "JWT" })}.${payload}`;

/** Every fault of a token, by name. */
const FORGED: Readonly<Record<string, string>> = {
  "no algorithm": `${part({ alg: "none", typ: "JWT" })}.${payload}.`,
  "no algorithm, signed": signToken(good, { header: { alg: "none", typ: "JWT" } }),
  "algorithm in another case": signToken(good, { header: { alg: "hs256", typ: "JWT" } }),
  "another key": signToken(good, { secret: "another-key-of-at-least-32-bytes-length" }),
  RS256: `${rsa}.${sign("sha256", Buffer.from(rsa), privateKey).toString("base64url")}`,
  "HS512 with the right key": `${hs512}.${createHmac("sha512", JWT_SECRET).update(hs512).digest("base64url")}`,
  expired: signToken({ ...good, iat: now - 700, exp: now - 60 }),
  "no end": signToken({ sub: "x", scope: good.scope, iat: now }),
  "an end as text": signToken({ ...good, exp: String(good.exp) }),
  "an end in a week": signToken({ ...good, exp: now + 7 * 86_400 }),
  "an end beyond numbers": signToken({ ...good, exp: 1e300 }),
  "issued in the future": signToken({ ...good, iat: now + 300 }),
  "not before later": signToken({ ...good, nbf: now + 300 }),
  "critical extension": signToken(good, { header: { alg: "HS256", typ: "JWT", crit: ["exp2"], exp2: 1 } }),
  "a payload that is not encoded": signToken(good, { header: { alg: "HS256", typ: "JWT", b64: false } }),
  "an encoding that is told": signToken(good, { header: { alg: "HS256", typ: "JWT", b64: true } }),
  "scope as a list": signToken({ ...good, scope: [good.scope] }),
  "scope as a number": signToken({ ...good, scope: 7 }),
  "payload is a list": signToken([good]),
  "payload is text": `${header}.${part("text")}.${createHmac("sha256", JWT_SECRET)
    .update(`${header}.${part("text")}`)
    .digest("base64url")}`,
  "payload is no JSON": `${header}.${Buffer.from("{").toString("base64url")}.${createHmac("sha256", JWT_SECRET)
    .update(`${header}.${Buffer.from("{").toString("base64url")}`)
    .digest("base64url")}`,
  "header is no JSON": `${Buffer.from("{").toString("base64url")}.${payload}.${signature}`,
  "changed payload": `${header}.${part({ ...good, scope: "manage_project:other" })}.${signature}`,
  "cut signature": `${header}.${payload}.${signature.slice(0, -4)}`,
  "no signature": `${header}.${payload}.`,
  "two parts": `${header}.${payload}`,
  "five parts": `${header}.${payload}.${signature}.a.b`,
  empty: "",
  "very long": `${header}.${"a".repeat(9_000)}.${signature}`,
};

test("every fault of a token is the same 401, and upstream hears nothing", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  const bodies = new Set<string>();
  for (const [name, token] of Object.entries(FORGED)) {
    const answer = await gateway.rest("GET", PATH, undefined, { token });
    t.match([answer.status, answer.headers.get("www-authenticate")], [401, "Bearer"], name);
    bodies.add(answer.text);
    const asked = await gateway.graphql("{ projects { id } }", {}, { token });
    t.match([asked.status, asked.text], [401, "AuthenticationError"], `${name}, in GraphQL`);
  }
  const headers: readonly Record<string, string>[] = [
    {},
    { authorization: tokenFor(good.scope) },
    { authorization: `Basic ${tokenFor(good.scope)}` },
    { authorization: `Bearer  ${tokenFor(good.scope)}` },
  ];
  for (const each of headers) bodies.add((await read(await fetch(gateway.url + PATH, { headers: each }))).text);
  const inQuery = await read(await fetch(`${gateway.url}${PATH}?access_token=${tokenFor(good.scope)}`));
  bodies.add(inQuery.text);
  t.equal(bodies.size, 1, "one body for all of them");
  t.same(await emulator.journal(), []);
  t.equal((await gateway.rest("GET", PATH)).status, 200, "a good token still works");
});

test("only operations and documents are open to all", async (t) => {
  const { gateway } = await startBoth(t);
  for (const path of ["/livez", "/readyz", "/readyz?verbose", "/openapi.json", "/docs", "/graphiql"])
    t.equal((await fetch(gateway.url + path)).status, 200, path);
  for (const path of [PATH, "/v1/projects", `${MIRROR}/connectors/search`]) t.equal((await fetch(gateway.url + path)).status, 401, path);
  t.equal(
    (await fetch(`${gateway.url}/graphql`, { method: "POST", body: "{}", headers: { "content-type": "application/json" } })).status,
    401,
  );
});

test("/v1/projects and the query projects tell what the caller may see", async (t) => {
  const { gateway } = await startBoth(t);
  const scope = `view_connectors:${PROJECT} unheard_of:${PROJECT} manage_project:elsewhere`;
  const seen = await gateway.rest("GET", "/v1/projects", undefined, { token: tokenFor(scope) });
  t.same(seen.body, { results: [{ region: "us-central1.gcp", projectKey: PROJECT, scopes: [`view_connectors:${PROJECT}`] }] });
  const asked = await gateway.graphql("{ projects { id region projectKey scopes } }", {}, { token: tokenFor(scope) });
  t.match(asked.body, { data: { projects: [{ id: `us-central1.gcp:${PROJECT}`, scopes: [`view_connectors:${PROJECT}`] }] } });
  t.same((await gateway.rest("GET", "/v1/projects", undefined, { token: tokenFor("") })).body, { results: [] });
  const required = await gateway.rest("GET", `${MIRROR}/connectors/search`, undefined, { token: tokenFor("") });
  t.match([required.status, required.text], [400, "ProjectRequired"]);
});

test("a token that names nobody is told by its client", async (t) => {
  const { gateway } = await startBoth(t);
  const now = Math.floor(Date.now() / 1_000);
  for (const claims of [{ client_id: "bot-one" }, { sub: "", azp: "bot-two" }, { sub: "sam", client_id: "bot-three" }]) {
    const token = signToken({ ...claims, scope: `manage_project:${PROJECT}`, iat: now, exp: now + 600 });
    t.equal((await gateway.rest("GET", "/v1/projects", undefined, { token })).status, 200);
  }
  const subjects = [...gateway.log().matchAll(/"subject":"([^"]*)"/g)].map(([, subject]) => subject);
  t.same(subjects, ["client_id=bot-one", "client_id=bot-two", "sam"]);
});
