import { test } from "tap";
import { nearest } from "../src/nearest.ts";

test("the nearest name is meant, if any", (t) => {
  const cases: readonly (readonly [name: string, allowed: readonly string[], meant: string | undefined])[] = [
    ["x", ["id", "key"], undefined],
    ["ky", ["id", "key"], "key"],
    ["kye", ["id", "key"], undefined],
    ["limits", ["limit", "limits2", "offset"], "limit"],
    ["deploymentTypes", ["deploymentTyped1", "deploymentType"], "deploymentType"],
    ["REGOIN", ["version", "region"], "region"],
    ["regionxyz", ["region"], undefined],
    ["", ["id"], undefined],
    ["id", [], undefined],
    [`${"x".repeat(64)}y`, ["x".repeat(64)], undefined],
  ];
  for (const [name, allowed, meant] of cases) t.equal(nearest(name, allowed), meant, `${name} of ${allowed.join(", ")}`);
  t.end();
});
