import fc from "fast-check";
import { at, type Json, PROJECT } from "../helpers/gateway.ts";
import { CANARY } from "../helpers/canary.ts";
import { broken, hostile, hostileText } from "./hostile.ts";
import type { Input } from "./campaign.ts";

const WORDS: Readonly<Record<string, readonly string[]>> = {
  region: ["us-central1.gcp"],
  projectKey: [PROJECT],
  key: ["demo-shipping-deployment", "demo-shipping-connector", "fuzzed-draft", "none"],
  id: ["834bd4ed-b380-4b42-b9d8-bf8dd0a683aa", "key=demo-shipping-deployment"],
  email: ["a@b.example"],
  url: ["git@github.com:composable-com/ct-connect-bloomreach-engagement.git"],
  tag: ["v1.0.0", "v1.1.0", "v9"],
  applicationName: ["labels", "service", "none"],
  value: [CANARY, "x", "***"],
  startDate: ["2026-01-01T00:00:00Z"],
};

/** A value that fits a JSON schema of the OpenAPI document. */
function valueOf(document: Json, schema: Json, name: string, depth: number): fc.Arbitrary<unknown> {
  const {
    $ref,
    type,
    enum: values,
    oneOf,
    anyOf,
    const: only,
    items,
    properties,
    required = [],
    pattern,
    minimum = 0,
    maximum = 600,
  } = schema;
  const words = WORDS[name];
  if (typeof $ref === "string") return valueOf(document, at(document, $ref.slice(2).replaceAll("/", ".")) as Json, name, depth);
  // Longer ones are waited for.
  if (name === "wait") return fc.constantFrom(0, 1);
  if (only !== undefined) return fc.constant(only);
  if (Array.isArray(values)) return fc.constantFrom(...(values as unknown[]));
  const choices = (oneOf ?? anyOf) as Json[] | undefined;
  if (choices !== undefined) return fc.constantFrom(...choices).chain((choice) => valueOf(document, choice, name, depth));
  if (type === "object") {
    const fields = Object.entries((properties ?? {}) as Record<string, Json>);
    return fc.record(Object.fromEntries(fields.map(([field, each]) => [field, valueOf(document, each, field, depth - 1)])), {
      requiredKeys: required as string[],
    });
  }
  if (type === "array") return fc.array(valueOf(document, (items ?? {}) as Json, name, depth - 1), { maxLength: depth > 0 ? 3 : 0 });
  if (type === "integer" || type === "number") return fc.integer({ min: Number(minimum), max: Math.min(Number(maximum), 20_000) });
  if (type === "boolean") return fc.boolean();
  if (words !== undefined) return fc.constantFrom(...words);
  return typeof pattern === "string" ? fc.stringMatching(new RegExp(pattern), { maxLength: 40 }) : fc.string({ maxLength: 20 });
}

type Operation = { readonly path: string; readonly method: string; readonly operation: Json };

function operationsOf(document: Json): Operation[] {
  return Object.entries(document["paths"] as Record<string, Record<string, Json>>).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
}

function inputOf(document: Json, { path, method, operation }: Operation): fc.Arbitrary<Input> {
  const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
  const segments = fc.tuple(
    ...names.map((name) =>
      fc.oneof({ weight: 12, arbitrary: fc.constantFrom(...(WORDS[name] ?? ["x"])) }, { weight: 1, arbitrary: hostileText }),
    ),
  );
  const parameters = ((operation["parameters"] ?? []) as Json[]).filter((each) => each["in"] === "query");
  const query = fc
    .subarray(parameters)
    .chain((chosen) =>
      fc.tuple(
        ...chosen.map((each) =>
          fc.tuple(
            fc.constant(String(each["name"])),
            fc.oneof(
              { weight: 6, arbitrary: valueOf(document, each["schema"] as Json, String(each["name"]), 2) },
              { weight: 1, arbitrary: hostile },
            ),
          ),
        ),
      ),
    );
  const sound = (at(operation, "requestBody.content") as Record<string, Json> | undefined)?.["application/json"]?.["schema"] as
    | Json
    | undefined;
  const body = sound === undefined ? fc.constant("") : bodyOf(valueOf(document, sound, "", 5));
  return fc.tuple(segments, query, body).map(([values, pairs, text]) => {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encode(values[names.indexOf(name)] ?? ""));
    const search = pairs
      .flatMap(([name, value]) =>
        [value].flat().map((item) => `${encode(name)}=${encode(typeof item === "string" ? item : (JSON.stringify(item) ?? ""))}`),
      )
      .join("&");
    return { method, path: search === "" ? filled : `${filled}?${search}`, headers: {}, body: text };
  });
}

function bodyOf(sound: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const text = (value: unknown): string => JSON.stringify(value) ?? "";
  const cut = fc.tuple(sound, fc.nat(), hostileText).map(([value, place, bad]) => {
    const whole = text(value);
    return whole.slice(0, place % (whole.length + 1)) + bad + whole.slice(place % (whole.length + 1));
  });
  return fc.oneof(
    { weight: 4, arbitrary: sound.map(text) },
    { weight: 4, arbitrary: broken(sound).map(text) },
    { weight: 2, arbitrary: cut },
    { weight: 1, arbitrary: hostile.map(text) },
  );
}

/** Lone halves of a surrogate pair cannot be encoded: they stay out of addresses. */
const encode = (value: string): string => encodeURIComponent(value.toWellFormed());

const HEADERS = [
  "accept",
  "content-type",
  "if-match",
  "x-project-key",
  "x-correlation-id",
  "traceparent",
  "idempotency-key",
  "prefer",
  "origin",
  "cookie",
];

/** Requests to the routes of an OpenAPI document: sound ones and ones with something wrong in the path, the query, a header or the body. */
export function restInputs(document: Json): fc.Arbitrary<Input> {
  const printable = hostileText.map((text) =>
    text
      .replaceAll(/[^\x20-\x7e]/g, "?")
      .trim()
      .slice(0, 500),
  );
  const headers = fc.oneof(
    { weight: 6, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.dictionary(fc.constantFrom(...HEADERS), printable, { maxKeys: 2 }) },
  );
  const operation = fc.constantFrom(...operationsOf(document)).chain((each) => inputOf(document, each));
  return fc.tuple(operation, headers).map(([input, more]) => ({ ...input, headers: more }));
}
