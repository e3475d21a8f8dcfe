import { hash } from "node:crypto";
import type { Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { LRUCache } from "lru-cache";
import type { Caller } from "../services/index.ts";

/** Tokens that are remembered, and for how long in milliseconds. */
const MOST = 10_000;
export const VERIFIED_MS = 10_000;
/** What is held of a token, as a multiple of its length: its grants are a set for each project. */
const WEIGHT = 12;
/** In bytes, about. */
const MOST_BYTES = 32 * 1024 * 1024;

/** The holder of a token, and until when that need not be asked again, in milliseconds on the monotonic clock. */
type Verified = { readonly caller: Caller; readonly until: number };

/** Tokens that were found good a moment ago. */
export type VerifiedTokens = {
  /** Who was found to hold the token of an `Authorization` value. */
  find(socket: Socket, authorization: string): Caller | undefined;
  keep(authorization: string, caller: Caller): void;
  /** Lets go of those that are of no use any more. */
  prune(): void;
  /** Forgets all. */
  clear(): void;
};

type Options = {
  /** Milliseconds for which a token is good after its end. */
  readonly skewMs: number;
  /** The time of day, by a clock that may be set. */
  readonly now: () => number;
  /** Monotonic, in milliseconds. */
  readonly elapsed?: () => number;
};

/** Makes the memory of verified tokens: none is kept for long, and all of them take a bounded part of the process's memory. */
export function createVerifiedTokens({ skewMs, now, elapsed = () => performance.now() }: Options): VerifiedTokens {
  const verified = new LRUCache<string, Verified>({ max: MOST, maxSize: MOST_BYTES });
  // Whoever keeps a connection sends the same token again and again: it is looked for once.
  let lastOf = new WeakMap<Socket, { readonly authorization: string; readonly found: Verified }>();

  /** What a token says of its end is asked each time. */
  const isGood = ({ caller, until }: Verified): boolean => until > elapsed() && caller.expiresAt + skewMs > now();

  return {
    find: (socket, authorization) => {
      const last = lastOf.get(socket);
      if (last?.authorization === authorization && isGood(last.found)) return last.found.caller;
      const key = keyOf(authorization);
      const found = key === undefined ? undefined : verified.get(key);
      if (found === undefined || !isGood(found)) return undefined;
      lastOf.set(socket, { authorization, found });
      return found.caller;
    },
    keep: (authorization, caller) => {
      const key = keyOf(authorization);
      if (key === undefined) return;
      verified.set(key, { caller, until: elapsed() + VERIFIED_MS }, { size: authorization.length * WEIGHT });
    },
    prune: () => {
      const over = verified.entries().filter(([, found]) => !isGood(found));
      for (const [key] of over.toArray()) verified.delete(key);
    },
    clear: () => {
      verified.clear();
      lastOf = new WeakMap();
    },
  };
}

/** Tokens are remembered by their digest: whoever reads the memory finds none but those of open connections. One token is one, however its scheme is written. */
function keyOf(authorization: string): string | undefined {
  const token = /^Bearer (.+)$/i.exec(authorization)?.[1];
  return token === undefined ? undefined : hash("sha256", token, "base64");
}
