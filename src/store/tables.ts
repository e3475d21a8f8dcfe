import type { Generated } from "kysely";

/** Rows as the database holds them: text, whole numbers (milliseconds since 1970) and JSON as text, on both engines alike. */
export type Tables = {
  watch: {
    project: string;
    /** When the next look is due. */
    due_at: number;
    /** Until then the project is looked at often. */
    hot_until: number;
    /** Who looks, and until when nobody else may. */
    lease_token: string | null;
    lease_until: number;
    /** 0 until the first complete look, which is a baseline and no news. */
    baseline: number;
    /** Looks that failed in a row. */
    failures: number;
    last_ok_at: number;
    /** Looks that were written down: who remembers the last one knows what was seen. */
    looks: number;
  };
  snapshot: { project: string; type_id: string; id: string; state: string };
  event: {
    seq: Generated<number>;
    id: string;
    type: string;
    project: string;
    resource_key: string | null;
    /** What for the deployment is; null where the event is about something else. */
    deployment_type: string | null;
    at: number;
    body: string;
  };
  webhook: {
    id: string;
    url: string;
    description: string | null;
    types: string | null;
    projects: string;
    deployment_types: string | null;
    keys: string | null;
    status: string;
    generation: number;
    /** Of the last one: what processes before `previous` read. */
    previous_until: number;
    /** JSON of the secrets before that are good as well, by generation and end; null when there is none. */
    previous: string | null;
    /** Nothing is sent before: the receiver asked for that. */
    held_until: number;
    created_at: number;
    failing_since: number | null;
  };
  delivery: {
    id: string;
    webhook_id: string;
    seq: number;
    event_id: string;
    type: string;
    /** Project, type and id, or the event's own id: deliveries of one resource keep their order. */
    resource: string;
    /** The event's own bytes, which outlive its row in the log. */
    body: string;
    state: string;
    attempts: number;
    /** When it was owed, or owed again. */
    created_at: number;
    due_at: number;
    last_status: number | null;
    last_reason: string | null;
    lease_token: string | null;
    lease_until: number;
  };
  idempotency: {
    /** A digest of caller, project and key. */
    id: string;
    /** A keyed digest of the request: it can be compared, and nothing can be guessed from it. */
    fingerprint: string;
    /** JSON of how it ended, secured values masked; null while it is under way or unknown. */
    outcome: string | null;
    /** The version that is written with, noted before it is; null before. */
    version: number | null;
    lease: string;
    lease_until: number;
    created_at: number;
  };
};
