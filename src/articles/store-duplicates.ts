import { type Database, inTransaction, Prisma, type Query } from '../db/client.ts'
import { queryOn, run } from '../db/run.ts'
import type { Comparable, DuplicateReason, SameLine } from '../duplicates/relate.ts'
import {
  type Articles,
  listUnprinted,
  lockDuplicates,
  print,
  relateArticles,
  relatePrinted,
  unqueuePrints,
  type WrittenArticle,
} from '../duplicates/store.ts'
import type { Printed } from '../duplicates/store-candidates.ts'
import { ancestorsOf } from '../ministries/lineage.ts'
import type { Registry } from '../ministries/registry.ts'
import { readRegistryOn } from '../ministries/store.ts'
import type { Indexed } from './indexing.ts'
import type { ArticleRow } from './row.ts'
import { rowsOf, selection } from './store-list.ts'
import { keepUp } from './store-upkeep.ts'
import { withoutKind } from './title-kind.ts'

/** Articles as they are compared, the upkeep of what other rules have found, and the duplicates of one. */

const { sql } = Prisma

type Told = Pick<
  Indexed,
  | 'id'
  | 'status'
  | 'deletedAt'
  | 'listedAt'
  | 'title'
  | 'bodyText'
  | 'source'
  | 'author'
  | 'ministryCode'
  | 'ministryName'
  | 'ministryPublishedName'
>

const toComparable = (row: Told): WrittenArticle => ({
  id: row.id,
  listedAt: row.listedAt,
  public: row.status === 'published' && row.deletedAt === null,
  deleted: row.deletedAt !== null,
  title: withoutKind(row.title),
  body: row.bodyText,
  code: row.ministryCode,
  names: [...new Set([row.ministryPublishedName, row.ministryName])].filter(name => name !== null),
  source: row.source,
  author: row.author,
})

/** Without a body but for those of `withBody`. */
const listTold = (query: Query, ids: number[], withBody: ReadonlySet<number>) =>
  query<Told>(sql`
    SELECT id, status, deleted_at AS "deletedAt", listed_at AS "listedAt", title, source, author,
      CASE WHEN id = ANY(${[...withBody]}::int[]) THEN body_text ELSE '' END AS "bodyText",
      ministry_code AS "ministryCode", ministry_name AS "ministryName", ministry_published_name AS "ministryPublishedName"
    FROM articles WHERE id = ANY(${ids}::int[])`)

const findComparables = async (
  query: Query,
  ids: number[],
  withBody: ReadonlySet<number>,
): Promise<Comparable[]> =>
  (await listTold(query, ids, withBody)).filter(({ deletedAt }) => deletedAt === null).map(toComparable)

const lineOf =
  ({ events }: Registry): SameLine =>
  (code, other) =>
    ancestorsOf(events, code).some(one => one.code === other)

/** Finds the duplicates of articles that the caller's transaction has written. */
export const relateFound = (
  query: Query,
  rows: readonly Told[],
  registry: () => Promise<Registry>,
): Promise<void> => relateArticles(query, rows.map(toComparable), othersIn(query, registry))

const othersIn = (query: Query, registry: () => Promise<Registry>): Articles => ({
  findComparables: (ids, withBody) => findComparables(query, ids, withBody),
  sameLine: async () => lineOf(await registry()),
})

/** A new article as it is compared, which needs not be a row yet. */
export const printNew = (article: Omit<Told, 'id' | 'deletedAt'>): Printed =>
  print(toComparable({ ...article, id: 0, deletedAt: null }))

/** The same as `relateFound` for new articles that are printed. */
export const relateNew = (
  query: Query,
  rows: readonly { id: number; printed: Printed }[],
  registry: () => Promise<Registry>,
): Promise<void> =>
  relatePrinted(
    query,
    rows.map(({ id }) => id),
    rows.map(({ id, printed }) => ({ ...printed, one: { ...printed.one, id } })),
    othersIn(query, registry),
  )

