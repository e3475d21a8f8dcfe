/** `npm run bench [-- --only P1,P4 --rounds 5 --seconds 3]`: the gateway beside its peers, as one table of ratios. See bench/README.md. */
import { parseArgs } from "node:util";
import { tokenFor } from "../test/helpers/token.ts";
import { type Contender, MissingPeer, stand, startDirect, startGateway, startNginx, startPeer, startUpstream } from "./contenders.ts";
import { type Load, openLoop, quantile } from "./load.ts";
import { compare } from "./rounds.ts";
import { row, say, table } from "./table.ts";
import { whole } from "./whole.ts";
import { ask, PROJECT } from "./work.ts";

const { values } = parseArgs({
  options: {
    only: { type: "string" },
    rounds: { type: "string", default: "5" },
    seconds: { type: "string", default: "3" },
    // The compiler goes over the largest of the contenders again and again in the first 40,000 answers, however fast the machine is.
    "warm-up": { type: "string", default: "40000" },
  },
});
const only = values.only?.split(",");
const effort = { rounds: Number(values.rounds), seconds: Number(values.seconds), warmUp: Number(values["warm-up"]) };
const headers = { authorization: `Bearer ${tokenFor(`manage_project:${PROJECT}`)}` };
const told = (text: string): void => void process.stderr.write(`  ${text}\n`);
const OFF = { CACHE_TTL_MS: "0" };

/** Eight callers, each with a question of its own, so that every one of them asks upstream. */
const lists: Load = { callers: 8, headers, shot: (turn) => ({ method: "POST", path: "/graphql", body: ask(turn % 8) }) };
/** Callers who all ask the same. */
const same: Load = { callers: 256, headers, shot: () => ({ method: "POST", path: "/graphql", body: ask(0) }) };
const upstreamPath = (turn: number): string => `/${PROJECT}/deployments/key=deployment-${turn % 8}`;
const gets = (prefix: string): Load => ({ callers: 8, headers, shot: (turn) => ({ method: "GET", path: prefix + upstreamPath(turn) }) });
const mirror = gets("/connect/us-central1.gcp");

/** Starts those that can be started, runs `work`, and stops them. */
async function among(starts: readonly Promise<Contender>[], work: (contenders: readonly Contender[]) => Promise<void>): Promise<void> {
  const results = await Promise.allSettled(starts);
  const contenders = results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  for (const result of results) {
    if (result.status === "fulfilled") continue;
    if (!(result.reason instanceof MissingPeer)) throw result.reason;
    told(`left out: ${result.reason.message.trim().split("\n").at(-1) ?? "a peer"}`);
  }
  try {
    await work(contenders);
  } finally {
    for (const contender of contenders) contender.stop();
  }
}

