import fc from "fast-check";
import { test } from "tap";
import { collect } from "../../src/gc.ts";
import { createScrubber } from "../../src/scrub/index.ts";
import { createTestScrubber, type TestScrubber } from "../helpers/scrubber.ts";
import { MASK, Secret } from "../../src/secret.ts";
import { answer, CALL, connectTo, ID, startUpstream } from "../helpers/upstream.ts";

/** Values that are alike in all but a few characters, where `place` says. */
const ALIKE: Readonly<Record<string, (place: number) => string>> = {
  "one prefix": (place) => `evict-value-${place}-`.padEnd(20, "z"),
  "one suffix": (place) => `${place}-${"z".repeat(20)}`,
  "all but one character": (place) => `evict-value-${String.fromCharCode(0x4e00 + place)}-of-all`,
  "all but their length": (place) => "z".repeat(20 + (place % 400)) + place,
};

const filled = (value: (place: number) => string, count: number): TestScrubber => {
  const scrubber = createTestScrubber();
  for (let place = 0; place < count; place++) scrubber.add(value(place));
  return scrubber;
};

/** The processor's time that something takes, in milliseconds: the least of three goes, and a few more, so that trifles count for nothing. */
function costOf(work: () => unknown): number {
  const goes = Array.from({ length: 3 }, () => {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  });
  return Math.min(...goes) + 5;
}

test("values that are alike cost no more each, however many they are, and none is missed", (t) => {
  for (const [name, value] of Object.entries(ALIKE)) {
    filled(value, 1_250);
    const [few, many] = [1_250, 5_000].map((count) => costOf(() => filled(value, count))) as [number, number];
    t.ok(many < 10 * few, `${name}: ${few} ms, four times as many ${many} ms`);
    const scrubber = filled(value, 10_000);
    for (const place of [0, 4_999, 9_999]) t.match(scrubber.scrub(`a ${value(place)} b`), /^a \*\*\*( b)?$/, `${name}, ${place}`);
  }
  t.end();
});

test("a text costs the same, however many values begin like it", (t) => {
  const text = "evict-value- ".repeat(4_000);
  for (const [name, value] of Object.entries(ALIKE)) {
    const [few, many] = [250, 10_000].map((count) => {
      const scrubber = filled(value, count);
      return costOf(() => scrubber.scrub(text));
    }) as [number, number];
    t.ok(many < 10 * few, `${name}: ${few} ms, with forty times as many values ${many} ms`);
  }
  t.end();
});

