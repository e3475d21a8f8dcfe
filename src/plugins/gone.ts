import { type IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { failUnfinished } from "../long-lived.ts";

/** The status of a request whose caller left before its answer was finished: nobody is sent it, and nginx has made it known. */
export const GONE = 499;

/** Connections that were refused for what came on them, with the status of the request that was still coming in; undefined where that is told by itself. */
const refused = new WeakMap<Socket, number | undefined>();
/** Answers that wait for an earlier one on their connection: Node tells them nothing of its end. */
const queued = new WeakMap<Socket, Set<ServerResponse>>();

/** Notes that a connection is refused with a status, and gives the request that is still coming in on it: it ends with that status. Undefined when there is none. */
export function refuseIncoming(socket: Socket, status: number): IncomingMessage | undefined {
  // Node's own name for the answer that is next on a connection.
  const answer: unknown = Reflect.get(socket, "_httpMessage");
  const request = answer instanceof ServerResponse && !answer.req.complete ? answer.req : undefined;
  refused.set(socket, request === undefined ? undefined : status);
  return request;
}

/** Lets the answer to a request fail, with {@link GONE}, when its caller leaves before it is finished. */
export function watchCaller({ socket }: IncomingMessage, answer: ServerResponse): void {
  answer.on("close", fail);
  if (answer.socket === null) watchQueued(socket, answer);
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

function watchQueued(socket: Socket, answer: ServerResponse): void {
  const held = queued.get(socket);
  const answers = held ?? new Set();
  answers.add(answer);
  answer.once("close", () => answers.delete(answer));
  if (held !== undefined) return;
  queued.set(socket, answers);
  socket.once("close", () => answers.forEach((each) => fail.call(each)));
}
