import { type IncomingMessage, type OutgoingHttpHeaders, ServerResponse } from "node:http";
import type { FastifyReply, FastifyRequest } from "fastify";

/** Sent with every answer but to an upgrade. Nothing here is a page, so that a browser may do nothing with it; `/docs` and `/graphiql` set policies of their own. */
export const HEADERS = {
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  vary: "Origin",
};

/** Sets what every answer carries. */
export function setHeaders(request: FastifyRequest, reply: FastifyReply): void {
  if (!(reply.raw instanceof SecuredResponse)) reply.headers(HEADERS);
  reply.header("x-correlation-id", request.id);
}

const LINES = Object.entries(HEADERS).map(([name, value]) => ({ name, line: `${name}: ${value}\r\n` }));
const print = (lines: typeof LINES): string => lines.map(({ line }) => line).join("");
const ALL_LINES = print(LINES);

/** How Node prints the head of an answer: what it is given as the first line stands first. */
type StoreHeader = (this: ServerResponse, firstLine: string, headers?: OutgoingHttpHeaders) => void;
const storeHeader = Reflect.get(ServerResponse.prototype, "_storeHeader") as StoreHeader;

/**
 * An answer with {@link HEADERS}, but for those that it has of its own, by their names in small letters. They are made once: where the framework sets them
 * one by one, and Node looks at each character of them, that takes 2 µs of the 47 of a plain read.
 */
class SecuredResponse extends ServerResponse {
  _storeHeader(firstLine: string, headers?: OutgoingHttpHeaders | null): void {
    const own = headers ?? {};
    const plain = !LINES.some(({ name }) => name in own);
    storeHeader.call(this, firstLine + (plain ? ALL_LINES : print(LINES.filter(({ name }) => !(name in own)))), own);
  }
}

/** Whether this Node has the class of an answer print its head, in the form that is relied on here: how it comes to one is its own affair. */
function isHeadOurs(): boolean {
  try {
    const answer = new SecuredResponse({ method: "GET", httpVersionMajor: 1, httpVersionMinor: 1 } as IncomingMessage);
    const head: unknown = Reflect.get(answer.writeHead(200, { vary: "*" }), "_header");
    const begin = `HTTP/1.1 200 OK\r\n${print(LINES.filter(({ name }) => name !== "vary"))}vary: *\r\n`;
    return typeof head === "string" && head.startsWith(begin) && head.endsWith("\r\n\r\n");
  } catch {
    return false;
  }
}

/** The class of all answers. */
export const AnswerClass = (isHeadOurs() ? SecuredResponse : ServerResponse) as typeof ServerResponse;
