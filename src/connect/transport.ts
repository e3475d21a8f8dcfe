import { performance } from "node:perf_hooks";
import { type Dispatcher, errors } from "undici";
import { createBatch } from "../batch.ts";
import type { Proxy } from "../tunnels.ts";
import type { Flow, Lane } from "./inflow.ts";
import { createDispatcher } from "./outbound.ts";
import { type Body, createReceiver, type Receiver } from "./receiver.ts";
import { took } from "./scavenge.ts";

/** The longest answer that is read, in bytes; a longer one is cut off and reported as a bad answer. */
export const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** The most pieces of an answer: one that comes byte by byte would keep the processor busy for as long as it may take. */
const MOST_PIECES = 100_000;

/** The most answers of 1xx before the answer itself: they say nothing that the gateway listens to. */
const MOST_INTERIM = 100;

/** Time limits of one exchange with upstream, in milliseconds. */
export type TransportLimits = {
  /** To open a connection, TLS included. */
  readonly connectMs: number;
  /** From the last byte sent to the first header received. */
  readonly headersMs: number;
  /** Between two pieces of the body. */
  readonly idleMs: number;
  /** For everything, retries included. */
  readonly totalMs: number;
};

export const DEFAULT_LIMITS: TransportLimits = { connectMs: 2_000, headersMs: 10_000, idleMs: 5_000, totalMs: 15_000 };

export type Exchange = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Body;
};

export type Outgoing = {
  readonly method: Dispatcher.HttpMethod;
  /** Path and query, already encoded. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** What went wrong below HTTP. */
export class TransportError extends Error {
  readonly kind: "unreachable" | "untrusted" | "connect-timeout" | "timeout" | "broken" | "too-large";

  constructor(kind: TransportError["kind"], cause: unknown) {
    // The cause's own text may quote hosts and headers of others; its code is enough.
    super(`upstream exchange failed: ${kind} (${errorCode(cause)})`);
    this.name = "TransportError";
    this.kind = kind;
  }

  /** True when the request certainly never arrived, so that any method may be tried again. */
  get unsent(): boolean {
    return this.kind === "unreachable" || this.kind === "untrusted" || this.kind === "connect-timeout";
  }
}

/** Sends requests to one upstream host. */
export type Transport = {
  /** One request and its whole answer, within `deadline` (ms on the monotonic clock). Never follows redirects. See {@link createReceiver} for `expected`. */
  send(request: Outgoing, deadline: number, expected?: Body): Promise<Exchange>;
  close(): Promise<void>;
};

/** Makes a transport to `baseUrl` (a path in it is a prefix of every request's path). */
export function createTransport(baseUrl: string, limits: TransportLimits, lane: Lane, proxy?: Proxy): Transport {
  const { origin, pathname } = new URL(baseUrl);
  const prefix = pathname.replace(/\/+$/, "");
  const batch = createBatch();
  const agent = createDispatcher(proxy, {
    origin,
    // More than there are requests under way mostly: a write must not wait for a connection that a read hangs on.
    connections: 128,
    pipelining: 1,
    allowH2: false,
    connectMs: limits.connectMs,
    headersTimeout: limits.headersMs,
    bodyTimeout: limits.idleMs,
    maxResponseSize: MAX_ANSWER_BYTES,
  });

  function send({ method, path, headers, body }: Outgoing, deadline: number, expected?: Body): Promise<Exchange> {
    return new Promise((resolve, reject) => {
      const left = Math.max(deadline - performance.now(), 1);
      const asked = { origin, path: prefix + path, method, headers, body: body ?? null };
      const handler = collect({ ms: left, receiver: createReceiver(expected), lane, resolve, reject });
      // What goes wrong in it is told to the handler.
      const dispatch = (): void => void agent.dispatch(asked, handler);
      // A write must not meet the end of a connection whose answer has just come: at once, while that one still rests, it takes another.
      if (method === "GET") batch(dispatch);
      else dispatch();
    });
  }

  return { send, close: () => agent.destroy() };
}

type Collecting = {
  readonly ms: number;
  readonly receiver: Receiver;
  readonly lane: Lane;
  readonly resolve: (exchange: Exchange) => void;
  readonly reject: (error: TransportError) => void;
};

/** Collects one answer in at most `ms`: the library's own way to a body makes a stream of it first, which costs as much again. */
function collect({ ms, receiver, lane, resolve, reject }: Collecting): Dispatcher.DispatchHandler {
  let controller: Dispatcher.DispatchController | undefined;
  let flow: Flow | undefined;
  let status = 0;
  let received: Exchange["headers"] = {};
  let [pieces, interim] = [0, 0];
  const fail = (kind: TransportError["kind"], cause: unknown): void => {
    clearTimeout(timer);
    flow?.close();
    reject(new TransportError(kind, cause));
  };
  // Made only when it is needed: an error notes where it was made, at a cost that shows in every request.
  let late: Error | undefined;
  const timer = setTimeout(() => {
    late = new Error("deadline");
    fail(controller === undefined ? "connect-timeout" : "timeout", late);
    controller?.abort(late);
  }, ms);
  return {
    onRequestStart: (started) => {
      controller = started;
      // It waited for a connection for too long: what was given up is not sent after all.
      if (late !== undefined) started.abort(late);
    },
    onResponseStart: (started, statusCode, headers) => {
      if (statusCode < 200 && ++interim > MOST_INTERIM) started.abort(new errors.ResponseExceededMaxSizeError());
      status = statusCode;
      received = headers;
    },
    onResponseData: (started, chunk) => {
      if (++pieces > MOST_PIECES) return started.abort(new errors.ResponseExceededMaxSizeError());
      const held = receiver.add(chunk);
      took(chunk.length);
      if (held === 0) return;
      flow ??= lane.open(started);
      flow.holds(held);
    },
    onResponseEnd: () => {
      clearTimeout(timer);
      flow?.close();
      resolve({ status, headers: received, body: receiver.end() });
    },
    onResponseError: (_controller, error) => {
      fail(controller === undefined ? classifyUnsent(error) : classifySent(error), error);
    },
  };
}

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
  // The proxy refused the tunnel; our own aborts are told apart before.
  "UND_ERR_ABORTED",
]);

