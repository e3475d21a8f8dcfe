import fc from "fast-check";
import {
  buildSchema,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from "graphql";
import { CANARY } from "../helpers/canary.ts";
import { broken, hostile, hostileText } from "./hostile.ts";
import type { Input } from "./campaign.ts";

const KEYS = ["demo-shipping-deployment", "demo-shipping-connector", "fuzzed-draft", "no-such-key"];
const SCALARS: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  Boolean: fc.boolean(),
  DateTime: fc.constantFrom("2026-01-01T00:00:00Z", "2026-11-01T00:00:00.000Z"),
  Int: fc.integer({ min: 0, max: 600 }),
  Long: fc.nat({ max: 20 }),
  Region: fc.constantFrom("us-central1.gcp", "us-east-2.aws", "mars.gcp"),
  SecretString: fc.constantFrom(CANARY, "another-secret", "***"),
  String: fc.oneof(fc.constantFrom(...KEYS, "us-central1.gcp:composable-product-dev-sandbox", "v1.0.0"), fc.string({ maxLength: 20 })),
};

/** A value that fits an input type. */
function valueOf(type: GraphQLInputType, depth: number): fc.Arbitrary<unknown> {
  if (isNonNullType(type)) return valueOf(type.ofType, depth);
  if (isListType(type)) return fc.array(valueOf(type.ofType, depth), { maxLength: 3 });
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map((value) => value.name));
  if (!isInputObjectType(type)) return SCALARS[type.name] ?? hostile;
  const fields = Object.values(type.getFields());
  if (type.isOneOf)
    return fc.constantFrom(...fields).chain((field) => valueOf(field.type, depth - 1).map((value) => ({ [field.name]: value })));
  const shape = Object.fromEntries(fields.map((field) => [field.name, valueOf(field.type, depth - 1)]));
  return fc.record(shape, { requiredKeys: fields.filter((field) => isNonNullType(field.type)).map((field) => field.name) });
}

type Part = {
  readonly text: string;
  readonly variables: readonly { readonly type: string; readonly value: unknown; readonly mark: string }[];
};

/** A selection of fields of an output type; empty for a leaf. */
function selectionOf(type: GraphQLOutputType, depth: number): fc.Arbitrary<Part> {
  const named = getNamedType(type);
  if (!isObjectType(named)) return fc.constant({ text: "", variables: [] });
  const leaves = Object.values(named.getFields()).filter((field) => depth > 0 || !isObjectType(getNamedType(field.type)));
  return fc
    .subarray(leaves, { minLength: Math.min(1, leaves.length), maxLength: Math.min(4, leaves.length) })
    .chain((fields) => fc.tuple(...fields.map((field) => fieldOf(field, depth - 1))))
    .map((parts) => ({
      text: ` { __typename ${parts.map((part) => part.text).join(" ")} }`,
      variables: parts.flatMap((part) => part.variables),
    }));
}

function fieldOf(field: GraphQLField<unknown, unknown>, depth: number): fc.Arbitrary<Part> {
  const given = fc.subarray([...field.args]).chain((some) => {
    const needed = field.args.filter((argument) => isNonNullType(argument.type));
    const chosen = [...new Set([...needed, ...some])];
    return fc.tuple(...chosen.map((argument) => fc.tuple(fc.constant(argument), valueOf(argument.type, 4), fc.uuid())));
  });
  return fc.tuple(given, selectionOf(field.type, depth)).map(([args, selection]) => {
    const marked = args.map(([argument, value, id]) => ({
      name: argument.name,
      type: String(argument.type),
      value,
      mark: `v${id.replaceAll("-", "")}`,
    }));
    const text = marked.length === 0 ? "" : `(${marked.map(({ name, mark }) => `${name}: $${mark}`).join(", ")})`;
    return { text: `${field.name}${text}${selection.text}`, variables: [...marked, ...selection.variables] };
  });
}

function documents(schema: GraphQLSchema): fc.Arbitrary<{ query: string; variables: Record<string, unknown> }> {
  const roots = (["query", "mutation"] as const).flatMap((kind) => {
    const type = kind === "query" ? schema.getQueryType() : schema.getMutationType();
    return Object.values(type?.getFields() ?? {}).map((field) => ({ kind, field }));
  });
  return fc.constantFrom(...roots).chain(({ kind, field }) =>
    fieldOf(field, 3).map(({ text, variables }) => {
      const head = variables.length === 0 ? "" : `(${variables.map(({ mark, type }) => `$${mark}: ${type}`).join(", ")})`;
      return { query: `${kind}${head} { ${text} }`, variables: Object.fromEntries(variables.map(({ mark, value }) => [mark, value])) };
    }),
  );
}

/** Requests to `/graphql`: sound ones, ones with one thing wrong, and ones that never were sound. */
export function graphqlInputs(source: string): fc.Arbitrary<Input> {
  const sound = documents(buildSchema(source));
  const cut = fc.tuple(sound, fc.nat(), hostileText).map(([{ query, variables }, at, text]) => {
    const place = at % query.length;
    return { query: query.slice(0, place) + text + query.slice(at % 2 === 0 ? place : place + 3), variables };
  });
  const repeated = fc.tuple(sound, fc.integer({ min: 2, max: 40 })).map(([{ query, variables }, times]) => ({
    query: query.replace(
      /\{ (.*) \}$/s,
      (_all, inner: string) => `{ ${Array.from({ length: times }, (_, n) => `a${n}: ${inner}`).join(" ")} }`,
    ),
    variables,
  }));
  const body = fc.oneof(
    { weight: 4, arbitrary: sound },
    { weight: 4, arbitrary: broken(sound) },
    { weight: 2, arbitrary: cut },
    { weight: 1, arbitrary: repeated },
    { weight: 1, arbitrary: hostile },
  );
  return body.map((value) => ({ method: "POST", path: "/graphql", headers: {}, body: JSON.stringify(value) ?? "" }));
}
