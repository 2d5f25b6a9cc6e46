import { type Database, Prisma, type Query } from '../db/client.ts'
import { readTogether } from '../db/read-together.ts'
import { run } from '../db/run.ts'
import { dayOf } from '../time/seoul.ts'
import type { ArticleRow, Neighbours } from './row.ts'
import { FIELDS } from './schema.ts'
import { selection } from './store-list.ts'

/** Reading one article: a prepared statement each, since what reads most is asked for most. */

const { sql } = Prisma
type Sql = Prisma.Sql

/** An article with what stands beside it in the public list. */
export type ReadRow = ArticleRow & Neighbours

const link = (place: Sql): Sql => sql`(
  SELECT json_build_object('id', n.id, 'title', n.title, 'publishedAt', extract(epoch FROM n.published_at) * 1000)
  FROM articles n WHERE n.status = 'published' AND n.deleted_at IS NULL AND ${place} LIMIT 1)`

/** The articles just before and after `a` in the public list. */
export const NEIGHBOURS = sql`
  ${link(sql`(n.listed_at, n.id) < (a.listed_at, a.id) ORDER BY n.listed_at DESC, n.id DESC`)} AS previous,
  ${link(sql`(n.listed_at, n.id) > (a.listed_at, a.id) ORDER BY n.listed_at, n.id`)} AS next`

export type Beside = Record<
  keyof Neighbours,
  { id: number; title: string; publishedAt: number | null } | null
>

export function toNeighbours({ previous, next }: Beside): Neighbours {
  const shown = (one: Beside['next']) =>
    one === null || one.publishedAt === null
      ? null
      : { id: one.id, title: one.title, publishedOn: dayOf(new Date(one.publishedAt)) }
  return { previous: shown(previous), next: shown(next) }
}

/** Articles with what stands beside them, in the transaction that they were written in or after it. */
export async function withNeighbours(query: Query, rows: readonly ArticleRow[]): Promise<ReadRow[]> {
  if (rows.length === 0) return []
  const found = await query<Beside>(sql`
    SELECT ${NEIGHBOURS}
    FROM unnest(${rows.map(({ id }) => id)}::int[], ${rows.map(({ listedAt }) => listedAt.toISOString())}::timestamptz[])
      WITH ORDINALITY AS a (id, listed_at, ord) ORDER BY ord`)
  return rows.map((row, i) => ({ ...row, ...toNeighbours(found[i] as Beside) }))
}

/** An article that was written, as it stands now. */
export async function readWritten({ pool }: Database, row: ArticleRow): Promise<ReadRow> {
  const query: Query = statement => run(pool, statement, { prepared: true })
  return (await withNeighbours(query, [row]))[0] as ReadRow
}

const WHOLE = sql`SELECT ${selection({ fields: [...FIELDS], highlight: false })}, ${NEIGHBOURS}
  FROM articles a LEFT JOIN article_counts c ON c.article_id = a.id WHERE`
const BY_IDS = `${WHOLE.text} a.id = ANY ((SELECT $1::int[])::int[])`
const BY_SOURCE = `${WHOLE.text} a.source = $1 AND a.external_id = $2`

async function readWhole(pool: Database['pool'], text: string, values: unknown[]): Promise<ReadRow[]> {
  const rows = await run<ArticleRow & Beside>(pool, { text, values }, { prepared: true })
  return rows.map(row => Object.assign(row, toNeighbours(row)))
}

/** Each article has a body, so one statement is not for many. */
const readArticle = readTogether(
  async (pool, ids: number[]) => new Map((await readWhole(pool, BY_IDS, [ids])).map(row => [row.id, row])),
  { atOnce: 3, most: 20 },
)

/** Whether it is there and may be seen, for who shows nothing of it. Deleted ones too. */
export async function findState(
  { pool }: Database,
  id: number,
): Promise<Pick<ArticleRow, 'id' | 'status' | 'deletedAt'> | null> {
  const text = 'SELECT id, status, deleted_at AS "deletedAt" FROM articles WHERE id = $1'
  return (await pool.query({ name: 'article state', text, values: [id] })).rows[0] ?? null
}

/** Deleted ones too. */
export const findArticle = ({ pool }: Database, id: number): Promise<ReadRow | null> => readArticle(pool, id)

export async function findBySource(
  { pool }: Database,
  source: string,
  externalId: string,
): Promise<ReadRow | null> {
  return (await readWhole(pool, BY_SOURCE, [source, externalId]))[0] ?? null
}
