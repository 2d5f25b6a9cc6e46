import { type Database, inSnapshot, Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { ListQuery } from './query.ts'
import { everyFound } from './store-keywords.ts'
import { matches } from './store-list.ts'
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
type Facet = (typeof FACETS)[number]

interface Options {
  /** Milliseconds for each statement. */
  timeout: number
}

/** A statement over the totals of a list, or else one over `articles a` with a condition. */
interface Grouping {
  kept: Sql | null
  grouped: (where: Sql) => Sql
}

/** Groups the articles of a list in one or several ways, all of one snapshot; the results are in the order of the ways. */
const group = <T extends object>(
  db: Database,
  query: ListQuery,
  { timeout }: Options,
  groupings: readonly Grouping[],
): Promise<T[][]> =>
  inSnapshot(db, timeout, async client => {
    const { filter, keywords } = query
    const found = keywords && (await everyFound(client, { ...query, sort: '-publishedAt' }, keywords))
    if (keywords && !found) return groupings.map(() => [])
    const where = found ? sql`a.id IN (${found})` : matches(filter)
    const counted = !keywords && isCounted(query)
    const results: T[][] = []
    for (const { kept, grouped } of groupings)
      results.push(await run<T>(client, counted && kept ? kept : grouped(where)))
    return results
  })

export interface Bucket {
  /** The first day of the interval. */
  day: string
  count: number
}

/** Intervals of Seoul that have articles, in the order of time. */
export async function listBuckets(
  db: Database,
  query: ListQuery,
  interval: Interval,
  options: Options,
): Promise<Bucket[]> {
  const grain = interval === 'week' ? 'day' : interval
  const [buckets = []] = await group<Bucket>(db, query, options, [
    {
      kept: sql`SELECT date_trunc(${interval}, day::timestamp)::date::text AS day, sum(n)::int AS count
        FROM (${perDay(query.filter, grain)}) AS days GROUP BY 1 HAVING sum(n) <> 0 ORDER BY 1`,
      grouped: where =>
        sql`SELECT date_trunc(${interval}, a.listed_at AT TIME ZONE 'Asia/Seoul')::date::text AS day, count(*)::int AS count
          FROM articles a WHERE ${where} GROUP BY 1 ORDER BY 1`,
    },
  ])
  return buckets
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

/** How many articles have each value of some facets, in the order of the facets. */
export const listShares = (
  db: Database,
  query: ListQuery,
  facets: readonly Facet[],
  options: Options,
): Promise<Share[][]> =>
  group<Share>(
    db,
    query,
    options,
    facets.map((facet): Grouping => {
      const { kept, columns } = STATEMENTS[facet]
      return {
        kept: kept?.(query.filter) ?? null,
        grouped: where =>
          sql`SELECT ${columns}, count(*)::int AS count FROM articles a WHERE ${where} GROUP BY 1, 2`,
      }
    }),
  )
