import { test } from "tap";
import { createLog } from "../../src/log.ts";
import { createScrubber, type ProjectScrubber, type Structure } from "../../src/scrub/index.ts";
import { createTurns } from "../../src/scrub/turns.ts";
import { MASK } from "../../src/secret.ts";

const LATER = Number.POSITIVE_INFINITY;
const NONE: Structure = { isName: () => false, isPlain: () => false, inside: new Map() };
const long = (end: string): string => `${"prefix-of-many-".repeat(8)}${end}`;

test("what a project brought is looked for in its own texts and in the log, the process's own everywhere", async (t) => {
  const scrubber = createScrubber();
  const [one, other] = [scrubber.of("r", "one"), scrubber.of("r", "other")];
  const values = ["4711", "one-value", "x1", long("one"), 'with "signs" & more'];
  await one.learn(values, LATER);
  await other.learn(["one-value", "other-value", long("other")], LATER);
  scrubber.keep("own-value");
  const text = [...values, "other-value", long("other"), "own-value"].join(", ");
  t.equal(one.scrub(text), [...values.map(() => MASK), "other-value", long("other"), MASK].join(", "));
  t.equal(other.scrub(text), ["4711", MASK, "x1", long("one"), values.at(-1), MASK, MASK, MASK].join(", "));
  const pins = Array.from({ length: 10_000 }, (_, pin) => String(pin).padStart(4, "0"));
  t.equal(other.scrub(pins.join("\n")), pins.join("\n"), "nobody finds out another's value by trying all");
  const line = JSON.parse(scrubber.scrubLine(`${JSON.stringify({ text })}\n`, () => false)) as object;
  t.same(line, { text: [MASK, MASK, "x1", ...Array(5).fill(MASK)].join(", ") });
  const before = other.version();
  await one.learn(["news-of-one"], LATER);
  t.equal(other.version(), before, "what is known of one makes nothing old of another");
  t.equal(scrubber.of("r", "one").scrub("news-of-one"), MASK, "a project is one by its name");
});

test("no project pushes out what another brought", async (t) => {
  const scrubber = createScrubber(800);
  const [calm, busy, other] = ["calm", "busy", "other"].map((key) => scrubber.of("r", key)) as [
    ProjectScrubber,
    ProjectScrubber,
    ProjectScrubber,
  ];
  await calm.learn(["calm-value", "x1"], LATER);
  const values = Array.from({ length: 10_000 }, (_, place) => `busy-value-${place}`);
  await busy.learn(values, LATER);
  t.equal(calm.scrub("calm-value x1"), `${MASK} ${MASK}`);
  const known = values.filter((value) => busy.scrub(value) === MASK).length;
  t.ok(known >= 200 && known <= 800, `of its own ${known} are known`);
  t.equal(busy.scrub(String(values.at(-1))), MASK, "the last among them");
  const lines = Array.from({ length: 30_000 }, (_, place) => `line-${place}-of-a-value`).join("\n");
  for (let part = 0; part < 20; part++) await other.learn([`${part}\n${lines.replaceAll("line-", `line-${part}-`)}`], LATER);
  t.equal(calm.scrub("calm-value x1"), `${MASK} ${MASK}`, "nor by long ones");
  t.equal(other.scrub("line-19-29999-of-a-value"), MASK);
});

test("regions and keys of projects are no secrets", async (t) => {
  const scrubber = createScrubber();
  const project = scrubber.of("europe-west1.gcp", "my-project");
  scrubber.of("us-central1.gcp", "other-project");
  const text = "europe-west1.gcp my-project us-central1.gcp other-project";
  await project.learn([...text.split(" "), "my-project-secret"], LATER);
  t.equal(project.scrub(`${text} my-project-secret`), `${text} ${MASK}`);
});

test("names and the gateway's own fields stay in the log, whatever callers' values are", async (t) => {
  const scrubber = createScrubber();
  const lines: string[] = [];
  const log = createLog("trace", scrubber, (line) => lines.push(line));
  const fields = {
    correlationId: "request",
    method: "GET",
    route: "/connect/:region/deployments",
    status: 200,
    ms: 4_711,
    subject: "tester",
    upstream: { operation: "deployments.list", region: "us-central1.gcp", projectKey: "my-project", outcome: "ConcurrentModification" },
  };
  const words = ["level", "time", "info", "method", "GET", "deployments", "4711", "tester", "request", "2026-", "upstream", "Concurrent"];
  await scrubber.of("r", "p").learn([...words, "us-central1", "my-project"], LATER);
  log.info({ ...fields, reason: "a request" }, "request");
  const line = JSON.parse(lines.join("")) as { time: string };
  t.match(line, { level: "info", time: /^2\d{3}-\d\d-\d\dT/, ...fields, correlationId: MASK, reason: `a ${MASK}`, msg: "request" });
  log.error({ err: new Error("a request") });
  log.warn({}, "deployments of /a/request");
  const told = lines.slice(1).map((each) => (JSON.parse(each) as { msg: string }).msg);
  t.same(told, [`a ${MASK}`, `${MASK} of /a/${MASK}`], "but for messages of errors, and those with an address");
});

