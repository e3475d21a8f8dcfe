import { once } from "node:events";
import { createServer as createHttpServer } from "node:http";
import { createServer, type ServerOptions } from "node:https";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { type Test, test } from "tap";
import { makeCertificate, noOpenssl } from "../helpers/certificate.ts";
import { answer, CALL, connectTo, DEPLOYMENT, ID, startUpstream } from "../helpers/upstream.ts";

const draft = { region: "us-central1.gcp" as const, connector: { key: "kk" }, configurations: [] };
const OWN = { ...CALL, fresh: "own" } as const;

async function outcome(result: Promise<unknown>): Promise<string> {
  return result.then(
    () => "ok",
    (error: { statusCode?: unknown; code?: unknown }) => `${String(error.statusCode)} ${String(error.code)}`,
  );
}

async function listen(t: Test, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => void server.close());
  return (server.address() as AddressInfo).port;
}

/** A Connect API behind TLS; gives its port, and counts the requests that it read. */
async function startTls(t: Test, options: ServerOptions) {
  let requests = 0;
  const server = createServer(options, (_request, response) => {
    requests += 1;
    answer(response, 200, DEPLOYMENT);
  });
  return { port: await listen(t, server), requests: () => requests, end: () => server.closeAllConnections() };
}

test("a TLS fault is no answer of the Connect API, and nothing is sent", { skip: noOpenssl }, async (t) => {
  const [good, expired, other] = [
    makeCertificate(t, "IP:127.0.0.1"),
    makeCertificate(t, "IP:127.0.0.1", 0),
    makeCertificate(t, "DNS:other.example"),
  ];
  const stranger = makeCertificate(t, "IP:127.0.0.1");
  const trusted = getCACertificates("default");
  setDefaultCACertificates([...trusted, good.cert, expired.cert, other.cert]);
  t.teardown(() => setDefaultCACertificates(trusted));
  const { url: authUrl } = await startUpstream(t);
  const faults: readonly (readonly [string, ServerOptions])[] = [
    ["expired", expired],
    ["another name", other],
    ["signed by a stranger", stranger],
    ["an old protocol alone", { ...good, minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" }],
  ];
  for (const [name, options] of faults) {
    const upstream = await startTls(t, options);
    const { deployments } = connectTo(t, "", { authUrl, connectUrl: `https://127.0.0.1:${upstream.port}` });
    t.equal(await outcome(deployments.get(OWN, { id: ID })), "502 UpstreamBadResponse", name);
    t.equal(await outcome(deployments.create(CALL, draft)), "502 UpstreamBadResponse", `${name}, a write`);
    const others = await Promise.all(Array.from({ length: 20 }, () => outcome(deployments.get(OWN, { id: ID }))));
    t.same([...new Set(others)], ["502 UpstreamBadResponse"], `${name}, once the breaker is open`);
    t.equal(await outcome(deployments.get(OWN, { id: ID })), "502 UpstreamBadResponse", `${name}, without asking`);
    t.equal(upstream.requests(), 0, name);
    const failing = connectTo(t, authUrl, { authUrl: `https://127.0.0.1:${upstream.port}` });
    t.equal(await outcome(failing.deployments.get(OWN, { id: ID })), "502 UpstreamBadResponse", `${name}, at the auth host`);
  }
  const upstream = await startTls(t, good);
  const { deployments } = connectTo(t, "", { authUrl, connectUrl: `https://127.0.0.1:${upstream.port}` });
  t.equal(await outcome(deployments.get(OWN, { id: ID })), "ok", "and all is well with a good one");
});

test("whoever speaks no TLS at all, or does not end the handshake", async (t) => {
  const { url: authUrl } = await startUpstream(t);
  const plain = await listen(t, createHttpServer());
  const { deployments } = connectTo(t, "", { authUrl, connectUrl: `https://127.0.0.1:${plain}` });
  t.equal(await outcome(deployments.get(OWN, { id: ID })), "502 UpstreamBadResponse");
  const silent = await listen(
    t,
    createTcpServer((socket) => t.teardown(() => socket.destroy())),
  );
  const limits = { connectMs: 200, headersMs: 400, totalMs: 500 };
  const waiting = connectTo(t, "", { authUrl, connectUrl: `https://127.0.0.1:${silent}`, limits });
  t.equal(await outcome(waiting.deployments.get(OWN, { id: ID })), "504 UpstreamTimeout");
});
