/** `npm run chaos -- --cycles N [--engine sqlite|postgres]`: a longer campaign of kills. */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { t as root, test } from "tap";
import { startPostgres } from "../helpers/postgres.ts";
import { campaign } from "./campaign.ts";

const { values } = parseArgs({ options: { cycles: { type: "string", default: "200" }, engine: { type: "string", default: "sqlite" } } });
const postgres = values.engine === "postgres";

// The runner's own limit of half a minute is for tests.
root.setTimeout(86_400_000);
test(`${values.cycles} kills on ${values.engine}`, async (t) => {
  const databaseUrl = postgres ? await startPostgres(t) : `sqlite:${join(t.testdir(), "gateway.db")}`;
  const progress = (cycle: number): void => void process.stderr.write(`\r${cycle} of ${values.cycles}   `);
  const { events, faults, hits } = await campaign(t, {
    databaseUrl,
    cycles: Number(values.cycles),
    replicas: postgres ? 3 : 1,
    random: Math.random,
    progress,
  });
  t.same(faults, []);
  t.ok(events.length > 0, `${events.length} events`);
  for (const [point, count] of Object.entries(hits)) t.comment(`${count} times killed ${point}`);
});
