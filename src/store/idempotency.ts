import { randomUUID } from "node:crypto";
import { inBatches } from "./batches.ts";
import type { Database } from "./database.ts";
import { isOver } from "./lease.ts";

/** What a key stands for at the moment: a request to be done by who asked, one under way, one that ended, or another request altogether. */
export type Claim =
  | {
      readonly state: "claimed";
      readonly lease: string;
      /** Somebody began it and was never heard of again. */
      readonly abandoned: boolean;
      /** When the key was first given, in milliseconds since 1970. */
      readonly claimedAt: number;
      /** What was noted by whoever began it. */
      readonly version: number | undefined;
    }
  | { readonly state: "busy" }
  | { readonly state: "other" }
  | { readonly state: "done"; readonly outcome: string };

/** Times in milliseconds since 1970. */
type Times = {
  readonly now: number;
  readonly leaseUntil: number;
  /** Keys that were given before count no more. */
  readonly since: number;
};

/** Keys that callers gave to their requests, by ids that say nothing of key or caller. */
export function createIdempotency({ db }: Database) {
  return {
    /** Takes the key for a request (`fingerprint`) until `leaseUntil`, unless it is taken. */
    async claim(id: string, fingerprint: string, { now, leaseUntil, since }: Times): Promise<Claim> {
      const lease = randomUUID();
      const fresh = { fingerprint, outcome: null, version: null, lease, lease_until: leaseUntil, created_at: now };
      const inserted = await db
        .insertInto("idempotency")
        .values({ id, ...fresh })
        .onConflict((conflict) => conflict.column("id").doUpdateSet(fresh).where("idempotency.created_at", "<", since))
        .returning("id")
        .executeTakeFirst();
      if (inserted !== undefined) return { state: "claimed", lease, abandoned: false, claimedAt: now, version: undefined };
      const read = () => db.selectFrom("idempotency").selectAll().where("id", "=", id).executeTakeFirst();
      const held = await read();
      if (held === undefined) return { state: "busy" };
      if (held.fingerprint !== fingerprint) return { state: "other" };
      if (held.outcome !== null) return { state: "done", outcome: held.outcome };
      const taken = await db
        .updateTable("idempotency")
        .set({ lease, lease_until: leaseUntil })
        .where("id", "=", id)
        .where("lease", "=", held.lease)
        // It may have ended since it was read, which gives the lease back.
        .where("outcome", "is", null)
        .where(isOver("lease_until", now, leaseUntil - now))
        .returning(["created_at", "version"])
        .executeTakeFirst();
      if (taken === undefined) {
        const ended = await read();
        return ended?.lease === held.lease && ended.outcome !== null ? { state: "done", outcome: ended.outcome } : { state: "busy" };
      }
      return { state: "claimed", lease, abandoned: true, claimedAt: taken.created_at, version: taken.version ?? undefined };
    },

    /** Keeps the version that is about to be written with, undefined when none is; false when the key was taken by somebody else since. */
    async note(id: string, lease: string, version: number | undefined): Promise<boolean> {
      const held = db
        .updateTable("idempotency")
        .set({ version: version ?? null })
        .where("id", "=", id)
        .where("lease", "=", lease);
      return (await held.returning("id").executeTakeFirst()) !== undefined;
    },

    /** Keeps how the request ended; false when the key was taken by somebody else since. */
    async settle(id: string, lease: string, outcome: string): Promise<boolean> {
      const held = db.updateTable("idempotency").set({ outcome, lease_until: 0 }).where("id", "=", id).where("lease", "=", lease);
      return (await held.returning("id").executeTakeFirst()) !== undefined;
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
      await inBatches((limit) =>
        db
          .deleteFrom("idempotency")
          .where("id", "in", (query) => query.selectFrom("idempotency").select("id").where("created_at", "<", before).limit(limit))
          // One that is given again meanwhile is a new one.
          .where("created_at", "<", before)
          .executeTakeFirst(),
      );
    },
  };
}
