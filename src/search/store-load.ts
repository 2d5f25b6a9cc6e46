import type { Database } from '../db/client.ts'

/**
 * Loads: while many search rows are written, PostgreSQL collects their terms and merges them into the index many at a
 * time, which costs a third of what each row by itself does. Searches read what is collected from its beginning to its end,
 * so it is kept small, and nothing is collected but for a load.
 */

type Pool = Pick<Database, 'pool'>

const INDEX = 'article_search_terms'
/** KiB of terms that are collected: those of some 1,300 articles. */
const COLLECTED = 16_384
/** For how long a load is believed to go on when nothing more is heard of it. */
const LASTS = '1 minute'

/** SQLSTATE: the account may not alter the index. Then loads take longer. */
const NOT_OWNER = '42501'

/** Each statement by itself: who writes beside it sees the first before the second begins. */
async function alter({ pool }: Pool, ...statements: string[]): Promise<void> {
  try {
    for (const statement of statements) await pool.query(statement)
  } catch (error) {
    if ((error as { code?: string }).code !== NOT_OWNER) throw error
  }
}

const IS_COLLECTING = `EXISTS (SELECT FROM pg_class WHERE oid = '${INDEX}'::regclass AND 'fastupdate=on' = ANY(reloptions))`

/** Says that many search rows are written in the next minute: with each batch that is followed by another. */
export async function expectMany(db: Pool): Promise<void> {
  const { rows } = await db.pool.query<{ collecting: boolean }>(
    `UPDATE search_load SET until = now() + interval '${LASTS}' RETURNING ${IS_COLLECTING} AS collecting`,
  )
  if (!rows[0]?.collecting)
    await alter(db, `ALTER INDEX ${INDEX} SET (fastupdate = on, gin_pending_list_limit = ${COLLECTED})`)
}

/** Merges what was collected, where the load has ended or nothing is heard of it; what a clock calls. */
export async function mergeCollected(db: Pool): Promise<void> {
  const { rows } = await db.pool.query<{ over: boolean }>(
    `SELECT ${IS_COLLECTING} AND coalesce(until < now(), true) AS over FROM search_load`,
  )
  if (rows[0]?.over)
    await alter(
      db,
      `ALTER INDEX ${INDEX} SET (fastupdate = off)`,
      `SELECT gin_clean_pending_list('${INDEX}'::regclass)`,
    )
}

/** Says that a load has ended, and merges. Another one that goes on says so with its next batch. */
export async function endLoad(db: Pool): Promise<void> {
  await db.pool.query('UPDATE search_load SET until = NULL WHERE until IS NOT NULL')
  await mergeCollected(db)
}
