import { performance } from "node:perf_hooks";
import { gatewayError } from "../errors.ts";
import type { Scrubber } from "../scrub/index.ts";
import { reveal, type Secret } from "../secret.ts";
import { untrustedError, waitAsked } from "./answer-errors.ts";
import type { GrantedToken } from "./token-cache.ts";
import { type Exchange, type Transport, TransportError } from "./transport.ts";

type Options = {
  readonly transport: Transport;
  readonly clientId: string;
  readonly clientSecret: Secret;
  readonly scope: string | undefined;
  readonly scrubber: Scrubber;
  readonly userAgent: string;
  readonly totalMs: number;
  /** Hears of the scope of each token. */
  readonly granted: (scope: unknown) => void;
};

/** All that waits for a token waits for this one request: it ends early, so that the next may find the auth host well again. In milliseconds. */
const LONGEST_MS = 5_000;
/** A 429 is obeyed for so many seconds at most: nothing works without a token, and all is to be well again soon after the auth host is. */
const LONGEST_WAIT = 10;

/**
 * Makes the request for an access token (OAuth 2.0 client credentials, HTTP Basic). Throws `UpstreamAuthFailed` when the credential is refused,
 * `UpstreamUnavailable` or `UpstreamTimeout` when the auth host does not answer, `UpstreamBadResponse` when it answers nonsense or cannot be trusted.
 */
export function createOauth(options: Options): () => Promise<GrantedToken> {
  const remember = options.scrubber.keepLatest();
  return async () => {
    const exchange = await ask(options);
    if (exchange.status >= 400 && exchange.status < 500 && exchange.status !== 429) {
      throw gatewayError("UpstreamAuthFailed", "The auth host refused the gateway's client credentials.");
    }
    if (exchange.status < 200 || exchange.status > 299) {
      const retryAfter = exchange.status === 429 ? Math.min(Math.max(waitAsked(exchange), 1), LONGEST_WAIT) : 1;
      throw gatewayError("UpstreamUnavailable", "The auth host of the Connect API is failing; try again shortly.", { retryAfter });
    }
    const granted = parseGrant(exchange.body.toString());
    if (granted === undefined) throw gatewayError("UpstreamBadResponse", "The auth host answered in a form that cannot be understood.");
    remember(granted.token);
    options.granted(granted.scope);
    return granted;
  };
}

async function ask({ transport, clientId, clientSecret, scope, userAgent, totalMs }: Options): Promise<Exchange> {
  const basic = Buffer.from(`${clientId}:${reveal(clientSecret)}`).toString("base64");
  const form = new URLSearchParams({ grant_type: "client_credentials", ...(scope === undefined ? {} : { scope }) });
  try {
    return await transport.send(
      {
        method: "POST",
        path: "/oauth/token",
        headers: {
          authorization: `Basic ${basic}`,
          "content-type": "application/x-www-form-urlencoded",
          accept: "application/json",
          "user-agent": userAgent,
        },
        body: form.toString(),
      },
      performance.now() + Math.min(totalMs, LONGEST_MS),
    );
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    if (error.kind === "untrusted") throw untrustedError("the auth host", { cause: error });
    const timedOut = error.kind === "timeout" || error.kind === "connect-timeout";
    throw gatewayError(
      timedOut ? "UpstreamTimeout" : "UpstreamUnavailable",
      "The auth host of the Connect API cannot be reached; try again shortly.",
      {
        retryAfter: 1,
        cause: error,
      },
    );
  }
}

function parseGrant(text: string): (GrantedToken & { readonly scope: unknown }) | undefined {
  try {
    const body: unknown = JSON.parse(text);
    const { access_token: token, expires_in: expiresIn, scope } = body as { access_token?: unknown; expires_in?: unknown; scope?: unknown };
    // A token travels in a header: anything but visible ASCII is not one.
    return typeof token === "string" && /^[\x21-\x7e]{1,8192}$/.test(token) ? { token, expiresIn, scope } : undefined;
  } catch {
    return undefined;
  }
}
