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
  };
  snapshot: { project: string; type_id: string; id: string; state: string };
  event: {
    seq: Generated<number>;
    id: string;
    type: string;
    project: string;
    resource_key: string | null;
    at: number;
    body: string;
  };
};
