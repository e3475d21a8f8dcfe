import {
  type ASTVisitor,
  BREAK,
  type DocumentNode,
  GraphQLError,
  Kind,
  parse,
  type SelectionSetNode,
  type ValidationContext,
  visit,
} from "graphql";

/** The longest document, in bytes of UTF-8. */
export const MAX_DOCUMENT = 20 * 1024;
/** Tokens in a document. */
export const MAX_TOKENS = 1_000;

/** What makes a document expensive before it runs, each with its limit. Fragments count where they are used, as often as they are used. */
const LIMITS = {
  /** Levels of selection in an operation. */
  depth: { max: 10, what: "levels of selection" },
  /** Fields under another name. */
  aliases: { max: 15, what: "aliases" },
  /** Fields at the root of an operation. */
  rootFields: { max: 10, what: "root fields" },
  /** Directives. */
  directives: { max: 10, what: "directives" },
} as const;

const SCHEMA_FIELDS = new Set(["__schema", "__type"]);

type Size = { readonly [Limit in keyof typeof LIMITS]: number };
const NOTHING: Size = { depth: 0, aliases: 0, rootFields: 0, directives: 0 };

/** The error for what is too large, with its own code. */
export function limitExceeded(what: string, max: number): GraphQLError {
  return new GraphQLError(`The document has more ${what} than the limit of ${max} allows.`, { extensions: { code: "LimitExceeded" } });
}

/** The validation rule that holds the limits. */
export function limitSize(context: ValidationContext): ASTVisitor {
  return {
    Document(document) {
      for (const size of sizes(document)) {
        for (const [limit, { max, what }] of Object.entries(LIMITS))
          if (size[limit as keyof Size] > max) return context.reportError(limitExceeded(what, max));
      }
    },
  };
}

/** The size of each operation of a document. */
function sizes(document: DocumentNode): Size[] {
  const fragments = new Map<string, SelectionSetNode>();
  for (const node of document.definitions) if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node.selectionSet);
  const known = new Map<string, Size>();

  function ofFragment(name: string): Size {
    const held = known.get(name);
    if (held !== undefined) return held;
    // Held before it is known: a circle ends here, and another rule reports it.
    known.set(name, NOTHING);
    const set = fragments.get(name);
    const size = set === undefined ? NOTHING : ofSet(set);
    known.set(name, size);
    return size;
  }

  function ofSet({ selections }: SelectionSetNode): Size {
    let total = NOTHING;
    for (const node of selections) {
      const directives = node.directives?.length ?? 0;
      if (node.kind === Kind.FIELD) {
        // Asking for the schema goes deep by nature; graphql-js bounds its recursion with a rule of its own.
        const measured = node.selectionSet !== undefined && !SCHEMA_FIELDS.has(node.name.value);
        const inner = measured ? ofSet(node.selectionSet) : NOTHING;
        const aliases = inner.aliases + (node.alias === undefined ? 0 : 1);
        total = sum(total, { depth: inner.depth + 1, aliases, rootFields: 1, directives: inner.directives + directives });
      } else {
        const inner = node.kind === Kind.FRAGMENT_SPREAD ? ofFragment(node.name.value) : ofSet(node.selectionSet);
        total = sum(total, { ...inner, directives: inner.directives + directives });
      }
    }
    return total;
  }

  return document.definitions.flatMap((node) => {
    if (node.kind !== Kind.OPERATION_DEFINITION) return [];
    return [sum(ofSet(node.selectionSet), { ...NOTHING, directives: node.directives?.length ?? 0 })];
  });
}

function sum(a: Size, b: Size): Size {
  return {
    depth: Math.max(a.depth, b.depth),
    aliases: a.aliases + b.aliases,
    rootFields: a.rootFields + b.rootFields,
    directives: a.directives + b.directives,
  };
}

/** Whether a document asks for the schema itself. What cannot be parsed is refused elsewhere. */
export function asksForSchema(query: string): boolean {
  if (!/__(schema|type)\b/.test(query)) return false;
  let asks = false;
  try {
    visit(parse(query, { maxTokens: MAX_TOKENS, noLocation: true }), {
      Field: ({ name }) => {
        asks ||= SCHEMA_FIELDS.has(name.value);
        return asks ? BREAK : undefined;
      },
    });
  } catch {
    return false;
  }
  return asks;
}
