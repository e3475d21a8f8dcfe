import { gatewayError } from "./errors.ts";

type Header = string | string[] | undefined;

const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;
const NO_WEIGHT = /;\s*q=0(\.0*)?\s*(;|$)/;
/** The three forms of an HTTP-date (RFC 9110, 5.6.7): the last names no time zone and means GMT. */
const FIXDATE = /^[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT$/;
const RFC850_DATE = /^[A-Z][a-z]{5,8}, \d\d-[A-Z][a-z]{2}-\d\d \d\d:\d\d:\d\d GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;
const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** A W3C trace context to go on with; anything that is none is left aside, as its specification asks. */
export function readTraceparent(header: Header): string | undefined {
  return typeof header === "string" && TRACEPARENT.test(header) ? header : undefined;
}

/** The seconds of `Prefer: wait=…` (RFC 7240); undefined without one. What is no such number is no preference, as the RFC has it. */
export function readWait(header: Header): number | undefined {
  const wait = typeof header === "string" ? /(?:^|,)\s*wait\s*=\s*"?(\d{1,9})"?\s*(?:[,;]|$)/i.exec(header)?.[1] : undefined;
  return wait === undefined ? undefined : Number(wait);
}

/**
 * The milliseconds that `Retry-After` asks to wait; undefined when it asks for none, or in words that are neither whole seconds nor an HTTP-date. A date is
 * counted from the `Date` of the same answer: both are by the sender's clock, which may not be ours.
 */
export function readRetryAfter(headers: Readonly<Record<string, Header>>, now: number): number | undefined {
  // White space around a value is no part of it, but the parser leaves what stands behind.
  const [value, date] = [headers["retry-after"], headers["date"]].map((header) => [header].flat()[0]?.trim());
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value) * 1_000;
  const sentAt = date === undefined ? Number.NaN : readDate(date);
  const ms = readDate(value) - (Number.isNaN(sentAt) ? now : sentAt);
  return ms > 0 ? ms : undefined;
}

/** An HTTP-date in milliseconds since 1970; NaN for what is none. */
function readDate(text: string): number {
  if (ASCTIME.test(text)) return Date.parse(`${text} GMT`);
  return FIXDATE.test(text) || RFC850_DATE.test(text) ? Date.parse(text) : Number.NaN;
}

/**
 * How `Accept` takes a media type, which is given in small letters: by its name, by a range that it is in, or not at all, which a weight of 0 says as well. The
 * most precise word counts; weights above 0 are all one.
 */
export function readAccept(accept: string | undefined, type: string): "named" | "ranged" | undefined {
  // What most callers send.
  if (accept === undefined || accept === "*/*") return "ranged";
  if (accept === type) return "named";
  const ranges = accept.toLowerCase().split(",");
  for (const name of [type, `${type.split("/", 1)[0]}/*`, "*/*"]) {
    const found = ranges.filter((range) => range.includes(name) && range.split(";", 1)[0]?.trim() === name);
    if (found.length === 0) continue;
    if (found.every((range) => NO_WEIGHT.test(range))) return undefined;
    return name === type ? "named" : "ranged";
  }
  return undefined;
}

/** The caller's name for a request. Throws `InvalidHeader` when it cannot be one. */
export function readIdempotencyKey(header: Header): string | undefined {
  if (header === undefined || (typeof header === "string" && IDEMPOTENCY_KEY.test(header))) return header;
  throw gatewayError("InvalidHeader", "Idempotency-Key must be 1 to 255 visible ASCII characters, without spaces.");
}
