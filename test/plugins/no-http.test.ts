import { test } from "tap";
import { MIRROR, PROJECT, startBoth } from "../helpers/gateway.ts";
import { AUTH, get, raw } from "../helpers/raw.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;

test("what is no HTTP is refused, logged and counted like any other", async (t) => {
  const { gateway } = await startBoth(t, {}, { METRICS: "on" });
  const chunked = `POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\n${AUTH}\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n`;
  const cases: readonly (readonly [name: string, status: number, text: string])[] = [
    ["no request line", 400, "QUOTED\r\n\r\n"],
    ["a header without a name", 400, get("/livez").replace("Host", ": quoted\r\nHost")],
    ["headers of 17 kB", 431, get("/livez").replace("Host", `X-Quoted: ${"a".repeat(17 * 1024)}\r\nHost`)],
    ["a body that breaks off its own form", 400, `${chunked}quoted\r\n`],
  ];
  for (const [name, status, text] of cases) {
    const answer = await raw(gateway, text);
    t.match(answer, new RegExp(`^HTTP/1\\.1 ${status} [^]*"errors":\\[\\{"code":"`), name);
    const id = /x-correlation-id: (.*)\r/.exec(answer)?.[1];
    const lines = gateway.log().trimEnd().split("\n");
    // What came before it was read, so that its line is that of any request.
    const told = text.startsWith(chunked)
      ? `"method":"POST","route":"/graphql","status":${status}`
      : `"status":${status},"method":"-","route":"-"`;
    t.match(lines.at(-1), new RegExp(`"correlationId":"${id}",${told}.*"msg":"request"`), `${name}, in the log`);
  }
  t.notMatch(gateway.log(), /quoted|aaaa/i);
  t.equal(gateway.log().match(/"msg":"request"/g)?.length, cases.length, "each once");
  const { text } = await gateway.rest("GET", "/metrics");
  t.match(text, `requests_total{face="none",route="none",status="4xx"} ${cases.length - 1}\n`);
  t.match(text, `requests_total{face="graphql",route="POST /graphql",status="4xx"} 1\n`);
});

test("what is no HTTP never takes the place of an answer that is under way", async (t) => {
  const { emulator, gateway } = await startBoth(t);
  await gateway.rest("GET", DEPLOYMENTS);
  await emulator.control("POST", "faults", { kind: "slow", ms: 300, match: { method: "GET", path: "/deployments" } });
  const answers = await raw(gateway, `${get(DEPLOYMENTS).replace("Connection: close\r\n", "")}NO HTTP\r\n\r\n`);
  t.match(answers, /^HTTP\/1\.1 200 (?:(?!HTTP\/1\.1)[^])*"results":[^]*\}$/);
  t.match(gateway.log(), /"status":400,"method":"-","route":"-","msg":"request"/);
});
