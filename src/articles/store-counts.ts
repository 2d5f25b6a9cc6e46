import type { Database } from '../db/client.ts'
import { inBatches } from '../db/sweep.ts'
import type { ArticleCounts } from '../generated/client.ts'

/** Counters as rows. Visitors come as keyed hashes. */

/** Counts a view unless the visitor was counted after `since`; says whether it did. */
export async function addView(
  { pool }: Database,
  articleId: number,
  visitor: Uint8Array,
  now: Date,
  since: Date,
): Promise<boolean> {
  // The receipt's row lock makes two views of one visitor wait for each other, so one of them counts.
  const { rowCount } = await pool.query(
    `WITH receipt AS (
       INSERT INTO view_receipts AS r (article_id, visitor, counted_at) VALUES ($1, $2, $3)
       ON CONFLICT (article_id, visitor) DO UPDATE SET counted_at = excluded.counted_at WHERE r.counted_at <= $4
       RETURNING 1)
     UPDATE article_counts SET views = views + 1 WHERE article_id = $1 AND EXISTS (SELECT FROM receipt)`,
    [articleId, visitor, now, since],
  )
  return rowCount === 1
}

/** An article's counters, without the article. */
export const findCounts = ({ prisma }: Database, articleId: number): Promise<ArticleCounts | null> =>
  prisma.articleCounts.findUnique({ where: { articleId } })

/** Forgets receipts of views that were counted before an instant: those visitors count again. */
export const sweepReceipts = ({ pool }: Pick<Database, 'pool'>, before: Date): Promise<number> =>
  inBatches(async atMost => {
    const { rowCount } = await pool.query(
      `DELETE FROM view_receipts WHERE (article_id, visitor) IN (
         SELECT article_id, visitor FROM view_receipts WHERE counted_at < $1 ORDER BY counted_at LIMIT $2
         FOR UPDATE SKIP LOCKED) AND counted_at < $1`,
      [before, atMost],
    )
    return rowCount ?? 0
  })

/** What a visitor thinks of an article; null where he has not said. */
export async function findReaction(
  { prisma }: Database,
  articleId: number,
  visitor: Uint8Array<ArrayBuffer>,
): Promise<'like' | 'dislike' | null> {
  const reaction = await prisma.reaction.findUnique({ where: { articleId_visitor: { articleId, visitor } } })
  return (reaction?.value ?? null) as 'like' | 'dislike' | null
}

/** Sets a visitor's reaction, or takes it back with null. Doing it again changes nothing. */
export async function setReaction(
  { prisma }: Database,
  articleId: number,
  visitor: Uint8Array<ArrayBuffer>,
  value: 'like' | 'dislike' | null,
  now: Date,
): Promise<void> {
  await prisma.$transaction(async tx => {
    // First the counters' row: whoever holds it is alone with this article's reactions.
    await tx.$queryRaw`SELECT article_id FROM article_counts WHERE article_id = ${articleId} FOR UPDATE`
    const where = { articleId_visitor: { articleId, visitor } }
    const before = (await tx.reaction.findUnique({ where }))?.value ?? null
    if (before === value) return
    if (value === null) await tx.reaction.delete({ where })
    else
      await tx.reaction.upsert({
        where,
        create: { articleId, visitor, value, reactedAt: now },
        update: { value, reactedAt: now },
      })
    const change = (name: 'like' | 'dislike') => ({
      increment: Number(value === name) - Number(before === name),
    })
    await tx.articleCounts.update({
      where: { articleId },
      data: { likes: change('like'), dislikes: change('dislike') },
    })
  })
}

/** The salt of visitor hashes, made with the database. */
export async function findVisitorSalt({ prisma }: Database): Promise<Uint8Array> {
  return (await prisma.secret.findUniqueOrThrow({ where: { name: 'visitor' } })).value
}
