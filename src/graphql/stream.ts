import type { FastifyReply, FastifyRequest } from "fastify";
import {
  type DocumentNode,
  type ExecutionResult,
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
  parse,
  specifiedRules,
  subscribe,
  validate,
} from "graphql";
import type { GraphContext } from "./context.ts";
import { printError } from "./errors.ts";
import { sendEvents } from "../sse.ts";
import { limitSize, MAX_TOKENS } from "./limits.ts";

export type Subscribed = {
  readonly document: DocumentNode;
  readonly operationName: string | undefined;
  readonly variables: Record<string, unknown>;
};

/** The document if its operation is a subscription; what cannot be read is left to the usual way. */
export function asSubscription(query: string, operationName: string | undefined): DocumentNode | undefined {
  if (!/\bsubscription\b/.test(query)) return undefined;
  try {
    const document = parse(query, { maxTokens: MAX_TOKENS });
    return getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION ? document : undefined;
  } catch {
    return undefined;
  }
}

/** Runs a subscription, under the rules that hold for queries: its results, or what is wrong with it. */
export async function startSubscription(
  schema: GraphQLSchema,
  { document, operationName, variables }: Subscribed,
  contextValue: GraphContext,
): Promise<AsyncIterable<ExecutionResult> | readonly GraphQLError[]> {
  const found = validate(schema, document, [...specifiedRules, limitSize], { maxErrors: 10 });
  if (found.length > 0) return found;
  const result = await subscribe({ schema, document, contextValue, variableValues: variables, operationName });
  return Symbol.asyncIterator in result ? result : (result.errors ?? []);
}

/** Results as server-sent events, as the distinct connections mode of GraphQL over SSE has it: `next` for each, `complete` at the end. */
export async function sendResults(
  request: FastifyRequest,
  reply: FastifyReply,
  results: AsyncIterable<ExecutionResult>,
  gone: AbortController,
): Promise<FastifyReply> {
  async function* frames() {
    for await (const { data, errors } of results) {
      const printed = errors?.map((error) => printError(error, request.id));
      yield `event: next\ndata: ${JSON.stringify({ ...(printed === undefined ? {} : { errors: printed }), data })}\n\n`;
    }
  }
  reply.hijack();
  const failed = (error: unknown): void => request.log.error({ err: error }, "subscription failed");
  const words = { opening: ": \n\n", closing: "event: complete\ndata: \n\n" };
  await sendEvents(reply.raw, { headers: reply.getHeaders(), frames: frames(), ...words, gone, failed });
  return reply;
}
