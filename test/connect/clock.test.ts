import { test } from "tap";
import { createClock } from "../../src/connect/clock.ts";
import { MIRROR, PROJECT, startTestGateway } from "../helpers/gateway.ts";
import { answer, CALL, connectTo, DEPLOYMENT, ID, startUpstream } from "../helpers/upstream.ts";

const OWN = { ...CALL, fresh: "own" } as const;

test("a clock that is not upstream's is told once, by two answers in a row", async (t) => {
  const upstream = await startUpstream(t);
  let [time, wall] = [0, Date.parse("2026-11-26T12:10:00Z")];
  const warned: object[] = [];
  const connect = connectTo(t, upstream.url, {
    now: () => time,
    wall: () => wall,
    warn: (message, fields) => void warned.push({ message, ...fields }),
  });
  const ask = async (date: string): Promise<number | undefined> => {
    upstream.api((_request, response) => answer(response, 200, DEPLOYMENT, { date }));
    await connect.deployments.get(OWN, { id: ID });
    time += 5_000;
    return connect.clockAhead();
  };
  const [right, early] = ["Thu, 26 Nov 2026 12:09:31 GMT", "Thu, 26 Nov 2026 12:00:00 GMT"];
  for (const date of [right, early, right, "nonsense", early]) t.equal(await ask(date), undefined, date);
  t.equal(await ask(early), 600_000);
  t.equal(await ask(early), 600_000);
  t.same(warned, [
    {
      message: "this machine's clock and the Connect API's are apart",
      region: "europe-west1.gcp",
      projectKey: "my-project",
      aheadMs: 600_000,
    },
  ]);
  t.equal(await ask(right), undefined);
  wall -= 20 * 60_000;
  for (const expected of [undefined, -600_000]) t.equal(await ask(early), expected);
  t.equal(warned.length, 2);
});

test("one answer in five seconds is looked at while all is well", (t) => {
  let time = 0;
  const clock = createClock({ now: () => time, wall: () => 600_000, apart: () => undefined });
  const [early, right] = [0, 600_000].map((at) => new Date(at).toUTCString());
  clock.heard(right);
  for (; time < 5_000; time += 10) clock.heard(early);
  t.equal(clock.ahead(), undefined);
  clock.heard(early);
  t.equal(clock.ahead(), undefined, "it takes two");
  clock.heard(early);
  t.equal(clock.ahead(), 600_000, "of which the second is not waited for");
  t.end();
});

test("readiness tells of the clock, and goes on", async (t) => {
  const upstream = await startUpstream(t);
  const gateway = await startTestGateway(t, { upstream: upstream.url, env: { CACHE_TTL_MS: "0" } });
  const past = new Date(Date.now() - 3_600_000).toUTCString();
  upstream.api((_request, response) => answer(response, 200, DEPLOYMENT, { date: past }));
  const checks = async (): Promise<string> => (await gateway.rest("GET", "/readyz?verbose")).text;
  t.match(await checks(), /"name":"clock","status":"ok"/);
  while (!(await checks()).includes('"name":"clock","status":"degraded"'))
    t.equal((await gateway.rest("GET", `${MIRROR}/${PROJECT}/deployments/${ID}`)).status, 200);
  t.match(await checks(), /this machine's clock is 36\d\d seconds ahead of the Connect API's in /);
  t.match(gateway.log(), /"level":"warn".*this machine's clock and the Connect API's are apart/);
  t.equal((await gateway.rest("GET", "/readyz")).status, 200);
});
