import { eventId, type Health, newEvent, type NewEvent, type WebhookRow } from "../store/index.ts";
import { askedWait, type Attempt, GIVE_UP_MS } from "./retry.ts";

/** What an attempt makes of its endpoint, at `now` in milliseconds since 1970; undefined when it stays as it is. */
export function healthAfter(webhook: WebhookRow, attempt: Attempt, now: number): Health | undefined {
  const { status, reason } = attempt;
  // Who was suspended or disabled meanwhile stays so.
  if (webhook.status !== "Healthy" && webhook.status !== "TemporaryError") return undefined;
  if (reason === undefined) return webhook.status === "Healthy" ? undefined : { status: "Healthy", failingSince: undefined, events: [] };
  const failingSince = webhook.failingSince ?? now;
  const gone = status === 410;
  if (!gone && now - failingSince < GIVE_UP_MS) {
    // What the receiver asks for holds for everything that is sent to it; where it asks for nothing, no time is written down that a clock could go back behind.
    const asked = askedWait(attempt);
    const heldUntil = asked === 0 ? webhook.heldUntil : Math.max(webhook.heldUntil, now + asked);
    return { status: "TemporaryError", failingSince, heldUntil, events: [] };
  }
  const events = webhook.projects.map((project) => disabled(webhook, project, gone ? "gone" : "failing", failingSince, now));
  return { status: "ConfigurationErrorDeliveryStopped", failingSince, events };
}

/** That an endpoint gets nothing any more, for the log of each of its projects. Its address stays out: it may hold a token. */
function disabled(webhook: WebhookRow, project: string, reason: "gone" | "failing", failingSince: number, now: number): NewEvent {
  const type = "webhook.disabled";
  const data = { project, webhook: webhook.id, reason, failingSince: new Date(failingSince).toISOString() };
  return newEvent({ id: eventId(webhook.id, type, project, now), type, project, at: now, data });
}
