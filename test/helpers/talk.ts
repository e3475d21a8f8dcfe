import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Test } from "tap";
import type { TestGateway } from "./gateway.ts";

/** An answer as it came, its lines by their names in small letters. */
export type Told = { readonly status: number; readonly headers: ReadonlyMap<string, string>; readonly body: string };

/** One connection that stays open. */
export type Talk = {
  readonly socket: Socket;
  /** The next answer. */
  next(): Promise<Told>;
  /** Sends bytes as they are, and waits for the next answer. */
  ask(text: string): Promise<Told>;
};

/** Opens a connection; it is closed with the test. */
export async function openTalk(t: Test, { url }: TestGateway): Promise<Talk> {
  const socket = connect({ port: Number(new URL(url).port), host: "127.0.0.1", noDelay: true });
  t.teardown(() => socket.destroy());
  let text = "";
  const waiting = new Set<() => void>();
  const go = (): void => waiting.forEach((each) => each());
  socket.on("data", (chunk: Buffer) => {
    text += chunk.toString("latin1");
    go();
  });
  socket.on("error", () => undefined).on("close", go);
  await once(socket, "connect");

  function take(): Told | undefined {
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const [line = "", ...fields] = text.slice(0, end).split("\r\n");
    const headers = new Map(fields.map((field) => [field.split(":", 1)[0]?.toLowerCase() ?? "", field.replace(/^[^:]*: */, "")]));
    if (headers.size < fields.length) throw new Error(`a line stands there twice: ${text.slice(0, end)}`);
    const whole = end + 4 + Number(headers.get("content-length"));
    if (text.length < whole) return undefined;
    const body = Buffer.from(text.slice(end + 4, whole), "latin1").toString();
    text = text.slice(whole);
    return { status: Number(line.split(" ")[1]), headers, body };
  }

  async function next(): Promise<Told> {
    for (;;) {
      const told = take();
      if (told !== undefined) return told;
      if (socket.destroyed) throw new Error("the connection is closed");
      const more = Promise.withResolvers<void>();
      waiting.add(more.resolve);
      await more.promise;
      waiting.delete(more.resolve);
    }
  }
  return {
    socket,
    next,
    ask: (sent) => {
      socket.write(sent, "latin1");
      return next();
    },
  };
}
