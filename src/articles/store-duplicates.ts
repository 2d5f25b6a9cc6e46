import { type Database, Prisma, type Query } from '../db/client.ts'
import type { Comparable, SameLine } from '../duplicates/relate.ts'
import { listUnprinted, lockDuplicates, relateArticles, type WrittenArticle } from '../duplicates/store.ts'
import { ancestorsOf } from '../ministries/lineage.ts'
import type { Registry } from '../ministries/registry.ts'
import { readRegistry } from '../ministries/store.ts'
import type { Indexed } from './indexing.ts'
import { withoutKind } from './title-kind.ts'

/** Articles as they are compared, and the upkeep of what other rules have found. */

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

const findComparables = async (query: Query, ids: number[]): Promise<Comparable[]> =>
  (
    await query<Told>(sql`
      SELECT id, status, deleted_at AS "deletedAt", listed_at AS "listedAt", title, body_text AS "bodyText", source, author,
        ministry_code AS "ministryCode", ministry_name AS "ministryName", ministry_published_name AS "ministryPublishedName"
      FROM articles WHERE id = ANY(${ids}::int[]) AND deleted_at IS NULL`)
  ).map(toComparable)

const lineOf =
  ({ events }: Registry): SameLine =>
  (code, other) =>
    ancestorsOf(events, code).some(one => one.code === other)

/** Finds the duplicates of articles that the caller's transaction has written. */
export const relateFound = (
  query: Query,
  rows: readonly Told[],
  registry: () => Promise<Registry>,
): Promise<void> =>
  relateArticles(query, rows.map(toComparable), {
    findComparables: ids => findComparables(query, ids),
    sameLine: async () => lineOf(await registry()),
  })

/** Articles whose duplicates are found anew in one transaction: some tenths of a second, in which other writers wait. */
const BATCH = 100

/** Finds anew what former rules have found, some of it, and says of how many articles. */
export const relateSome = (db: Database): Promise<number> =>
  db.prisma.$transaction(async tx => {
    const query: Query = statement => tx.$queryRaw(statement)
    if ((await listUnprinted(query, 1)).length === 0) return 0
    // From here on nobody changes an article without finding its duplicates after this.
    await lockDuplicates(query)
    const ids = await listUnprinted(query, BATCH)
    const rows = await tx.article.findMany({ where: { id: { in: ids } } })
    await relateFound(query, rows, () => readRegistry(tx))
    return rows.length
  })

/** Milliseconds after which a round leaves the rest to the next, so that a stop need not wait. */
const ROUND = 2_000

/** What is due, or some of it; what a clock calls. */
export async function keepDuplicates(db: Database): Promise<void> {
  const began = performance.now()
  while ((await relateSome(db)) > 0 && performance.now() - began < ROUND);
}
