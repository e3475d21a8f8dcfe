import { test } from "tap";
import { noPostgres, startPostgres } from "../helpers/postgres.ts";
import { campaign } from "./campaign.ts";

const CYCLES = 25;

test("kill -9 at random instants, three replicas on PostgreSQL", { timeout: 200_000, skip: noPostgres }, async (t) => {
  const { events, faults } = await campaign(t, { databaseUrl: await startPostgres(t), cycles: CYCLES, replicas: 3, random: Math.random });
  t.same(faults, []);
  // Who is killed with a project in hand keeps it for half a minute: states that came and went meanwhile are merged.
  t.ok(events.length >= 3, `${events.length} events`);
});
