import { type ErrorEntry, GatewayError, gatewayError } from "../errors.ts";
import { readRetryAfter } from "../headers.ts";
import type { ProjectScrubber } from "../scrub/index.ts";
import { sealAnswer, type Sealing, sealingBy } from "./seal.ts";
import { STRUCTURE } from "./structure.ts";
import type { Exchange, TransportError } from "./transport.ts";

/** Callers are never told to wait longer than this, in seconds. */
const LONGEST_WAIT = 60;

const harmless = new WeakSet<GatewayError>();

/** Notes of an error that nothing changed upstream: nothing was sent, or it was refused in upstream's own words. */
export function unchanged(error: GatewayError): GatewayError {
  harmless.add(error);
  return error;
}

/** Whether it is certain that a write that ended so changed nothing. */
export function isUnchanged(error: GatewayError): boolean {
  return harmless.has(error);
}

/** Whether Connect itself said that there is no such thing. */
export function isGone(error: GatewayError): boolean {
  return error.code === "ResourceNotFound" && isUnchanged(error);
}

/** Trouble in which an older answer is better than none. What upstream answered for good, such as that there is no such thing, is none. */
export function isTrouble(error: GatewayError): boolean {
  // Permission that the gateway's own credential lacks, or lost, is not to be stood in for. Connect says so in its own words; a page is somebody else's.
  const [entry] = error.errors;
  return TROUBLE.has(error.code) && (entry?.["upstreamStatusCode"] !== 403 || entry["upstreamCode"] === undefined);
}

const TROUBLE = new Set([
  "UpstreamUnavailable",
  "UpstreamTimeout",
  "UpstreamBadResponse",
  "UpstreamThrottled",
  "UpstreamAuthFailed",
  "Overloaded",
]);

/** A 2xx answer that cannot be understood; after a write nobody knows what happened. */
export function badAnswer(write: boolean): GatewayError {
  return gatewayError(write ? "UpstreamOutcomeUnknown" : "UpstreamBadResponse");
}

/** What hangs on an answer. */
export type Weight = {
  readonly write: boolean;
  /** Something is decided by this read, such as what became of a write, or it is a listing, which is always there. */
  readonly decisive: boolean;
};

/**
 * The error of an answer outside 2xx. Decided on the HTTP status alone, because bodies may be HTML, empty or of several shapes; upstream's codes
 * and texts are kept, the texts without any value that went through this gateway.
 */
export function upstreamError(exchange: Exchange, { write, decisive }: Weight, scrubber: ProjectScrubber): GatewayError {
  const { status } = exchange;
  const fields = { upstreamStatusCode: status };
  if (status === 429) {
    const error = throttledError(Math.max(waitAsked(exchange), 1));
    if (isConnects(exchange)) return unchanged(error);
    // The page of somebody on the way, who may send it after Connect did the work; one without a word is at least no reason to believe that.
    return write && exchange.body.size > 0 ? gatewayError("UpstreamOutcomeUnknown", undefined, { fields }) : error;
  }
  if ((status === 401 || status === 403) && (!write || isConnects(exchange))) return authFailed(exchange, scrubber);
  if (status >= 500) {
    return write
      ? gatewayError("UpstreamOutcomeUnknown", undefined, { fields })
      : gatewayError("UpstreamUnavailable", undefined, { retryAfter: Math.max(waitAsked(exchange), 1), fields });
  }
  const entries = errorEntries(exchange, scrubber);
  // A redirect, a 408 or a page of some proxy does not say that nothing was done; what has no entry at 401 or 403 is such a page here.
  if (write && !refuses(status, entries)) return gatewayError("UpstreamOutcomeUnknown", undefined, { fields });
  // Else it is the page of somebody who has lost Connect. To other readers it is what the status says: Connect's own are of several forms.
  if (decisive && status === 404 && !isConnects(exchange)) return gatewayError("UpstreamBadResponse", undefined, { fields });
  // One text for every missing object, so that nobody can tell one that is hidden from one that is not there.
  const missing = status === 404 && (entries.length === 0 || entries[0]?.code === "ResourceNotFound");
  if (!missing && (status < 400 || entries.length === 0)) return gatewayError("UpstreamBadResponse", undefined, { fields });
  const error = missing ? gatewayError("ResourceNotFound") : new GatewayError(status, entries);
  // Without words of Connect it may be somebody on the way who answered, after Connect did what it was asked to.
  return status !== 408 && isConnects(exchange) ? unchanged(error) : error;
}

/** Whether an answer says for certain that the write was not done: Connect's own error envelope. A page of 404 may be that of a proxy which lost Connect. */
function refuses(status: number, entries: readonly ErrorEntry[]): boolean {
  return status >= 400 && status !== 408 && entries.length > 0;
}

/** The gateway's own credentials were refused; upstream's reason is kept because only an operator or a scope can mend it. */
function authFailed(exchange: Exchange, scrubber: ProjectScrubber): GatewayError {
  const reason = errorEntries(exchange, scrubber)[0];
  const upstream = reason === undefined ? {} : { upstreamCode: reason.code, upstreamMessage: reason.message };
  const error = gatewayError("UpstreamAuthFailed", undefined, { fields: { upstreamStatusCode: exchange.status, ...upstream } });
  return isConnects(exchange) ? unchanged(error) : error;
}

