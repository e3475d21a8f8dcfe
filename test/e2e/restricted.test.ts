import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { createServer as createTlsServer } from "node:https";
import { type AddressInfo, connect } from "node:net";
import { type Test, test } from "tap";
import { Secret } from "../../src/secret.ts";
import { createGuard } from "../../src/webhooks/guard.ts";
import { createSender } from "../../src/webhooks/send.ts";
import { makeCertificate, noOpenssl } from "../helpers/certificate.ts";
import { at, MIRROR, PROJECT, REGION, rows, startTestEmulator, startTestGateway } from "../helpers/gateway.ts";
import { startReceiver } from "../helpers/receiver.ts";
import { run } from "../helpers/command.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;
type Proxy = {
  readonly port: number;
  readonly tunnels: readonly { readonly to: string; readonly authorization: string | undefined }[];
  refuse(status: number): void;
  /** From now on it answers to nothing that it is asked, or to all again; what was asked meanwhile stays unanswered. */
  silence(on: boolean): void;
  /** From now on it opens no tunnel, but says so much on it. */
  babble(text: string): void;
};

/** A proxy that opens tunnels, as companies have them. */
async function startProxy(t: Test, server: Server): Promise<Proxy> {
  const tunnels: { to: string; authorization: string | undefined }[] = [];
  let refused = 0;
  let [silent, babble] = [false, ""];
  server.on("connect", (request, client, head) => {
    tunnels.push({ to: request.url ?? "", authorization: request.headers["proxy-authorization"] });
    if (silent) {
      t.teardown(() => client.destroy());
      return;
    }
    if (babble !== "") {
      client.on("error", () => client.destroy()).end(`HTTP/1.1 200 OK\r\n\r\n${babble}`);
      return;
    }
    if (refused > 0) {
      client.end(`HTTP/1.1 ${refused} Refused\r\n\r\n`);
      return;
    }
    const [host = "", port] = (request.url ?? "").split(":");
    const upstream = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      upstream.write(head);
      upstream.pipe(client).pipe(upstream);
    });
    for (const end of [upstream, client]) end.on("error", () => (upstream.destroy(), client.destroy()));
    t.teardown(() => upstream.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => (server.closeAllConnections(), server.close()));
  return {
    port: (server.address() as AddressInfo).port,
    tunnels,
    refuse: (status) => void (refused = status),
    silence: (on) => void (silent = on),
    babble: (text) => void (babble = text),
  };
}

test("the way out leads through the proxy, for the API and for the auth host", async (t) => {
  const proxy = await startProxy(t, createServer());
  const emulator = await startTestEmulator(t);
  const { host } = new URL(emulator.url);
  const env = { HTTPS_PROXY: `http://gateway:pa%24sword@127.0.0.1:${proxy.port}` };
  const gateway = await startTestGateway(t, { upstream: emulator.url, env });
  t.equal((await gateway.rest("GET", DEPLOYMENTS)).status, 200);
  t.same(
    proxy.tunnels.map((each) => each.to),
    [host, host],
    "one tunnel for the token, one for the call",
  );
  t.equal(proxy.tunnels[0]?.authorization, `Basic ${btoa("gateway:pa$sword")}`);
  t.notMatch(gateway.log(), /pa(%24|\$)sword/, "its password is in no log line");
  const direct = await startTestGateway(t, { upstream: emulator.url, env: { ...env, NO_PROXY: "other.example,127.0.0.1" } });
  t.equal((await direct.rest("GET", DEPLOYMENTS)).status, 200);
  const half = await startTestGateway(t, { upstream: emulator.url, env: { ...env, AUTH_PROXY: "none" } });
  t.equal((await half.rest("GET", DEPLOYMENTS)).status, 200);
  t.equal(proxy.tunnels.length, 3, "NO_PROXY and AUTH_PROXY=none are obeyed");

  proxy.refuse(407);
  const refused = await startTestGateway(t, { upstream: emulator.url, env });
  const answer = await refused.rest("POST", DEPLOYMENTS, { region: "us-central1.gcp", connector: { key: "kk" }, configurations: [] });
  t.match([answer.status, answer.text], [503, "UpstreamUnavailable"], "a refused tunnel is told, and nothing was written");
});

