import { type Database, Prisma } from '../db/client.ts'
import { Problem } from '../http/problem.ts'
import { unknownTo } from '../ministries/answer.ts'
import type { Registry } from '../ministries/registry.ts'
import { run } from '../search/search.ts'
import { takeIn, takeText } from './ministry-filter.ts'
import type { ListQuery } from './query.ts'
import { isPublic } from './search.ts'

/** Ministries as articles name them. */

const { sql, join } = Prisma

/** Which of some texts articles carry for a ministry: public ones, and others where the list may show them. */
async function listCarried({ pool }: Database, texts: string[], openly: boolean): Promise<string[]> {
  // Written out, so that the planner can use the partial indexes.
  const states = [
    sql`status = 'published' AND deleted_at IS NULL`,
    ...(openly ? [] : [sql`status <> 'published' AND deleted_at IS NULL`, sql`deleted_at IS NOT NULL`]),
  ]
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
