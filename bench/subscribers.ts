/**
 * `npm run bench:subscribers [-- --streams N]`: memory of idle event streams, and the time until one event has reached all of them, beside a plain
 * `node:http` server that writes a ready frame to as many. Only the ratios mean something on another machine.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { parseArgs } from "node:util";
import { createEmulator, SEED } from "../src/emulator/index.ts";
import { JWT_SECRET, signToken } from "../test/helpers/token.ts";

const { values } = parseArgs({ options: { streams: { type: "string", default: "10000" } } });
const STREAMS = Number(values.streams);
const PER_PRINCIPAL = 100;
const PLAIN = `
const { createServer } = require("node:http");
const open = new Set();
const server = createServer((request, response) => {
  if (request.url === "/fire") { for (const each of open) each.write('id: 1\\nevent: deployment.status_changed\\ndata: {}\\n\\n'); return response.end(); }
  response.writeHead(200, { "content-type": "text/event-stream" }).write(": \\n\\n");
  open.add(response);
}).listen(0, "127.0.0.1", () => console.log("OpenAPI     http://127.0.0.1:" + server.address().port + "/"));
`;

type Server = { readonly url: string; readonly child: ChildProcess };
type Result = { readonly kilobytesEach: number; readonly msToLast: number };

async function startServer(args: readonly string[], env: NodeJS.ProcessEnv): Promise<Server> {
  const child = spawn("node", args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "inherit"] });
  const url = await new Promise<string>((resolve) => {
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      const found = /OpenAPI {5}(http:\/\/[^/\s]+)/.exec(output)?.[1];
      if (found !== undefined) resolve(found);
    });
  });
  return { url, child };
}

const residentKilobytes = ({ child }: Server): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, "utf8"))?.[1]);

function tokenOf(principal: number): string {
  const now = Math.floor(Date.now() / 1_000);
  return signToken({ sub: `p${principal}`, scope: `manage_project:${SEED.projectKey}`, iat: now, exp: now + 3_600 });
}

/** Opens the streams, then fires, and measures. */
async function measure(server: Server, path: string, fire: () => Promise<unknown>): Promise<Result> {
  const before = residentKilobytes(server);
  let heard = 0;
  let fired = 0;
  const all = Promise.withResolvers<number>();
  const requests = [];
  for (let n = 0; n < STREAMS; n++) {
    const headers = { accept: "text/event-stream", authorization: `Bearer ${tokenOf(Math.floor(n / PER_PRINCIPAL))}` };
    const opened = Promise.withResolvers<void>();
    requests.push(
      get(server.url + path, { headers, agent: false }, (response) => {
        opened.resolve();
        response.on("data", (chunk: Buffer) => {
          if (!chunk.includes("deployment.status_changed") || fired === 0) return;
          heard += 1;
          if (heard === STREAMS) all.resolve(performance.now() - fired);
        });
        response.on("error", () => undefined);
      }),
    );
    await opened.promise;
    if (n % 500 === 0) process.stderr.write(`\r${n} of ${STREAMS} streams   `);
  }
  process.stderr.write("\r                              \r");
  const kilobytesEach = (residentKilobytes(server) - before) / STREAMS;
  fired = performance.now();
  await fire();
  const msToLast = await all.promise;
  for (const request of requests) request.destroy();
  server.child.kill();
  return { kilobytesEach, msToLast };
}

const emulator = await createEmulator();
const env = {
  PORT: "0",
  LOG_LEVEL: "silent",
  JWT_SECRET,
  CTP_REGION: SEED.region,
  CTP_PROJECT_KEY: SEED.projectKey,
  CTP_CLIENT_ID: SEED.clientId,
  CTP_CLIENT_SECRET: SEED.clientSecret,
};
const addresses = { CTP_AUTH_URL: emulator.url, CTP_CONNECT_URL: emulator.url, DATABASE_URL: "sqlite::memory:", RATE_PER_SECOND: "0" };
const plain = await startServer(["-e", PLAIN], {});
const raw = await measure(plain, "/", () => fetch(`${plain.url}/fire`));
const gateway = await startServer(["src/main.ts"], { ...env, ...addresses });
const write = (): Promise<unknown> =>
  fetch(`${gateway.url}/connect/${SEED.region}/${SEED.projectKey}/deployments/key=demo-shipping-deployment`, {
    method: "POST",
    headers: { authorization: `Bearer ${tokenOf(-1)}`, "content-type": "application/json" },
    body: '{"actions":[{"action":"redeploy"}]}',
  });
const ours = await measure(gateway, "/v1/events?type=deployment.status_changed", write);
await emulator.close();
const line = (name: string, { kilobytesEach, msToLast }: Result): string =>
  `${name.padEnd(26)} ${kilobytesEach.toFixed(1).padStart(8)} kB each ${msToLast.toFixed(0).padStart(8)} ms to the last`;
process.stdout.write(
  `${line(`plain server, ${STREAMS} streams`, raw)}\n${line(`gateway, ${STREAMS} streams`, ours)}   (from the write that caused it)\n`,
);
process.stdout.write(
  `ratio ${(ours.kilobytesEach / raw.kilobytesEach).toFixed(2)} in memory, ${(ours.msToLast / raw.msToLast).toFixed(2)} in time\n`,
);
process.exit(0);
