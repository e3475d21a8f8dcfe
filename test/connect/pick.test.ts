import fc from "fast-check";
import { test } from "tap";
import type { Fields } from "../../src/connect/call.ts";
import { createPicker, type Rows, UnusualJsonError } from "../../src/connect/pick.ts";

const pick = (text: string, fields: Fields, before?: Rows) => createPicker(fields)(Buffer.from(text), before);
const NAMES = ["a", "b", "ab", "results", "c"];
const json = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: "small" }, fc.jsonValue({ maxDepth: 2 }), tie("object"), fc.array(tie("value"), { maxLength: 3 })),
  object: fc.dictionary(fc.constantFrom(...NAMES), tie("value"), { maxKeys: 5, noNullPrototype: true }),
})).object;
const wanted = fc.letrec<{ fields: Fields; field: Fields | true }>((tie) => ({
  fields: fc.dictionary(fc.constantFrom(...NAMES), tie("field"), { maxKeys: 4, noNullPrototype: true }),
  field: fc.oneof({ depthSize: "small" }, fc.constant(true as const), tie("fields")),
})).fields;

/** What a reader that reads everything would leave of it. */
function kept(value: unknown, fields: Fields | true): unknown {
  if (fields === true || value === null || typeof value !== "object") return value;
  if (Array.isArray(value)) return value.map((each) => kept(each, fields));
  const entries = Object.entries(value).flatMap(([name, inner]) => {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    return field === undefined ? [] : [[name, kept(inner, field)]];
  });
  return Object.fromEntries(entries);
}

const namesOf = (value: unknown): string[] =>
  value === null || typeof value !== "object" ? [] : Object.entries(value).flatMap(([name, inner]) => [name, ...namesOf(inner)]);

test("it reads what the ordinary reader reads, of the fields that are asked for", (t) => {
  const space = fc.constantFrom(undefined, 1, "\t");
  fc.assert(
    fc.property(json, wanted, space, (value, fields, indent) => {
      const text = JSON.stringify(value, undefined, indent);
      // A backslash in a name is left to the ordinary reader.
      fc.pre(!namesOf(value).some((name) => JSON.stringify(name).includes("\\")));
      t.same(JSON.stringify(pick(text, fields).value), JSON.stringify(kept(JSON.parse(text), fields)));
    }),
    { numRuns: 500 },
  );
  t.end();
});

test("what stands again in the next row is read as if it stood there alone", (t) => {
  const row = fc.record({ a: fc.constantFrom("first", "second"), b: json, c: json });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 3 }), fc.array(fc.nat(2), { maxLength: 8 }), wanted, (kinds, order, fields) => {
      // Rows that share some of their parts, not always the same ones.
      const results = order.map((kind, at) => ({
        ...kinds[kind % kinds.length],
        ...(at % 3 === 0 ? {} : { b: kinds[at % kinds.length]?.c }),
      }));
      const text = JSON.stringify({ a: kinds, results, c: kinds[0] });
      fc.pre(!namesOf({ kinds, results }).some((name) => JSON.stringify(name).includes("\\")));
      const all = { ...fields, results: { a: true, ...fields } } as Fields;
      t.same(JSON.stringify(pick(text, all).value), JSON.stringify(kept(JSON.parse(text), all)));
    }),
    { numRuns: 150 },
  );
  t.end();
});

test("a text that ends early or goes astray is refused, never read wrongly and never without end", (t) => {
  const text = JSON.stringify({ a: [{ b: 'x"\\' }, 1, true, null], results: [{ c: "y", d: { e: [1] } }], z: "end" });
  for (let length = 0; length < text.length; length++)
    t.throws(() => pick(text.slice(0, length), { a: { b: true }, results: { c: true } }), Error, `cut at ${length}`);
  for (const broken of [
    "",
    " ",
    "{",
    '{"a"}',
    '{"a":}',
    '{"a":1,}',
    '{"a" 1}',
    '{"a":1}}',
    '{"a":tru}',
    '[{"a":1]',
    "{a:1}",
    '{"results":[1 2]}',
  ])
    t.throws(() => pick(broken, { a: true, results: { c: true } }), SyntaxError, broken);
  t.throws(() => pick('{"\\u0061":1}', { a: true }), { message: "" }, "a name with an escape is for the ordinary reader");
  t.throws(() => pick('{"x\\"y":1}', { a: true }), { message: "" });
  t.end();
});

test("a page with another number of rows than it says is left to the ordinary reader", (t) => {
  const fields: Fields = { results: { id: true } };
  const page = (count: unknown) => JSON.stringify({ count, results: [{ id: "a" }, { id: "b" }] });
  for (const count of [2, undefined, null, "3"])
    t.equal(namesOf(pick(page(count), fields).value).filter((name) => name === "id").length, 2);
  for (const text of [page(3), page(1)]) {
    let thrown: unknown;
    try {
      pick(text, fields);
    } catch (error) {
      thrown = error;
    }
    t.ok(thrown instanceof UnusualJsonError);
  }
  t.end();
});

test("rows are taken over from the page before exactly when their bytes are the same", (t) => {
  const rowsOf = fc.array(fc.record({ id: fc.integer({ min: 0, max: 6 }), v: fc.integer({ min: 0, max: 1 }), x: fc.constant("y") }), {
    maxLength: 8,
  });
  const fields = { results: { id: true, v: true } } as const;
  fc.assert(
    fc.property(rowsOf, rowsOf, (one, two) => {
      const earlier = JSON.stringify({ results: one });
      const text = JSON.stringify({ results: two });
      const after = pick(text, fields, { bytes: Buffer.from(earlier), rows: pick(earlier, fields).rows });
      t.same(after.value, pick(text, fields).value);
      t.equal(after.rows.length, two.length);
    }),
    { numRuns: 300 },
  );
  t.end();
});
