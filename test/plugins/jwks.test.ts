import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import fastify from "fastify";
import { type Test, test } from "tap";
import { registerAuth } from "../../src/plugins/auth.ts";
import { createJwks } from "../../src/plugins/jwks.ts";
import type { Pressure } from "../../src/pressure.ts";
import { Secret } from "../../src/secret.ts";
import { MIRROR, PROJECT, startTestEmulator, startTestGateway } from "../helpers/gateway.ts";
import { tokenFor } from "../helpers/token.ts";

const PATH = `${MIRROR}/${PROJECT}/deployments`;
const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const ed = generateKeyPairSync("ed25519");
const jwk = (key: KeyObject, kid: string, alg?: string) => ({
  ...key.export({ format: "jwk" }),
  kid,
  use: "sig",
  ...(alg === undefined ? {} : { alg }),
});
const KEYS = {
  keys: [
    jwk(rsa.publicKey, "rsa", "RS256"),
    jwk(ec.publicKey, "ec"),
    jwk(ed.publicKey, "ed", "EdDSA"),
    jwk(weak.publicKey, "weak", "RS256"),
    { kty: "oct", k: "c2VjcmV0", kid: "oct", alg: "HS256" },
  ],
};

type Script = (request: IncomingMessage, response: ServerResponse) => void;

