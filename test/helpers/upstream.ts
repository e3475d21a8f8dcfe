import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type Connect, type ConnectOptions, createConnect } from "../../src/connect/index.ts";
import { createScrubber } from "../../src/scrub/index.ts";
import { Secret } from "../../src/secret.ts";
import type { Test } from "tap";

export type Received = {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
};
type Handler = (request: Received, response: ServerResponse) => void;

/** A server that plays the auth host and the Connect API by a script. */
export type Upstream = {
  readonly url: string;
  /** Requests to the API, without those for tokens. */
  readonly requests: readonly Received[];
  /** Tokens asked for so far. */
  readonly tokens: () => number;
  /** From now on the API answers so. */
  api(handler: Handler): void;
  /** From now on the token endpoint answers so. */
  oauth(handler: Handler): void;
  close(): Promise<void>;
};

/** Answers with a status and JSON, or the text as it is. */
export function answer(response: ServerResponse, status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}

const EMPTY_PAGE = { limit: 20, offset: 0, count: 0, total: 0, results: [] };

export const ID = "834bd4ed-b380-4b42-b9d8-bf8dd0a683aa";

/** The least that a deployment has. */
export const DEPLOYMENT = {
  id: ID,
  version: 1,
  connector: { id: ID, version: 1, name: "n", creator: { email: "e" }, repository: { url: "u", tag: "t" }, certified: true },
  deployedRegion: "r",
  applications: [],
  preview: false,
  status: "Deployed",
};

/** Starts it; without a script it grants tokens and gives an empty page. It is closed with the test. */
export async function startUpstream(t: Test): Promise<Upstream> {
  const requests: Received[] = [];
  let tokens = 0;
  let api: Handler = (_request, response) => answer(response, 200, EMPTY_PAGE);
  let oauth: Handler = (_request, response) =>
    answer(response, 200, { access_token: `token-${tokens}`, token_type: "Bearer", expires_in: 3_600 });
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => void chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url = "", headers } = request;
      const received = { method, url, headers, body: Buffer.concat(chunks).toString() };
      if (url.startsWith("/oauth/token")) {
        tokens += 1;
        return oauth(received, response);
      }
      requests.push(received);
      return api(received, response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const close = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await once(server.close(), "close");
  };
  t.teardown(close);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    tokens: () => tokens,
    api: (handler) => void (api = handler),
    oauth: (handler) => void (oauth = handler),
    close,
  };
}

/** A client of the upstream; it is closed with the test. */
export function connectTo(t: Test, url: string, options: Partial<ConnectOptions> = {}): Connect {
  const connect = createConnect({
    region: "europe-west1.gcp",
    projectKey: "my-project",
    clientId: "client",
    clientSecret: new Secret("client-secret"),
    scope: undefined,
    authUrl: url,
    connectUrl: url,
    scrubber: createScrubber(),
    userAgent: "test",
    report: () => {},
    random: () => 0,
    ...options,
  });
  t.teardown(() => connect.close());
  return connect;
}

/** What travels with every call of a test. */
export const CALL = { correlationId: "test-correlation-id" };

/** So many places for one project, and so many while upstream answers too late. */
export function placesOf({ most, inTrouble }: { most: number; inTrouble: number }): NonNullable<ConnectOptions["places"]> {
  const share = () => ({ pool: { size: most, taken: 0 }, times: Number.POSITIVE_INFINITY, inTrouble });
  return { calls: share(), callers: share() };
}
