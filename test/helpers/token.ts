import { createHmac } from "node:crypto";

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");

/** The key that test gateways verify with. */
export const JWT_SECRET = "test-signing-key-of-more-than-32-bytes";

/** A token with these claims, made without the library that verifies it. */
export function signToken(claims: object, options: { readonly secret?: string; readonly header?: object } = {}): string {
  const text = `${part(options.header ?? { alg: "HS256", typ: "JWT" })}.${part(claims)}`;
  return `${text}.${createHmac("sha256", options.secret ?? JWT_SECRET)
    .update(text)
    .digest("base64url")}`;
}

/** A good token for `scope`, for an hour. */
export function tokenFor(scope: string, sub = "tester"): string {
  const now = Math.floor(Date.now() / 1_000);
  return signToken({ sub, scope, iat: now, exp: now + 3_600 });
}