const STRUCTURE: Structure = {
  isName: (name) => name === "type" || name === "message",
  isPlain: (name, value) => (name === "type" && value === "Warning") || (name === "version" && value === 1_234),
  inside: new Map([["details", { isName: () => false, isPlain: () => false, inside: new Map() }]]),
};

test("in a tree structure stays, and numbers that are a value go", async (t) => {
  const project = createScrubber().of("r", "p");
  await project.learn(["Warning", "message", "48151623", "1234", "12345678901234567890", "1.50"], LATER);
  const entry = {
    type: "Warning",
    message: "a Warning",
    version: 1_234,
    more: 48_151_623,
    "48151623": -48_151_623,
    list: [Number("12345678901234567890")],
  };
  t.same(project.scrubTree({ ...entry, details: entry }, STRUCTURE), {
    type: "Warning",
    message: `a ${MASK}`,
    version: 1_234,
    more: MASK,
    [MASK]: -48_151_623,
    list: [MASK],
    details: { type: MASK, [MASK]: `a ${MASK}`, version: MASK, more: MASK, list: [MASK] } as object,
  });
});

test("texts are told up to a length, and no value in part", async (t) => {
  const project = createScrubber().of("r", "p");
  const value = "value-of-twenty-one-#";
  await project.learn([value, "mark"], LATER);
  const [start, most] = ["mark ", 256 * 1_024];
  for (const [name, form] of Object.entries({ plain: value, encoded: encodeURIComponent(encodeURIComponent(value)) }))
    for (const shift of [-10, 0, 10, 40]) {
      const text = `${start}${"x ".repeat(most)}`.slice(0, most - shift) + `${form} ${"y".repeat(most)}`;
      const told = project.scrub(text);
      t.ok(told.length < most + 10 && told.startsWith("*** x x") && told.endsWith("…"), `${name}, ${shift}: ${told.length}`);
      t.notMatch(told, "value-");
    }
  const [kept] = (await project.scrubEach(["x".repeat(most)], STRUCTURE, LATER)) ?? [];
  t.equal(kept, "x".repeat(most), "what is as long stays");
});

test("of texts that are read in one go so much is decoded, and what is beyond is not told", (t) => {
  const project = createScrubber().of("r", "p");
  const allowance = { left: 100_000 };
  const dear = "%41+\\n&#65;\n ".repeat(1_000);
  const scrubbed = (text: string): unknown => project.scrubTree({ text }, STRUCTURE, allowance);
  void project.learn(["some-value"], LATER);
  t.same(scrubbed("a+b"), { text: "a+b" });
  t.same(scrubbed(dear), { text: "…" });
  t.same(scrubbed("a+some-value"), { text: "…" });
  t.same(scrubbed("a plain some-value"), { text: `a plain ${MASK}` }, "what needs no decoding is");
  t.end();
});

test("a value counts as known when all of it is, whoever brings it meanwhile", async (t) => {
  const project = createScrubber(20_000, createTurns(0)).of("r", "p");
  const value = Array.from({ length: 50 }, (_, line) => `line-${line}-of-one-value`).join("\n");
  const version = project.version();
  const first = project.learn([value], LATER);
  const late = await project.learn([value], performance.now());
  t.equal(late, false, "one that has no time for it is not told that it is");
  t.equal(await project.learn([value], LATER), true);
  t.equal(project.scrub("line-49-of-one-value"), MASK);
  t.equal(await first, true);
  t.ok(project.version() > version);
});

test("a value that is made of masks costs a few looks, however often masking brings it forth", async (t) => {
  const scrubber = createScrubber().of("r", "one");
  await scrubber.learn(["abc***"], LATER);
  t.equal(scrubber.scrub("an abcabcabc*** and more"), "an *** and more");
  const allowance = { left: LATER };
  t.equal(scrubber.scrub(`${"abc".repeat(10_000)}***`, allowance), "…", "what has no end soon is not told");
  t.same(await scrubber.scrubEach([`${"abc".repeat(10_000)}***`], NONE, LATER), ["…"]);
});
