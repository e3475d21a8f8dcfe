import { getOperationAST, OperationTypeNode, parse } from "graphql";
import { MAX_TOKENS } from "./limits.ts";

type Asked = { readonly query?: unknown; readonly operationName?: unknown };

/** Whether the body of a request asks for a mutation, whatever else stands in its document. One that cannot be read writes nothing. */
export function isMutation(body: unknown): boolean {
  const { query, operationName }: Asked = body !== null && typeof body === "object" ? body : {};
  if (typeof query !== "string" || !query.includes("mutation")) return false;
  try {
    const document = parse(query, { noLocation: true, maxTokens: MAX_TOKENS });
    return (
      getOperationAST(document, typeof operationName === "string" ? operationName : undefined)?.operation === OperationTypeNode.MUTATION
    );
  } catch {
    return false;
  }
}