function classify(error: unknown): TransportError["kind"] {
  const code = errorCode(error);
  if (UNREACHABLE.has(code)) return "unreachable";
  if (code === "UND_ERR_CONNECT_TIMEOUT") return "connect-timeout";
  if (code === "UND_ERR_RES_EXCEEDED_MAX_SIZE") return "too-large";
  return code === "UND_ERR_HEADERS_TIMEOUT" || code === "UND_ERR_BODY_TIMEOUT" ? "timeout" : "broken";
}

/** Codes of a handshake that failed: OpenSSL's names for what is wrong with a certificate, and for no protocol in common. */
const TLS =
  /^(CERT_|CRL_|ERROR_IN_C|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|INVALID_(CA|PURPOSE)$|PATH_LENGTH_|HOSTNAME_|ERR_TLS_|ERR_SSL_|EPROTO$)/;

/** What went wrong once the request was begun: whatever it was, it may have arrived. */
function classifySent(error: unknown): TransportError["kind"] {
  const kind = classify(error);
  return kind === "unreachable" || kind === "connect-timeout" ? "broken" : kind;
}

/** What went wrong before the request was begun: nothing of it was sent. */
function classifyUnsent(error: unknown): TransportError["kind"] {
  const kind = classify(error);
  // A proxy that does not answer.
  if (kind === "timeout") return "connect-timeout";
  if (kind !== "broken") return kind;
  return TLS.test(errorCode(error)) ? "untrusted" : "unreachable";
}

function errorCode(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const nested = error instanceof AggregateError ? error.errors[0] : undefined;
  const code: unknown = "code" in error && error.code !== undefined ? error.code : (nested as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : error.name;
}
