import type { TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { gatewayError } from "../errors.ts";
import type { Fields } from "./call.ts";
import { createPicker, type Picker } from "./pick.ts";

/** The form that an answer must have for the rest of the gateway to rely on; additional fields pass. */
export type Form<T> = {
  /** The answer as what it is; throws `UpstreamBadResponse` when it is something else. */
  check(answer: unknown): T;
  /** The same for some of the fields: how to read them, and their own check. Made once for each `fields`. */
  part(fields: Fields): { readonly pick: Picker; check(answer: unknown): T };
};

/** Makes the form of answers that `schema` describes. */
export function createForm<T>(schema: TSchema): Form<T> {
  const whole = checker<T>(schema);
  const parts = new WeakMap<Fields, ReturnType<Form<T>["part"]>>();
  return {
    check: whole,
    part: (fields) => {
      const known = parts.get(fields);
      if (known !== undefined) return known;
      const made = { pick: createPicker(fields), check: checker<T>(partOf(schema, fields)) };
      parts.set(fields, made);
      return made;
    },
  };
}

function checker<T>(schema: TSchema): (answer: unknown) => T {
  const validator: Validator = Compile(schema);
  return (answer) => {
    if (!validator.Check(answer)) throw gatewayError("UpstreamBadResponse");
    return answer as T;
  };
}

type Schema = {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
};

/** The schema without what is said of other fields. */
function partOf(schema: Schema, fields: Fields | true): TSchema {
  if (fields === true) return schema;
  const { properties, required = [], items, anyOf } = schema;
  const kept = Object.entries(properties ?? {}).filter(([name]) => fields[name] !== undefined);
  return {
    ...schema,
    ...(properties === undefined
      ? {}
      : {
          properties: Object.fromEntries(kept.map(([name, inner]) => [name, partOf(inner, fields[name] ?? true)])),
          required: required.filter((name) => fields[name] !== undefined),
        }),
    ...(items === undefined ? {} : { items: partOf(items, fields) }),
    ...(anyOf === undefined ? {} : { anyOf: anyOf.map((each) => partOf(each, fields)) }),
  };
}
