import { type Database, Prisma } from '../db/client.ts'
import { findArticle, type ReadRow } from './store-read.ts'

/** Articles by the address of their page at the source; those of korea.kr have a better identity. */

const { sql } = Prisma

/**
 * The article of a source other than korea.kr with an address; of several the one that was first recorded here, public
 * ones before others. Both sides are compared by `source_url_key`, which the migration explains.
 */
export async function findByUrl(db: Database, url: string): Promise<ReadRow | null> {
  const key = sql`source_url_key(${url})`
  for (const state of [sql`status = 'published' AND deleted_at IS NULL`, sql`true`]) {
    const [found] = await db.prisma.$queryRaw<{ id: number }[]>(
      sql`SELECT id FROM articles
        WHERE source_url IS NOT NULL AND source <> 'korea.kr'
          AND hashtextextended(source_url_key(source_url), 0) = hashtextextended(${key}, 0)
          AND source_url_key(source_url) = ${key} AND ${state}
        ORDER BY id LIMIT 1`,
    )
    if (found) return findArticle(db, found.id)
  }
  return null
}