/**
 * Whether a refusal is in Connect's own words, or OAuth's as it uses them: somebody on the way, who may answer after Connect did the work, sends pages. For a
 * 401 no words are needed.
 */
export function isConnects({ status, body }: Exchange): boolean {
  if (status === 401 && body.size === 0) return true;
  const { statusCode, error, errors } = (body.json() ?? {}) as { statusCode?: unknown; error?: unknown; errors?: unknown };
  return Number.isInteger(statusCode) || typeof error === "string" || Array.isArray(errors);
}

/** Whether an answer tells of an upstream that is well: an error of its own, a redirect, a page or nothing at all where there is always something, is none of Connect's. */
export function isWell({ status, body }: Exchange): boolean {
  if (status >= 500 || status === 408 || (status >= 300 && status < 400)) return false;
  return body.size === 0 ? status !== 200 : body.seemsJson;
}

/** Upstream's texts are told up to so many characters, its codes up to a few; beside them an entry may have as much again, else a few short members. */
const LONGEST_TEXT = 4_000;
const LONGEST_CODE = 128;
const MOST_MEMBERS = 16;
/** So many of their characters are decoded to look for values. */
const MOST_DECODED = 2 * 1_024 * 1_024;

const cut = (text: string, length: number): string => (text.length <= length ? text : `${text.slice(0, length - 1).toWellFormed()}…`);

/** Upstream's entries, those that have a code; an unknown code passes like a known one. */
function errorEntries(exchange: Exchange, scrubber: ProjectScrubber): ErrorEntry[] {
  const { errors, message } = (exchange.body.json() ?? {}) as { errors?: unknown; message?: unknown };
  const list = Array.isArray(errors) ? errors.slice(0, 50) : [];
  const sealing = sealingBy(scrubber, MOST_DECODED);
  let common: string | undefined;
  return list.flatMap((item: unknown) => {
    if (!hasCode(item)) return [];
    const { code, message: own, ...more } = scrubber.scrubTree(sealed(item, sealing), STRUCTURE, sealing.allowance) as Coded;
    const text =
      typeof own === "string" ? own : typeof message === "string" ? (common ??= scrubber.scrub(message, sealing.allowance)) : code;
    const told = JSON.stringify(more).length > LONGEST_TEXT ? shortOnes(more) : more;
    return [{ ...told, code: cut(code, LONGEST_CODE), message: cut(text, LONGEST_TEXT) }];
  });
}

type Coded = Record<string, unknown> & { code: string };
const hasCode = (item: unknown): item is Coded => item !== null && typeof item === "object" && typeof (item as Coded).code === "string";

/** The entry with its secured values masked as in any other answer; of one that cannot be sealed the code and the message are left. */
function sealed(entry: Coded, sealing: Sealing): Coded {
  try {
    sealAnswer(entry, sealing);
    return entry;
  } catch {
    return { code: entry.code, message: entry["message"] };
  }
}

function shortOnes(members: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const short = Object.entries(members).filter(([name, value]) => name.length + JSON.stringify(value).length <= LONGEST_CODE);
  return Object.fromEntries(short.slice(0, MOST_MEMBERS));
}

/** The seconds that an answer asks to wait: 0 when it says nothing usable, {@link LONGEST_WAIT} at most. */
export function waitAsked({ headers }: Exchange): number {
  return Math.min(Math.ceil((readRetryAfter(headers, Date.now()) ?? 0) / 1_000), LONGEST_WAIT);
}

/** Upstream asks to wait, in seconds; also when it is not asked again because of that. */
export function throttledError(retryAfter: number): GatewayError {
  return gatewayError("UpstreamThrottled", undefined, { retryAfter, fields: { upstreamStatusCode: 429 } });
}

/** Nobody can be sure to talk to `host`: an operator has to look at its certificate, or at the trusted ones (NODE_EXTRA_CA_CERTS). */
export function untrustedError(host: string, more: { readonly cause?: TransportError; readonly retryAfter?: number }): GatewayError {
  const message = `No trusted TLS connection to ${host} can be made: its certificate or protocol is not accepted, or that of a proxy on the way.`;
  return gatewayError("UpstreamBadResponse", message, more);
}

/** The error of an exchange that came to no end. */
export function transportFailure(error: TransportError, write: boolean): GatewayError {
  if (error.kind === "unreachable") return unchanged(gatewayError("UpstreamUnavailable", undefined, { retryAfter: 1, cause: error }));
  if (error.kind === "untrusted") return unchanged(untrustedError("the Connect API", { cause: error }));
  if (error.kind === "connect-timeout") return unchanged(gatewayError("UpstreamTimeout", undefined, { cause: error }));
  if (write) return gatewayError("UpstreamOutcomeUnknown", undefined, { cause: error });
  if (error.kind === "too-large") return gatewayError("UpstreamBadResponse", undefined, { cause: error });
  if (error.kind === "timeout") return gatewayError("UpstreamTimeout", undefined, { cause: error });
  return gatewayError("UpstreamUnavailable", undefined, { retryAfter: 1, cause: error });
}
