import { type Database, Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { Pages } from '../http/page.ts'
import { Problem } from '../http/problem.ts'
import { unknownTo } from '../ministries/answer.ts'
import { type Body, nameShown } from '../ministries/names.ts'
import type { Registry } from '../ministries/registry.ts'
import type { FindReferring } from '../ministries/store-write.ts'
import { dayOf } from '../time/seoul.ts'
import { namesakesOf, takeIn, takeText } from './ministry-filter.ts'
import { isPublic, type ListQuery } from './query.ts'
import { assertHeld, type By, updateRow, write } from './store.ts'

/** Ministries as articles name them. */

const { sql, join } = Prisma

/** Every article, by the conditions of the partial indexes: written out, so that the planner can use them. */
const PUBLIC = sql`status = 'published' AND deleted_at IS NULL`
const OTHERS = [sql`status <> 'published' AND deleted_at IS NULL`, sql`deleted_at IS NOT NULL`]

/** An article of a ministry, whatever its status, by its id. */
export const findArticleOf: FindReferring = async (tx, code) => {
  for (const state of [PUBLIC, ...OTHERS]) {
    const [row] = await tx.$queryRaw<{ id: number }[]>(
      sql`SELECT id FROM articles WHERE ${state} AND ministry_code = ${code} LIMIT 1`,
    )
    if (row) return row.id
  }
  return null
}

interface Unresolved {
  name: string
  articles: number
  hidden: number
  firstAt: Date | null
  lastAt: Date | null
}

/** A page of the names that articles carry without a code, those of most public articles first, and how many there are. */
export async function listUnresolved(
  { pool }: Database,
  { page, pageSize }: Pages,
): Promise<{ rows: Unresolved[]; total: number }> {
  const rows = await run<Unresolved & { total: number }>(
    pool,
    sql`WITH names AS (
        SELECT ministry_name AS name, count(*) FILTER (WHERE status = 'published')::int AS articles,
          count(*) FILTER (WHERE status <> 'published')::int AS hidden,
          min(published_at) FILTER (WHERE status = 'published') AS "firstAt",
          max(published_at) FILTER (WHERE status = 'published') AS "lastAt"
        FROM articles
        WHERE ministry_code IS NULL AND ministry_name IS NOT NULL AND deleted_at IS NULL GROUP BY ministry_name)
      SELECT page.*, total FROM (SELECT count(*)::int AS total FROM names) AS counted
      LEFT JOIN (SELECT * FROM names ORDER BY articles DESC, name LIMIT ${pageSize} OFFSET ${(page - 1) * pageSize})
        AS page ON true
      ORDER BY articles DESC, name`,
  )
  return { rows: rows.filter(({ name }) => name !== null), total: rows[0]?.total ?? 0 }
}

/** The last instant of release of an article that carries a name without a code; null where none does. */
export async function findLastCarried({ pool }: Database, name: string): Promise<Date | null> {
  const [row] = await run<{ at: Date | null }>(
    pool,
    sql`SELECT max(listed_at) AS at FROM articles WHERE ministry_code IS NULL AND ministry_name = ${name}`,
  )
  return row?.at ?? null
}

/** Articles that are given a code in one transaction: some tenths of a second. */
const MAPPED_AT_ONCE = 100

/**
 * Gives a body's code to the articles that carry a name without one, each as a change of its own, and says how many. What
 * is done stays done where it fails: it can be repeated. Deleted ones are left as they are.
 */
export async function mapArticles(
  db: Database,
  { name, body }: { name: string; body: Body },
  by: By,
): Promise<number> {
  const issuer = { ministryCode: body.code, ministryName: nameShown(body, dayOf(by.now)).name }
  for (let mapped = 0; ; ) {
    const done = await write(db, by, async writing => {
      const { tx } = writing
      await assertHeld(tx, body.code)
      const ids = await tx.$queryRaw<{ id: number }[]>(
        sql`SELECT id FROM articles
          WHERE ministry_code IS NULL AND ministry_name = ${name} AND deleted_at IS NULL
          ORDER BY id LIMIT ${MAPPED_AT_ONCE} FOR NO KEY UPDATE`,
      )
      const rows = await tx.article.findMany({
        where: { id: { in: ids.map(({ id }) => id) } },
        include: { counts: true },
        orderBy: { id: 'asc' },
      })
      for (const row of rows) await updateRow(writing, row, issuer)
      return rows.length
    })
    mapped += done
    if (done < MAPPED_AT_ONCE) return mapped
  }
}

/** Which of some texts articles carry for a ministry: public ones, and others where the list may show them. */
async function listCarried({ pool }: Database, texts: string[], openly: boolean): Promise<string[]> {
  const states = openly ? [PUBLIC] : [PUBLIC, ...OTHERS]
  const carries = states.map(
    state => sql`EXISTS (SELECT FROM articles WHERE ${state} AND ministry_code IS NULL AND ministry_name = text)
      OR EXISTS (SELECT FROM articles WHERE ${state} AND ministry_published_name = text)`,
  )
  const rows = await run<{ text: string }>(
    pool,
    sql`SELECT text FROM unnest(${texts}::text[]) AS text WHERE ${join(carries, ' OR ')}`,
  )
  return rows.map(({ text }) => text)
}

/**
 * The query with every code and name that its ministries mean. A text that nobody is or was called stays findable where
 * articles carry it. @throws Problem 400 that names the others, with the nearest names.
 */
export async function takeInMinistries(
  db: Database,
  registry: Registry,
  query: ListQuery,
  today: string,
): Promise<ListQuery> {
  const { filter } = query
  if (filter.ministry.length === 0) return query
  const known = new Map(
    filter.ministry.map(asked => [asked, takeIn(registry, asked, filter.lineage, today)] as const),
  )
  const unknown = filter.ministry.filter(asked => known.get(asked) === null)
  const carried = unknown.length > 0 ? await listCarried(db, unknown, isPublic(filter)) : []
  const nowhere = unknown.filter(asked => !carried.includes(asked))
  if (nowhere.length > 0) throw unknownMinistries(registry, nowhere)
  const taken = [...known].map(([asked, one]) => one ?? takeText(asked))
  const ministries = taken.flatMap(one => one.ministries)
  const values = [...new Set(taken.flatMap(one => one.values))]
  const namesakes = filter.lineage === 'all' ? namesakesOf(registry, { ministries, values }) : null
  return { ...query, ministries, filter: { ...filter, ministry: values, namesakes } }
}

function unknownMinistries(registry: Registry, texts: string[]): Problem {
  const faults = texts.map(text => ({ parameter: 'ministry', ...unknownTo(registry, text) }))
  const all = (language: 'en' | 'ko') => faults.map(({ detail }) => detail[language]).join('; ')
  return new Problem(
    'invalid-parameter',
    { en: `ministry: ${all('en')}`, ko: `ministry: ${all('ko')}` },
    { faults },
  )
}
