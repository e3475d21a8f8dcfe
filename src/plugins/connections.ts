import type { IncomingMessage, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import type { FastifyInstance } from "fastify";

/**
 * How long the stop waits, in milliseconds: for whoever has not sent a whole request, does not read its answer, or does not answer the closing of a socket; and
 * for requests that are worked on: one to upstream ends after 15 seconds. After a long time of serving on they have less, so that with what follows, which are
 * the last spans, the database and the log, all of it takes less than the 25 seconds after which a process that does not stop by itself is ended.
 */
const [SILENT_MS, WORK_MS] = [3_000, 18_000];
const WORK_AND_BEFORE_MS = 20_500;
const LOOK_MS = 500;
/**
 * So long an answer may lie there without a byte of it being taken: it takes memory, and a place if it is long. Node asks only after all of it whether anything
 * was taken meanwhile, and gives as long again: to be cut off can take twice this, and the part of it between two looks. More than the beat of a stream.
 */
const STALLED_MS = 14_000;
const STALLED_LOOKS = 7;

/** Requests of one connection that may be under way: each holds some kilobytes, and one piece of what a socket sends may have thousands in it. */
const MAX_AHEAD = 32;
/** What answers of one connection may hold that wait for one before them, in bytes: a few pages as large as Connect's get. */
const MAX_WAITING = 8 * 1024 * 1024;

/** Files that are kept for the store, the log, and connections to others: so many, or this part of few. */
const KEPT_FILES = 1_024;
const KEPT_SHARE = 3 / 4;

/**
 * What is answered on a connection at the moment, mostly one thing; a socket of another protocol has no requests any more. No set: tables that it
 * outgrew hold on to the ones after them, and so to all answers of a connection, for as long as the first is in old memory.
 */
type Use = { readonly answers: ServerResponse[]; upgraded: boolean; hurry: number };

type Options = {
  /** Files and connections that the process may have open. */
  readonly mostFiles: number;
  /** How long an answer may lie untaken, in milliseconds: {@link STALLED_MS} when left out. */
  readonly stalledMs?: number;
  /** How long requests were served on before the stop, in milliseconds; not at all when left out. */
  readonly preStopMs?: number;
};

export type Connections = {
  /** Tells of a request that Node does not hear of. */
  used(socket: Socket): void;
  /** Tells of an answer that Node does not hear of, and that was not all taken; gives what is to be called when it was. */
  lie(socket: Socket): () => void;
};

/**
 * Keeps callers from taking all connections that the process may have: where they are few, whoever comes takes the place of one on which nothing is asked. Whoever
 * takes nothing of an answer loses his, and so does who asks for too much before he has the answers.
 * At the stop it ends connections: Node's server waits for each of them, also for one that never says anything, and has no name for one that has sent half a request.
 */
export function registerConnections(app: FastifyInstance, { mostFiles, stalledMs = STALLED_MS, preStopMs = 0 }: Options): Connections {
  const workMs = Math.min(WORK_MS, WORK_AND_BEFORE_MS - preStopMs);
  const open = new Map<Socket, Use>();
  const most = mostFiles - Math.min(KEPT_FILES, Math.ceil(mostFiles * KEPT_SHARE));
  if (Number.isFinite(most)) app.server.maxConnections = most;
  app.server.on("connection", (socket) => {
    const answers: ServerResponse[] = [];
    open.set(socket, { answers, upgraded: false, hurry: 0 });
    // The last place is for whoever comes next, while there is anyone who does not need his.
    if (open.size >= most)
      open
        .entries()
        .find(([each, use]) => each !== socket && !each.destroyed && isIdle(each, use))?.[0]
        .destroy();
    socket.once("close", () => {
      open.delete(socket);
      // Those that wait for an earlier one Node forgets where it has made an upgrade behind them: they would keep what they hold for ever.
      for (const answer of answers) answer.destroy();
    });
  });
  /** Keeps them in the order in which they were used, for when the oldest has to go. */
  function used(socket: Socket): void {
    const use = open.size * 2 > most ? open.get(socket) : undefined;
    if (use !== undefined && open.delete(socket)) open.set(socket, use);
  }
  app.server.on("request", ({ socket }, answer) => {
    const use = open.get(socket);
    if (use === undefined) return;
    const { answers } = use;
    answers.push(answer);
    use.hurry = 0;
    used(socket);
    answer.on("close", () => {
      const at = answers.indexOf(answer);
      if (at >= 0) answers.splice(at, 1);
    });
  });
  app.server.on("upgrade", ({ socket }) => {
    const use = open.get(socket);
    if (use !== undefined) use.upgraded = true;
  });

  /** Puts the time back, afterwards, that Node gives a connection which rests: it does that itself after answers of its own alone. */
  function lie(socket: Socket): () => void {
    const { timeout } = socket;
    const rest = (): void => {
      const use = open.get(socket);
      if (use !== undefined) use.hurry = 0;
      if (timeout !== undefined) socket.setTimeout(timeout);
    };
    rest();
    return rest;
  }

  limitAhead(app, open);

  /** From now on Node ends the connection when no byte of what is on its way is taken for so long. */
  function hurry(socket: Socket, use: Use, ms: number): void {
    if (!isOnItsWay(socket, use) || use.hurry === ms) return;
    use.hurry = ms;
    socket.setTimeout(ms);
  }

  /** Ends what nobody has to be waited for, so long after the stop began. */
  function end(afterMs: number): void {
    for (const [socket, use] of open) {
      if (isIdle(socket, use) || afterMs >= workMs || (afterMs >= SILENT_MS && !isWorkedOn(use) && !isOnItsWay(socket, use)))
        socket.destroy();
      else hurry(socket, use, SILENT_MS);
    }
  }
  // Node's own takes a connection for idle as soon as its answer is made, and cuts off what has not been taken of it yet.
  app.server.closeIdleConnections = () => end(0);

  let looking = setInterval(() => {
    for (const [socket, use] of open) hurry(socket, use, stalledMs);
  }, stalledMs / STALLED_LOOKS).unref();
  app.addHook("preClose", async () => {
    clearInterval(looking);
    const startedAt = performance.now();
    end(0);
    looking = setInterval(() => end(performance.now() - startedAt), LOOK_MS);
  });
  // Called once the last connection is gone.
  app.addHook("onClose", async () => clearInterval(looking));
  return { used, lie };
}

const isIdle = (socket: Socket, { answers, upgraded }: Use): boolean => answers.length === 0 && !upgraded && socket.writableLength === 0;

/**
 * Whether there is an answer that is made, and not all taken. Those behind one that is not made yet can be taken by nobody. One to a request that came again (see
 * `repeats.ts`) is nothing but its bytes.
 */
const isOnItsWay = (socket: Socket, { answers: [first], upgraded }: Use): boolean =>
  first === undefined ? !upgraded && socket.writableLength > 0 : first.writableEnded && !first.writableFinished;

/** Whether there is a request that came whole and is not answered yet. */
const isWorkedOn = ({ answers }: Use): boolean => answers.some(({ req, writableEnded }) => req.complete && !writableEnded);

/** Cuts whoever asks for more before he has the answers off; `open` knows a connection before this hears of it. */
function limitAhead(app: FastifyInstance, open: ReadonlyMap<Socket, Use>): void {
  function cutOff(socket: Socket, reason: string): void {
    app.log.info({ reason }, "connection cut off");
    socket.destroy();
  }
  app.server.on("connection", (socket) => {
    const answers = open.get(socket)?.answers ?? [];
    stopAhead(socket, ({ upgrade }) => {
      // What is upgraded gets no answers any more, and its own would come before theirs.
      const early = upgrade && answers.length > 0;
      if (!early && answers.length < MAX_AHEAD) return false;
      cutOff(socket, early ? "an upgrade ahead of the answers before it" : "too many requests ahead of their answers");
      return true;
    });
  });
  // Before the next one, not after it: one large answer alone cuts nobody off. The first has nothing to wait for.
  app.addHook("onSend", ({ raw: { socket } }, { raw }, _payload, done) => {
    const answers = open.get(socket)?.answers ?? [];
    if (answers.length > 2 && answers[0] !== raw && waitingBytes(answers) > MAX_WAITING && !socket.destroyed)
      cutOff(socket, "too much waits for an answer before it");
    done();
  });
}

/** What the answers hold that wait for the first one. */
const waitingBytes = (answers: Use["answers"]): number =>
  answers.reduce((sum, { writableLength }, at) => (at === 0 ? 0 : sum + writableLength), 0);

/** What Node calls for each request that it has read the head of; 2 lets its parser stop there, as where another protocol begins. */
type Parser = { onIncoming: (request: Asked, keepAlive: boolean) => number };
/** A request, and whether it asks for another protocol, or a tunnel. */
type Asked = IncomingMessage & { upgrade: boolean };
const STOP = 2;

/**
 * Lets nothing more be read of a connection, and nothing be made of it, as soon as `stop` says so. Neither pausing a socket nor destroying it keeps Node from
 * making requests and answers of all that it has read already, and no event comes before them.
 */
function stopAhead(socket: Socket, stop: (request: Asked) => boolean): void {
  const parser = Reflect.get(socket, "parser") as Parser | undefined;
  if (typeof parser?.onIncoming !== "function") return;
  const take = parser.onIncoming;
  parser.onIncoming = (request, keepAlive) => {
    if (!stop(request)) return take(request, keepAlive);
    // Else Node would have the upgrade be made that it may ask for.
    Object.assign(request, { upgrade: false });
    return STOP;
  };
}
