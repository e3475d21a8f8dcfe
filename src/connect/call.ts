import type { Again } from "../timing.ts";

/** What travels with every call to upstream. */
export type Call = {
  readonly correlationId: string;
  readonly traceparent?: string | undefined;
  /** Who asks: after a write of theirs nothing older is given to them. */
  readonly principal?: string | undefined;
  /** How new an answer must be: `shared` takes no remembered one, but one that is already on its way; `own` is asked for this call alone. */
  readonly fresh?: "shared" | "own" | undefined;
  /** Whether those whom it serves could do without, because an older answer is known. */
  readonly spare?: boolean | undefined;
  /** When the request that it serves has to be answered, in milliseconds on the monotonic clock; each call has its own limit beside. */
  readonly deadline?: number | undefined;
  /** The fields that will be read, when only some of them are. */
  readonly fields?: Fields | undefined;
  /** Hears where each answer came from. */
  readonly noted?: ((note: ReadNote) => void) | undefined;
};

/** Fields of a JSON object by name; a list has the fields of its entries. */
export type Fields = { readonly [name: string]: Fields | true };

/** Where the answer to a call came from. */
export type ReadNote = {
  /**
   * `hit`: remembered; `coalesced`: asked for by somebody else; `miss`: asked for; `stale`: remembered, because upstream is in trouble. Also noted are
   * `failed`, a read without an answer, and `write`.
   */
  readonly from: "hit" | "coalesced" | "miss" | "stale" | "failed" | "write";
  /** Age of the answer, in milliseconds. */
  readonly ageMs: number;
  /** Time that the caller waited for it, in milliseconds. */
  readonly ms: number;
  /** Of a hit alone. */
  readonly again?: Again | undefined;
};

/** One finished exchange with upstream, for logs and metrics. */
export type CallReport = {
  readonly method: string;
  /** Such as `deployments.list`. */
  readonly operation: string;
  /** `ok`, or the code of the error. */
  readonly outcome: string;
  readonly ms: number;
  /** Tries that were sent; 0 when it was kept from upstream. */
  readonly attempts: number;
  readonly correlationId: string;
};
