import type { IncomingMessage } from "node:http";

/** The end of a head. */
const END = "\r\n\r\n";

const headOf = (bytes: Buffer): string => bytes.toString("latin1", 0, bytes.indexOf(END));

/** Whether bytes look like one request, from its beginning to its end, that asks for nothing but an answer. */
export function seemsWhole(bytes: Buffer): boolean {
  if (!bytes.includes(END)) return false;
  const head = headOf(bytes);
  if (!/^(?:GET|POST) /.test(head) || /\r\n(?:transfer-encoding|expect|upgrade) *:/i.test(head)) return false;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(head)?.[1] ?? 0);
  return head.length + END.length + length === bytes.length;
}

/**
 * Whether a request that Node has read is the one that these bytes look like. Then it began with the first of them, wherever pieces before them may have ended: with a
 * head of the same lines and a body of the same length it takes as many bytes, and a head has one end.
 */
export function isReadFrom({ complete, method, url, httpVersion, rawHeaders }: IncomingMessage, bytes: Buffer): boolean {
  const [line, ...fields] = headOf(bytes).split("\r\n");
  if (!complete || line !== `${method} ${url} HTTP/${httpVersion}` || fields.length * 2 !== rawHeaders.length) return false;
  return fields.every((field, at) => {
    const [name = "", value = ""] = rawHeaders.slice(at * 2, at * 2 + 2);
    return field.startsWith(`${name}:`) && field.slice(name.length + 1).trim() === value;
  });
}
