import { once } from "node:events";
import { randomInt } from "node:crypto";
import { createServer, request, type Server } from "node:http";
import type { Test } from "tap";

/** What becomes of requests: answered; refused; never answered; done and then cut off; answered 503 and not done. */
export const MODES = ["refuse", "hang", "reset", "unavailable"] as const;
export type Mode = "pass" | (typeof MODES)[number];

/** An upstream that fails in one way after the other, in front of one that works. */
export type Front = {
  readonly url: string;
  mode(mode: Mode): Promise<void>;
  /** Requests that reached it so far. */
  seen(): number;
};

/** Starts it in front of `upstream`; it is closed with the test. */
export async function startFront(t: Test, upstream: string): Promise<Front> {
  let mode: Mode = "pass";
  let seen = 0;
  const server = createServer((incoming, answer) => {
    seen += 1;
    if (mode === "hang") return void incoming.resume();
    if (mode === "unavailable") return void answer.writeHead(503).end("<html>no</html>");
    const { method, headers, url = "/" } = incoming;
    const onward = request(new URL(url, upstream), { method, headers }, (response) => {
      if (mode === "reset") return void incoming.socket.resetAndDestroy();
      answer.writeHead(response.statusCode ?? 500, response.headers);
      return void response.pipe(answer);
    });
    onward.on("error", () => incoming.socket.destroy());
    return void incoming.pipe(onward);
  });
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  t.teardown(close);
  const port = await listenApart(server);
  return {
    url: `http://127.0.0.1:${port}`,
    seen: () => seen,
    mode: async (next) => {
      mode = next;
      // What hangs ends with its mode.
      if (next === "refuse") return close();
      server.closeAllConnections();
      if (server.listening) return undefined;
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      return undefined;
    },
  };
}

/** Takes a port that no connection outward is given: it must be free again when the server comes back. */
async function listenApart(server: Server): Promise<number> {
  for (;;) {
    const port = randomInt(10_000, 32_768);
    try {
      server.listen(port, "127.0.0.1");
      await once(server, "listening");
      return port;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    }
  }
}
