import { Agent, type Dispatcher, fetch as undiciFetch, Pool } from "undici";
import { createConnector } from "../connector.ts";
import { createTunnels, type Proxy } from "../tunnels.ts";

type Options = Omit<Agent.Options, "factory" | "interceptors"> & {
  readonly connectMs: number;
  /** The longest body of an answer, in bytes; what comes beside it is limited as well. */
  readonly maxResponseSize: number;
  /** The only host that is asked, which spares looking for it each time; any when left out. */
  readonly origin?: string;
};

/** Makes the dispatcher for a host: direct, or through the proxy. */
export function createDispatcher(proxy: Proxy | undefined, { origin, ...options }: Options): Dispatcher {
  if (proxy !== undefined) return createTunnels(proxy, options);
  const { connectMs, ...rest } = options;
  const connect = createConnector({ timeout: connectMs }, rest.maxResponseSize);
  return origin === undefined ? new Agent({ ...rest, connect }) : new Pool(origin, { ...rest, connect });
}

/** A `fetch`, and what ends its connections: nobody waits for an answer then any more. */
export type Fetch = { readonly fetch: typeof globalThis.fetch; readonly close: () => Promise<void> };

/** The longest answer to `fetch`, in bytes: its caller takes less. */
const MOST_FETCHED = 1_024 * 1_024;

/** `fetch` that takes the same way out, for the published keys of issuers. */
export function createFetch(proxy: Proxy | undefined): Fetch {
  const dispatcher = createDispatcher(proxy, { connectMs: 2_000, maxResponseSize: MOST_FETCHED });
  const fetch = (input: string, init: object) => undiciFetch(input, { ...init, dispatcher });
  return { fetch: fetch as unknown as typeof globalThis.fetch, close: () => dispatcher.destroy() };
}
