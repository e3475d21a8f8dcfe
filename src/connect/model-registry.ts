import { type TProperties, type TSchema, Type } from "typebox";
import * as actions from "./model-actions.ts";
import * as connectors from "./model-connectors.ts";
import * as deployments from "./model-deployments.ts";
import * as drafts from "./model-drafts.ts";
import * as errors from "./model-errors.ts";
import * as queries from "./model-queries.ts";
import { answer } from "./model-shapes.ts";

const NUMBERS = new Set(["expectedVersion", "currentVersion"]);
const ANYTHING = new Set(["duplicateValue", "value"]);

/** The schemas of Connect's error entries, `{code}Error` each, made of the table of codes. */
function errorSchemas(): TSchema[] {
  return Object.entries(errors.ERROR_CODES).map(([code, fields]) => {
    const extra: TProperties = {};
    for (const field of fields) extra[field.replace("?", "")] = errorField(field);
    const literal = Type.Literal(code, { type: "string", description: `Always \`${code}\`.` });
    const description = `The entry of an error answer with the code ${code}.`;
    return answer(`${code}Error`, description, { code: literal, message: errors.ErrorObject.properties.message, ...extra });
  });
}

function errorField(field: string): TSchema {
  const name = field.replace("?", "");
  const description = `The ${name} that the error is about.`;
  const schema = NUMBERS.has(name)
    ? Type.Integer({ description })
    : ANYTHING.has(name)
      ? Type.Unknown({ description })
      : Type.String({ description });
  return field.endsWith("?") ? Type.Optional(schema) : schema;
}

function namedSchemas(): Map<string, TSchema> {
  const rooms: readonly object[] = [connectors, deployments, drafts, actions, queries, errors];
  const exported = rooms.flatMap((room): unknown[] => Object.values(room).flat());
  const named = new Map<string, TSchema>();
  for (const schema of [...exported, ...errorSchemas()]) if (hasId(schema)) named.set(schema.$id, schema);
  return named;
}

function hasId(value: unknown): value is TSchema & { $id: string } {
  return typeof value === "object" && value !== null && "$id" in value && typeof value.$id === "string";
}

/** Every schema of the vocabulary by its name, which is upstream's wherever upstream has one. Each is complete in itself. */
export const MODEL_SCHEMAS: ReadonlyMap<string, TSchema> = namedSchemas();

/**
 * The vocabulary for Fastify's `addSchema` and for documents: every schema under its `$id`, with references (`{ $ref: "Name#" }`) where another
 * named one stands. A sealed value is told as the text that it becomes on the way out, so these schemas are for requests and documents; answers
 * that still hold a `Secret` are written by `JSON.stringify`.
 */
export function referencedSchemas(): Record<string, unknown>[] {
  return [...MODEL_SCHEMAS.values()].map((schema) => {
    const copy = replaceNested(schema, true);
    return schema === deployments.SealedValue ? { ...copy, type: "string" } : copy;
  });
}

function replaceNested(node: object, top: boolean): Record<string, unknown> {
  if (!top && hasId(node)) {
    const { $id, description } = node as { $id: string; description?: string };
    return { $ref: `${$id}#`, ...(description === undefined ? {} : { description }) };
  }
  return Object.fromEntries(Object.entries(node).map(([name, value]: [string, unknown]) => [name, replaceValue(value)]));
}

function replaceValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(replaceValue);
  return typeof value === "object" && value !== null ? replaceNested(value, false) : value;
}
