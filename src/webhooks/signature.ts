import { createHmac, timingSafeEqual } from "node:crypto";
import { reveal, Secret } from "../secret.ts";

/** Tolerance between the sender's clock and the receiver's, in seconds. */
const TOLERANCE = 300;

/** The signing secret of a webhook: derived from the gateway's own key, so that it is stored nowhere. A new `generation` is a new secret. */
export function secretOf(master: Secret, id: string, generation: number): Secret {
  const bytes = createHmac("sha256", reveal(master)).update(`${id}.${generation}`).digest("base64");
  return new Secret(`whsec_${bytes}`);
}

/** The `webhook-signature` header of Standard Webhooks: one `v1` for each secret that is still good. */
export function sign(secrets: readonly Secret[], id: string, timestamp: number, body: string): string {
  return secrets.map((secret) => `v1,${mac(reveal(secret), id, timestamp, body)}`).join(" ");
}

/** The headers of a delivery, as a receiver's server gives them. */
export type WebhookHeaders = Readonly<Record<string, string | string[] | undefined>>;

/**
 * For receivers: whether a delivery was signed with `secret` (`whsec_…`) less than five minutes ago. `body` is the text as it arrived, before any
 * parsing; `now` in milliseconds since 1970.
 */
export function verifyWebhook(secret: string, headers: WebhookHeaders, body: string, now: number = Date.now()): boolean {
  const [id, timestamp, signatures] = ["webhook-id", "webhook-timestamp", "webhook-signature"].map((name) => headers[name]);
  if (typeof id !== "string" || typeof timestamp !== "string" || typeof signatures !== "string" || !/^\d{1,12}$/.test(timestamp))
    return false;
  if (Math.abs(now / 1_000 - Number(timestamp)) > TOLERANCE) return false;
  const expected = Buffer.from(mac(secret, id, Number(timestamp), body));
  return signatures.split(" ").some((each) => {
    const [version, value = ""] = each.split(",", 2);
    const given = Buffer.from(value);
    return version === "v1" && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

function mac(secret: string, id: string, timestamp: number, body: string): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  return createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
}
