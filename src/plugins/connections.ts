import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** How long the stop waits for others, in milliseconds. */
export type Patience = {
  /** For whoever has not sent a whole request, does not read its answer, or does not answer the closing of a socket. */
  readonly silentMs: number;
  /** For requests that are worked on. */
  readonly workMs: number;
};

/** A request to upstream ends after 15 seconds; what ends a process that does not stop by itself comes after all of this. */
const PATIENCE: Patience = { silentMs: 3_000, workMs: 18_000 };
const LOOK_MS = 500;

/** What is answered on a connection at the moment; a socket of another protocol has no requests any more. */
type Use = { readonly answers: Set<ServerResponse>; upgraded: boolean };

/**
 * Ends connections at the stop. Node's server waits for each of them, also for one that never says anything, and has no name for one that has sent
 * half a request.
 */
export function registerConnections(app: FastifyInstance, { silentMs, workMs }: Patience = PATIENCE): void {
  const open = new Map<Socket, Use>();
  app.server.on("connection", (socket) => {
    open.set(socket, { answers: new Set(), upgraded: false });
    socket.once("close", () => open.delete(socket));
  });
  app.server.on("request", ({ socket }, answer) => {
    const answers = open.get(socket)?.answers.add(answer);
    answer.on("close", () => answers?.delete(answer));
  });
  app.server.on("upgrade", ({ socket }) => {
    const use = open.get(socket);
    if (use !== undefined) use.upgraded = true;
  });

  /** Ends what nobody has to be waited for, so long after the stop began. */
  function end(afterMs: number): void {
    for (const [socket, use] of open) {
      const idle = use.answers.size === 0 && !use.upgraded;
      if (idle || afterMs >= workMs || (afterMs >= silentMs && !isWorkedOn(use))) socket.destroy();
    }
  }

  let looking: NodeJS.Timeout | undefined;
  app.addHook("preClose", async () => {
    const startedAt = performance.now();
    end(0);
    looking = setInterval(() => end(performance.now() - startedAt), LOOK_MS);
  });
  // Called once the last connection is gone.
  app.addHook("onClose", async () => clearInterval(looking));
}

/** Whether there is a request that came whole and is not answered yet. */
const isWorkedOn = ({ answers }: Use): boolean => answers.values().some(({ req, writableEnded }) => req.complete && !writableEnded);
