import type pg from 'pg'
import { Prisma } from '../db/client.ts'
import type { DayRange } from '../time/seoul.ts'

/**
 * The routes of a keyword search: which statement finds the newest (or oldest) matches soonest. All give the same rows;
 * what they differ in is what they cost for common, middling and rare words.
 */

const { sql, join, empty } = Prisma
type Sql = Prisma.Sql

/** What is searched for, decided: a tsquery that holds the filters too. */
export interface Matching {
  query: string
  /** The estimated share of public articles that match, from 0 to 1. */
  share: number
  /** Public articles. */
  articles: number
  published: DayRange
  /**
   * What terms do not say, on `articles a`: then rows are looked up in both tables and PostgreSQL decides how. Null where
   * only what is public is asked for.
   */
  also: Sql | null
}

export interface Place {
  /** Milliseconds since 1970. */
  key: number
  id: number
}

export interface Slice {
  descending: boolean
  /** Rows beyond this one. */
  after: Place | null
  offset: number
  limit: number
}

export interface Hit {
  id: number
  listedAt: Date
}

/** Where one route is cheaper than the next, measured by bench/search. Tests set other ones to reach every route. */
export interface RouteLimits {
  /** Matches up to which all of them are fetched and sorted. */
  rare: number
  /** Rows that are looked into one by one, newest first. */
  walk: number
  /** How many more rows a second window has. */
  widen: number
  /** The newest matches that relevance ranks, and as many of the newest with a word in the title. */
  ranked: number
}
export const ROUTE_LIMITS: RouteLimits = { rare: 3_000, walk: 4_000, widen: 8, ranked: 1_200 }

/** @param client a pool or one of its clients */
export async function run<T extends object>(client: Pick<pg.ClientBase, 'query'>, query: Sql): Promise<T[]> {
  return (await client.query<T>({ text: query.text, values: query.values as unknown[] })).rows
}

const and = (parts: Sql[]): Sql => join(parts, ' AND ')

/** The rows of a range of days, beyond a place. */
function within({ published: { fromInstant, toInstant } }: Matching, { descending, after }: Slice): Sql[] {
  const beyond = descending ? sql`<` : sql`>`
  return [
    ...(fromInstant ? [sql`s.listed_at >= ${fromInstant}`] : []),
    ...(toInstant ? [sql`s.listed_at < ${toInstant}`] : []),
    ...(after
      ? [sql`(s.listed_at, s.article_id) ${beyond} (${new Date(after.key)}::timestamptz, ${after.id}::int)`]
      : []),
  ]
}

const order = ({ descending }: Slice) =>
  descending ? sql`s.listed_at DESC, s.article_id DESC` : sql`s.listed_at, s.article_id`

const HIT = sql`s.article_id AS id, s.listed_at AS "listedAt"`

/** Newest first until the page is full: for words that every few articles have. */
const walk = (matching: Matching, slice: Slice, bound: Sql[]) =>
  // Within coalesce the operator is nothing that an index could answer, so the order of days is kept.
  sql`SELECT ${HIT} FROM article_search s
    WHERE ${and([sql`s.public`, ...bound, ...within(matching, slice), sql`coalesce(s.terms @@ ${matching.query}::tsquery, false)`])}
    ORDER BY ${order(slice)} LIMIT ${slice.limit} OFFSET ${slice.offset}`

/** All matches by the index of terms, or those of a window of days, then sorted. */
const gather = (matching: Matching, slice: Slice, bound: Sql[]) =>
  sql`WITH hits AS MATERIALIZED (SELECT s.article_id, s.listed_at FROM article_search s
      WHERE ${and([sql`s.terms @@ ${matching.query}::tsquery`, sql`s.public`, ...bound, ...within(matching, slice)])})
    SELECT ${HIT} FROM hits s ORDER BY ${order(slice)} LIMIT ${slice.limit} OFFSET ${slice.offset}`

/** The n-th row of a range, from where a slice begins; null where there are fewer. */
async function rowAt(
  client: pg.ClientBase,
  matching: Matching,
  slice: Slice,
  n: number,
): Promise<Date | null> {
  const where = within(matching, slice)
  const [row] = await run<{ at: Date }>(
    client,
    sql`SELECT s.listed_at AS at FROM article_search s ${where.length > 0 ? sql`WHERE ${and(where)}` : empty}
      ORDER BY ${order(slice)} LIMIT 1 OFFSET ${Math.round(n)}`,
  )
  return row?.at ?? null
}

