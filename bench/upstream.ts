/**
 * A stand-in for the Connect API and its auth host that costs next to nothing: answers made once, written to the socket as they are.
 * `PAGES=1` has every page as it was, `PAGES=64` no two alike in a row; `ROWS` is the size of a page, `DELAY_MS` the time to think.
 */
import { createServer, type Socket } from "node:net";
import type { AddressInfo } from "node:net";

const { PAGES = "1", ROWS = "20", DELAY_MS = "0" } = process.env;

const keys = (name: string) => Array.from({ length: 9 }, (_, at) => `${name}_KEY_${at}`);
const application = (row: number, at: number) => ({
  id: `6b1c3d2e-0000-4000-8000-0000000${String(1_000 + row)}${at}`,
  applicationName: at === 0 ? "service" : "event",
  standardConfiguration: keys("STANDARD").map((key) => ({ key, value: `value of ${key.toLowerCase()}` })),
  securedConfiguration: keys("SECURED").map((key) => ({ key, value: "*".repeat(12) })),
  url: `https://service-834bd4ed-b380-4b42-b9d8-bf8dd0a6${String(1_000 + row)}.europe-west1.gcp.commercetools.app`,
});
const definition = (applicationName: string) => ({
  applicationName,
  applicationType: "service",
  standardConfiguration: keys("STANDARD").map((key) => ({ key, description: "What it is for.", required: false })),
  securedConfiguration: keys("SECURED").map((key) => ({ key, description: "What it is for.", required: true })),
});
const deployment = (row: number, turn: number) => ({
  id: `834bd4ed-b380-4b42-b9d8-bf8dd0a6${String(1_000 + row)}`,
  key: `deployment-${row}`,
  version: 100_000 + turn * 1_000 + row,
  type: "production",
  connector: {
    id: "834bd4ed-b380-4b42-b9d8-bf8dd0a683aa",
    key: "bloomreach-engagement",
    version: 5,
    name: "Bloomreach Engagement",
    description: "Keeps customers, orders and the catalog in step with the engagement platform. ".repeat(5),
    integrationTypes: ["email"],
    creator: { email: "it@example.com", name: "IT", company: "Example", noOfContributors: 10 },
    repository: { url: "git@github.com:example/connect-bloomreach-engagement.git", tag: "v1.0.0" },
    configurations: [definition("service"), definition("event")],
    certified: true,
  },
  deployedRegion: "europe-west1.gcp",
  applications: [application(row, 0), application(row, 1)],
  details: { build: { id: "b", report: { entries: [{ type: "Information", title: "Deployed", createdAt: "2026-11-01T12:00:00Z" }] } } },
  preview: false,
  status: "Deployed",
});

function message(body: object): Buffer {
  const bytes = Buffer.from(JSON.stringify(body));
  const head = `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${bytes.length}\r\n\r\n`;
  return Buffer.concat([Buffer.from(head), bytes]);
}

const count = Number(ROWS);
const page = (turn: number) => {
  const results = Array.from({ length: count }, (_, row) => deployment(row, turn));
  return message({ limit: count, offset: 0, count, total: count, results });
};
const pages = Array.from({ length: Number(PAGES) }, (_, turn) => page(turn));
const one = message(deployment(1, 0));
const token = message({ access_token: "token", token_type: "Bearer", expires_in: 172_800 });
let turn = 0;

function answer(socket: Socket, head: string): void {
  if (head.includes("/oauth/token")) return void socket.write(token);
  const bytes = /\/deployments\?/.test(head) ? pages[turn++ % pages.length] : one;
  if (bytes === undefined) return undefined;
  if (DELAY_MS === "0") return void socket.write(bytes);
  return void setTimeout(() => socket.write(bytes), Number(DELAY_MS));
}

// Every request comes in one piece here, and none comes before the last one was answered.
const server = createServer({ noDelay: true }, (socket) => {
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => answer(socket, chunk.toString("latin1", 0, 300)));
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`listening http://127.0.0.1:${(server.address() as AddressInfo).port}\n`));
