import type { Socket } from "node:net";
import { buildConnector, errors } from "undici";

type Connector = buildConnector.connector;

/** What an exchange may bring beside the body of its answer: heads, also those of interim answers, and what stands between pieces of the body. */
const BESIDE_THE_BODY = 1_024 * 1_024;

/** Opens connections by HTTP/1.1, on which no exchange brings much more than `mostBody` bytes. */
export function createConnector(options: buildConnector.BuildOptions, mostBody: number): Connector {
  return limitExchanges(buildConnector({ ...options, allowH2: false }), mostBody);
}

/** Has each connection that `connect` opens ended once one exchange has brought much more than `mostBody` bytes: interim answers and chunk extensions count in no other limit. */
export function limitExchanges(connect: Connector, mostBody: number): Connector {
  return (options, done) =>
    connect(options, (...opened) => {
      if (opened[0] === null) limit(opened[1], mostBody + BESIDE_THE_BODY);
      done(...opened);
    });
}

function limit(socket: Socket, most: number): void {
  let [written, begun, read] = [0, 0, 0];
  socket.on("readable", () => {
    // What was sent since is the next request: an answer has come whole before there is another.
    if (socket.bytesWritten !== written) {
      written = socket.bytesWritten;
      begun = read;
    }
    read = socket.bytesRead;
    if (read - begun > most) socket.destroy(new errors.ResponseExceededMaxSizeError());
  });
}