test("a proxy that did not answer for a while holds up nothing once it does", async (t) => {
  const proxy = await startProxy(t, createServer());
  const emulator = await startTestEmulator(t);
  const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, NO_PROXY: "", AUTH_PROXY: "none", STALE_IF_ERROR_MS: "0" };
  const gateway = await startTestGateway(t, { upstream: emulator.url, env });
  proxy.silence(true);
  const all = await Promise.all(Array.from({ length: 64 }, (_, n) => gateway.rest("GET", `${DEPLOYMENTS}?limit=${n + 1}`)));
  const told = new Set(all.map(({ status, body }) => `${status} ${String(at(body, "errors.0.code"))}`));
  t.same([...told].toSorted(), ["503 UpstreamUnavailable", "504 UpstreamTimeout"]);
  proxy.silence(false);
  const since = performance.now();
  while ((await gateway.rest("GET", DEPLOYMENTS)).status !== 200);
  t.ok(performance.now() - since < 10_000, "the tunnels that were asked for meanwhile are given up");
});

test("a tunnel that speaks before it is asked is no answer, and not asked for without end", async (t) => {
  const proxy = await startProxy(t, createServer());
  const emulator = await startTestEmulator(t);
  const env = { HTTPS_PROXY: `http://127.0.0.1:${proxy.port}`, AUTH_PROXY: "none", STALE_IF_ERROR_MS: "0" };
  const gateway = await startTestGateway(t, { upstream: emulator.url, env });
  proxy.babble("<html>sign in</html>");
  const draft = { region: REGION, key: "never", connector: { key: "kk" }, configurations: [] };
  const answers = [await gateway.rest("GET", DEPLOYMENTS), await gateway.rest("POST", DEPLOYMENTS, draft)];
  t.same(
    answers.map(({ status, body }) => `${status} ${String(at(body, "errors.0.code"))}`),
    ["503 UpstreamUnavailable", "503 UpstreamUnavailable"],
  );
  t.ok(proxy.tunnels.length < 100, `${proxy.tunnels.length} tunnels were asked for`);
  proxy.babble("");
  while ((await gateway.rest("GET", DEPLOYMENTS)).status !== 200);
  t.pass("and all is well again with the proxy");
});

test("nor is one to a webhook asked for without end", async (t) => {
  const proxy = await startProxy(t, createServer());
  const receiver = await startReceiver(t);
  const guard = createGuard({ allowed: ["127.0.0.1"], httpsOnly: false, namedOnly: true });
  const url = new Secret(`http://127.0.0.1:${proxy.port}`);
  const sender = createSender(guard, { userAgent: "test", proxy: { url }, totalMs: 3_000 });
  t.teardown(() => sender.close());
  const send = () => sender.send({ url: receiver.url, id: "evt_1", body: "{}", secrets: [new Secret("whsec_AAAA")] }, Date.now());
  for (const words of ["<html>sign in</html>", "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"]) {
    proxy.babble(words);
    t.match(await send(), { status: undefined, reason: "unreachable" }, "what is said before anything is asked is no answer");
  }
  t.ok(proxy.tunnels.length < 100, `${proxy.tunnels.length} tunnels were asked for`);
  proxy.babble("");
  t.match(await send(), { status: 204 }, "and all is well again with the proxy");
});

test("a silent proxy on the way to webhooks holds up nothing either", async (t) => {
  const proxy = await startProxy(t, createServer());
  const receiver = await startReceiver(t);
  const emulator = await startTestEmulator(t);
  const env = { WEBHOOK_PROXY: `http://127.0.0.1:${proxy.port}`, WEBHOOK_ALLOW: "127.0.0.1" };
  const gateway = await startTestGateway(t, { upstream: emulator.url, env });
  const made = await gateway.rest("POST", "/v1/webhooks", { url: receiver.url });
  proxy.silence(true);
  await gateway.rest("POST", `/v1/webhooks/${String(made.body["id"])}/test`);
  const deliveries = async () => rows((await gateway.rest("GET", `/v1/webhooks/${String(made.body["id"])}/deliveries`)).body, "results");
  while (!(await deliveries()).some((each) => each["lastReason"] === "unreachable"));
  t.equal(proxy.tunnels.length, 1, "given up, to be tried again");
});

