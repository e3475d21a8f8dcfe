import { isIP } from "node:net";
import { Agent, type Dispatcher } from "undici";
import { createConnector } from "../connector.ts";
import { readRetryAfter } from "../headers.ts";
import type { Secret } from "../secret.ts";
import { createTunnels, type Proxy } from "../tunnels.ts";
import { ForbiddenAddressError, type Guard } from "./guard.ts";
import type { Attempt } from "./retry.ts";
import { sign } from "./signature.ts";

export type Message = { readonly url: string; readonly id: string; readonly body: string; readonly secrets: readonly Secret[] };

/** Sends one attempt of a delivery. */
export type Sender = { send(message: Message, now: number): Promise<Attempt>; close(): Promise<void> };

const CONNECT_MS = 5_000;
const TOTAL_MS = 15_000;
const MAX_ANSWER = 64 * 1024;

/** A proxy on the way to receivers, to all of them. */
export type SenderProxy = Omit<Proxy, "noProxy">;

type Options = { readonly userAgent: string; readonly proxy?: SenderProxy | undefined; readonly totalMs?: number };

/** Makes the sender. Every connection is made for one attempt alone, to an address that the guard lets through; no redirect is followed. */
export function createSender(guard: Guard, { userAgent, proxy, totalMs = TOTAL_MS }: Options): Sender {
  const limits = { pipelining: 0, keepAliveTimeout: 1, headersTimeout: totalMs, bodyTimeout: totalMs, maxResponseSize: MAX_ANSWER };
  // No list of hosts leads past the proxy: there the guard would not watch.
  const agent =
    proxy === undefined ? direct(guard, limits) : createTunnels({ ...proxy, noProxy: "" }, { ...limits, connectMs: CONNECT_MS });

  async function send({ url, id, body, secrets }: Message, now: number): Promise<Attempt> {
    const timestamp = Math.floor(now / 1_000);
    const headers = {
      "content-type": "application/json",
      "user-agent": userAgent,
      "webhook-id": id,
      "webhook-timestamp": String(timestamp),
      "webhook-signature": sign(secrets, id, timestamp, body),
    };
    try {
      const { origin, hostname, pathname, search } = new URL(url);
      // A proxy sees to the address: what may be reached is decided by name, at every attempt.
      if (proxy !== undefined && !guard.names(hostname.replace(/^\[|\]$/g, ""))) throw new ForbiddenAddressError();
      const answer = await agent.request({
        origin,
        path: pathname + search,
        method: "POST",
        headers,
        body,
        signal: AbortSignal.timeout(totalMs),
      });
      // The status decides; what else the receiver sends is thrown away.
      answer.body.on("error", () => undefined).destroy();
      const { statusCode: status } = answer;
      return { status, reason: reasonOf(status), retryAfter: readRetryAfter(answer.headers, now) };
    } catch (error) {
      return { status: undefined, reason: faultOf(error), retryAfter: undefined };
    }
  }

  return { send, close: () => agent.destroy() };
}

type Limits = Omit<Agent.Options, "connect">;

/** Connections that the guard watches: the literal, what a name resolves to, and the peer itself. */
function direct(guard: Guard, limits: Limits): Dispatcher {
  const plain = createConnector({ timeout: CONNECT_MS, lookup: guard.lookup }, MAX_ANSWER);
  return new Agent({
    ...limits,
    connect: (options, done) => {
      // A literal address is never looked up: it is judged here, before there is a connection.
      const literal = options.hostname.replace(/^\[|\]$/g, "");
      if (isIP(literal) !== 0 && !guard.allows(literal, literal)) return done(new ForbiddenAddressError(), null);
      plain(options, (error, socket) => {
        if (error !== null) return done(error, null);
        // Also the peer itself, whatever the look-up said.
        if (guard.allows(options.hostname, socket.remoteAddress ?? "")) return done(null, socket);
        socket.destroy();
        return done(new ForbiddenAddressError(), null);
      });
    },
  });
}

function reasonOf(status: number): string | undefined {
  if (status >= 200 && status < 300) return undefined;
  return status >= 300 && status < 400 ? "redirect" : `status ${status}`;
}

/** Refused and unreachable addresses read alike: a webhook is no scanner of networks. */
function faultOf(error: unknown): string {
  return error instanceof Error && error.name === "TimeoutError" ? "timeout" : "unreachable";
}
