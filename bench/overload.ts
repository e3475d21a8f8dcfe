/**
 * `npm run bench:overload [-- --seconds 5]`: what becomes of requests when more come than can be served, sent whether answers come or not. The gateway has
 * its own limits (64 places, 64 that wait), the upstream takes 50 ms. What is admitted is to be served in good time, the rest to hear of it at once, and
 * health to answer always.
 */
import { parseArgs } from "node:util";
import { tokenFor } from "../test/helpers/token.ts";
import { stand, startGateway, startUpstream } from "./contenders.ts";
import { closedLoop, openLoop, quantile, type Shown } from "./load.ts";
import { ask, PROJECT } from "./work.ts";

const { values } = parseArgs({ options: { seconds: { type: "string", default: "5" } } });
const ms = Number(values.seconds) * 1_000;
const headers = { authorization: `Bearer ${tokenFor(`manage_project:${PROJECT}`)}` };
stand("apart");
const upstream = await startUpstream({ DELAY_MS: "50" });
const gateway = await startGateway("gateway", upstream.url, { CACHE_TTL_MS: "0", MAX_IN_FLIGHT: "64" });
// Each its own question, so that nobody waits for somebody else's answer.
const shot = (turn: number) => ({ method: "POST" as const, path: "/graphql", body: ask(turn % 10_000) });

const load = { callers: 48, headers, shot };
await closedLoop(gateway.url, load, 3_000);
const capacity = ((await closedLoop(gateway.url, load, ms)) * 1_000) / ms;
process.stdout.write(`capacity, by 48 callers who wait for their answers: ${capacity.toFixed(0)} a second\n`);

const time = (shown: readonly Shown[]): string =>
  shown.length === 0
    ? "-"
    : `p50 ${quantile(shown, 0.5).toFixed(0).padStart(4)} ms, p99 ${quantile(shown, 0.99).toFixed(0).padStart(4)} ms`;
for (const factor of [0.5, 1, 2, 5, 0.5]) {
  process.stderr.write(`  ${factor} times the capacity\n`);
  const health = openLoop(gateway.url, { shot: () => ({ method: "GET", path: "/livez" }) }, 20, ms);
  const shown = await openLoop(gateway.url, { headers, shot }, capacity * factor, ms);
  const served = shown.filter(({ status }) => status === 200);
  const refused = shown.filter(({ status }) => status === 503);
  const other = shown.length - served.length - refused.length;
  const share = ((served.length * 1_000) / ms / capacity).toFixed(2);
  process.stdout.write(
    `${String(factor).padStart(4)} of capacity: served ${share} of capacity (${time(served)}); refused ${refused.length} (${time(refused)}); ` +
      `anything else ${other}; health ${time(await health)}\n`,
  );
}
gateway.stop();
upstream.stop();
process.exit(0);
