import { EventEmitter, once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { test } from "tap";
import { ask } from "../bench/work.ts";
import { createPressure } from "../src/pressure.ts";
import { start } from "./helpers/command.ts";
import { MIRROR, PROJECT, settingsFor, startTestEmulator, startTestGateway } from "./helpers/gateway.ts";
import { JWT_SECRET, tokenFor } from "./helpers/token.ts";

const DEPLOYMENTS = `${MIRROR}/${PROJECT}/deployments`;

test("when memory runs short, and what is done about it", async (t) => {
  let [share, time, collected, letGo] = [0.5, 0, 0, 0];
  let afterCollection: number | undefined;
  const changes = new EventEmitter();
  const pressure = createPressure({
    share: () => share,
    now: () => time,
    collect: () => {
      collected += 1;
      share = afterCollection ?? share;
    },
    changed: (high, left) => changes.emit("change", high, left),
  });
  t.teardown(pressure.stop);
  // Its own looking keeps no process alive.
  const alive = setInterval(() => undefined, 1_000);
  t.teardown(() => clearInterval(alive));
  pressure.relieve(() => void (letGo += 1));
  const change = async (next: number): Promise<unknown[]> => {
    const changed = once(changes, "change");
    share = next;
    return changed;
  };
  t.same(await change(0.86), [true, 0.86]);
  t.same([pressure.high(), collected, letGo], [true, 1, 0], "garbage is collected before anything is let go of");
  share = 0.81;
  pressure.look();
  t.ok(pressure.high(), "not enough yet");
  t.same(await change(0.79), [false, 0.79]);
  time = 1_000;
  t.same(await change(0.97), [true, 0.97]);
  t.same([collected, letGo], [2, 1], "near the end all is done at once");
  for (time of [1_100, 1_499]) pressure.look();
  t.equal(collected, 2, "not again at once: a collection stops everything");
  [time, afterCollection] = [1_500, 0.4];
  t.same(await once(changes, "change"), [false, 0.4]);
  t.same([collected, letGo], [3, 2]);
  [time, afterCollection] = [3_000, undefined];
  t.same(await change(0.9), [true, 0.9]);
  for (time of [4_000, 7_999]) pressure.look();
  t.same([collected, letGo], [4, 2], "one that was of no use is not soon made again");
  time = 8_000;
  pressure.look();
  t.same([collected, letGo], [5, 3], "what remains short all the same is helped by letting go as well");
});

test("short of memory the gateway works on less at once; near its end it lets go of what it remembers", async (t) => {
  let share = 0;
  const emulator = await startTestEmulator(t);
  const env = { MAX_IN_FLIGHT: "16", QUEUE_WAIT_MS: "50", CACHE_TTL_MS: "600000" };
  const gateway = await startTestGateway(t, { upstream: emulator.url, env, takenShare: () => share });
  const said = async (text: string): Promise<void> => {
    while (!gateway.log().includes(text)) await new Promise(setImmediate);
  };
  const read = async (): Promise<string | null> => (await gateway.rest("GET", DEPLOYMENTS)).headers.get("server-timing");
  t.match(await read(), /cache;desc=miss/);
  t.match(await read(), /cache;desc=hit/);
  share = 0.96;
  await said("memory runs short");
  t.match(await read(), /cache;desc=miss/);
  await emulator.control("POST", "faults", { kind: "slow", delayMs: 1_000, times: 100, match: { path: "limit=" } });
  const all = Array.from({ length: 8 }, (_, n) => gateway.rest("GET", `${DEPLOYMENTS}?limit=${n + 1}`));
  const statuses = (await Promise.all(all)).map(({ status }) => status).toSorted((a, b) => a - b);
  t.same(statuses, [200, 200, 503, 503, 503, 503, 503, 503], "an eighth of what else would be");
  share = 0.5;
  await said("there is memory again");
  const more = await Promise.all(Array.from({ length: 8 }, (_, n) => gateway.rest("GET", `${DEPLOYMENTS}?limit=${n + 21}`)));
  t.same([...new Set(more.map(({ status }) => status))], [200]);
});

/** Where Linux limits the memory of processes: in its first form and its second, with the file that tells of those that it ended. */
const FORMS = [
  { root: "/sys/fs/cgroup/memory", limit: "memory.limit_in_bytes", told: "memory.oom_control" },
  { root: "/sys/fs/cgroup", limit: "memory.max", told: "memory.events" },
];

/** A group of processes that may take so much memory together; undefined where this user can make none. */
function limitMemory(bytes: number): { readonly path: string; readonly told: string } | undefined {
  for (const { root, limit, told } of FORMS) {
    const path = `${root}/connect-gateway-test-${process.pid}`;
    try {
      mkdirSync(path);
      if (existsSync(`${path}/${limit}`)) {
        writeFileSync(`${path}/${limit}`, String(bytes));
        return { path, told: `${path}/${told}` };
      }
      rmdirSync(path);
    } catch {
      // Not here.
    }
  }
  return undefined;
}

/** As the image has them. */
const allocator = Object.fromEntries(
  [...readFileSync("Dockerfile", "utf8").matchAll(/\b(MALLOC_\w+)=(\d+)/g)].map(([, name = "", value = ""]) => [name, value]),
);

test("with 256 MB in all, and more asked of it than that", async (t) => {
  const group = limitMemory(256 * 1024 * 1024);
  if (group === undefined) t.comment("this user can limit no memory here: the same load without a limit");
  else t.teardown(() => rmdirSync(group.path));
  const upstream = await start(t, "node", ["bench/upstream.ts"], { ROWS: "500", PAGES: "16" }, /listening http/);
  const url = /http:\S+/.exec(upstream.output())?.[0] ?? "";
  const env = {
    PORT: "0",
    JWT_SECRET,
    DATABASE_URL: "sqlite::memory:",
    RATE_PER_SECOND: "0",
    ...settingsFor(url),
    ...allocator,
  };
  const enter = group === undefined ? "" : `echo $$ > ${group.path}/cgroup.procs && `;
  const gateway = await start(t, "sh", ["-c", `${enter}exec node src/main.ts`], env, /OpenAPI {5}http/);
  const address = /GraphQL {5}(http:\S+)\/graphql/.exec(gateway.output())?.[1] ?? "";
  const headers = { authorization: `Bearer ${tokenFor(`manage_project:${PROJECT}`)}`, "content-type": "application/json" };
  const statuses: number[] = [];
  const until = performance.now() + 3_000;
  const caller = async (first: number): Promise<void> => {
    for (let turn = first; performance.now() < until; turn += 40) {
      const answer = await fetch(`${address}/graphql`, { method: "POST", headers, body: ask(turn % 400, 500) });
      await answer.arrayBuffer();
      statuses.push(answer.status);
    }
  };
  await Promise.all(Array.from({ length: 40 }, (_, first) => caller(first)));
  t.ok(statuses.includes(200), `${statuses.filter((status) => status === 200).length} of ${statuses.length} answered`);
  t.same(
    statuses.filter((status) => ![200, 503, 504].includes(status)),
    [],
  );
  t.equal((await fetch(`${address}/livez`)).status, 200);
  if (group !== undefined) t.match(readFileSync(group.told, "utf8"), /oom_kill 0/);
});