/** A server that publishes keys, by a script. */
async function startKeys(t: Test): Promise<{ url: string; fetches(): number; answer(script: Script): void }> {
  let fetches = 0;
  let script: Script = (_request, response) => response.end(JSON.stringify(KEYS));
  const server = createServer((request, response) => {
    fetches += 1;
    script(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => (server.closeAllConnections(), server.close()));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/keys`,
    fetches: () => fetches,
    answer: (next) => void (script = next),
  };
}

const now = Math.floor(Date.now() / 1_000);
const good = { iss: "https://issuer.example", aud: "gateway", sub: "sam", scope: `manage_project:${PROJECT}`, iat: now, exp: now + 600 };
const header = { alg: "RS256", typ: "JWT", kid: "rsa" };

function token(claims: object = good, head: object = header, key: KeyObject = rsa.privateKey): string {
  const text = `${part(head)}.${part(claims)}`;
  const { alg } = head as { alg: string };
  const signature =
    alg === "EdDSA"
      ? sign(null, Buffer.from(text), key)
      : sign("sha256", Buffer.from(text), alg.startsWith("ES") ? { key, dsaEncoding: "ieee-p1363" } : key);
  return `${text}.${signature.toString("base64url")}`;
}

const pem = rsa.publicKey.export({ type: "spki", format: "pem" }).toString();
function confused(secret: string): string {
  const text = `${part({ alg: "HS256", typ: "JWT", kid: "rsa" })}.${part(good)}`;
  return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

test("tokens of an issuer are verified by its published keys, and by nothing else", async (t) => {
  const keys = await startKeys(t);
  const emulator = await startTestEmulator(t);
  const env = { JWT_SECRET: "", JWT_JWKS_URL: keys.url, JWT_ISSUER: good.iss, JWT_AUDIENCE: good.aud };
  const gateway = await startTestGateway(t, { upstream: emulator.url, env });
  const status = async (text: string): Promise<number> => (await gateway.rest("GET", PATH, undefined, { token: text })).status;

  t.equal(await status(token()), 200, "RS256");
  t.equal(await status(token(good, { alg: "ES256", kid: "ec" }, ec.privateKey)), 200, "ES256, with a key that names no algorithm");
  t.equal(await status(token(good, { alg: "EdDSA", kid: "ed", typ: "at+jwt" }, ed.privateKey)), 200, "EdDSA");
  t.equal(await status(token({ ...good, aud: ["other", "gateway"] })), 200, "one audience of several");
  await emulator.control("DELETE", "journal");
  const fetched = keys.fetches();
  const refused: Readonly<Record<string, string>> = {
    "a development token": tokenFor(good.scope),
    "HS256 with the public key": confused(pem),
    "HS256 with the trimmed public key": confused(pem.trim()),
    "HS256 with the key as JSON": confused(JSON.stringify(KEYS.keys[0])),
    "ES256 with an RSA key": token(good, { alg: "ES256", kid: "rsa" }, ec.privateKey),
    "RS256 with an EC key": token(good, { alg: "RS256", kid: "ec" }),
    RS384: token(good, { ...header, alg: "RS384" }),
    "a weak key": token(good, { ...header, kid: "weak" }, weak.privateKey),
    "a symmetric key": token(good, { ...header, kid: "oct" }),
    "no kid with several keys": token(good, { alg: "EdDSA" }, ec.privateKey),
    "a kid that is a path": token(good, { ...header, kid: "../../../../dev/null" }),
    "a kid that is __proto__": token(good, { ...header, kid: "__proto__" }),
    "a kid that is a number": token(good, { ...header, kid: 7 }),
    "another issuer": token({ ...good, iss: "https://issuer.example/" }),
    "an issuer as a list": token({ ...good, iss: [good.iss] }),
    "no issuer": token({ ...good, iss: undefined }),
    "another audience": token({ ...good, aud: "gateway-evil" }),
    "no audience": token({ ...good, aud: undefined }),
    "audiences without us": token({ ...good, aud: ["a", "b"] }),
    "another type": token(good, { ...header, typ: "logout+jwt" }),
    expired: token({ ...good, exp: now - 10, iat: now - 60 }),
    "too long a life": token({ ...good, exp: now + 90_000 }),
    "a name twice": token().replace(/^[^.]+/, Buffer.from('{"alg":"RS256","kid":"rsa","kid":"rsa"}').toString("base64url")),
    b64: token(good, { ...header, b64: false, crit: ["b64"] }),
    "keys of its own": token(good, {
      ...header,
      kid: "own",
      jku: `${keys.url}/evil`,
      x5u: `${keys.url}/evil`,
      jwk: jwk(ec.publicKey, "own"),
    }),
  };
  for (const [name, text] of Object.entries(refused)) t.equal(await status(text), 401, name);
  t.same(await emulator.journal(), [], "upstream hears of none");
  t.equal(keys.fetches(), fetched, "and the keys were not asked for again");
  await Promise.all(Array.from({ length: 1_000 }, (_, at) => status(token(good, { ...header, kid: `random-${at}` }))));
  t.equal(keys.fetches(), fetched, "nor for 1,000 unknown kids");
});

test("several issuers, each with its own projects, algorithms and type", async (t) => {
  const keys = await startKeys(t);
  const emulator = await startTestEmulator(t);
  const one = { issuer: "one", audience: "gateway", jwksUrl: keys.url, typ: "at+jwt", projectKeys: [PROJECT] };
  const two = { issuer: "two", audience: "gateway", jwksUrl: keys.url, algorithms: ["ES256"], projectKeys: ["another-project"] };
  const gateway = await startTestGateway(t, {
    upstream: emulator.url,
    env: { JWT_ISSUERS_FILE: "issuers.json" },
    files: { "issuers.json": JSON.stringify([one, two]) },
  });
  const status = async (text: string): Promise<number> => (await gateway.rest("GET", PATH, undefined, { token: text })).status;
  t.equal(await status(token({ ...good, iss: "one" }, { ...header, typ: "at+JWT" })), 200);
  t.equal(await status(token({ ...good, iss: "one" })), 401, "its type is another");
  t.equal(
    await status(token({ ...good, iss: "two" }, { alg: "ES256", kid: "ec" }, ec.privateKey)),
    404,
    "it may not speak for this project",
  );
  t.equal(await status(token({ ...good, iss: "two" })), 401, "its algorithm is another");
  t.equal(await status(tokenFor(good.scope)), 200, "with JWT_SECRET set, development tokens work beside them");
});

test("an issuer that is down, slow, huge, or sends elsewhere", async (t) => {
  const keys = await startKeys(t);
  let time = 1_000_000;
  const warned: string[] = [];
  const { keyOf } = createJwks({ url: keys.url, elapsed: () => time, fetch, warn: (reason) => void warned.push(reason) });
  const ask = { alg: "RS256", kid: "rsa" };
  keys.answer((_request, response) => response.writeHead(302, { location: "/elsewhere" }).end());
  await t.rejects(keyOf(ask), "a redirect");
  await t.rejects(keyOf(ask), "and for a while nobody asks again");
  t.equal(keys.fetches(), 1);
  time += 30_000;
  keys.answer((_request, response) => response.end("x".repeat(65 * 1024)));
  await t.rejects(keyOf(ask), "too large");
  time += 30_000;
  keys.answer((_request, response) => response.end(JSON.stringify(KEYS)));
  const held = await Promise.all(Array.from({ length: 100 }, () => keyOf(ask)));
  t.equal(new Set(held).size, 1);
  t.equal(keys.fetches(), 3, "one fetch for all who wait");
  keys.answer((_request, response) => response.destroy());
  time += 601_000;
  t.equal(await keyOf(ask), held[0], "where a refresh fails, the keys that are held serve");
  t.equal(keys.fetches(), 4);
  t.equal(await keyOf(ask), held[0]);
  t.equal(keys.fetches(), 4, "and for a while nobody asks again");
  time += 3_600_000;
  await t.rejects(keyOf(ask), "an hour later they do not serve any more");
  t.notOk(held[0]?.withdrawn, "which says nothing of the key");
  t.match(warned, [/status 302/, /too large/]);
});

test("a key that is too weak is told once, whoever comes with it", async (t) => {
  const keys = await startKeys(t);
  const warned: string[] = [];
  const { keyOf } = createJwks({ url: keys.url, fetch, warn: (reason) => void warned.push(reason) });
  for (let n = 0; n < 20; n++) await t.rejects(keyOf({ alg: "RS256", kid: "weak" }));
  t.match(await keyOf({ alg: "RS256", kid: "rsa" }), { pem: "BEGIN PUBLIC KEY" });
  t.match(warned, [/2048 bits/]);
  t.equal(warned.length, 1);
  t.equal(keys.fetches(), 1);
});

test("an issuer that answers with what is no set of keys is asked once in a while, and that is told", async (t) => {
  const keys = await startKeys(t);
  let time = 1_000_000;
  const warned: string[] = [];
  const { keyOf } = createJwks({ url: keys.url, elapsed: () => time, fetch, warn: (reason) => void warned.push(reason) });
  const ask = (kid = "rsa") => keyOf({ alg: "RS256", kid });
  for (const body of ["<html>secret</html>", "{}", '{"keys":[null]}', ""]) {
    const before = keys.fetches();
    keys.answer((_request, response) => response.end(body));
    for (let n = 0; n < 20; n++) await t.rejects(ask(`random-${n}`));
    t.equal(keys.fetches() - before, 1, body);
    time += 30_000;
  }
  t.equal(warned.length, 4);
  t.notMatch(warned.join(), "secret");
  keys.answer((_request, response) => response.end(JSON.stringify(KEYS)));
  const held = await ask();
  keys.answer((_request, response) => response.end("{}"));
  time += 30_000;
  const before = keys.fetches();
  for (let n = 0; n < 20; n++) await t.rejects(ask(`random-${n}`));
  t.equal(keys.fetches() - before, 1, "also while good keys are held");
  t.equal(await ask(), held);
});

const other = generateKeyPairSync("rsa", { modulusLength: 2048 });

test("once a refresh is due a request waits for it, and a key that is gone is withdrawn", async (t) => {
  const keys = await startKeys(t);
  let time = 1_000_000;
  const { keyOf, renew } = createJwks({ url: keys.url, elapsed: () => time, fetch, warn: () => undefined });
  const [one, two] = [
    { alg: "RS256", kid: "rsa" },
    { alg: "ES256", kid: "ec" },
  ];
  const publish = (...published: readonly object[]) =>
    keys.answer((_request, response) => response.end(JSON.stringify({ keys: published })));
  const [rsaKey, ecKey] = [await keyOf(one), await keyOf(two)];
  publish(jwk(ec.publicKey, "ec"));
  time += 600_000;
  await t.rejects(keyOf(one), "the first one to ask hears of it");
  t.equal(keys.fetches(), 2);
  t.ok(rsaKey.withdrawn);
  t.equal(await keyOf(two), ecKey);
  t.notOk(ecKey.withdrawn, "the other key stays what it was");
  publish(jwk(rsa.publicKey, "rsa", "RS256"));
  time += 30_000;
  const again = await keyOf(one);
  t.same([ecKey.withdrawn, again.withdrawn], [true, false], "also by the way, when another key is looked for");
  publish(jwk(other.publicKey, "rsa", "RS256"));
  time += 599_000;
  renew();
  t.equal(keys.fetches(), 3, "not before it is due");
  time += 1_000;
  renew();
  while (!again.withdrawn) await new Promise(setImmediate);
  t.equal(keys.fetches(), 4, "nobody has to ask, and a name stands for no other key");
  t.equal((await keyOf(one)).pem, other.publicKey.export({ type: "spki", format: "pem" }).toString());
});

test("what a withdrawn key verified is over at once", async (t) => {
  const keys = await startKeys(t);
  let time = 1_000_000;
  const app = fastify();
  t.teardown(() => app.close());
  const { authenticate } = await registerAuth(app, {
    secret: new Secret("x".repeat(32)),
    development: false,
    issuers: [
      { issuer: good.iss, audience: good.aud, jwksUrl: keys.url, algorithms: ["RS256", "ES256"], typ: undefined, projectKeys: undefined },
    ],
    permissions: ["manage_project"],
    countFailure: async () => undefined,
    pressure: { relieve: () => undefined } as Partial<Pressure> as Pressure,
    fetch,
    elapsed: () => time,
  });
  app.get("/", async ({ caller }) => caller.subject);
  const get = async (text: string) => (await app.inject({ url: "/", headers: { authorization: `Bearer ${text}` } })).statusCode;
  const [old, fresh] = [token(), token(good, { alg: "ES256", kid: "ec" }, ec.privateKey)];
  t.same([await get(old), await get(old)], [200, 200], "it is remembered");
  const caller = await authenticate(`Bearer ${old}`);
  t.equal(caller?.expiresAt, good.exp * 1_000);
  keys.answer((_request, response) => response.end(JSON.stringify({ keys: [jwk(ec.publicKey, "ec")] })));
  time += 600_000;
  t.equal(await get(fresh), 200);
  t.equal(caller?.expiresAt, 0, "streams end");
  t.equal(await get(old), 401, "and nothing is remembered of it");
});

test("who goes away while keys are fetched takes no place with it", async (t) => {
  const keys = await startKeys(t);
  const emulator = await startTestEmulator(t);
  const env = { JWT_SECRET: "", JWT_JWKS_URL: keys.url, JWT_ISSUER: good.iss, JWT_AUDIENCE: good.aud, MAX_IN_FLIGHT: "1", MAX_QUEUED: "0" };
  const gateway = await startTestGateway(t, { upstream: emulator.url, env });
  const asked = Promise.withResolvers<() => void>();
  keys.answer((_request, response) => asked.resolve(() => response.end(JSON.stringify(KEYS))));
  const leaving = new AbortController();
  const headers = { authorization: `Bearer ${token()}` };
  const gone = Array.from({ length: 3 }, () => fetch(gateway.url + PATH, { headers, signal: leaving.signal }));
  const release = await asked.promise;
  leaving.abort();
  for (const each of gone) await t.rejects(each);
  // Answered after the gateway heard of those.
  for (let round = 0; round < 3; round++) t.equal((await gateway.rest("GET", "/livez")).status, 200);
  // Whoever asks now waits for the same keys, and comes after those who went.
  const stays = gateway.rest("GET", PATH, undefined, { token: token() });
  release();
  t.equal((await stays).status, 200);
  t.equal((await gateway.rest("GET", PATH, undefined, { token: token() })).status, 200, "and the place is there for the next one");
});

test("the tunnel to an issuer is closed with the gateway", async (t) => {
  const keys = await startKeys(t);
  const emulator = await startTestEmulator(t);
  // By this the client would keep it for minutes; the issuer ends it a few seconds after its answer all the same.
  keys.answer((_request, response) => response.setHeader("keep-alive", "timeout=600").end(JSON.stringify(KEYS)));
  const ended = Promise.withResolvers<string>();
  const tunnels: Socket[] = [];
  const proxy = createServer().listen(0, "127.0.0.1");
  proxy.on("connect", ({ url = "" }, client: Socket) => {
    tunnels.push(client);
    const issuer = connect(Number(new URL(`http://${url}`).port), "127.0.0.1", () => client.write("HTTP/1.1 200 OK\r\n\r\n"));
    issuer.pipe(client).pipe(issuer);
    issuer.on("end", () => ended.resolve("the issuer"));
    client.on("end", () => ended.resolve("the gateway")).on("error", () => ended.resolve("the gateway"));
    for (const end of [issuer, client]) end.on("error", () => (issuer.destroy(), client.destroy()));
  });
  await once(proxy, "listening");
  t.teardown(() => (tunnels.forEach((tunnel) => tunnel.destroy()), proxy.close()));
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const ways = { HTTPS_PROXY: address, CONNECT_PROXY: "none", AUTH_PROXY: "none" };
  const env = { JWT_SECRET: "", JWT_JWKS_URL: keys.url, JWT_ISSUER: good.iss, JWT_AUDIENCE: good.aud, ...ways };
  const gateway = await startTestGateway(t, { upstream: emulator.url, env });
  t.equal((await gateway.rest("GET", PATH, undefined, { token: token() })).status, 200);
  t.same(
    tunnels.map(({ destroyed }) => destroyed),
    [false],
    "while it runs the tunnel serves on",
  );
  await gateway.stop();
  t.equal(await ended.promise, "the gateway");
});
