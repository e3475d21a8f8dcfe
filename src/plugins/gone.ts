import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { failUnfinished } from "../long-lived.ts";

/** The status of a request whose caller left before its answer was finished: nobody is sent it, and nginx has made it known. */
export const GONE = 499;

/** Connections that were refused for what came on them, with the status of the request that was still coming in; undefined where that is told by itself. */
const refused = new WeakMap<Socket, number | undefined>();
/** Connections that end after the answer that is under way. */
const ending = new WeakSet<Socket>();

// Node's own name for the answer that is next on a connection.
export const nextOn = (socket: Socket): unknown => Reflect.get(socket, "_httpMessage");

/**
 * Ends a connection after the answer to a request that came whole, and that nothing which follows it may take the place of: it may have been done. False when there is
 * none. A stream, which has no end, ends with the connection.
 */
export function endAfterAnswer(socket: Socket): boolean {
  const answer = nextOn(socket);
  if (!(answer instanceof ServerResponse) || !answer.req.complete) return false;
  if (answer.headersSent && !answer.writableEnded) socket.destroy();
  else answer.once("finish", () => socket.destroySoon());
  ending.add(socket);
  return true;
}

/** Whether a connection ends so already: whatever else comes on it was told. */
export const isEnding = (socket: Socket): boolean => ending.has(socket);

/** Notes that a connection is refused with a status, and gives the request that is still coming in on it: it ends with that status. Undefined when there is none. */
export function refuseIncoming(socket: Socket, status: number): IncomingMessage | undefined {
  const answer = nextOn(socket);
  const request = answer instanceof ServerResponse && !answer.req.complete ? answer.req : undefined;
  refused.set(socket, request === undefined ? undefined : status);
  return request;
}

/** Lets the answer to a request fail, with {@link GONE}, when its caller leaves before it is finished. */
export function watchCaller(answer: ServerResponse): void {
  answer.on("close", fail);
}

/** No closure, because every answer has it for a listener. */
function fail(this: ServerResponse): void {
  if (this.writableFinished) return;
  const { complete, socket } = this.req;
  const status = !complete && refused.has(socket) ? refused.get(socket) : GONE;
  if (status === undefined) return;
  this.statusCode = status;
  failUnfinished(this);
}