test("webhooks take a proxy of their own, to hosts that an operator named", async (t) => {
  const proxy = await startProxy(t, createServer());
  const receiver = await startReceiver(t);
  const emulator = await startTestEmulator(t);
  const env = {
    WEBHOOK_PROXY: `http://gateway:hook%24pass@127.0.0.1:${proxy.port}`,
    WEBHOOK_ALLOW: "127.0.0.1,bot.example",
    NO_PROXY: "*",
  };
  const gateway = await startTestGateway(t, { upstream: emulator.url, env });
  for (const url of ["https://8.8.8.8/", "https://other.example/", "https://bot.example.evil.example/", "http://10.0.0.1/"])
    t.match((await gateway.rest("POST", "/v1/webhooks", { url })).body, { errors: [{ code: "InvalidJsonInput" }] }, url);
  t.equal((await gateway.rest("POST", "/v1/webhooks", { url: "https://bot.example:8444/" })).status, 201, "named, so any port is good");
  const made = await gateway.rest("POST", "/v1/webhooks", { url: receiver.url });
  t.equal((await gateway.rest("POST", `/v1/webhooks/${String(made.body["id"])}/test`)).status, 202);
  await receiver.arrived(1);
  t.same(proxy.tunnels, [{ to: `127.0.0.1:${receiver.port}`, authorization: `Basic ${btoa("gateway:hook$pass")}` }]);
  t.equal((await gateway.rest("GET", DEPLOYMENTS)).status, 200);
  t.equal(proxy.tunnels.length, 1, "nothing else takes it");
  proxy.refuse(403);
  await gateway.rest("POST", `/v1/webhooks/${String(made.body["id"])}/test`);
  const deliveries = async () => rows((await gateway.rest("GET", `/v1/webhooks/${String(made.body["id"])}/deliveries`)).body, "results");
  while (!(await deliveries()).some((each) => each["lastReason"] === "unreachable"));
  t.equal(receiver.delivered.length, 1, "a refused tunnel is an address that cannot be reached");
  t.notMatch(gateway.log(), /hook(%24|\$)pass/, "its password is in no log line");
});

test("a proxy reached by TLS that asks for a certificate", { skip: noOpenssl }, async (t) => {
  const { key, cert } = makeCertificate(t, "IP:127.0.0.1");
  const proxy = await startProxy(t, createTlsServer({ key, cert, ca: cert, requestCert: true, rejectUnauthorized: true }));
  const emulator = await startTestEmulator(t);
  const env = { HTTPS_PROXY: `https://127.0.0.1:${proxy.port}`, PROXY_CA_FILE: "cert.pem" };
  const files = { "cert.pem": cert, "key.pem": key };
  const gateway = await startTestGateway(t, {
    upstream: emulator.url,
    env: { ...env, PROXY_CERT_FILE: "cert.pem", PROXY_KEY_FILE: "key.pem" },
    files,
  });
  t.equal((await gateway.rest("GET", DEPLOYMENTS)).status, 200);
  const without = await startTestGateway(t, { upstream: emulator.url, env, files });
  t.equal((await without.rest("GET", DEPLOYMENTS)).status, 503, "without its certificate the proxy lets nobody in");
});

const noNamespace = spawnSync("unshare", ["-rn", "true"]).status === 0 ? false : "this machine gives no network namespace";

test("the whole gateway works where there is no network but loopback", { skip: noNamespace }, async (t) => {
  const inside = "ip link set lo up && node scripts/assets.ts && exec node test/helpers/isolated.ts";
  const { code, stdout, stderr } = await run("unshare", ["-rn", "sh", "-c", inside]);
  t.equal(code, 0, stderr);
  t.equal(
    stdout.trim(),
    "deployments 1, /graphiql 200, /graphiql/graphiql.min.js 200, /openapi.json 200, /docs 200, /docs/swagger-ui-bundle.js 200",
  );
});
