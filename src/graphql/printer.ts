import {
  type FieldNode,
  getArgumentValues,
  getNamedType,
  getVariableValues,
  type GraphQLField,
  type GraphQLLeafType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  GraphQLString,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from "graphql";
import type { GraphContext } from "./context.ts";
import type { Document } from "./fields.ts";

/**
 * Executes a query and writes the JSON of its data at once. Undefined when something in it is not as it should be, or is read only later: the ordinary
 * execution then tells what.
 */
export type Printer = (context: GraphContext, variables: Record<string, unknown>) => Promise<string | undefined>;

/** One printing: its context, and what each writer wrote last, by its slot. */
type Printing = { readonly context: GraphContext; readonly written: Written[] };

/** Writes the JSON of a value. */
type Write = (value: unknown, printing: Printing) => string;

/** As many values as a row has applications, mostly: each of them shares its settings with the same one of the row before. */
const MOST_WRITTEN = 8;

/** The last values that were written, with their texts. */
class Written {
  readonly #values: object[] = [];
  readonly #texts: string[] = [];
  #next = 0;

  find(value: object): string | undefined {
    const at = this.#values.indexOf(value);
    return at < 0 ? undefined : this.#texts[at];
  }

  add(value: object, text: string): void {
    this.#values[this.#next] = value;
    this.#texts[this.#next] = text;
    this.#next = (this.#next + 1) % MOST_WRITTEN;
  }
}

/** A value that an answer without errors does not have. */
class Unusual extends Error {}
/** The document asks for more than a printer can write, now and ever. */
class Unprintable extends Error {}

/**
 * Makes the printer of a query, undefined for one that it cannot write; there are no conditions in it. It does no more than the execution by graphql-jit, but for one thing: what is the
 * very same object as a little before, because upstream wrote the same bytes there, has the same text. Deployments of one connector share most of
 * themselves: for a page of 20 whose applications were alike too execution took a fifth of the processor time of a request, and takes a fifteenth (sampled under P1).
 */
export function createPrinter(document: Document, operation: OperationDefinitionNode): Printer | undefined {
  const { schema } = document;
  const type = schema.getQueryType();
  let print: Printer | undefined;
  try {
    if (!type) return undefined;
    print = new Writers(document).root(type, operation);
  } catch (error) {
    if (error instanceof Unprintable) return undefined;
    throw error;
  }
  return async (context, variables) => {
    try {
      return await print?.(context, variables);
    } catch (error) {
      if (error instanceof Unprintable) print = undefined;
      // Whatever it is: the execution that follows meets it too, and knows how to say it.
      return undefined;
    }
  };
}

type Member = { readonly prefix: string; readonly name: string; readonly field: GraphQLField<unknown, unknown>; readonly write: Write };
type Root = Member & { readonly node: FieldNode };

/** Makes writers, each with a slot of its own. */
class Writers {
  readonly #document: Document;
  /** Types that are read from upstream. A field with a resolver of its own that gives one is a link, which is followed in one go for all rows. */
  readonly #readTypes: ReadonlySet<GraphQLNamedType>;
  #slots = 0;

  constructor(document: Document) {
    this.#document = document;
    const roots = Object.values(document.schema.getQueryType()?.getFields() ?? {});
    this.#readTypes = new Set(roots.map(({ type }) => getNamedType(type)));
  }

  root(type: GraphQLObjectType, { selectionSet, variableDefinitions = [] }: OperationDefinitionNode): Printer {
    const roots = this.#members(type, [selectionSet]);
    return async (context, inputs) => {
      const { coerced } = getVariableValues(this.#document.schema, variableDefinitions, inputs);
      if (coerced === undefined) throw new Unusual();
      const values = await Promise.all(roots.map((root) => resolveRoot(root, context, coerced)));
      const printing: Printing = { context, written: [] };
      return `{${roots.map(({ prefix, write }, at) => prefix + write(values[at], printing)).join("")}}`;
    };
  }

  /** The fields of `type` by their names in the answer. */
  #members(type: GraphQLObjectType, sets: readonly SelectionSetNode[]): Root[] {
    const fields = type.getFields();
    return [...collect(this.#document, sets)].map(([name, nodes], at) => {
      const [node] = nodes;
      const field = node.name.value === "__typename" ? typeNameOf(type) : fields[node.name.value];
      if (field === undefined) throw new Unprintable();
      const inner = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
      return { prefix: `${at > 0 ? "," : ""}${JSON.stringify(name)}:`, name, field, node, write: this.#value(field.type, inner) };
    });
  }

  #value(type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Write {
    if (isNonNullType(type)) return this.#present(type.ofType, sets);
    const write = this.#present(type, sets);
    return (value, printing) => (value === null || value === undefined ? "null" : write(value, printing));
  }

  /** Of a value that may not be null. */
  #present(type: GraphQLOutputType, sets: readonly SelectionSetNode[]): Write {
    if (isListType(type)) return this.#remembering(list(this.#value(type.ofType, sets)));
    if (isLeafType(type)) return leaf(type);
    if (!isObjectType(type)) throw new Unprintable();
    const members = this.#members(type, sets);
    const isLink = ({ resolve, type: of }: Member["field"]): boolean => resolve !== undefined && this.#readTypes.has(getNamedType(of));
    if (members.some(({ field }) => field.args.length > 0 || isLink(field))) throw new Unprintable();
    return this.#remembering(object(members));
  }

  #remembering(write: (value: object, printing: Printing) => string): Write {
    const slot = this.#slots++;
    return (value, printing) => {
      if (value === null || typeof value !== "object") throw new Unusual();
      const written = (printing.written[slot] ??= new Written());
      const known = written.find(value);
      if (known !== undefined) return known;
      if ("then" in value) throw new Unprintable();
      const text = write(value, printing);
      written.add(value, text);
      return text;
    };
  }
}

