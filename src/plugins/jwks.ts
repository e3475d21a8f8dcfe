import { KeyObject } from "node:crypto";
import { performance } from "node:perf_hooks";
import { createLocalJWKSet, errors, type JSONWebKeySet } from "jose";

/** Gives the public key (PEM) that a token's header names; throws when there is none that may be used. */
export type KeyOf = (header: { readonly alg: string; readonly kid: string | undefined }) => Promise<string>;

export type JwksOptions = {
  readonly url: string;
  /** Monotonic, in milliseconds: a clock that is set back must not make a pause longer. */
  readonly elapsed?: () => number;
  readonly fetch: typeof globalThis.fetch;
  /** Hears why a set of keys, or one of its keys, cannot be used: once for each set that is fetched. */
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

type Header = { readonly alg: string; readonly kid?: string };
type Find = ReturnType<typeof createLocalJWKSet>;

/** Makes the look-up in an issuer's published keys: one fetch for all who wait, no redirects, bounded in time and size. */
export function createJwks({ url, elapsed = () => performance.now(), fetch, warn }: JwksOptions): KeyOf {
  /** The keys that were had last, and when. */
  let held: { readonly find: Find; readonly at: number } | undefined;
  let loading: Promise<Find> | undefined;
  /** Before, nobody asks for a key that is not there, or again after a fetch that failed. */
  let nextAt = 0;
  /** The keys in use; undefined for those that are too weak. */
  const pems = new WeakMap<object, string | undefined>();

  async function load(): Promise<Find> {
    try {
      const response = await fetch(url, {
        redirect: "manual",
        signal: AbortSignal.timeout(FETCH_MS),
        headers: { accept: "application/json" },
      });
      if (response.status !== 200) throw new Error(`status ${response.status}`);
      const find = createLocalJWKSet(readKeys(await readCapped(response)));
      held = { find, at: elapsed() };
      return find;
    } catch (error) {
      warn(error instanceof Error ? error.message : "unknown");
      throw error;
    } finally {
      nextAt = elapsed() + COOL_DOWN;
    }
  }

  async function reload(): Promise<Find> {
    if (loading === undefined && elapsed() < nextAt) throw new Error("the keys were asked for a moment ago");
    loading ??= load().finally(() => (loading = undefined));
    return loading;
  }

  /** Those that are held, renewed in the background when they are older, as long as they may serve. */
  async function keys(): Promise<Find> {
    const age = held === undefined ? Number.POSITIVE_INFINITY : elapsed() - held.at;
    if (held === undefined || age > LONGEST) return reload();
    if (age >= REFRESH && elapsed() >= nextAt) reload().catch(() => undefined);
    return held.find;
  }

  async function find(header: Header): ReturnType<Find> {
    const known = await keys();
    try {
      return await known(header);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      return (await reload())(header);
    }
  }

  function take(key: Awaited<ReturnType<Find>>): void {
    const pem = toPem(KeyObject.from(key));
    pems.set(key, pem);
    if (pem === undefined) warn(`a key is too weak: RSA needs ${SMALLEST_RSA} bits, and the tokens of this one are refused`);
  }

  return async ({ alg, kid }) => {
    const key = await find({ alg, ...(kid === undefined ? {} : { kid }) });
    if (!pems.has(key)) take(key);
    const pem = pems.get(key);
    if (pem === undefined) throw new Error("the key is too weak");
    return pem;
  };
}

/** Throws where it is no set of keys; what it is instead is not quoted. */
function readKeys(text: string): JSONWebKeySet {
  try {
    return JSON.parse(text) as JSONWebKeySet;
  } catch {
    throw new Error("the key set is no JSON");
  }
}

/** Undefined for a key that is too weak. */
function toPem(key: KeyObject): string | undefined {
  const bits = key.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < SMALLEST_RSA) return undefined;
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
