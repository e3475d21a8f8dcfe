import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Test } from "tap";

export type Delivered = { readonly path: string; readonly headers: IncomingHttpHeaders; readonly body: string };
export type Receiver = {
  readonly url: string;
  readonly port: number;
  readonly delivered: readonly Delivered[];
  /** From now on deliveries are answered so. */
  answer(script: (response: ServerResponse, delivered: Delivered) => void): void;
  /** Waits until so many deliveries arrived. */
  arrived(count: number): Promise<void>;
  /** Ends every connection. */
  hangUp(): void;
};

/** Starts a receiver of webhooks, which goes with the test. */
export async function startReceiver(t: Test): Promise<Receiver> {
  const delivered: Delivered[] = [];
  let script = (response: ServerResponse, _delivered: Delivered): void => void response.writeHead(204).end();
  let heard = Promise.withResolvers<void>();
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const each = { path: request.url ?? "", headers: request.headers, body: Buffer.concat(chunks).toString() };
      delivered.push(each);
      script(response, each);
      heard.resolve();
      heard = Promise.withResolvers();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  t.teardown(() => (server.closeAllConnections(), server.close()));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/hook?a=b`,
    port,
    delivered,
    answer: (next) => void (script = next),
    hangUp: () => server.closeAllConnections(),
    arrived: async (count) => {
      while (delivered.length < count) await heard.promise;
    },
  };
}