/** Articles whose duplicates are found anew in one transaction: some tenths of a second, in which other writers wait. */
const BATCH = 100

/** Finds anew what former rules have found, some of it, and says of how many articles. */
export const relateSome = (db: Database): Promise<number> =>
  inTransaction(db, async client => {
    const query = queryOn(client)
    if ((await listUnprinted(query, 1)).length === 0) return 0
    // From here on nobody changes an article without finding its duplicates after this.
    await lockDuplicates(query)
    const ids = await listUnprinted(query, BATCH)
    // Whoever changes an identity holds the article and may be waiting for the lock: it is left to a later round.
    const held = await query<{ id: number }>(
      sql`SELECT id FROM articles WHERE id = ANY(${ids}::int[]) FOR KEY SHARE SKIP LOCKED`,
    )
    const mine = new Set(held.map(({ id }) => id))
    const told = await listTold(query, ids, new Set(ids))
    await relateFound(
      query,
      told.filter(({ id }) => mine.has(id)),
      () => readRegistryOn(query),
    )
    const left = new Set(told.map(({ id }) => id).filter(id => !mine.has(id)))
    const done = ids.filter(id => !left.has(id))
    await unqueuePrints(query, done)
    return done.length
  })

/** What is due, or some of it; what a clock calls. */
export const keepDuplicates = (db: Database): Promise<void> => keepUp(db, relateSome)

/** Duplicates that are listed at most: a group of more is a fault of its source. */
const LISTED = 100

interface FoundDuplicate {
  reason: DuplicateReason
  similarity: number | null
  comparedWith: number | null
}

/** The others of an article's group; with `hidden` also those that are not public. */
export async function listDuplicates(
  { pool }: Database,
  { id, status, deletedAt }: Pick<ArticleRow, 'id' | 'status' | 'deletedAt'>,
  { hidden }: { hidden: boolean },
): Promise<{ original: number | null; total: number; found: (FoundDuplicate & { row: ArticleRow })[] }> {
  const rows = await run<ArticleRow & FoundDuplicate & { total: number; original: number | null }>(
    pool,
    sql`SELECT ${selection({ fields: null, highlight: false })}, total, original, reason, similarity, "comparedWith"
      FROM ${rowsOf(
        sql`SELECT m.article_id AS id, m.listed_at, count(*) OVER ()::int AS total, (
            SELECT article_id FROM duplicate_members WHERE group_id = m.group_id AND public
            ORDER BY listed_at, article_id LIMIT 1) AS original
        FROM duplicate_members own JOIN duplicate_members m USING (group_id)
        WHERE own.article_id = ${id} AND m.article_id <> ${id} AND (m.public OR ${hidden})
        ORDER BY m.listed_at, m.article_id LIMIT ${LISTED}`,
      )}
      CROSS JOIN LATERAL (
        SELECT reason, similarity, CASE WHEN o.public OR ${hidden} OR o.article_id = ${id} THEN o.article_id END AS "comparedWith"
        FROM duplicate_members o JOIN (
          SELECT second_id AS other, reason, similarity FROM duplicate_pairs WHERE first_id = page.id UNION ALL
          SELECT first_id, reason, similarity FROM duplicate_pairs WHERE second_id = page.id) AS p ON p.other = o.article_id
        ORDER BY o.article_id = ${id} DESC, (o.public OR ${hidden}) DESC, o.listed_at, o.article_id LIMIT 1) AS why
      ORDER BY page.listed_at, page.id`,
  )
  const alone = status === 'published' && deletedAt === null ? id : null
  return {
    original: rows[0] ? rows[0].original : alone,
    total: rows[0]?.total ?? 0,
    found: rows.map(({ reason, similarity, comparedWith, ...row }) => ({
      reason,
      similarity,
      comparedWith,
      row,
    })),
  }
}
