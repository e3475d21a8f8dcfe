import type { Form } from "./form.ts";
import type { Subject } from "./marks.ts";

export type ReadLimits = {
  /** How long an answer serves further callers, in milliseconds; 0 lets every call ask upstream. */
  readonly cacheMs: number;
  /** How old an answer may be that stands in for an upstream in trouble, in milliseconds; 0 gives none. */
  readonly staleMs: number;
  /** How long those wait at least who can be given an older answer, in milliseconds; a second when left out. */
  readonly patienceMs?: number | undefined;
};

/** What is read. */
export type Read<T> = {
  readonly operation: string;
  /** The path with the query. */
  readonly path: string;
  /** What the answer is called in the memory, which all projects share. */
  readonly name: string;
  /** What it shows. */
  readonly subject: Subject;
  /** What the answer must look like. */
  readonly form: Form<T>;
};

/** A page and its mark; the page is left out when it is as it was. */
export type Marked<T> = { readonly mark: string; readonly value: T | undefined };
