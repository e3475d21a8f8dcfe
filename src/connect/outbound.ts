import { Agent, type Dispatcher, EnvHttpProxyAgent, fetch as undiciFetch, Pool } from "undici";
import { reveal, type Secret } from "../secret.ts";

/** The way out of a restricted network. */
export type Proxy = {
  /** Address of the proxy, with its user and password if it asks for them. */
  readonly url: Secret;
  /** Hosts that are reached without it, separated by commas. */
  readonly noProxy: string;
  /** For a proxy that is reached by TLS: its CA, and this gateway's certificate and key where the proxy asks for them (PEM). */
  readonly tls?: { readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: Secret | undefined } | undefined;
};

type Options = Omit<Agent.Options, "factory" | "interceptors"> & {
  readonly connectMs: number;
  /** The only host that is asked, which spares looking for it each time; any when left out. */
  readonly origin?: string;
};

/** Makes the dispatcher for a host: direct, or through the proxy by a tunnel, so that the proxy never sees what passes. */
export function createDispatcher(proxy: Proxy | undefined, { connectMs, origin, ...rest }: Options): Dispatcher {
  const connect = { timeout: connectMs };
  if (proxy === undefined) return origin === undefined ? new Agent({ ...rest, connect }) : new Pool(origin, { ...rest, connect });
  const { ca, cert, key } = proxy.tls ?? {};
  const proxyTls = { ...connect, ...defined({ ca, cert, key: key === undefined ? undefined : reveal(key) }) };
  const url = reveal(proxy.url);
  const { earn, limited } = createTunnelBudget();
  const agent = new EnvHttpProxyAgent({
    ...rest,
    connect,
    // The wait for the proxy's answer is a part of connecting.
    clientFactory: (origin, more) => new Pool(origin, { ...more, headersTimeout: connectMs }),
    factory: (origin, more: Pool.Options) => new Pool(origin, { ...more, ...limited(more) }),
    httpProxy: url,
    httpsProxy: url,
    noProxy: proxy.noProxy,
    proxyTunnel: true,
    proxyTls,
    requestTls: connect,
  });
  return agent.compose((dispatch) => (asked, handler) => {
    earn();
    return dispatch(asked, handler);
  });
}

/** Tunnels that may be asked for beside those that requests need, and how many each request may need. */
const [SPARE_TUNNELS, TUNNELS_EACH] = [64, 2];

/** Keeps the number of tunnels near that of requests: of one that speaks before it is asked the library makes a new one at once, without end. */
function createTunnelBudget() {
  let left = SPARE_TUNNELS;
  return {
    earn: (): void => void (left = Math.min(left + TUNNELS_EACH, SPARE_TUNNELS * TUNNELS_EACH)),
    limited: ({ connect }: Pool.Options): Pick<Pool.Options, "connect"> => {
      if (typeof connect !== "function") return {};
      return {
        connect: (options, callback) => {
          if (left < 1) return callback(new Error("more tunnels than requests"), null);
          left -= 1;
          return connect(options, callback);
        },
      };
    },
  };
}

/** `fetch` that takes the same way out, for the published keys of issuers. */
export function createFetch(proxy: Proxy | undefined): typeof globalThis.fetch {
  if (proxy === undefined) return globalThis.fetch;
  const dispatcher = createDispatcher(proxy, { connectMs: 2_000 });
  return ((input: string, init: object) => undiciFetch(input, { ...init, dispatcher })) as unknown as typeof globalThis.fetch;
}

function defined(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
