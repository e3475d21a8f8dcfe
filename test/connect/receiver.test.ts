import fc from "fast-check";
import { test } from "tap";
import { Body, createReceiver, Desk } from "../../src/connect/receiver.ts";

/** Few different bytes, so that answers often begin alike. */
const bytes = fc.uint8Array({ max: 2, maxLength: 40 }).map((each) => Buffer.from(each));
const cuts = fc.array(fc.nat(40), { maxLength: 6 });
/** Each byte so often: pieces that are put together, and pieces that stay apart. */
const times = fc.constantFrom(1, 5_000);
const repeat = (whole: Buffer, count: number): Buffer => Buffer.concat(Array.from(whole, (byte) => Buffer.alloc(count, byte)));

/** The bytes as a socket might give them. */
function inPieces(whole: Buffer, at: readonly number[]): Buffer[] {
  const ends = [...new Set([...at.filter((end) => end < whole.length), whole.length])].toSorted((a, b) => a - b);
  return ends.map((end, index) => whole.subarray(ends[index - 1] ?? 0, end)).filter((piece) => piece.length > 0);
}

function receive(pieces: readonly Buffer[], expected?: Body): Body {
  const receiver = createReceiver(expected);
  for (const piece of pieces) receiver.add(piece);
  return receiver.end();
}

test("an answer is the one before exactly when its bytes are, however both were cut", (t) => {
  fc.assert(
    fc.property(bytes, bytes, cuts, cuts, times, (first, second, cutsOfOne, cutsOfTwo, count) => {
      const [one, two] = [repeat(first, count), repeat(second, count)];
      const scaled = (each: readonly number[]): number[] => each.map((end) => end * count);
      const expected = receive(inPieces(one, scaled(cutsOfOne)));
      const body = receive(inPieces(two, scaled(cutsOfTwo)), expected);
      t.equal(body === expected, one.equals(two));
      t.equal(body.size, two.length);
      t.ok(body.on(new Desk()).equals(two));
      t.equal(body.mark() === expected.mark(), one.equals(two));
    }),
    { numRuns: 300 },
  );
  t.end();
});

test("what lies on one desk is replaced by the next, whatever its size", (t) => {
  const desk = new Desk();
  for (const size of [10, 300_000, 20, 5_000_000, 700_000, 0]) {
    const whole = Buffer.alloc(size, size % 251);
    t.ok(new Body(inPieces(whole, [size >> 1])).on(desk).equals(whole), `${size} bytes`);
  }
  t.end();
});

test("a crowd of objects and lists is told before it is read", (t) => {
  const bytes = (parts: number): Buffer => Buffer.from(`{"results":[${"[],".repeat(parts - 3)}{}]}`);
  const cut = (whole: Buffer): Buffer[] => [whole.subarray(0, 500_000), whole.subarray(500_000)];
  for (const [parts, beyondLimits] of [
    [295_000, false],
    [305_000, true],
    [2_500_000, true],
  ] as const) {
    t.equal(new Body([bytes(parts)]).beyondLimits, beyondLimits, `${parts}`);
    t.equal(new Body(cut(bytes(parts))).beyondLimits, beyondLimits, `${parts}, in pieces`);
  }
  t.equal(new Body([Buffer.alloc(400_000, "x")]).beyondLimits, false);
  t.end();
});

test("so is a crowd of names, in one object or in many; names that come again are none, nor those in texts", (t) => {
  const members = (count: number, from = 0): string => `{${Array.from({ length: count }, (_, n) => `"m${n + from}":1`).join()}}`;
  const rows = (count: number, row: (n: number) => string): string => `[${Array.from({ length: count }, (_, n) => row(n)).join()}]`;
  for (const [name, text, beyondLimits] of [
    ["one object", members(300_000), true],
    ["many", rows(3_000, (n) => members(100, n * 100)), true],
    ["with space before the colons", members(300_000).replaceAll('":', '" :'), true],
    ["names that end with a backslash", members(300_000).replaceAll('":', '\\\\":'), true],
    ["few enough", members(80_000), false],
    ["the same ones", rows(10_000, () => members(50)), false],
    ["texts", rows(10, (n) => JSON.stringify(members(30_000, n * 30_000))), false],
  ] as const) {
    t.equal(new Body([Buffer.from(text)]).beyondLimits, beyondLimits, name);
    t.equal(new Body(inPieces(Buffer.from(text), [100_000, 200_000])).beyondLimits, beyondLimits, `${name}, in pieces`);
  }
  t.end();
});
