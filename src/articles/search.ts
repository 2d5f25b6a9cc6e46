import { type Database, Prisma } from '../db/client.ts'
import { run } from '../db/run.ts'
import type { KeywordResult } from '../search/keyword.ts'
import type { Cursor } from './cursor.ts'
import { isByDayAlone, isPublic } from './query.ts'
import { PAGE_SIZE } from './query-schema.ts'
import type { ArticleRow } from './row.ts'
import { isRepeated, listRepeated } from './store-collapse.ts'
import {
  columnsOf,
  isUsual,
  type ListedRow,
  matches,
  ORDERS,
  orderBy,
  type PlainQuery,
  partOf,
} from './store-list.ts'
import { articlesAt } from './store-past.ts'
import { dayOfRow, isCounted, totalOf } from './store-totals.ts'

/** Plain lists: a page of them, by number or by cursor. */

const { sql, empty } = Prisma
type Sql = Prisma.Sql

export interface Page {
  rows: ListedRow[]
  /** What the list orders by, of each row: what cursors carry. */
  keys: number[]
  /** Null in lists that go by cursor. */
  total: number | null
  /** Whether the total is no lower bound. */
  exact: boolean
  /** Whether there is more before and after. */
  before: boolean
  after: boolean
  /** Of a keyword search: how it was understood. */
  keywords: KeywordResult | null
}

/**
 * Whether one plan fits every value: a range of days of release is read from one index, however long it is. Of rare and of
 * common ministries, kinds and tags the best plans differ.
 */
function hasOnePlan(query: PlainQuery): boolean {
  const { filter, sort, asOf, pageSize } = query
  return (
    isUsual(query) &&
    pageSize === PAGE_SIZE &&
    isPublic(filter) &&
    isByDayAlone(filter) &&
    !asOf &&
    sort !== '-views'
  )
}

/** Rows from which a page is sought by its day: to pass over fewer takes less. */
const SOUGHT = 4_000

/** What a numbered page is asked with: its rows, each with the total, and the total of a page without rows. */
interface Asked {
  rows: Statement
  total: Statement
}
type Statement = Pick<Sql, 'text' | 'values'>

/** Where totals are kept nothing is counted, and a page far down begins with its day. */
function askFor(query: PlainQuery, offset: number): Asked {
  const { filter, sort, pageSize, collapse } = query
  const where = matches(filter)
  const kept = isCounted(query)
  const repeated = collapse ? sql`repeated AS MATERIALIZED (${listRepeated(filter, where)}),` : empty
  const less = collapse ? sql`- (SELECT count(*)::int FROM repeated)` : empty
  const first = collapse ? sql`AND a.id NOT IN (SELECT article_id FROM repeated)` : empty
  const total = kept
    ? totalOf(filter)
    : sql`SELECT count(*)::int ${less} AS total FROM ${query.asOf ? articlesAt(query.asOf) : sql`articles a`} WHERE ${where}`
  const sought = kept && sort !== '-views' && offset >= SOUGHT
  const { descending } = ORDERS[sort]
  const start = sought ? sql`start AS MATERIALIZED (${dayOfRow(filter, offset, descending)}),` : empty
  const from = sought ? sql`AND ${fromDay(descending)}` : empty
  const passed = sought ? sql`${offset} - (SELECT before FROM start)` : sql`${offset}`
  const part = partOf(query, sql`${where} ${first} ${from}`, orderBy(sort), {
    limit: pageSize,
    offset,
    passed,
    atMost: hasOnePlan(query) && !sought ? SOUGHT : null,
  })
  return {
    rows: sql`WITH ${repeated} ${start} matched AS (${total})
      SELECT ${columnsOf(query)}, (SELECT total FROM matched) AS total ${part}`,
    total: sql`WITH ${repeated} matched AS (${total}) SELECT total FROM matched`,
  }
}

/** Of the first pages of all that is public, which are asked for most: put together once for each order. */
const FRONT = new Map<PlainQuery['sort'], Asked>()

function askForFront(query: PlainQuery): Asked {
  const known = FRONT.get(query.sort)
  if (known) return known
  const { rows, total } = askFor(query, 0)
  // Their text is made anew each time that it is looked at.
  const written = ({ text, values }: Statement) => ({ text, values })
  const asked = { rows: written(rows), total: written(total) }
  FRONT.set(query.sort, asked)
  return asked
}

