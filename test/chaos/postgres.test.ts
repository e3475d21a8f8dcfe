import { test } from "tap";
import { noPostgres, startPostgres } from "../helpers/postgres.ts";
import { campaign } from "./campaign.ts";

const CYCLES = 15;

test("kill -9 at named points and random instants, three replicas on PostgreSQL", { timeout: 220_000, skip: noPostgres }, async (t) => {
  const databaseUrl = await startPostgres(t);
  const { events, faults, hits } = await campaign(t, { databaseUrl, cycles: CYCLES, replicas: 3, random: Math.random });
  t.same(faults, []);
  t.ok(events.length >= 10, `${events.length} events`);
  for (const [point, count] of Object.entries(hits)) t.ok(count > 0, `killed ${count} times ${point}`);
});
