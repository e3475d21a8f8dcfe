import { once } from "node:events";
import { createServer, request as send } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from "node:net";

/** Something that a process is about to do, or has just done, as seen from outside of it. Gives false when the process is dead: it never did it. */
export type Notice = (moment: string) => boolean;
export type Relay = { readonly port: number; close(): void };

async function listen(server: Server, sockets: ReadonlySet<Socket>): Promise<Relay> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { port: (server.address() as AddressInfo).port, close };
}

function remember(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  return sockets;
}

const LISTINGS: readonly (readonly [path: RegExp, name: string])[] = [
  [/^\/[^/]+\/deployments\?/, "deployments"],
  [/^\/connectors\/drafts\?/, "drafts"],
];

/** Stands between one process and upstream: `deployments asked`, `drafts asked`, and `… answered`. */
export async function relayHttp(target: string, notice: Notice): Promise<Relay> {
  const server = createServer((request, response) => {
    const name = LISTINGS.find(([path]) => path.test(request.url ?? ""))?.[1];
    if (name !== undefined && !notice(`${name} asked`)) return void response.destroy();
    const onward = send(`${target}${request.url ?? ""}`, { method: request.method, headers: request.headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
      response.once("finish", () => name !== undefined && notice(`${name} answered`));
    });
    onward.on("error", () => response.destroy());
    request.pipe(onward);
    return undefined;
  });
  return listen(server, remember(server));
}

/** Stands between one process and PostgreSQL: `event inserted`, `events committing`, `events committed`, `delivery recorded`, each before it is passed on. */
export async function relaySql(target: URL, notice: Notice): Promise<Relay> {
  const server = createTcpServer((client) => {
    const database = connect(Number(target.port), target.hostname);
    for (const end of [client, database]) end.on("error", () => undefined).once("close", () => (client.destroy(), database.destroy()));
    let appends = false;
    const pass = (from: Socket, to: Socket, momentOf: (text: string) => string | undefined): void => {
      from.on("data", (bytes: Buffer) => {
        const moment = momentOf(bytes.toString("latin1"));
        if (moment === undefined || notice(moment)) to.write(bytes);
        else from.destroy();
      });
    };
    pass(client, database, (text) => {
      if (text.includes('insert into "event"')) {
        appends = true;
        return "event inserted";
      }
      if (appends && /\bcommit\0/.test(text)) return "events committing";
      return text.includes('update "delivery" set "state"') ? "delivery recorded" : undefined;
    });
    pass(database, client, (text) => {
      if (!appends || !text.includes("COMMIT\0")) return undefined;
      appends = false;
      return "events committed";
    });
  });
  return listen(server, remember(server));
}
