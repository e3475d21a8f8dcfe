import { createJwks, type Jwks, type JwksOptions } from "./jwks.ts";

/** An issuer of callers' tokens, whose keys are published. */
export type Issuer = {
  /** Must be the `iss` claim, letter for letter. */
  readonly issuer: string;
  /** Must be the `aud` claim or one of its entries. */
  readonly audience: string;
  readonly jwksUrl: string;
  readonly algorithms: readonly string[];
  /** Must be the header's `typ`, when set. */
  readonly typ: string | undefined;
  /** Projects that the issuer may grant anything for; all of them when undefined. */
  readonly projectKeys: readonly string[] | undefined;
};

/** How tokens of one origin are verified. */
export type TokenProfile = {
  readonly issuer: string | undefined;
  readonly audience: string | undefined;
  readonly algorithms: readonly string[];
  readonly types: readonly (string | undefined)[];
  readonly projectKeys: ReadonlySet<string> | undefined;
  readonly keys: Jwks;
};

const USUAL_TYPES = [undefined, "jwt", "at+jwt"];

/** The profiles by `iss`: one for each issuer and, in development, one for tokens without an issuer that `secret` signed. */
export function createProfiles(
  issuers: readonly Issuer[],
  secret: string | undefined,
  options: Omit<JwksOptions, "url">,
): ReadonlyMap<string | undefined, TokenProfile> {
  const profiles = new Map<string | undefined, TokenProfile>();
  if (secret !== undefined) {
    const own = { issuer: undefined, audience: undefined, projectKeys: undefined };
    const key = { pem: secret, withdrawn: false };
    profiles.set(undefined, {
      ...own,
      algorithms: ["HS256"],
      types: USUAL_TYPES,
      keys: { keyOf: async () => key, renew: () => undefined },
    });
  }
  for (const { issuer, audience, jwksUrl, algorithms, typ, projectKeys } of issuers) {
    const types = typ === undefined ? USUAL_TYPES : [typ.toLowerCase()];
    const projects = projectKeys === undefined ? undefined : new Set(projectKeys);
    profiles.set(issuer, { issuer, audience, algorithms, types, projectKeys: projects, keys: createJwks({ ...options, url: jwksUrl }) });
  }
  return profiles;
}
