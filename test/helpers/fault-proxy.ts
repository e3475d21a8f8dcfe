import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Test } from "tap";

/** What happens to a connection: it passes, nothing comes back, it is reset after so many bytes of answers, or those come a byte at a time. */
export type Fault = "none" | "silent" | { readonly resetAfter: number } | { readonly dripMs: number };

/** A TCP proxy that spoils connections. */
export type FaultProxy = {
  readonly url: string;
  /** For connections from now on; those that are open are ended. */
  fault(fault: Fault): void;
  /** Refuses connections, until `listen`. */
  refuse(): Promise<void>;
  listen(): Promise<void>;
  /** Connections that are open. */
  open(): number;
};

/** Starts it in front of `upstream`; it is closed with the test. */
export async function startFaultProxy(t: Test, upstream: string): Promise<FaultProxy> {
  const { hostname, port: target } = new URL(upstream);
  const sockets = new Set<Socket>();
  let current: Fault = "none";
  const server = createServer((near) => {
    const far = connect(Number(target), hostname);
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    near.pipe(far);
    spoil(current, far, near);
  });
  const end = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const close = async (): Promise<void> => {
    end();
    if (server.listening) await once(server.close(), "close");
  };
  const listen = async (port: number): Promise<void> => {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  t.teardown(close);
  return {
    url: `http://127.0.0.1:${port}`,
    fault: (fault) => {
      current = fault;
      end();
    },
    refuse: close,
    listen: () => listen(port),
    open: () => sockets.size,
  };
}

/** Hands answers on, in the way that the fault has it. */
function spoil(fault: Fault, far: Socket, near: Socket): void {
  if (fault === "none") return void far.pipe(near);
  if (fault === "silent") return void far.resume();
  if ("resetAfter" in fault) {
    let left = fault.resetAfter;
    far.on("data", (chunk: Buffer) => {
      const passed = chunk.subarray(0, left);
      left -= passed.length;
      near.write(passed, () => void (left === 0 && near.resetAndDestroy()));
    });
    return undefined;
  }
  const waiting: Buffer[] = [];
  far.on("data", (chunk: Buffer) => void waiting.push(chunk));
  const drip = setInterval(() => {
    const chunk = waiting.shift();
    if (chunk === undefined) return;
    near.write(chunk.subarray(0, 1));
    if (chunk.length > 1) waiting.unshift(chunk.subarray(1));
  }, fault.dripMs);
  near.on("close", () => clearInterval(drip));
  return undefined;
}
