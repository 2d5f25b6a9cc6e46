import type pg from 'pg'
import { Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'
import {
  edgeOf,
  estimate,
  estimateCount,
  firstRows,
  type Place,
  readingOf,
  rowsIn,
  rowsKnown,
  type Slice,
  spanOf,
  wholeMonths,
  windowCost,
} from './costs.ts'
import { and, covered, days, type Matching, unindexed, within, without } from './store-conditions.ts'

/**
 * The routes of a keyword search: which statement finds the newest (or oldest) matches soonest. All give the same rows;
 * what they differ in is what they cost for common, middling and rare words.
 */

const { sql, empty } = Prisma
type Sql = Prisma.Sql

interface Hit {
  id: number
  listedAt: Date
}

/** How dear each route is thought to be, as a multiple of its estimate. Tests send the same words along each. */
export interface Routes {
  walk: number
  window: number
  all: number
  /** How many more rows a second window has. */
  widen: number
  /** Matches up to which relevance ranks all of them. */
  whole: number
  /** Of more: the newest, the newest that have all telling words in the title, and the newest that have one of them. */
  ranked: number
  named: number
  titled: number
}
export const ROUTES: Routes = {
  walk: 1,
  window: 1,
  all: 1,
  widen: 8,
  whole: 400,
  ranked: 150,
  named: 150,
  titled: 250,
}

const order = ({ descending }: Slice) =>
  descending ? sql`s.listed_at DESC, s.article_id DESC` : sql`s.listed_at, s.article_id`

const HIT = sql`s.article_id AS id, s.listed_at AS "listedAt"`

/** Newest first until the page is full: for words that every few articles have. */
const walk = (matching: Matching, slice: Slice, edge: Date) =>
  // The order of days is kept.
  sql`SELECT ${HIT} FROM article_search s
    WHERE ${and([sql`s.public`, ...days(matching, slice, edge), ...without(matching), ...unindexed([sql`s.terms @@ ${matching.query}::tsquery`])])}
    ORDER BY ${order(slice)} LIMIT ${slice.limit} OFFSET ${slice.offset}`

/** All matches by the index of terms, or those up to an edge, then sorted; and how many they are. */
function gather(matching: Matching, slice: Slice, edge: Date | null): Sql {
  const { cover } = readingOf(matching, spanOf(matching, slice, edge))
  const range = days(matching, slice, edge)
  return sql`WITH hits AS MATERIALIZED (SELECT s.article_id, s.listed_at FROM article_search s
      WHERE ${and([
        sql`s.terms @@ ${covered(matching.query, cover)}::tsquery`,
        sql`s.public`,
        // With months there is nothing left to spare by reading the index of days for all of them besides.
        ...(cover ? unindexed(range) : range),
        ...without(matching),
      ])})
    SELECT ${HIT}, (SELECT count(*)::int FROM hits) AS found FROM hits s
    ORDER BY ${order(slice)} LIMIT ${slice.limit} OFFSET ${slice.offset}`
}

/** Rows up to which counting them along the index of days is cheap; beyond, the statistics do. */
const COUNTED_ROWS = 2_000

/** The instant of the n-th row of a range, or about that; null where there are fewer. */
async function instantOf(
  client: pg.ClientBase,
  matching: Matching,
  slice: Slice,
  n: number,
): Promise<Date | null> {
  if (n > COUNTED_ROWS && matching.calendar.length > 1) return edgeOf(matching, slice, n)
  const where = within({ ...matching, leaveOut: null }, slice)
  const [row] = await run<{ at: Date }>(
    client,
    sql`SELECT s.listed_at AS at FROM article_search s ${where.length > 0 ? sql`WHERE ${and(where)}` : empty}
      ORDER BY ${order(slice)} LIMIT 1 OFFSET ${Math.round(n)}`,
  )
  return row?.at ?? null
}

/**
 * The part of the articles in which it is looked how many matches there are before all of them are read: words of one subject go
 * together several times as often as is thought, and then a window does.
 */
const PROBED = 0.01
/** What that may cost, as a part of what all matches cost. */
const PROBING = 0.25

interface Slices {
  /** Fewer than asked for means that there are no more. */
  hits: Hit[]
  /** How many matches there are in all, where the route has told. */
  total: number | null
}

interface RouteOptions {
  routes?: Routes
  /** How many will be counted besides, up to so many: then a route that tells the total may be sooner. */
  counted?: number
  /** Hears which routes were tried. */
  told?: (route: string) => void
}

/** How a search begins: along which rows, what that is thought to cost, and what all matches would. */
interface Look {
  walked: boolean
  rows: number
  next: number
  all: number
}

function firstLook(matching: Matching, slice: Slice, routes: Routes, counted: number): Look {
  const costs = estimate(matching, slice)
  const count = counted > 0 ? Math.min(...Object.values(estimateCount(matching, counted))) : 0
  const dear = { walk: count + routes.walk * costs.walk, window: count + routes.window * costs.window }
  const all = routes.all * costs.all
  const cheapest: Look = {
    walked: dear.walk < dear.window,
    rows: firstRows(slice, matching.share),
    next: Math.min(dear.walk, dear.window),
    all,
  }
  if (cheapest.next < all || matching.lists <= 1) return cheapest
  const rows = PROBED * rowsIn(matching)
  const next = routes.window * windowCost(matching, slice, rows)
  return next < PROBING * all ? { walked: false, rows, next, all } : cheapest
}

/** A slice of the matches by date. */
export async function searchByDate(
  client: pg.ClientBase,
  matching: Matching,
  slice: Slice,
  { routes = ROUTES, counted = 0, told = () => {} }: RouteOptions = {},
): Promise<Slices> {
  const { share, articles } = matching
  if (matching.also) {
    told('restricted')
    return { hits: await run(client, restricted(matching, matching.also, slice)), total: null }
  }
  let { walked, rows, next, all } = firstLook(matching, slice, routes, counted)
  const kept: Hit[] = []
  let [rest, looked] = [slice, 0]
  for (; next < all && rows < articles; walked = false) {
    // A walk ends by itself when it has enough, so it may look further than a window.
    rows = walked ? rows * routes.widen : rows
    const at = await instantOf(client, matching, rest, rows)
    if (!at) break
    const window = walked ? { edge: at, rows } : wholeMonths(matching, rest, { edge: at, rows })
    const { edge } = window
    rows = window.rows
    told(walked ? 'walk' : 'window')
    const hits = await run<Hit>(client, (walked ? walk : gather)(matching, rest, edge))
    if (hits.length >= rest.limit || endsBefore(matching, slice, edge))
      return { hits: [...kept, ...hits], total: null }
    if (slice.offset === 0) {
      kept.push(...hits)
      looked += rows
      rest = { ...slice, after: beyond(edge, slice), limit: slice.limit - kept.length }
    } else looked = rows
    // What was found tells better than the estimate how far there is to go.
    const found = kept.length + (slice.offset > 0 && hits.length > 0 ? slice.offset + hits.length : 0)
    const density = found > 0 ? found / looked : share / routes.widen
    const known = { ...matching, share: density, read: Math.min(1, (matching.read * density) / share) }
    rows = found > 0 ? rowsKnown(rest.offset + rest.limit, density) : rows * routes.widen
    next = routes.window * windowCost(known, rest, rows)
    all = routes.all * windowCost(known, rest, Infinity)
  }
  told('all')
  const hits = await run<Hit & { found: number }>(client, gather(matching, rest, null))
  const whole = slice.after === null && hits.length > 0
  return { hits: [...kept, ...hits], total: whole ? kept.length + (hits[0]?.found ?? 0) : null }
}

/** Whether nothing of the range of days lies beyond an edge. */
const endsBefore = (
  { published: { fromInstant, toInstant } }: Matching,
  { descending }: Slice,
  edge: Date,
): boolean => {
  const end = descending ? fromInstant : toInstant
  return end !== null && (descending ? edge <= end : edge >= end)
}

/** No identity is lower or higher. */
const LOWEST = 0
const HIGHEST = 2 ** 31 - 1

/** Where a slice goes on that has been looked through up to an edge, and with it. */
const beyond = (edge: Date, { descending }: Slice): Place => ({
  key: edge.getTime(),
  id: descending ? LOWEST : HIGHEST,
})

/** With what only `articles` knows: status, the day of a change. */
const restricted = (matching: Matching, also: Sql, slice: Slice) =>
  sql`SELECT ${HIT} FROM article_search s JOIN articles a ON a.id = s.article_id
    WHERE ${and([sql`s.terms @@ ${matching.query}::tsquery`, also, ...within(matching, slice)])}
    ORDER BY ${order(slice)} LIMIT ${slice.limit} OFFSET ${slice.offset}`

/** Every match in an order, for who reads them all: there no route spares anything. */
export function everyMatch(matching: Matching, by: 'newest' | 'oldest' | 'views'): Sql {
  const slice: Slice = { descending: by === 'newest', after: null, offset: 0, limit: 0 }
  const [counted, sorted] =
    by === 'views'
      ? [
          sql`JOIN article_counts c ON c.article_id = s.article_id`,
          sql`c.total_views DESC, s.article_id DESC`,
        ]
      : [empty, order(slice)]
  return sql`SELECT s.article_id AS id FROM article_search s ${counted}
    ${matching.also ? sql`JOIN articles a ON a.id = s.article_id` : empty}
    WHERE ${and([sql`s.terms @@ ${matching.query}::tsquery`, matching.also ?? sql`s.public`, ...within(matching, slice)])}
    ORDER BY ${sorted}`
}

interface ViewedHit {
  id: number
  views: number
}

/** Matches that are fetched and sorted rather than met along the index of views. */
const FEW = 3_000

/** A slice of the matches by views; `after.key` are views. */
export async function searchByViews(
  client: pg.ClientBase,
  matching: Matching,
  slice: Slice,
): Promise<ViewedHit[]> {
  const { after } = slice
  const beyond = slice.descending ? sql`<` : sql`>`
  const direction = slice.descending ? sql`DESC` : sql`ASC`
  const edge = after
    ? [sql`(c.total_views, c.article_id) ${beyond} (${after.key}::bigint, ${after.id}::int)`]
    : []
  const rest = [...edge, ...within(matching, { ...slice, after: null }), matching.also ?? sql`s.public`]
  const many = !matching.also && matching.share * matching.articles >= FEW
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
