import { GraphQLError, type GraphQLScalarType, Kind, type ValueNode, valueFromASTUntyped } from "graphql";
import { REGION } from "../identifiers.ts";
import { Secret } from "../secret.ts";

type ScalarConfig = Partial<Pick<GraphQLScalarType, "serialize" | "parseValue" | "parseLiteral">>;

/** Fixed texts: a scalar's message reaches the caller, and must not repeat what was sent. */
const refuse = (expected: string): never => {
  throw new GraphQLError(`cannot represent: expected ${expected}`);
};

const DATE_TIME = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})?)?$/;

function fromText(pattern: RegExp, expected: string): ScalarConfig {
  const read = (value: unknown): string => (typeof value === "string" && pattern.test(value) ? value : refuse(expected));
  return {
    serialize: (value) => value,
    parseValue: read,
    parseLiteral: (node: ValueNode) => read(node.kind === Kind.STRING ? node.value : undefined),
  };
}

const readLong = (value: unknown): number =>
  typeof value === "number" && Number.isSafeInteger(value) && value >= 0 ? value : refuse("a whole number from 0");

/** The schema's own scalars. `SecretString` seals at this door: behind it nobody holds the text, and no literal is accepted. */
export const scalars: Record<string, ScalarConfig> = {
  DateTime: fromText(DATE_TIME, "an ISO 8601 date-time such as 2026-01-31T00:00:00.000Z"),
  Region: fromText(REGION, "a region such as europe-west1.gcp"),
  Long: {
    serialize: (value) => value,
    parseValue: readLong,
    parseLiteral: (node: ValueNode) => readLong(node.kind === Kind.INT ? Number(node.value) : undefined),
  },
  Json: {
    serialize: (value) => value,
    parseValue: (value) => value,
    parseLiteral: (node: ValueNode, variables) => valueFromASTUntyped(node, variables),
  },
  SecretString: {
    serialize: () => refuse("nothing: secured values are never read"),
    parseValue: (value: unknown) => (typeof value === "string" ? new Secret(value) : refuse("SecretString")),
    parseLiteral: () => refuse("SecretString"),
  },
};
