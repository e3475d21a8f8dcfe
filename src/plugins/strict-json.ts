import { type GatewayError, gatewayError } from "../errors.ts";

/** Deeper JSON than this is refused. */
export const MAX_JSON_DEPTH = 32;

const POISON = new Set(["__proto__", "constructor", "prototype"]);

/**
 * Parses a JSON body and refuses what only looks like one: a byte order mark, broken UTF-8, a name given twice, numbers beyond a double,
 * half surrogates, names that reach for prototypes, more than {@link MAX_JSON_DEPTH} levels. An empty body is `undefined`: clients send
 * `content-type: application/json` without one. The messages are fixed, because parsers quote what they were given.
 */
export function parseStrictJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined;
  const text = decode(bytes);
  const value = parse(text);
  // Only now: in sound JSON every string ends, so that one walk takes time in proportion to the text.
  checkTokens(text);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw invalid("the JSON syntax is broken");
  }
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function decode(bytes: Buffer): string {
  try {
    return decoder.decode(bytes);
  } catch {
    throw invalid("the text is not valid UTF-8");
  }
}

function invalid(detail: string): GatewayError {
  return gatewayError("InvalidJsonInput", undefined, { fields: { detailedErrorMessage: detail } });
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|-?\d[\d.eE+-]*/gs;

/** One walk over the tokens of sound JSON, for what the parser lets pass. */
function checkTokens(text: string): void {
  const open: (Set<string> | undefined)[] = [];
  let text_: string | undefined;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === "{" || token === "[") {
      open.push(token === "{" ? new Set() : undefined);
      if (open.length > MAX_JSON_DEPTH) throw gatewayError("LimitExceeded", `The JSON is nested deeper than ${MAX_JSON_DEPTH} levels.`);
    } else if (token === "}" || token === "]") open.pop();
    else if (token === ":") addName(open.at(-1), text_);
    else if (token.startsWith('"')) text_ = checkString(token);
    else if (token !== "," && !Number.isFinite(Number(token))) throw invalid("a number is too large, or not a number");
  }
}

function checkString(token: string): string {
  if (!token.includes("\\")) return token.slice(1, -1);
  const value = parse(token);
  if (typeof value !== "string" || !value.isWellFormed()) throw invalid("a string holds half of a surrogate pair");
  return value;
}

function addName(names: Set<string> | undefined, name: string | undefined): void {
  if (names === undefined || name === undefined) return;
  if (names.has(name)) throw invalid("an object holds the same name twice");
  if (POISON.has(name)) throw invalid("an object holds a name that is not allowed");
  names.add(name);
}
