import { join } from "node:path";
import { test } from "tap";
import { campaign } from "./campaign.ts";

const CYCLES = 15;

test("kill -9 at named points and random instants, SQLite", { timeout: 200_000 }, async (t) => {
  const databaseUrl = `sqlite:${join(t.testdir(), "gateway.db")}`;
  const { events, faults, hits } = await campaign(t, { databaseUrl, cycles: CYCLES, replicas: 1, random: Math.random });
  t.same(faults, []);
  t.ok(events.length >= 10, `${events.length} events`);
  for (const [point, count] of Object.entries(hits)) t.ok(count > 0, `killed ${count} times ${point}`);
});
