/** The span of one call to upstream. */
export type CallSpan = {
  /** Goes upstream with the call, so that what happens there hangs below this span. */
  readonly traceparent: string;
  /** Ends it with a fixed word: `ok`, or why it failed. */
  end(outcome: string): void;
};

/** Where spans of calls to upstream begin; who makes it decides what becomes of them. */
export type Tracer = {
  /** Begins the span of `operation`, a fixed word, under the span that `parent` (a traceparent) names, or a trace of its own. */
  start(operation: string, region: string, parent: string | undefined): CallSpan;
};
