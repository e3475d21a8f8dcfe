import { KeyObject } from "node:crypto";
import { performance } from "node:perf_hooks";
import { createLocalJWKSet, errors, type JSONWebKeySet } from "jose";

/** A key that verifies tokens. */
export type Key = {
  readonly pem: string;
  /** Whether its issuer has taken it back since: what it verified is good no more. */
  readonly withdrawn: boolean;
};

/** Gives the key that a token's header names; throws when there is none that may be used. */
export type KeyOf = (header: { readonly alg: string; readonly kid: string | undefined }) => Promise<Key>;

/** The published keys of an issuer. */
export type Jwks = {
  readonly keyOf: KeyOf;
  /** Fetches them anew when that is due, so that what is withdrawn is noticed although nobody asks. Never throws. */
  readonly renew: () => void;
};

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
type Found = { readonly key: Awaited<ReturnType<Find>>; readonly from: Find };
/** A key that was given out, and for what. */
type Used = { readonly header: Header; readonly key: { readonly pem: string; withdrawn: boolean } };

/** Makes the look-up in an issuer's published keys: one fetch for all who wait, no redirects, bounded in time and size. */
export function createJwks({ url, elapsed = () => performance.now(), fetch, warn }: JwksOptions): Jwks {
  /** The keys that were had last, and when. */
  let held: { readonly find: Find; readonly at: number } | undefined;
  let loading: Promise<Find> | undefined;
  /** Before, nobody asks for a key that is not there, or again after a fetch that failed. */
  let nextAt = 0;
  /** Undefined for those that are too weak. */
  const pems = new WeakMap<object, string | undefined>();
  const inUse = new Map<string, Used>();

  async function load(): Promise<Find> {
    try {
      const response = await fetch(url, {
        redirect: "manual",
        signal: AbortSignal.timeout(FETCH_MS),
        headers: { accept: "application/json" },
      });
      if (response.status !== 200) throw new Error(`status ${response.status}`);
      const find = createLocalJWKSet(readKeys(await readCapped(response)));
      await withdraw(find);
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

  /** Takes back the keys in use that a new set does not give any more. */
  async function withdraw(find: Find): Promise<void> {
    for (const [name, { header, key }] of inUse) {
      const pem = await find(header)
        .then(pemOf)
        .catch(() => undefined);
      if (pem === key.pem) continue;
      key.withdrawn = true;
      inUse.delete(name);
    }
  }

  /** Those that are held, or newer ones once that is due: the older ones serve only where those cannot be had, and not for ever. */
  async function keys(): Promise<Find> {
    const age = held === undefined ? Number.POSITIVE_INFINITY : elapsed() - held.at;
    if (held === undefined || age > LONGEST) return reload();
    const { find } = held;
    return age < REFRESH ? find : reload().catch(() => find);
  }

  async function find(header: Header): Promise<Found> {
    const known = await keys();
    try {
      return { key: await known(header), from: known };
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      const from = await reload();
      return { key: await from(header), from };
    }
  }

  function pemOf(key: Found["key"]): string | undefined {
    if (!pems.has(key)) take(key);
    return pems.get(key);
  }

  function take(key: Found["key"]): void {
    const pem = toPem(KeyObject.from(key));
    pems.set(key, pem);
    if (pem === undefined) warn(`a key is too weak: RSA needs ${SMALLEST_RSA} bits, and the tokens of this one are refused`);
  }

  async function keyOf({ alg, kid }: Parameters<KeyOf>[0]): Promise<Key> {
    const header = { alg, ...(kid === undefined ? {} : { kid }) };
    const { key, from } = await find(header);
    const pem = pemOf(key);
    if (pem === undefined) throw new Error("the key is too weak");
    // Another set came meanwhile: the next token is looked for in that one.
    if (from !== held?.find) return { pem, withdrawn: true };
    const name = JSON.stringify(header);
    const used = inUse.get(name) ?? { header, key: { pem, withdrawn: false } };
    inUse.set(name, used);
    return used.key;
  }

  return {
    keyOf,
    renew: () => {
      if (held !== undefined && elapsed() - held.at >= REFRESH) reload().catch(() => undefined);
    },
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
