import {
  BREAK,
  type DocumentNode,
  type ExecutionResult,
  type FragmentDefinitionNode,
  getNamedType,
  getOperationAST,
  type GraphQLSchema,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  parse,
  type SelectionSetNode,
  valueFromASTUntyped,
  visit,
} from "graphql";
import { compileQuery, isCompiledQuery } from "graphql-jit";
import { LRUCache } from "lru-cache";
import type { Fields } from "../connect/index.ts";
import type { GraphContext } from "./context.ts";
import { type Document, fieldsOf } from "./fields.ts";
import { MAX_TOKENS } from "./limits.ts";
import { createPrinter, type Printer } from "./printer.ts";

/** A query that is asked often, made ready to be asked again. */
export type Prepared = {
  /** Executes it and gives its data as JSON; undefined when {@link Prepared.execute} is needed. */
  readonly print: Printer;
  execute(context: GraphContext, variables: Record<string, unknown>): ExecutionResult | Promise<ExecutionResult>;
  /** What is read of upstream's object for the root field with this name in the answer. */
  fieldsFor(responseName: string): Fields | undefined;
};

/** Documents as they come in. */
export type Documents = {
  /** The document made ready, once it was begun a few times and only reads upstream; undefined until then, and for any other. */
  ready(asked: Asked): Prepared | undefined;
  /**
   * It was found sound, and reads upstream. It is not waited for how that goes: of forty callers who come together all would be executed by graphql-js, from the
   * whole of upstream's answers. With pages of 500 deployments each of them took 5 MB more, and three times as long.
   */
  begun(asked: Asked): void;
};

type Asked = { readonly query: string; readonly operationName: string | undefined };

/** Documents that are counted at once. */
const COUNTED = 256;
/** Making one ready costs as much as executing it some ten times. */
const BEGUN_BEFORE = 3;

/** Root fields whose answer depends on upstream and the caller's rights alone. */
const READS = new Set(["connector", "connectors", "connectorStaged", "connectorsStaged", "deployment", "deployments"]);

type Counted = { begun: number; prepared: Prepared | undefined };

/** Counts documents and makes those ready that are asked often. */
export function createDocuments(schema: GraphQLSchema): Documents {
  const counted = new LRUCache<string, Counted>({ max: COUNTED });
  // A body that comes again is the same object: its long text is not looked up again.
  const known = new WeakMap<Asked, Prepared>();
  const keyOf = ({ query, operationName }: Asked): string => JSON.stringify([operationName, query]);
  return {
    ready: (asked) => {
      const held = known.get(asked);
      if (held !== undefined) return held;
      const prepared = counted.get(keyOf(asked))?.prepared;
      if (prepared !== undefined) known.set(asked, prepared);
      return prepared;
    },
    begun: (asked) => {
      const { query, operationName } = asked;
      const key = keyOf(asked);
      const entry = counted.get(key) ?? { begun: 0, prepared: undefined };
      entry.begun += 1;
      if (entry.begun === BEGUN_BEFORE) entry.prepared = prepare(schema, parse(query, { maxTokens: MAX_TOKENS }), operationName);
      counted.set(key, entry);
    },
  };
}

function prepare(schema: GraphQLSchema, document: DocumentNode, operationName: string | undefined): Prepared | undefined {
  const operation = getOperationAST(document, operationName);
  if (operation?.operation !== OperationTypeNode.QUERY) return undefined;
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null) as Record<string, FragmentDefinitionNode>;
  for (const node of document.definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) fragments[node.name.value] = node;
  const roots = rootFields({ schema, fragments }, operation);
  // graphql-jit mixes up conditions where a field or a fragment stands in several places.
  if (roots === undefined || hasDirectives(document)) return undefined;
  const defaults = defaultsOf(operation);
  const compiled = compileQuery(schema, document, operationName, { disablingCapturingStackErrors: true });
  if (!isCompiledQuery(compiled)) return undefined;
  return {
    print: createPrinter({ schema, fragments }, operation) ?? (() => Promise.resolve(undefined)),
    execute: (context, variables) => compiled.query({}, context, { ...defaults, ...variables }),
    fieldsFor: (responseName) => roots.get(responseName),
  };
}

function hasDirectives(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive: () => {
      found = true;
      return BREAK;
    },
  });
  return found;
}

/** What variables are that are left out, as they would be sent: graphql-jit misses those that may not be null. */
function defaultsOf({ variableDefinitions = [] }: OperationDefinitionNode): Record<string, unknown> {
  const given = variableDefinitions.flatMap(({ variable, defaultValue }) =>
    defaultValue === undefined ? [] : [[variable.name.value, valueFromASTUntyped(defaultValue)] as const],
  );
  return Object.fromEntries(given);
}

/** The fields of each root field by its name in the answer; undefined when one of them is not a read of upstream, or stands there twice. */
function rootFields({ schema, fragments }: Document, { selectionSet }: OperationDefinitionNode): Map<string, Fields> | undefined {
  const found = new Map<string, Fields>();
  const add = (set: SelectionSetNode): boolean =>
    set.selections.every((node) => {
      if (node.kind === Kind.INLINE_FRAGMENT) return add(node.selectionSet);
      if (node.kind === Kind.FRAGMENT_SPREAD) return add(fragments[node.name.value]?.selectionSet ?? { ...set, selections: [] });
      const name = node.alias?.value ?? node.name.value;
      const type = schema.getQueryType()?.getFields()[node.name.value]?.type;
      if (!READS.has(node.name.value) || node.selectionSet === undefined || found.has(name)) return false;
      const object = getNamedType(type);
      if (!isObjectType(object)) return false;
      found.set(name, fieldsOf({ schema, fragments }, object, node.selectionSet));
      return true;
    });
  return add(selectionSet) ? found : undefined;
}
