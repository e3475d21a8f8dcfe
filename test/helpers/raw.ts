import { once } from "node:events";
import { connect } from "node:net";
import { PROJECT, type TestGateway } from "./gateway.ts";
import { tokenFor } from "./token.ts";

/** The header of a caller who may do everything. */
export const AUTH = `Authorization: Bearer ${tokenFor(`manage_project:${PROJECT}`)}`;

/** Sends bytes as they are, and gives all that comes back until the connection is closed. */
export async function raw(gateway: TestGateway, text: string): Promise<string> {
  const { port } = new URL(gateway.url);
  const socket = connect(Number(port), "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => void chunks.push(chunk));
  socket.on("error", () => undefined);
  socket.write(text);
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

/** A request as it is sent. */
export const get = (path: string, ...headers: string[]): string =>
  `GET ${path} HTTP/1.1\r\n${["Host: 127.0.0.1", "Connection: close", AUTH, ...headers].join("\r\n")}\r\n\r\n`;
