import { type RawBuilder, sql, type SqlBool } from "kysely";

/**
 * Whether a lease is over, by its end in `column`: that has come, or lies further ahead than it was ever put, because the clock was set back since. Clocks of
 * several processes may differ, by less than a lease.
 */
export function isOver(column: string, now: number, leaseMs: number): RawBuilder<SqlBool> {
  const until = sql.ref(column);
  return sql<SqlBool>`(${until} <= ${now} or ${until} > ${now + 2 * leaseMs})`;
}
