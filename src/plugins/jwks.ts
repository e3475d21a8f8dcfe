import { KeyObject } from "node:crypto";
import { performance } from "node:perf_hooks";
import { createRemoteJWKSet, customFetch } from "jose";

/** Gives the public key (PEM) that a token's header names; throws when there is none that may be used. */
export type KeyOf = (header: { readonly alg: string; readonly kid: string | undefined }) => Promise<string>;

export type JwksOptions = {
  readonly url: string;
  /** Monotonic, in milliseconds: a clock that is set back must not make a pause longer. */
  readonly elapsed?: () => number;
  readonly fetch: typeof globalThis.fetch;
  /** Hears why a set of keys could not be had. */
  readonly warn: (reason: string) => void;
};

const FETCH_MS = 3_000;
const MAX_BYTES = 64 * 1024;
/** Between two fetches for keys that are not in the set, and after one that failed. */
const COOL_DOWN = 30_000;
const REFRESH = 600_000;
/** Keys serve for an hour after a refresh was due, so that an outage of the issuer locks nobody out at once. */
const LONGEST = REFRESH + 3_600_000;
const SMALLEST_RSA = 2_048;

/** Makes the look-up in an issuer's published keys: one fetch for all who wait, no redirects, bounded in time and size. */
export function createJwks({ url, elapsed = () => performance.now(), fetch, warn }: JwksOptions): KeyOf {
  let [refreshAt, failedUntil] = [0, 0];
  const pems = new WeakMap<object, string>();

  async function load(address: string, init: Omit<RequestInit, "body">): Promise<Response> {
    if (elapsed() < failedUntil) throw new Error("the keys could not be had a moment ago");
    try {
      const response = await fetch(address, { ...init, redirect: "manual" });
      if (response.status !== 200) throw new Error(`status ${response.status}`);
      const text = await readCapped(response);
      refreshAt = elapsed() + REFRESH;
      return new Response(text, { status: 200, headers: { "content-type": "application/json" } });
    } catch (error) {
      failedUntil = elapsed() + COOL_DOWN;
      warn(error instanceof Error ? error.message : "unknown");
      throw error;
    }
  }

  const set = createRemoteJWKSet(new URL(url), {
    timeoutDuration: FETCH_MS,
    cooldownDuration: COOL_DOWN,
    cacheMaxAge: LONGEST,
    [customFetch]: load,
  });

  return async ({ alg, kid }) => {
    // Renewed in the background; who waits gets the keys that are held.
    const isDue = elapsed() >= Math.max(refreshAt, failedUntil);
    if (set.jwks() !== undefined && isDue && !set.reloading) void set.reload().catch(() => undefined);
    const key = await set({ alg, ...(kid === undefined ? {} : { kid }) });
    const held = pems.get(key) ?? toPem(KeyObject.from(key));
    pems.set(key, held);
    return held;
  };
}

function toPem(key: KeyObject): string {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (key.type !== "public" || (bits !== undefined && bits < SMALLEST_RSA)) throw new Error("the key is too weak");
  return key.export({ type: "spki", format: "pem" }).toString();
}

async function readCapped(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BYTES) throw new Error("the key set is too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
