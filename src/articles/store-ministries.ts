import { type Database, Prisma } from '../db/client.ts'
import { Problem } from '../http/problem.ts'
import { unknownTo } from '../ministries/answer.ts'
import type { Registry } from '../ministries/registry.ts'
import type { FindReferring } from '../ministries/store-write.ts'
import { run } from '../search/search.ts'
import { takeIn, takeText } from './ministry-filter.ts'
import type { ListQuery } from './query.ts'
import { isPublic } from './search.ts'

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

/** Which of some texts articles carry for a ministry: public ones, and others where the list may show them. */
async function listCarried({ pool }: Database, texts: string[], openly: boolean): Promise<string[]> {
  const states = openly ? [PUBLIC] : [PUBLIC, ...OTHERS]
  const carries = states.map(
    state => sql`EXISTS (SELECT FROM articles WHERE ${state} AND ministry_name = text)
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
  return {
    ...query,
    ministries: taken.flatMap(({ ministries }) => ministries),
    filter: { ...filter, ministry: [...new Set(taken.flatMap(({ values }) => values))] },
  }
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
