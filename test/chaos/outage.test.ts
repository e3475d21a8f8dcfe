import { test } from "tap";
import { judge, outage } from "./outage.ts";

test("a short outage of every kind", async (t) => judge(t, await outage(t, 0.2, () => undefined)));
