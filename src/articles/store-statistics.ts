import { type Database, inSnapshot, Prisma } from '../db/client.ts'
import { run } from '../search/search.ts'
import type { ListQuery } from './query.ts'
import { matches } from './search.ts'
import { everyFound } from './store-keywords.ts'
import { isCounted, perDay, perKind, perMinistry } from './store-totals.ts'

/**
 * How the articles of a list are spread: over time, ministries and kinds. Always exact: from the totals where they know it,
 * else by grouping what the list has, which takes as long as there is of it.
 */

const { sql } = Prisma
type Sql = Prisma.Sql

export const INTERVALS = ['day', 'week', 'month', 'year'] as const
export type Interval = (typeof INTERVALS)[number]

export const FACETS = ['ministry', 'kind', 'source'] as const
export type Facet = (typeof FACETS)[number]

export interface Options {
  /** Milliseconds for each statement. */
  timeout: number
}

/** Groups the articles of a list by a statement over its totals, or else over `articles a` with a condition. */
const group = <T extends object>(
  db: Database,
  query: ListQuery,
  { timeout }: Options,
  kept: Sql | null,
  grouped: (where: Sql) => Sql,
): Promise<T[]> =>
  inSnapshot(db, timeout, async client => {
    if (kept && !query.keywords && isCounted(query)) return run<T>(client, kept)
    if (!query.keywords) return run<T>(client, grouped(matches(query.filter)))
    const found = await everyFound(client, { ...query, sort: '-publishedAt' }, query.keywords)
    return found ? run<T>(client, grouped(sql`a.id IN (${found})`)) : []
  })

export interface Bucket {
  /** The first day of the interval. */
  day: string
  count: number
}

/** Intervals of Seoul that have articles, in the order of time. */
export function listBuckets(
  db: Database,
  query: ListQuery,
  interval: Interval,
  options: Options,
): Promise<Bucket[]> {
  const grain = interval === 'month' || interval === 'year' ? 'month' : 'day'
  const kept = sql`SELECT date_trunc(${interval}, day::timestamp)::date::text AS day, sum(n)::int AS count
    FROM (${perDay(query.filter, grain)}) AS days GROUP BY 1 HAVING sum(n) <> 0 ORDER BY 1`
  return group(
    db,
    query,
    options,
    kept,
    where => sql`SELECT date_trunc(${interval}, a.listed_at AT TIME ZONE 'Asia/Seoul')::date::text AS day, count(*)::int AS count
      FROM articles a WHERE ${where} GROUP BY 1 ORDER BY 1`,
  )
}

export interface Share {
  /** What the articles have; null where they have none. */
  value: string | null
  /** Of a ministry; null where the name has none. */
  code: string | null
  count: number
}

const STATEMENTS: Record<Facet, { kept: ((filter: ListQuery['filter']) => Sql) | null; columns: Sql }> = {
  kind: {
    kept: filter =>
      sql`SELECT kind AS value, NULL AS code, sum(n)::int AS count FROM (${perKind(filter)}) AS k GROUP BY kind HAVING sum(n) <> 0`,
    columns: sql`a.kind AS value, NULL AS code`,
  },
  ministry: {
    kept: filter =>
      sql`SELECT nullif(name, '') AS value, nullif(code, '') AS code, sum(n)::int AS count FROM (${perMinistry(filter)}) AS m
        GROUP BY name, code HAVING sum(n) <> 0`,
    columns: sql`a.ministry_name AS value, a.ministry_code AS code`,
  },
  source: { kept: null, columns: sql`a.source AS value, NULL AS code` },
}

/** How many articles have each value of a facet. */
export function listShares(db: Database, query: ListQuery, facet: Facet, options: Options): Promise<Share[]> {
  const { kept, columns } = STATEMENTS[facet]
  return group(
    db,
    query,
    options,
    kept?.(query.filter) ?? null,
    where => sql`SELECT ${columns}, count(*)::int AS count FROM articles a WHERE ${where} GROUP BY 1, 2`,
  )
}
