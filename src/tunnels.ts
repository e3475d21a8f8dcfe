import { type Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from "undici";
import { createConnector, limitExchanges } from "./connector.ts";
import { reveal, type Secret } from "./secret.ts";

/** The way out of a restricted network. */
export type Proxy = {
  /** Address of the proxy, with its user and password if it asks for them. */
  readonly url: Secret;
  /** Hosts that are reached without it, separated by commas. */
  readonly noProxy: string;
  /** For a proxy that is reached by TLS: its CA, and this gateway's certificate and key where the proxy asks for them (PEM). */
  readonly tls?: { readonly ca?: string | undefined; readonly cert?: string | undefined; readonly key?: Secret | undefined } | undefined;
};

type Options = Omit<Agent.Options, "connect" | "factory" | "interceptors"> & {
  readonly connectMs: number;
  readonly maxResponseSize: number;
};

/** Makes a dispatcher whose requests go through tunnels of a proxy, which never sees what passes. Connecting takes at most `connectMs` for each step. */
export function createTunnels({ url, noProxy, tls }: Proxy, { connectMs, ...rest }: Options): Dispatcher {
  const connect = { timeout: connectMs };
  const { ca, cert, key } = tls ?? {};
  const address = reveal(url);
  return new EnvHttpProxyAgent({
    ...rest,
    connect,
    // The wait for the proxy's answer is a part of connecting.
    clientFactory: (origin, more) => new Pool(origin, { ...more, headersTimeout: connectMs }),
    factory: (origin, more: Pool.Options) => createPool(origin, more, rest.maxResponseSize),
    httpProxy: address,
    httpsProxy: address,
    noProxy,
    proxyTunnel: true,
    proxyTls: { ...connect, ...defined({ ca, cert, key: key === undefined ? undefined : reveal(key) }) },
    requestTls: { ...connect, allowH2: false },
  });
}

/** Tunnels to one host that may be asked for beside those that requests need, how many each request may need, and the most that are saved up. */
const [SPARE_TUNNELS, TUNNELS_EACH, MOST_TUNNELS] = [8, 2, 128];

/**
 * The connections to one host. It keeps the number of tunnels near that of requests: of one that speaks before it is asked the library makes a new one at
 * once, without end. Each host has its own number: one that speaks so takes nothing from another.
 */
function createPool(origin: string | URL, { connect, ...more }: Pool.Options, mostBody: number): Dispatcher {
  // Without a function it is no tunnel, but a host that is reached without the proxy.
  if (typeof connect !== "function") return new Pool(origin, { ...more, connect: createConnector({ ...connect }, mostBody) });
  const open = limitExchanges(connect, mostBody);
  let left = SPARE_TUNNELS;
  const limited: typeof connect = (options, callback) => {
    if (left < 1) return callback(new Error("more tunnels than requests"), null);
    left -= 1;
    return open(options, callback);
  };
  return new Pool(origin, { ...more, connect: limited }).compose((dispatch) => (asked, handler) => {
    left = Math.min(left + TUNNELS_EACH, MOST_TUNNELS);
    return dispatch(asked, handler);
  });
}

function defined(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
