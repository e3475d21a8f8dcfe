import { test } from "tap";
import { createFlights, type Flight } from "../../src/connect/single-flight.ts";

const newFlight = (): Flight => ({ change: 0, held: new Promise(() => undefined), startedAt: 0, waiting: undefined });

test("a flight is found until it has landed, and the later one of two under a name", (t) => {
  const flights = createFlights();
  const [first, second] = [newFlight(), newFlight()];
  const firstLanded = flights.departed("a", first);
  t.equal(flights.find("a"), first);
  const secondLanded = flights.departed("a", second);
  t.equal(flights.find("a"), second);
  firstLanded();
  t.equal(flights.find("a"), second, "the landing of one that was overtaken takes nothing away");
  secondLanded();
  t.equal(flights.find("a"), undefined);
  t.equal(flights.find("b"), undefined);
  t.end();
});

test("names without a flight are let go of, those with one never", (t) => {
  const flights = createFlights();
  const under = Array.from({ length: 1_500 }, (_, at) => ({ name: `under way ${at}`, flight: newFlight() }));
  const landed = under.map(({ name, flight }) => flights.departed(name, flight));
  for (let at = 0; at < 5_000; at++) flights.departed(`over ${at}`, newFlight())();
  t.ok(flights.names() <= 3_000, `${flights.names()} names`);
  t.ok(under.every(({ name, flight }) => flights.find(name) === flight));
  for (const land of landed) land();
  for (let at = 0; at < 5_000; at++) flights.departed(`later ${at}`, newFlight())();
  t.ok(flights.names() <= 1_000, `${flights.names()} names`);
  t.end();
});

test("a long name goes when its flight has landed, not when an overtaken one has", (t) => {
  const flights = createFlights();
  const name = "n".repeat(10_000);
  const [first, second] = [newFlight(), newFlight()];
  const firstLanded = flights.departed(name, first);
  const secondLanded = flights.departed(name, second);
  firstLanded();
  t.equal(flights.find(name), second);
  secondLanded();
  t.equal(flights.names(), 0);
  t.end();
});
