import type { Exchange } from "./transport.ts";
import type { TokenCache } from "./token-cache.ts";

/** Sends with a token; a token that was revoked before its time is replaced, for all who were refused with it. */
export type Renewal = {
  /** The answer to `send`, which is called once more, with a new token, when it was a 401 after which it is `safe` to. */
  send(
    send: (token: string) => Promise<Exchange>,
    safe: (refusal: Exchange) => boolean,
    until: <T>(promise: Promise<T>) => Promise<T>,
  ): Promise<Exchange>;
};

/**
 * Makes the renewal of one project's token. Upstream is not asked twice by everyone while it takes no token at all: one tries the new token for all,
 * and when that is refused as well it is kept for a while, and nobody tries again. `refused` hears of each answer that no other token could mend.
 */
export function createRenewal(tokens: TokenCache, refused: () => void): Renewal {
  let trial: { readonly token: string; readonly accepted: Promise<boolean> } | undefined;

  function mendable(token: string): boolean {
    const is = tokens.drop(token);
    if (!is) refused();
    return is;
  }

  return {
    send: async (send, safe, until) => {
      const held = tokens.get();
      const token = typeof held === "string" ? held : await until(held);
      const first = await send(token);
      if (first.status !== 401) tokens.accepted();
      if (first.status !== 401 || !mendable(token) || !safe(first)) return first;
      const next = await until(Promise.resolve(tokens.get()));
      if (trial?.token === next) return (await until(trial.accepted)) ? send(next) : first;
      const second = send(next);
      trial = { token: next, accepted: second.then(({ status }) => status !== 401).catch(() => true) };
      const answer = await second;
      if (answer.status === 401) mendable(next);
      else tokens.accepted();
      return answer;
    },
  };
}
