import { test } from "tap";
import { faultsOfJournal, faultsOfLog } from "./check.ts";

const event = (id: string, previous: string, current: string, version: number, key = "k") => ({
  id,
  type: "deployment.status_changed",
  data: { resource: { key }, resourceVersion: version, previous, current },
});
const log = [event("a", "Deployed", "Deploying", 1), event("x", "Deployed", "Deploying", 1, "l"), event("b", "Deploying", "Deployed", 2)];
const told = log.map((each, index) => ({ id: each.id, body: JSON.stringify(each), cursor: index + 1 }));
const [a, x, b] = told;

test("the checker of campaigns finds each kind of fault", (t) => {
  if (a === undefined || x === undefined || b === undefined) throw new Error("three events");
  const found = (...entries: { id: string; body: string; cursor: number | undefined }[]) =>
    faultsOfJournal(log, { name: "j", told: entries });
  t.same(faultsOfLog(log), []);
  t.same(found(a, x, b), []);
  const loose = (each: typeof a) => ({ ...each, cursor: undefined });
  const [la, lx, lb] = [loose(a), loose(x), loose(b)];
  t.same(found(la, la, lx, lb, la), [], "twice with the same bytes is allowed where there is no cursor");
  t.same(found(lx, la, lb), [], "and so is another order of different resources");
  t.same(found(a, x), ["j: b was lost"]);
  t.same(found(lb, la, lx), ["j: k came in another order"]);
  t.same(found({ ...a, body: "{}" }, x, b), ["j: a has other bytes than in the log"]);
  t.same(found(a, x, b, { id: "z", body: "{}", cursor: 9 }), ["j: z is in no log"]);
  t.same(found(a, x, b, b), ["j: a cursor came twice or went back"]);
  t.same(faultsOfLog([...log, event("c", "Deploying", "Failed", 1)]), ["k: Deploying does not follow Deployed", "k: versions fall"]);
  t.same(faultsOfLog([...log, event("b", "Deployed", "Deploying", 3)]), ["an event is in the log twice"]);
  t.end();
});