const hasDays = ({ filter: { published } }: PlainQuery) => published.from !== null || published.to !== null

/**
 * A numbered page and the exact total, of one snapshot.
 * @param again whether to ask once more where the page was found empty and the total, asked for after it, says that it is not
 */
async function searchPage(
  { pool }: Pick<Database, 'pool'>,
  query: PlainQuery,
  page: number,
  again = true,
): Promise<Page> {
  const { sort, pageSize } = query
  const offset = (page - 1) * pageSize
  const prepared = hasOnePlan(query)
  const asked = prepared && offset === 0 && !hasDays(query) ? askForFront(query) : askFor(query, offset)
  const ask = <T extends object>(statement: Statement) => run<T>(pool, statement, { prepared })
  const rows = await ask<ListedRow & { total: number }>(asked.rows)
  const count = rows[0]?.total ?? (await ask<{ total: number }>(asked.total))[0]?.total ?? 0
  if (rows.length === 0 && offset < count && again) return searchPage({ pool }, query, page, false)
  const keys = rows.map(row => sortKey(row, sort))
  return {
    rows,
    keys,
    total: count,
    exact: true,
    keywords: null,
    before: page > 1 && count > 0,
    after: offset + rows.length < count,
  }
}

/** Articles of the day in `start` and of those beyond it. The index knows instants: they bound what is read, the day decides. */
const fromDay = (descending: boolean): Sql => {
  const day = sql`(SELECT day FROM start)`
  const seoul = sql`(a.listed_at AT TIME ZONE 'Asia/Seoul')::date`
  return descending
    ? sql`a.listed_at < (${day} + 1)::timestamp AT TIME ZONE 'Asia/Seoul' + interval '3 hours' AND ${seoul} <= ${day}`
    : sql`a.listed_at >= ${day}::timestamp AT TIME ZONE 'Asia/Seoul' - interval '3 hours' AND ${seoul} >= ${day}`
}

/**
 * The page beside a cursor's article, which need not exist any more, or without one the first. One row more than asked for
 * tells if there is more.
 */
async function searchCursor({ pool }: Database, query: PlainQuery, cursor: Cursor | null): Promise<Page> {
  const { filter, sort, pageSize, collapse } = query
  const where = matches(filter)
  const first = collapse ? sql`AND NOT ${isRepeated(sql`a.id`, filter, where)}` : empty
  const backwards = cursor?.direction === 'previous'
  const beyond = cursor ? beyondPlace(sort, cursor) : empty
  const found = await run<ListedRow>(
    pool,
    sql`SELECT ${columnsOf(query)} ${partOf(query, sql`${where} ${first} ${beyond}`, orderBy(sort, backwards), { limit: pageSize + 1 })}`,
    { prepared: hasOnePlan(query) },
  )
  const more = found.length > pageSize
  const kept = found.slice(0, pageSize)
  const rows = backwards ? kept.reverse() : kept
  const keys = rows.map(row => sortKey(row, sort))
  return {
    rows,
    keys,
    total: null,
    exact: false,
    keywords: null,
    ...(backwards
      ? { before: more, after: true }
      : { before: cursor !== null && kept.length > 0, after: more }),
  }
}

function beyondPlace(sort: PlainQuery['sort'], { direction, key: at, id }: Cursor): Sql {
  const { key, descending } = ORDERS[sort]
  const beyond = descending === (direction === 'previous') ? sql`>` : sql`<`
  const edge = sort === '-views' ? sql`${at}::bigint` : sql`${new Date(at)}::timestamptz`
  return sql`AND (${key}, a.id) ${beyond} (${edge}, ${id})`
}

/** A plain list, by page or by cursor. */
export const searchPlain = (db: Database, query: PlainQuery): Promise<Page> =>
  'page' in query.at ? searchPage(db, query, query.at.page) : searchCursor(db, query, query.at.cursor)

/** What a list orders by, of one of its rows: a cursor's key. */
const sortKey = (row: ArticleRow, sort: PlainQuery['sort']): number =>
  sort === '-views' ? (row.counts?.totalViews ?? 0) : row.listedAt.getTime()
