import type { Database } from '../db/client.ts'

/** SQLSTATE: the account does not own the index. Then autovacuum merges, or the writer who has filled the list. */
const NOT_OWNER = '42501'

/**
 * Merges the terms that writes have left to the index of terms; what a clock calls. A row by itself costs that index ten
 * times what it costs among a thousand others, and whoever writes one waits for it.
 */
export async function mergeTerms({ pool }: Pick<Database, 'pool'>): Promise<void> {
  await pool.query(`SELECT gin_clean_pending_list('article_search_terms'::regclass)`).catch(error => {
    if (error.code !== NOT_OWNER) throw error
  })
}
