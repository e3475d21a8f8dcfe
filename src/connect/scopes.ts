/** Tells whether tokens allow what the gateway was given a client for: a client with too few scopes is refused at each request, and only its owner can mend that. */
export type Scopes = {
  /** A token came, with this `scope`. */
  granted(scope: unknown): void;
  /** What the last token does not allow, as scopes that it lacks. */
  missing(): readonly string[];
};

type Options = {
  /** What was asked for, by spaces; whatever the client has when undefined. */
  readonly asked: string | undefined;
  readonly projectKey: string;
  /** Called when a token lacks something, and again only after one did not. */
  readonly lacks: (missing: readonly string[]) => void;
};

/** Makes it for one credential. */
export function createScopes({ asked, projectKey, lacks }: Options): Scopes {
  let missing: readonly string[] = [];

  function missingIn(scope: unknown): readonly string[] {
    // Who says nothing grants what was asked for (RFC 6749, 5.1).
    if (typeof scope !== "string") return [];
    const held = scope.split(" ");
    if (asked !== undefined) return asked.split(" ").filter((each) => each !== "" && !held.includes(each));
    return held.some((each) => each.endsWith(`:${projectKey}`)) ? [] : [`manage_project:${projectKey}`];
  }

  return {
    granted: (scope) => {
      const before = missing;
      missing = missingIn(scope);
      if (missing.length > 0 && before.length === 0) lacks(missing);
    },
    missing: () => missing,
  };
}
