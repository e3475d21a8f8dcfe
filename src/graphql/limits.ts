import { type ASTVisitor, GraphQLError, type ValidationContext } from "graphql";

/** Levels of selection in an operation. */
export const MAX_DEPTH = 10;
/** Tokens in a document. */
export const MAX_TOKENS = 1_000;
/** Fields under another name, in the whole document. */
export const MAX_ALIASES = 15;
/** Fields at the root of an operation. */
export const MAX_ROOT_FIELDS = 10;

/** Validation rules for what makes a document expensive before it runs. */
export const limitRules = [limitAliases, limitRootFields];

const exceeded = (what: string, max: number) =>
  new GraphQLError(`The document has more ${what} than the limit of ${max} allows.`, { extensions: { code: "LimitExceeded" } });

function limitAliases(context: ValidationContext): ASTVisitor {
  let aliases = 0;
  return {
    Field(node) {
      if (node.alias === undefined) return;
      aliases += 1;
      if (aliases === MAX_ALIASES + 1) context.reportError(exceeded("aliases", MAX_ALIASES));
    },
  };
}

function limitRootFields(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(node) {
      if (node.selectionSet.selections.length > MAX_ROOT_FIELDS) context.reportError(exceeded("root fields", MAX_ROOT_FIELDS));
    },
  };
}