/** What is held on to, in bytes. */
function held(): number {
  for (let go = 0; go < 2; go++) collect({ type: "major" });
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** What is held on to with so many values known, in bytes, and whether the last of them is. */
function fill(count: number, value: (place: number) => string): readonly [bytes: number, known: boolean] {
  const scrubber = filled(value, count);
  const bytes = held();
  const last = value(count - 1);
  return [bytes, !scrubber.scrub(`a ${last} b`).includes(last.slice(0, 1_000))];
}

test("what is known of values is bounded in bytes", (t) => {
  const key = (place: number): string =>
    Array.from({ length: 26 }, (_, line) =>
      Buffer.from(`${place}-${line}-${"x".repeat(60)}`)
        .toString("base64")
        .slice(0, 64),
    ).join("\n");
  const kinds: Readonly<Record<string, readonly [count: number, value: (place: number) => string]>> = {
    "long ones": [30, (place) => `${place}-`.padEnd(1_000_000, "abcdefghij0123456789")],
    "many lines": [9, (place) => Array.from({ length: 50_000 }, (_, line) => `line-${place}-${line}`.padEnd(16, "-")).join("\n")],
    keys: [5_000, key],
    "short ones": [40_000, (place) => `value-${place}-of-many`],
  };
  const before = held();
  for (const [name, [count, value]] of Object.entries(kinds)) {
    const [bytes, known] = fill(count, value);
    // What was known before them may not be collected yet.
    t.ok(bytes - before < 40 * 1024 * 1024, `${count} ${name} take ${bytes - before} bytes`);
    t.ok(known, `the last of ${name} is known`);
  }
  t.end();
});

test("the beginning of a very long value hides what follows, a long one what it is", (t) => {
  const scrubber = createTestScrubber();
  const long = `long-${"0123456789".repeat(30)}`;
  const emoji = "😀";
  const veryLong = `x${emoji.repeat(4_000)}`;
  scrubber.add(long);
  scrubber.add(veryLong);
  t.equal(scrubber.scrub(`a ${long} b`), `a ${MASK} b`);
  t.equal(scrubber.scrub(`a ${long.slice(0, -1)} b`), `a ${long.slice(0, -1)} b`, "every character counts");
  for (const form of [
    veryLong,
    encodeURIComponent(veryLong),
    Buffer.from(veryLong).toString("hex"),
    Buffer.from(veryLong).toString("base64"),
  ])
    t.equal(scrubber.scrub(`a ${form} b`), `a ${MASK}`);
  t.same(JSON.parse(scrubber.scrubLine(`${JSON.stringify({ a: `a ${veryLong}`, b: "b" })}\n`)), { a: `a ${MASK}`, b: "b" });
  t.end();
});

test("values of every length are found where they stand, and nothing beside them goes", (t) => {
  const value = fc
    .string({ unit: "grapheme-ascii", minLength: 4, maxLength: 700 })
    .filter((text) => !text.includes("*") && text.trim() === text);
  fc.assert(
    fc.property(value, fc.array(value, { maxLength: 20 }), (wanted, others) => {
      const scrubber = createTestScrubber();
      for (const each of [wanted, ...others]) scrubber.add(`${each}§`);
      return scrubber.scrub(`¡¿${wanted}§¿¡`) === `¡¿${MASK}¿¡`;
    }),
    { numRuns: 200 },
  );
  t.end();
});

test("callers' values never take the place of the process's own", (t) => {
  const scrubber = createTestScrubber(4);
  const remember = scrubber.keepLatest();
  const other = scrubber.keepLatest();
  scrubber.keep("own-secret");
  scrubber.keep("me");
  other("other-token");
  const tokens = Array.from({ length: 100 }, (_, place) => `token-${place}-of-many`);
  for (const token of tokens) {
    scrubber.add(token);
    remember(token);
  }
  for (let place = 0; place < 50; place++) scrubber.add(`value-${place}`);
  t.equal(scrubber.scrub("own-secret, me, other-token, token-99-of-many, token-98-of-many"), Array(5).fill(MASK).join(", "));
  const found = tokens.filter((token) => scrubber.scrub(token) === MASK);
  t.ok(found.length < 16, `of old tokens ${found.length} are known`);
  t.equal(scrubber.scrub("value-49 value-0"), `${MASK} value-0`, "callers' own make room");
  const version = scrubber.version();
  scrubber.keep("own-secret");
  scrubber.add("own-secret");
  remember("token-99-of-many");
  t.equal(scrubber.version(), version, "what is known is not new");
  for (const token of tokens.slice(0, 3)) remember(token);
  t.equal(scrubber.scrub("token-99-of-many"), MASK, "a token that was granted again is one of the latest");
  t.end();
});

test("a flood of values uncovers neither the client secret nor the token", async (t) => {
  const upstream = await startUpstream(t);
  const { deployments } = connectTo(t, upstream.url, { scrubber: createScrubber(10) });
  const message = "client-secret, token-1, last-value-1000";
  upstream.api((_request, response) => answer(response, 400, { statusCode: 400, message, errors: [{ code: "X", message }] }));
  const securedConfiguration = Array.from({ length: 1_001 }, (_, place) => ({
    key: `K${place}`,
    value: new Secret(`last-value-${place}`),
  }));
  const draft = { region: "us-central1.gcp", connector: { key: "kk" }, configurations: [{ applicationName: "a", securedConfiguration }] };
  const hidden = { code: "X", message: "***, ***, ***" };
  t.match(await deployments.create(CALL, draft).catch((error: unknown) => error), hidden);
  t.match(await deployments.get(CALL, { id: ID }).catch((error: unknown) => error), hidden, "also in the next answer");
});
