import { Agent, type Dispatcher, fetch as undiciFetch, Pool } from "undici";
import { createTunnels, type Proxy } from "../tunnels.ts";

type Options = Omit<Agent.Options, "factory" | "interceptors"> & {
  readonly connectMs: number;
  /** The only host that is asked, which spares looking for it each time; any when left out. */
  readonly origin?: string;
};

/** Makes the dispatcher for a host: direct, or through the proxy. */
export function createDispatcher(proxy: Proxy | undefined, { origin, ...options }: Options): Dispatcher {
  if (proxy !== undefined) return createTunnels(proxy, options);
  const { connectMs, ...rest } = options;
  const connect = { timeout: connectMs };
  return origin === undefined ? new Agent({ ...rest, connect }) : new Pool(origin, { ...rest, connect });
}

/** A `fetch`, and what ends its connections: nobody waits for an answer then any more. */
export type Fetch = { readonly fetch: typeof globalThis.fetch; readonly close: () => Promise<void> };

/** `fetch` that takes the same way out, for the published keys of issuers. */
export function createFetch(proxy: Proxy | undefined): Fetch {
  if (proxy === undefined) return { fetch: globalThis.fetch, close: async () => undefined };
  const dispatcher = createDispatcher(proxy, { connectMs: 2_000 });
  const fetch = (input: string, init: object) => undiciFetch(input, { ...init, dispatcher });
  return { fetch: fetch as unknown as typeof globalThis.fetch, close: () => dispatcher.destroy() };
}