async function resolveRoot({ field, node, name }: Root, context: GraphContext, variables: Record<string, unknown>): Promise<unknown> {
  // The resolvers of the root look at nothing else.
  const info = { path: { key: name } } as GraphQLResolveInfo;
  return field.resolve?.({}, getArgumentValues(field, node, variables), context, info);
}

/** The nodes of each field by its name in the answer, in order. */
function collect({ fragments }: Document, sets: readonly SelectionSetNode[], found = new Map<string, [FieldNode, ...FieldNode[]]>()) {
  for (const node of sets.flatMap(({ selections }) => selections)) {
    if (node.kind !== Kind.FIELD) {
      const set = node.kind === Kind.INLINE_FRAGMENT ? node.selectionSet : fragments[node.name.value]?.selectionSet;
      if (set === undefined) throw new Unprintable();
      collect({ fragments } as Document, [set], found);
      continue;
    }
    const name = node.alias?.value ?? node.name.value;
    const known = found.get(name);
    if (known === undefined) found.set(name, [node]);
    else known.push(node);
  }
  return found;
}

const typeNameOf = (type: GraphQLObjectType): GraphQLField<unknown, unknown> =>
  ({ name: "__typename", type: GraphQLString, args: [], resolve: () => type.name }) as unknown as GraphQLField<unknown, unknown>;

const NO_ARGUMENTS = {};
const NO_INFO = {} as GraphQLResolveInfo;

function object(members: readonly Member[]): (row: object, printing: Printing) => string {
  return (row, printing) => {
    let text = "{";
    for (const { prefix, field, write } of members) {
      const { resolve } = field;
      const value: unknown =
        resolve === undefined ? (row as Record<string, unknown>)[field.name] : resolve(row, NO_ARGUMENTS, printing.context, NO_INFO);
      text += prefix + write(value, printing);
    }
    return `${text}}`;
  };
}

function list(write: Write): (value: object, printing: Printing) => string {
  return (value, printing) => {
    if (!Array.isArray(value)) throw new Unusual();
    let text = "[";
    for (const item of value as readonly unknown[]) text += (text.length > 1 ? "," : "") + write(item, printing);
    return `${text}]`;
  };
}

function leaf(type: GraphQLLeafType): Write {
  const isText = type.name === "String" || type.name === "ID";
  return (value) => {
    if (value === undefined || value === null) throw new Unusual();
    const text = JSON.stringify(isText && typeof value === "string" ? value : type.serialize(value)) as string | undefined;
    if (text === undefined) throw new Unusual();
    return text;
  };
}
