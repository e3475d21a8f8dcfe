/**
 * `npm run bench:sizes [-- --events 1000,10000,100000]`: what the gateway spends when there is more of everything: rows of a page, projects that are looked
 * at, events in the log. Prints the cost of each size beside the smallest and what it would be if it grew in proportion, and draws `bench/sizes.svg`.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { createEmulator, SEED } from "../src/emulator/index.ts";
import { createStore, type Store } from "../src/store/index.ts";
import { rows, read } from "../test/helpers/gateway.ts";
import { tokenFor } from "../test/helpers/token.ts";
import { startGateway, startUpstream } from "./contenders.ts";
import { closedLoop } from "./load.ts";
import { plot, type Series } from "./plot.ts";
import { processorMs, startProcess } from "./process.ts";
import { ask, PROJECT } from "./work.ts";

const { values } = parseArgs({ options: { events: { type: "string", default: "1000,10000,100000,1000000" } } });
const headers = { authorization: `Bearer ${tokenFor(`manage_project:${PROJECT}`)}` };
const told = (text: string): void => void process.stderr.write(`  ${text}\n`);

/** Processor time of a GraphQL list by the rows of its page, every answer new, in milliseconds. */
async function pages(): Promise<Series> {
  const points: [number, number][] = [];
  for (const size of [20, 100, 500]) {
    const upstream = await startUpstream({ PAGES: "16", ROWS: String(size) });
    const gateway = await startGateway("gateway", upstream.url, { CACHE_TTL_MS: "0" });
    const load = {
      callers: 4,
      headers,
      shot: (turn: number) => ({ method: "POST" as const, path: "/graphql", body: ask(turn % 4, size) }),
    };
    await closedLoop(gateway.url, load, 2_000);
    const before = gateway.spent();
    const answers = await closedLoop(gateway.url, load, 3_000);
    points.push([size, (gateway.spent() - before) / answers]);
    gateway.stop();
    upstream.stop();
    told(`page of ${size}`);
  }
  return { name: "ms a page, by its rows", points };
}

/** Processor time of a round of looks at all projects, in milliseconds. */
async function projects(): Promise<Series> {
  const points: [number, number][] = [];
  for (const count of [1, 10, 50]) {
    const keys = Array.from({ length: count }, (_none, n) => `project-${n}`);
    const { region, clientSecret } = SEED;
    const clients = keys.map((projectKey) => ({ projectKey, clientId: `client-${projectKey}`, clientSecret, scopes: ["manage_project"] }));
    const emulator = await createEmulator({ clients, projects: keys.map((projectKey) => ({ projectKey, region })) });
    const folder = mkdtempSync(join(tmpdir(), "bench-projects-"));
    const file = join(folder, "projects.json");
    const urls = { authUrl: emulator.url, connectUrl: emulator.url };
    writeFileSync(file, JSON.stringify(clients.map(({ scopes: _all, ...client }) => ({ region, ...client, ...urls }))));
    const project = { CTP_REGION: "", CTP_PROJECT_KEY: "", CTP_CLIENT_ID: "", CTP_CLIENT_SECRET: "", PROJECTS_FILE: file };
    const gateway = await startProcess(["src/main.ts"], { ...project, DATABASE_URL: "sqlite::memory:", WATCH_INTERVAL_MS: "1000" });
    const looks = async (): Promise<number> => {
      const journal = rows((await read(await fetch(`${emulator.url}/_emulator/journal`))).body, "results");
      return journal.filter((each) => each["path"] === "/connectors/drafts").length / count;
    };
    const until = async (wanted: number): Promise<void> => {
      while ((await looks()) < wanted) await new Promise((resolve) => void setTimeout(resolve, 50));
    };
    await until(2);
    const [began, from] = [processorMs(gateway), await looks()];
    await until(from + 6);
    points.push([count, (processorMs(gateway) - began) / ((await looks()) - from)]);
    gateway.child.kill("SIGKILL");
    await emulator.close();
    rmSync(folder, { recursive: true });
    told(`${count} projects`);
  }
  return { name: "ms a round of looks, by projects", points };
}

/** Time of a page of 500 events out of the middle of the log, by its length, in milliseconds. */
async function events(): Promise<Series> {
  const points: [number, number][] = [];
  for (const count of values.events.split(",").map(Number)) {
    const folder = mkdtempSync(join(tmpdir(), "bench-events-"));
    const store = await createStore(`sqlite:${join(folder, "log.db")}`);
    await fill(store, count);
    const query = { projects: [`${SEED.region}:${PROJECT}`], limit: 500, after: Math.floor(count / 2) };
    await store.events.list(query);
    const began = performance.now();
    for (let turn = 0; turn < 50; turn++) await store.events.list(query);
    points.push([count, (performance.now() - began) / 50]);
    await store.close();
    rmSync(folder, { recursive: true });
    told(`${count} events`);
  }
  return { name: "ms a page of 500 events, by those in the log", points };
}

/** Writes events as the watch does: with the look that found them. */
async function fill({ watches }: Store, count: number): Promise<void> {
  const project = `${SEED.region}:${PROJECT}`;
  await watches.ensure([project], 0);
  for (let first = 0; first < count; first += 1_000) {
    const events = Array.from({ length: Math.min(1_000, count - first) }, (_none, n) => eventOf(project, first + n));
    const held = await watches.claim([project], first + 1, 1_000);
    if (held === undefined) throw new Error("the project was not due");
    await watches.commit(held, { events, findings: [], okAt: first + 1, dueAt: 0, hotUntil: 0 });
  }
}

function eventOf(project: string, number: number) {
  const [id, key, type] = [`evt_${number}`, `deployment-${number % 50}`, "deployment.updated"];
  const data = {
    project,
    resource: { typeId: "deployment", id, key },
    resourceVersion: number,
    previous: null,
    current: { status: "Deployed" },
  };
  const body = JSON.stringify({ id, type, timestamp: new Date(number).toISOString(), data });
  return { id, type, project, resourceKey: key, deploymentType: "production", at: number, body };
}

const series = [await pages(), await projects(), await events()];
for (const { name, points } of series) {
  const [[size, cost] = [1, 1]] = points;
  const costs = points.map(([x, y]) => `${x}: ${y.toFixed(2)} (${(y / cost / (x / size)).toFixed(2)} of proportion)`);
  process.stdout.write(`${name}: ${costs.join(", ")}\n`);
}
writeFileSync(new URL("sizes.svg", import.meta.url), plot(series));
process.stdout.write("drawn in bench/sizes.svg\n");
process.exit(0);
