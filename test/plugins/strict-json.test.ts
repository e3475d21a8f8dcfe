import { inspect } from "node:util";
import fc from "fast-check";
import { test } from "tap";
import { GatewayError } from "../../src/errors.ts";
import { MAX_JSON_DEPTH, parseStrictJson } from "../../src/plugins/strict-json.ts";

const parse = (body: string | Uint8Array): unknown => parseStrictJson(Buffer.from(body));

/** The error that refuses `body`. */
function refusal(body: string | Uint8Array): GatewayError {
  try {
    parse(body);
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error(`accepted: ${inspect(body)}`);
}

const detailOf = (body: string | Uint8Array): unknown => refusal(body).errors[0]?.["detailedErrorMessage"];
const nested = (depth: number, open: string, close: string): string => open.repeat(depth) + "1" + close.repeat(depth);

test("good JSON is what JSON.parse makes of it", (t) => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), fc.constantFrom(0, 2), (value, space) => {
      const text = JSON.stringify(value, null, space);
      fc.pre(!/__proto__|constructor|prototype|\\u[dD][89a-fA-F]/.test(text));
      t.same(parse(text), JSON.parse(text));
    }),
  );
  t.same(parse(String.raw`{"a\"b:{":"}],[{","é\ud83d\ude00":[1.5e-3,-0,true,null]}`), {
    'a"b:{': "}],[{",
    "é😀": [0.0015, -0, true, null],
  });
  t.same(parse('[{"a":1},{"a":2,"b":{"a":3}},"a"]'), [{ a: 1 }, { a: 2, b: { a: 3 } }, "a"], "a name may return in another object");
  t.same(parse('{"a":"a","b":["a","b"],"c":"__proto__"}'), { a: "a", b: ["a", "b"], c: "__proto__" }, "values are not names");
  t.equal(parse(""), undefined, "no body at all");
  t.end();
});

test("what only looks like JSON is refused, with a fixed text", (t) => {
  const broken = /syntax is broken/;
  const twice = /same name twice/;
  const poison = /not allowed/;
  const half = /surrogate/;
  const number = /number/;
  const utf8 = /UTF-8/;
  const cases: readonly (readonly [expected: RegExp, body: string | Uint8Array])[] = [
    ...[
      "{",
      "[1,]",
      '{"a":1,}',
      "{'a':1}",
      '{"a" 1}',
      "nul",
      "NaN",
      "01",
      '"a',
      '"a\\',
      '"\\x"',
      '"\n"',
      " ",
      "1 2",
      "{}{}",
      "// c\n1",
    ].map((body) => [broken, body] as const),
    [broken, "\u{feff}{}"],
    [twice, '{"a":1,"a":1}'],
    [twice, String.raw`{"a":1,"\u0061":2}`],
    [twice, '{"x":[{"b":{"c":1},"b":2}]}'],
    [poison, '{"__proto__":{"admin":true}}'],
    [poison, String.raw`{"a":[{"__pr\u006fto__":1}]}`],
    [poison, '{"constructor":{"prototype":{}}}'],
    [poison, '{"prototype":1}'],
    [half, String.raw`"\ud800"`],
    [half, String.raw`{"\udc00x":1}`],
    [half, String.raw`["\ude00\ud83d"]`],
    ...["1e309", "[-1e309]", "9".repeat(400), '{"a":1e99999}'].map((body) => [number, body] as const),
    [utf8, Uint8Array.of(0x22, 0xff, 0x22)],
    [utf8, Uint8Array.of(0x22, 0xc3, 0x22)],
    [utf8, Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22)],
    [utf8, Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)],
  ];
  for (const [expected, body] of cases) {
    t.match(detailOf(body), expected, inspect(body).slice(0, 60));
    t.match(refusal(body), { code: "InvalidJsonInput", statusCode: 400 });
  }
  t.same(parse('{"a":1}'), { a: 1 }, "a refusal leaves nothing behind");
  t.equal(parse("1e308"), 1e308);
  t.equal(Object.getPrototypeOf(parse("{}")), Object.prototype);
  t.end();
});

test("levels are counted, not objects", (t) => {
  for (const [open, close] of [
    ["[", "]"],
    ['{"a":', "}"],
  ] as const) {
    t.doesNotThrow(() => parse(nested(MAX_JSON_DEPTH, open, close)));
    t.match(refusal(nested(MAX_JSON_DEPTH + 1, open, close)), { code: "LimitExceeded", statusCode: 400 });
    t.match(refusal(nested(20_000, open, close)), { code: "LimitExceeded", statusCode: 400 });
  }
  t.equal((parse(`[${Array(2_000).fill("[[]]").join(",")}]`) as unknown[]).length, 2_000, "many side by side");
  t.equal(parse(JSON.stringify("[".repeat(99))), "[".repeat(99), "brackets in a text are text");
  t.equal(refusal("[".repeat(100_000)).statusCode, 400);
  t.end();
});

test("no message quotes the body", (t) => {
  const canary = "canary-value";
  const bodies = [
    `{"${canary}": ${canary}}`,
    `{"${canary}":1,"${canary}":2}`,
    `{"__proto__":"${canary}"}`,
    `"${canary}\\ud800"`,
    `["${canary}",1e999]`,
    `"${canary}`,
    nested(MAX_JSON_DEPTH + 1, `{"${canary}":`, "}"),
    Buffer.concat([Buffer.from(canary), Buffer.of(0xff)]),
  ];
  for (const body of bodies) {
    const error = refusal(body);
    t.notMatch(JSON.stringify(error.toBody()) + inspect(error, { depth: 9, showHidden: true }), new RegExp(canary));
  }
  t.end();
});

test("a body of the largest size is read once, whatever it holds", (t) => {
  const size = 256 * 1024;
  const pairs = '\\"'.repeat(size / 2 - 1);
  for (const body of [
    `"${pairs}`,
    `"${pairs}\\`,
    `"${"\\".repeat(size - 2)}`,
    '"'.repeat(size - 1),
    "-".repeat(size),
    `1${"e".repeat(size)}`,
  ]) {
    const before = process.cpuUsage();
    t.equal(refusal(body).code, "InvalidJsonInput");
    const { user } = process.cpuUsage(before);
    // Reading once takes milliseconds, once for each character more than ten seconds: no machine blurs that.
    t.ok(user < 2_000_000, `${body.slice(0, 4)}… took ${user} µs`);
  }
  t.end();
});
