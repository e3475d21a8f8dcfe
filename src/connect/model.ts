import type { Secret } from "../secret.ts";

export * from "./model-actions.ts";
export * from "./model-connectors.ts";
export * from "./model-deployments.ts";
export * from "./model-drafts.ts";
export * from "./model-errors.ts";
export * from "./model-queries.ts";
export * from "./model-registry.ts";
export * from "./model-values.ts";

/**
 * `T` as it is inside the gateway: every `value` in a `securedConfiguration` is a {@link Secret}, at any depth. Definitions, which have a
 * `securedConfiguration` without values, are untouched.
 */
export type Sealed<T> = T extends readonly (infer E)[]
  ? Sealed<E>[]
  : T extends object
    ? { [K in keyof T]: K extends "securedConfiguration" ? SealedList<T[K]> : Sealed<T[K]> }
    : T;

type SealedList<L> = L extends readonly (infer E)[] ? SealedEntry<E>[] : L;

type SealedEntry<E> = E extends { value: string } ? Omit<E, "value"> & { value: Secret } : E;
