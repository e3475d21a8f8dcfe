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

const version = Type.Integer({ minimum: 0, description: "Version that the resource is expected to have; any when left out." });
const dryRun = Type.Boolean({
  description: "`true` sends nothing that writes: after all checks of the gateway the answer is 200 with what would be sent.",
});
/** No longer than a request may take. */
const LONGEST_WAIT = 15;
const wait = Type.Integer({
  minimum: 0,
  maximum: LONGEST_WAIT,
  description: `Seconds to wait for the end of what was begun, ${LONGEST_WAIT} at most: the answer is the resource as it is then. \`Prefer: wait=\` asks for the same.`,
});
const closed = { additionalProperties: false };

/** The query of a create or update. */
export const writeQuery = Type.Object({ dryRun: Type.Optional(dryRun), wait: Type.Optional(wait) }, closed);
/** The query of a DELETE: Connect checks no version, the gateway does. What is deleted at once is not waited for. */
export const deleteQuery = Type.Object({ version: Type.Optional(version), dryRun: Type.Optional(dryRun) }, closed);
/** The query of an undeployment. */
export const undeployQuery = Type.Object({ ...deleteQuery.properties, wait: Type.Optional(wait) }, closed);

/** The answer to a dry run. */
const plan = Type.Object(
  {
    dryRun: Type.Literal(true),
    method: Type.String({ description: "Method of the request to the Connect API." }),
    path: Type.String({ description: "Its path." }),
    body: Type.Optional(Type.Unknown({ description: "Its body, with the version that was read; secured values are masked." })),
  },
  { description: "What would be sent to the Connect API." },
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
  const writes = !/\.(list|search|get|logs)$/.test(operation);
  const querystring = typeof query === "string" ? model[query as ModelName] : (query ?? noQuery);
  return {
    summary,
    description: `Needs the scope \`${OPERATIONS[operation]}\` for the project.`,
    tags: ["Connect API"],
    ...(body === undefined ? {} : { body: { $ref: `${body}#` } }),
    ...(writes ? { headers: headersOf(operation, body !== undefined) } : {}),
    querystring: inline(querystring),
    response: { ...answers(status, type, writes), "4xx": failure, "5xx": failure },
  };
}

/** The answers to what goes well; a dry run has one of its own. */
function answers(status: number, type: ModelName, writes: boolean): object {
  const success = { $ref: `${type}#` };
  if (!writes) return { [status]: { description: "Success.", ...success } };
  const planned = { description: "With `dryRun`: what would be sent.", ...plan };
  if (status !== 200) return { [status]: { description: "Success.", ...success }, 200: planned };
  return { 200: { description: "Success; with `dryRun`, what would be sent.", anyOf: [success, plan] } };
}

/** What writes may say beside their body; read and checked by the gateway itself. */
const ifMatch = Type.String({ description: 'The version that the resource is expected to have, in quotes, such as "4".' });
const prefer = Type.String({ description: "`wait=10` waits so many seconds, as the query parameter does, as far as a request may take." });
const idempotencyKey = Type.String({
  description:
    "The caller's name for this request, 1 to 255 visible ASCII characters: when it comes again within a day, the first answer is given again, with `Idempotency-Replayed: true`, and nothing is done twice.",
});

/** What is deleted at once is not waited for. */
function headersOf(operation: Operation, hasBody: boolean): TSchema {
  return Type.Object({
    ...(hasBody ? { "idempotency-key": Type.Optional(idempotencyKey) } : {}),
    "if-match": Type.Optional(ifMatch),
    ...(operation === "connectorsStaged.delete" ? {} : { prefer: Type.Optional(prefer) }),
  });
}

/** The schema of a route of the gateway's own, with its answer to what goes well. */
export function own(
  summary: string,
  answer: { readonly status?: number; readonly body?: TSchema },
  more: FastifySchema = {},
): FastifySchema {
  const { status = 200, body = Type.Null() } = answer;
  const response = { [status]: { description: "Success.", ...body }, "4xx": failure, "5xx": failure };
  return { summary, tags: ["Gateway"], querystring: noQuery, response, ...more };
}

/** The query of a route that knows no parameters. */
const noQuery = Type.Object({}, closed);

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
