import { createHash } from "node:crypto";
import {
  createSourceEventStream,
  type DocumentNode,
  executeSync,
  getOperationAST,
  GraphQLError,
  type GraphQLSchema,
  OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from "graphql";
import type { EventFilter, EventForm } from "../services/index.ts";
import { printError } from "./errors.ts";
import { limitSize, MAX_TOKENS } from "./limits.ts";
import { Source } from "./subscriptions.ts";

export type Subscribed = {
  readonly query: string;
  readonly operationName: string | undefined;
  readonly variables: Record<string, unknown>;
};

/** A subscription that was found good: what it wants, and in which form; each payload is the JSON of a result. */
export type Subscription = { readonly filter: EventFilter; readonly form: EventForm<readonly string[]> };

/** Reads subscriptions, under the rules that hold for queries. */
export type Subscriptions = {
  /** Whether its operation is a subscription; what cannot be read is left to the usual way. */
  has(query: string, operationName: string | undefined): boolean;
  /** Why a document cannot be read at all; nothing when it can. */
  faults(query: string): readonly GraphQLError[];
  /** What it wants, or what is wrong with it. */
  prepare(subscribed: Subscribed): Promise<Subscription | readonly GraphQLError[]>;
};

/** A document, when it could be read, and what is wrong with it. */
type Document = { readonly document: DocumentNode | undefined; readonly found: readonly GraphQLError[] };

/** Documents that are kept: thousands of subscribers send the same few. */
const KEPT = 256;

/** Makes the reader of subscriptions over a schema. */
export function createSubscriptions(schema: GraphQLSchema): Subscriptions {
  const documents = new Map<string, Document>();

  function read(query: string): Document {
    const held = documents.get(query);
    if (held !== undefined) return held;
    const read = readNew(query);
    const [oldest] = documents.keys();
    if (documents.size >= KEPT && oldest !== undefined) documents.delete(oldest);
    documents.set(query, read);
    return read;
  }

  function readNew(query: string): Document {
    try {
      const document = parse(query, { maxTokens: MAX_TOKENS });
      return { document, found: validate(schema, document, [...specifiedRules, limitSize], { maxErrors: 10 }) };
    } catch (error) {
      if (error instanceof GraphQLError) return { document: undefined, found: [error] };
      throw error;
    }
  }

  async function prepare({ query, operationName, variables }: Subscribed): Promise<Subscription | readonly GraphQLError[]> {
    const { document, found } = read(query);
    if (document === undefined || found.length > 0) return found;
    const source: unknown = await createSourceEventStream({ schema, document, operationName, variableValues: variables });
    if (!(source instanceof Source)) return (source as { errors?: readonly GraphQLError[] }).errors ?? [];
    // Of the variables, only those of directives say how a result looks; the others have said which events are wanted.
    const shaping = Object.entries(variables).filter(([, value]) => typeof value === "boolean" || value === null);
    const name = createHash("sha256")
      .update(JSON.stringify([query, operationName, shaping]))
      .digest("base64");
    const print = (rootValue: object): string => {
      const { data, errors } = executeSync({ schema, document, operationName, variableValues: variables, rootValue });
      return JSON.stringify({ ...(errors === undefined ? {} : { errors: errors.map((error) => printError(error, "")) }), data });
    };
    return { filter: source.filter, form: { name, render: (events) => events.map((event) => print({ [source.field]: event })) } };
  }

  return {
    has: (query, operationName) => {
      if (!/\bsubscription\b/.test(query)) return false;
      const document = read(query).document;
      return document !== undefined && getOperationAST(document, operationName)?.operation === OperationTypeNode.SUBSCRIPTION;
    },
    faults: (query) => {
      const { document, found } = read(query);
      return document === undefined ? found : [];
    },
    prepare,
  };
}
