import { Compile } from "typebox/compile";
import type { TSchema } from "typebox";
import { invalidBody } from "../errors.ts";

/**
 * Makes the check of an input object against the same schema that the REST face uses, for the rules that GraphQL's types cannot say: patterns, lengths
 * and bounds. What is checked is the printed form, in which every secret is a mask; the messages hold the schema's words only.
 */
export function checker<T>(schema: TSchema): (input: unknown) => T {
  const validator = Compile(schema);
  return (input) => {
    const printed: unknown = JSON.parse(JSON.stringify(input));
    const [first] = validator.Check(printed) ? [] : validator.Errors(printed);
    if (first !== undefined) throw invalidBody(`at ${first.instancePath}: ${first.message}`);
    return input as T;
  };
}
