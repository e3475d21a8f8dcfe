import type { FastifyInstance, FastifySchema } from "fastify";
import { type TSchema, Type } from "typebox";
import * as model from "../connect/model.ts";
import { type Operation, OPERATIONS } from "../services/index.ts";

type ModelName = { [Name in keyof typeof model]: (typeof model)[Name] extends TSchema ? Name : never }[keyof typeof model];

/** The error envelope, in every failing answer. */
const failure = {
  description: "Any failure, in Connect's envelope; RFC 9457 when application/problem+json is accepted.",
  $ref: "ErrorResponse#",
};

/** `version` of a DELETE: Connect checks none, the gateway does. */
export const queryVersion = Type.Object(
  {
    version: Type.Optional(Type.Integer({ minimum: 0, description: "Version that the resource is expected to have; any when left out." })),
  },
  { additionalProperties: false },
);

/** Registers every type of the vocabulary under its name, so that routes and the OpenAPI document refer to one definition. */
export function addModelSchemas(app: FastifyInstance): void {
  for (const schema of model.referencedSchemas()) app.addSchema(schema);
}

type Mirrored = {
  readonly body?: ModelName;
  readonly query?: ModelName | TSchema;
  readonly success: readonly [status: number, type: ModelName];
};

/** The schema of a mirrored route: types by their names in the vocabulary, and the scope that the operation needs. */
export function mirrored(operation: Operation, summary: string, { body, query, success: [status, type] }: Mirrored): FastifySchema {
  const querystring = typeof query === "string" ? model[query as ModelName] : (query ?? noQuery);
  return {
    summary,
    description: `Needs the scope \`${OPERATIONS[operation]}\` for the project.`,
    tags: ["Connect API"],
    ...(body === undefined ? {} : { body: { $ref: `${body}#` }, headers: writeHeaders }),
    querystring: inline(querystring),
    response: { [status]: { description: "Success.", $ref: `${type}#` }, "4xx": failure, "5xx": failure },
  };
}

/** What a write may say beside its body; read and checked by the gateway itself. */
const writeHeaders = Type.Object({
  "idempotency-key": Type.Optional(
    Type.String({
      description:
        "The caller's name for this request, 1 to 255 visible ASCII characters: when it comes again within a day, the first answer is given again, with `Idempotency-Replayed: true`, and nothing is done twice.",
    }),
  ),
  "if-match": Type.Optional(Type.String({ description: 'The version that the resource is expected to have, in quotes, such as "4".' })),
});

const noQuery = Type.Object({}, { additionalProperties: false });

/** The schema without names: query parameters are listed one by one in the OpenAPI document. */
function inline(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(inline);
  if (node === null || typeof node !== "object") return node;
  return Object.fromEntries(
    Object.entries(node)
      .filter(([name]) => name !== "$id")
      .map(([name, item]) => [name, inline(item)]),
  );
}
