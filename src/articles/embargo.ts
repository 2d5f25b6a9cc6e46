import type { Database } from '../db/client.ts'
import { lockArticle, updateRow, write } from './store.ts'

/**
 * Publishes what is due, with the embargo's instant as the instant of release, and says how many. Several nodes may do
 * it at once: a row that another one holds is skipped.
 */
export async function publishDue(db: Database, now: Date): Promise<number> {
  for (let published = 0; ; ) {
    const done = await write(db, { actor: 'system:embargo', now }, async writing => {
      const due = await writing.tx.$queryRaw<{ id: number }[]>`
        SELECT id FROM articles WHERE status = 'scheduled' AND deleted_at IS NULL AND embargo_until <= ${now}
        ORDER BY embargo_until LIMIT 50 FOR UPDATE SKIP LOCKED`
      for (const { id } of due) {
        const row = await lockArticle(writing, id)
        if (row) await updateRow(writing, row, { status: 'published', publishedAt: row.embargoUntil })
      }
      return due.length
    })
    published += done
    if (done === 0) return published
  }
}

/** Looks for what is due every few seconds. A failure is told and the next round tries again. */
export function startEmbargoClock(
  db: Database,
  onError: (error: unknown) => void,
  everyMs = 5_000,
): () => void {
  let running: Promise<unknown> = Promise.resolve()
  const timer = setInterval(() => {
    running = running.then(() => publishDue(db, new Date())).catch(onError)
  }, everyMs)
  return () => clearInterval(timer)
}
