import { join } from "node:path";
import { test } from "tap";
import { campaign } from "./campaign.ts";

const CYCLES = 25;

test("kill -9 at random instants, SQLite", { timeout: 150_000 }, async (t) => {
  const { events, faults } = await campaign(t, {
    databaseUrl: `sqlite:${join(t.testdir(), "gateway.db")}`,
    cycles: CYCLES,
    replicas: 1,
    random: Math.random,
  });
  t.same(faults, []);
  t.ok(events.length >= 10, `${events.length} events`);
});
