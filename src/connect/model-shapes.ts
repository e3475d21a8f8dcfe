import { type Static, type TArray, type TLiteral, type TObject, type TProperties, type TSchema, Type } from "typebox";

const SOURCE = "Source: commercetools Connect API.";
const KEY_PATTERN = "^[A-Za-z0-9_-]+$";

/** Schema of a type in upstream's answers. It is tolerant: fields that are not known here are let through. */
export function answer<P extends TProperties>(id: string, description: string, properties: P): TObject<P> {
  return Type.Object(properties, { $id: id, description: `${description} ${SOURCE}`, additionalProperties: true });
}

/** Schema of a type in request bodies. It is strict, because upstream drops misspelt fields without a word. */
export function body<P extends TProperties>(id: string, description: string, properties: P): TObject<P> {
  return Type.Object(properties, { $id: id, description: `${description} ${SOURCE}`, additionalProperties: false });
}

/** Schema of one update action, told from the others by its `action` field. */
export function action<N extends string, P extends TProperties>(
  id: string,
  name: N,
  description: string,
  properties: P,
): TObject<{ action: TLiteral<N> } & P> {
  return body(id, description, { action: Type.Literal(name, { type: "string", description: `Always \`${name}\`.` }), ...properties });
}

/** One of several actions; Ajv reads `discriminator`, so that an error speaks of the action that was meant and not of all of them. */
export function oneOfActions<S extends readonly TObject[]>(id: string, description: string, schemas: S) {
  return Type.Unsafe<Static<S[number]>>({
    $id: id,
    description: `${description} ${SOURCE}`,
    type: "object",
    required: ["action"],
    discriminator: { propertyName: "action" },
    oneOf: [...schemas],
  });
}

/** The same schema with a description of the place where it stands. */
export function described<T extends TSchema>(schema: T, description: string): T {
  return { ...schema, description };
}

/** A field of an answer that upstream may omit or set to null. */
export function maybe<T extends TSchema>(schema: T, description: string) {
  return Type.Optional(Type.Union([schema, Type.Null()], { description }));
}

/** A field of a request that may be left out; null is not a way to leave it out. */
export function optional<T extends TSchema>(schema: T, description: string) {
  return Type.Optional(described(schema, description));
}

/** A list; `minItems` is the least number of entries. */
export function list<T extends TSchema>(items: T, description: string, minItems = 0): TArray<T> {
  return Type.Array(items, minItems === 0 ? { description } : { description, minItems });
}

/** Text without a rule of its own. */
export function text(description: string) {
  return Type.String({ description });
}

/** A moment as ISO 8601 text, in UTC. Answers are not checked for the format, because nothing here computes with them. */
export function moment(description: string) {
  return Type.String({ description: `${description} ISO 8601, UTC.` });
}

/** A whole number from `minimum` up. */
export function whole(description: string, minimum = 0) {
  return Type.Integer({ description, minimum });
}

/** True or false. */
export function flag(description: string) {
  return Type.Boolean({ description });
}

/** Text that names one of a set which upstream extends without notice: the known values are told, any other passes. */
export function open(known: readonly string[], description: string) {
  return Type.String({ description: `${description} Known values: ${known.join(", ")}. Others may appear.` });
}

/** Schema of an enumeration in answers, under upstream's name. */
export function openEnum(id: string, known: readonly string[], description: string) {
  return described(Type.String({ $id: id }), `${description} Known values: ${known.join(", ")}. Others may appear. ${SOURCE}`);
}

/** Text that must be one of `values`. */
export function closed<const V extends readonly string[]>(values: V, description: string) {
  return Type.Unsafe<V[number]>({ type: "string", enum: [...values], description });
}

/** A key or application name: 2 to 256 characters from A-Z, a-z, 0-9, underscore and hyphen. */
export function keyText(description: string) {
  return Type.String({
    description: `${description} 2 to 256 characters from A-Z, a-z, 0-9, _ and -.`,
    pattern: KEY_PATTERN,
    minLength: 2,
    maxLength: 256,
  });
}