/**
 * A slice of the matches by date. Fewer rows than asked for means that there are no more.
 * @param told hears which routes were tried
 */
export async function searchByDate(
  client: pg.ClientBase,
  matching: Matching,
  slice: Slice,
  limits: RouteLimits = ROUTE_LIMITS,
  told: (route: string) => void = () => {},
): Promise<Hit[]> {
  const { share, articles } = matching
  if (matching.also) {
    told('restricted')
    return run(client, restricted(matching, matching.also, slice))
  }
  if (share * articles < limits.rare) {
    told('rare')
    return run(client, gather(matching, slice, []))
  }
  const wanted = slice.offset + slice.limit
  /** Three times the rows that would do if matches were spread evenly. */
  for (let rows = (3 * wanted) / share, first = true; ; rows *= limits.widen, first = false) {
    if (rows >= articles) break
    const walked = first && rows <= limits.walk
    // A walk ends by itself when it has enough, so it may look further than a window.
    const edge = await rowAt(client, matching, slice, walked ? rows * limits.widen : rows)
    if (!edge) break
    told(walked ? 'walk' : 'window')
    const bound = [slice.descending ? sql`s.listed_at >= ${edge}` : sql`s.listed_at <= ${edge}`]
    const hits = await run<Hit>(client, (walked ? walk : gather)(matching, slice, bound))
    if (hits.length >= slice.limit) return hits
  }
  told('all')
  return run(client, gather(matching, slice, []))
}

/** With what only `articles` knows: status, the day of a change. */
const restricted = (matching: Matching, also: Sql, slice: Slice) =>
  sql`SELECT ${HIT} FROM article_search s JOIN articles a ON a.id = s.article_id
    WHERE ${and([sql`s.terms @@ ${matching.query}::tsquery`, also, ...within(matching, slice)])}
    ORDER BY ${order(slice)} LIMIT ${slice.limit} OFFSET ${slice.offset}`

export interface ViewedHit {
  id: number
  views: number
}

/** A slice of the matches by views; `after.key` are views. */
export async function searchByViews(
  client: pg.ClientBase,
  matching: Matching,
  slice: Slice,
  limits: RouteLimits = ROUTE_LIMITS,
): Promise<ViewedHit[]> {
  const { after } = slice
  const beyond = slice.descending ? sql`<` : sql`>`
  const direction = slice.descending ? sql`DESC` : sql`ASC`
  const edge = after
    ? [sql`(c.total_views, c.article_id) ${beyond} (${after.key}::bigint, ${after.id}::int)`]
    : []
  const rest = [...edge, ...within(matching, { ...slice, after: null }), matching.also ?? sql`s.public`]
  const many = !matching.also && matching.share * matching.articles >= limits.rare
  const found = many
    ? sql`coalesce(s.terms @@ ${matching.query}::tsquery, false)`
    : sql`s.terms @@ ${matching.query}::tsquery`
  return run(
    client,
    sql`SELECT c.article_id AS id, c.total_views AS views
      FROM article_counts c JOIN article_search s ON s.article_id = c.article_id
      ${matching.also ? sql`JOIN articles a ON a.id = s.article_id` : empty}
      WHERE ${and([found, ...rest])}
      ORDER BY c.total_views ${direction}, c.article_id ${direction} LIMIT ${slice.limit} OFFSET ${slice.offset}`,
  )
}

/** How many matches there are, counted up to `cap`. */
export async function countMatches(client: pg.ClientBase, matching: Matching, cap: number): Promise<number> {
  const range = within(matching, { descending: true, after: null, offset: 0, limit: 0 })
  const [row] = await run<{ n: number }>(
    client,
    sql`SELECT count(*)::int AS n FROM (SELECT FROM article_search s
      ${matching.also ? sql`JOIN articles a ON a.id = s.article_id` : empty}
      WHERE ${and([sql`s.terms @@ ${matching.query}::tsquery`, ...range, matching.also ?? sql`s.public`])} LIMIT ${cap}) AS found`,
  )
  return row?.n ?? 0
}
