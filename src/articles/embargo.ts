import type { Database } from '../db/client.ts'
import { lockDueArticles, updateRow, write } from './store.ts'

/**
 * Publishes what is due, with the embargo's instant as the instant of release, and says how many. Several nodes may do
 * it at once: a row that another one holds is skipped.
 */
export async function publishDue(db: Database, now: Date): Promise<number> {
  for (let published = 0; ; ) {
    const done = await write(db, { actor: 'system:embargo', now }, async writing => {
      const due = await lockDueArticles(writing)
      for (const row of due)
        await updateRow(writing, row, { status: 'published', publishedAt: row.embargoUntil })
      return due.length
    })
    published += done
    if (done === 0) return published
  }
}
