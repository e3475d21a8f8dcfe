import { randomUUID } from "node:crypto";
import type { Database } from "./database.ts";

/** What a key stands for at the moment: a request to be done by who asked, one under way, one that ended, or another request altogether. */
export type Claim =
  | {
      readonly state: "claimed";
      readonly lease: string;
      /** Somebody began it and was never heard of again. */ readonly abandoned: boolean;
    }
  | { readonly state: "busy" }
  | { readonly state: "other" }
  | { readonly state: "done"; readonly outcome: string };

/** Keys that callers gave to their requests, by ids that say nothing of key or caller. */
export function createIdempotency({ db }: Database) {
  return {
    /** Takes the key for a request (`fingerprint`) until `leaseUntil`, unless it is taken; all times in milliseconds since 1970. */
    async claim(id: string, fingerprint: string, now: number, leaseUntil: number): Promise<Claim> {
      const lease = randomUUID();
      const fresh = { id, fingerprint, outcome: null, lease, lease_until: leaseUntil, created_at: now };
      const inserted = await db
        .insertInto("idempotency")
        .values(fresh)
        .onConflict((conflict) => conflict.column("id").doNothing())
        .returning("id")
        .executeTakeFirst();
      if (inserted !== undefined) return { state: "claimed", lease, abandoned: false };
      const held = await db.selectFrom("idempotency").selectAll().where("id", "=", id).executeTakeFirst();
      if (held === undefined) return { state: "busy" };
      if (held.fingerprint !== fingerprint) return { state: "other" };
      if (held.outcome !== null) return { state: "done", outcome: held.outcome };
      const taken = await db
        .updateTable("idempotency")
        .set({ lease, lease_until: leaseUntil })
        .where("id", "=", id)
        .where("lease", "=", held.lease)
        .where("lease_until", "<=", now)
        .returning("id")
        .executeTakeFirst();
      return taken === undefined ? { state: "busy" } : { state: "claimed", lease, abandoned: true };
    },

    /** Keeps how the request ended. */
    async settle(id: string, lease: string, outcome: string): Promise<void> {
      await db.updateTable("idempotency").set({ outcome, lease_until: 0 }).where("id", "=", id).where("lease", "=", lease).execute();
    },

    /** Lets go of the key: nothing was done, the next request with it starts anew. */
    async release(id: string, lease: string): Promise<void> {
      await db.deleteFrom("idempotency").where("id", "=", id).where("lease", "=", lease).execute();
    },

    /** Lets go of the key while nobody knows what was done: the next request with it has to find out. */
    async abandon(id: string, lease: string): Promise<void> {
      await db.updateTable("idempotency").set({ lease_until: 0 }).where("id", "=", id).where("lease", "=", lease).execute();
    },

    /** Forgets keys that were given before a moment. */
    async prune(before: number): Promise<void> {
      await db.deleteFrom("idempotency").where("created_at", "<", before).execute();
    },
  };
}