const byThemselves = whole(told);
const measures: Readonly<Record<string, () => Promise<void>>> = {
  P1: () => listing("P1", "64", "GraphQL list, every answer new", [0.5, 1.3, 7]),
  P2: () => listing("P2", "1", "GraphQL list, upstream's answer unchanged", [0.95, 1.3, 7]),
  P3: async () => {
    const upstream = await startUpstream({ DELAY_MS: "100" });
    const starts = [
      startPeer("mercurius, JIT", "mercurius-jit", upstream.url),
      startGateway("gateway, coalesced", upstream.url, OFF),
      startGateway("gateway, 1 s cache", upstream.url),
    ];
    await among(starts, async (contenders) => {
      const figures = await compare(
        contenders.map((contender) => ({ contender, load: same })),
        effort,
        told,
      );
      row("P3", "256 callers of one query, coalesced : mercurius JIT", figures, ["gateway, coalesced", "mercurius, JIT"], 15);
      row("P3", "256 callers of one query, 1 s cache : mercurius JIT", figures, ["gateway, 1 s cache", "mercurius, JIT"], 40);
    });
    upstream.stop();
  },
  P4: async () => {
    const upstream = await startUpstream();
    const starts = [
      startNginx(upstream.url, 4_980),
      startPeer("http-proxy", "http-proxy", upstream.url),
      startGateway("gateway", upstream.url, OFF),
      startGateway("gateway, 1 s cache", upstream.url),
    ];
    await among(starts, async (contenders) => {
      const loads = contenders.map((contender) => ({ contender, load: contender.name.startsWith("gateway") ? mirror : gets("") }));
      const figures = await compare(loads, effort, told);
      row("P4", "REST, one deployment : @fastify/http-proxy", figures, ["gateway", "http-proxy"], 1);
      row("P4", "REST, one deployment : nginx", figures, ["gateway", "nginx"], 0.2);
      row("P4", "REST, one deployment, 1 s cache : nginx", figures, ["gateway, 1 s cache", "nginx"], 0.5);
    });
    upstream.stop();
  },
  P5: async () => {
    const upstream = await startUpstream({ DELAY_MS: "20" });
    const starts = [startGateway("gateway", upstream.url, OFF), startDirect({ DELAY_MS: "20" })];
    await among(starts, async ([gateway, itself]) => {
      if (gateway === undefined || itself === undefined) return;
      const probe = await compare([{ contender: gateway, load: lists }], { ...effort, rounds: 1 }, told);
      const half = (probe.get("gateway")?.[0] ?? 0) / 2;
      // Twice, of which the second time counts: the first requests of this kind make connections, and meet pages that were never read.
      const steady = async (url: string, load: Omit<Load, "callers">): ReturnType<typeof openLoop> => {
        await openLoop(url, load, half, effort.seconds * 1_000);
        return openLoop(url, load, half, effort.seconds * 1_000);
      };
      const direct = await steady(itself.url, {
        shot: (turn) => ({ method: "GET", path: `/${PROJECT}/deployments?offset=${turn % 64}` }),
      });
      const through = await steady(gateway.url, { headers, shot: (turn) => ({ method: "POST", path: "/graphql", body: ask(turn % 64) }) });
      const refused = through.filter(({ status }) => status !== 200).length;
      if (refused > 0) say(`P5  ${refused} of ${through.length} requests were not answered`);
      for (const [share, limit] of [
        [0.5, 3],
        [0.99, 15],
      ] as const) {
        const added = quantile(through, share) - quantile(direct, share);
        say(
          `P5  added latency at ${half.toFixed(0)} requests a second, p${share * 100}`.padEnd(57) +
            `${added.toFixed(1)} ms  under ${limit} ms: ${added < limit ? "met" : "not met"}`,
        );
      }
    });
    upstream.stop();
  },
  ...byThemselves,
};

type Targets = readonly [toPassThrough: number, toMercurius: number, toHive: number];

async function listing(id: string, pages: string, what: string, [toPass, toMercurius, toHive]: Targets): Promise<void> {
  const upstream = await startUpstream({ PAGES: pages });
  const starts = [
    startPeer("pass-through", "pass-through", upstream.url),
    startPeer("mercurius, JIT", "mercurius-jit", upstream.url),
    startPeer("yoga, JIT", "yoga-jit", upstream.url),
    startPeer("Apollo Server", "apollo", upstream.url),
    startPeer("Hive Gateway", "hive-gateway", upstream.url),
    startGateway("gateway", upstream.url, OFF),
  ];
  await among(starts, async (contenders) => {
    const figures = await compare(
      contenders.map((contender) => ({ contender, load: lists })),
      effort,
      told,
    );
    row(id, `${what} : pass-through`, figures, ["gateway", "pass-through"], toPass);
    row(id, `${what} : mercurius JIT`, figures, ["gateway", "mercurius, JIT"], toMercurius);
    row(id, `${what} : Hive Gateway`, figures, ["gateway", "Hive Gateway"], toHive);
    for (const peer of ["yoga, JIT", "Apollo Server"]) row(id, `${what} : ${peer}`, figures, ["gateway", peer]);
  });
  upstream.stop();
}

for (const [id, measure] of Object.entries(measures)) {
  if (only !== undefined && !only.includes(id)) continue;
  told(id);
  stand(id in byThemselves ? "anywhere" : "apart");
  await measure();
}
process.stdout.write(`${table.join("\n")}\n`);
process.exit(0);
