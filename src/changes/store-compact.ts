import { type Database, inTransaction, Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'

/**
 * Takes old entries out of the log. Of each article the newest stays, and the newest that anonymous readers see: whoever
 * starts again from the beginning meets every article that there is, and a tombstone of every one that there was, so that
 * an old mirror is mended without being emptied. How far entries were taken away is written down in the same transaction,
 * and readers who have not been there are told (410). Those who follow the log from within (`change_followers`) are waited for.
 */

const { sql } = Prisma

/** Entries that are looked at in one transaction. */
const BATCH = 5_000

interface Removed {
  seq: string
  at: Date
  seen: boolean
}

/** Takes away what is older than `before`, and says how many entries. Several nodes may do it at once. */
export async function compactLog(db: Pick<Database, 'pool'>, before: Date, batch = BATCH): Promise<number> {
  for (let total = 0; ; ) {
    const done = await compactSome(db, before, batch)
    if (done === null) return total
    total += done
  }
}

/** One batch; null where nothing is left that is old enough. */
const compactSome = (db: Pick<Database, 'pool'>, before: Date, batch: number): Promise<number | null> =>
  inTransaction(db, async client => {
    const [horizon] = await run<{ scanned: string }>(
      client,
      sql`SELECT scanned_seq AS scanned FROM change_horizon FOR UPDATE`,
    )
    const scanned = horizon?.scanned ?? '0'
    const [reached] = await run<{ upto: string | null }>(
      client,
      // Up to the first that is young: `at` may go back by the time that a writer waited.
      sql`SELECT max(seq) FILTER (WHERE old) AS upto FROM (
          SELECT seq, bool_and(at < ${before}) OVER (ORDER BY seq) AS old FROM (
            SELECT seq, at FROM changes WHERE seq > ${scanned}::bigint
              AND seq <= (SELECT COALESCE(min(seq), 9223372036854775807) FROM change_followers)
            ORDER BY seq LIMIT ${batch}) AS next) AS told`,
    )
    if (!reached?.upto) return null
    const { upto } = reached
    const removed = await run<Removed>(
      client,
      // Also what stayed of the same articles in earlier rounds, being the newest then.
      sql`DELETE FROM changes c
        USING (SELECT DISTINCT article_id FROM changes WHERE seq > ${scanned}::bigint AND seq <= ${upto}::bigint) AS met
        WHERE c.article_id = met.article_id AND c.seq <= ${upto}::bigint
          AND EXISTS (SELECT FROM changes n WHERE n.article_id = c.article_id AND n.version > c.version)
          AND (NOT (c.was_public OR c.is_public) OR EXISTS (SELECT FROM changes n
            WHERE n.article_id = c.article_id AND n.version > c.version AND (n.was_public OR n.is_public)))
        RETURNING c.seq, c.at, c.was_public OR c.is_public AS seen`,
    )
    const last = (entries: Removed[]) => entries.reduce((max, { seq }) => Math.max(max, Number(seq)), 0)
    const latest = removed.reduce<Date | null>((max, { at }) => (max && max > at ? max : at), null)
    await run(
      client,
      sql`UPDATE change_horizon SET scanned_seq = ${upto}::bigint,
        removed_seq = greatest(removed_seq, ${last(removed)}::bigint),
        removed_public_seq = greatest(removed_public_seq, ${last(removed.filter(({ seen }) => seen))}::bigint),
        removed_at = greatest(removed_at, ${latest}::timestamptz)`,
    )
    return removed.length
  })
