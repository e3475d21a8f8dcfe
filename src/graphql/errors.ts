import { type GraphQLFormattedError, GraphQLError } from "graphql";
import { type ErrorEntry, GatewayError, gatewayError, toGatewayError } from "../errors.ts";
import { limitExceeded, MAX_TOKENS } from "./limits.ts";

/**
 * Texts for what graphql-js finds wrong in a document or its variables. Its own messages quote names and values that the caller sent, a secret among
 * them perhaps, so they are replaced and never trimmed: the kind of mistake stays, and the place is in `locations`.
 */
const KINDS: readonly (readonly [pattern: RegExp, message: string])[] = [
  [/SecretString/, "A secured value must be a string passed as a variable, never written into the document."],
  [/^Syntax Error/, "The document has a syntax error here."],
  [/^Cannot query field/, "This field does not exist on its type."],
  [/^Unknown argument/, "This argument does not exist on its field or directive."],
  [/^Unknown type/, "This type does not exist."],
  [/^Unknown fragment|^Fragment /, "This fragment is unknown, unused, cyclic, or does not fit its place."],
  [/^Unknown directive|^The directive|^Directive/, "This directive is unknown, repeated, or does not fit its place."],
  [/^Unknown operation named/, "The document holds no operation with the name in operationName."],
  [/^Must provide operation name/, "The document holds several operations: say which one in operationName."],
  [/^Must provide an operation/, "The document holds no operation."],
  [
    /^Variable .* got invalid value|^Variable .* of required type|^Variable .* of non-null type/,
    "A variable does not fit its declared type.",
  ],
  [/^Variable|^There can be only one variable/, "A variable is undefined, unused, repeated, or of a type that does not fit its place."],
  [/not defined by type/, "This input field does not exist on its type."],
  [/is required, but it was not provided|of required type .* was not provided/, "A required argument or input field is missing here."],
  [/must have a selection of subfields|must not have a selection/, "This field needs a selection of subfields, or must not have one."],
  [/^OneOf|exactly one key|must be non-null/i, "Exactly one action must be given in each entry."],
  [
    /^Expected value of type|cannot represent|does not exist in|Enum .* cannot/,
    "This value does not have the type that its place asks for.",
  ],
];
const TOO_MANY_TOKENS = limitExceeded("tokens", MAX_TOKENS).message;
const OTHER_KIND = "The document does not follow the schema here.";

/** The text that stands for a message of graphql-js. */
function safeMessage(message: string): string {
  return KINDS.find(([pattern]) => pattern.test(message))?.[1] ?? OTHER_KIND;
}

/** Anything thrown while a field was resolved, or found wrong before, as the error that the caller sees. */
export function causeOf(error: GraphQLError): GatewayError {
  const { originalError } = error;
  if (originalError instanceof GatewayError) return originalError;
  // graphql-js wraps what resolvers throw; its own findings carry no original, or one that is a GraphQLError as well.
  if (originalError !== undefined && originalError !== null && !(originalError instanceof GraphQLError))
    return toGatewayError(originalError);
  // Whatever its type says, an error that graphql-jit made may have none.
  const { code } = (error.extensions as GraphQLError["extensions"] | undefined) ?? {};
  if (code === "LimitExceeded") return gatewayError("LimitExceeded", error.message);
  if (/^Syntax Error: Document contains more tha[nt] /.test(error.message)) return gatewayError("LimitExceeded", TOO_MANY_TOKENS);
  if (error.message === "Validation aborted.") return gatewayError("LimitExceeded", "The document takes too long to validate.");
  // A value that cannot be written has a place in the answer: upstream sent it, and not the caller.
  if (error.path !== undefined && /cannot represent/.test(error.message)) return gatewayError("UpstreamBadResponse");
  return gatewayError("InvalidJsonInput", safeMessage(error.message));
}

/** The printer of this face: the same facts as the REST envelope, in `extensions`. */
export function printError(error: GraphQLError, correlationId: string): GraphQLFormattedError {
  const failure = causeOf(error);
  const locations = error.locations === undefined ? {} : { locations: error.locations };
  const path = error.path === undefined ? {} : { path: error.path };
  return { message: failure.message, ...locations, ...path, extensions: extensionsOf(failure, correlationId) };
}

/** `code`, `statusCode`, `correlationId`, the fields of the code, and every entry when upstream sent several. */
export function extensionsOf(failure: GatewayError, correlationId: string): Record<string, unknown> {
  const { message: _message, retryAfter: _theirs, ...entry }: ErrorEntry = failure.errors[0] ?? { code: "General", message: "" };
  const retry = failure.retryAfter === undefined ? {} : { retryAfter: failure.retryAfter };
  const several = failure.errors.length > 1 ? { errors: failure.errors } : {};
  return { ...entry, statusCode: failure.statusCode, correlationId, ...retry, ...several };
}
