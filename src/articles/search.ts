import { anyOf } from '../db/any-of.ts'
import { type Database, Prisma } from '../db/client.ts'
import type { KeywordResult } from '../search/keyword.ts'
import { run } from '../search/search.ts'
import type { DayRange } from '../time/seoul.ts'
import type { Cursor } from './cursor.ts'
import { type Filter, type ListQuery, PAGE_SIZE, type Sort } from './query.ts'
import type { ArticleRow } from './row.ts'
import { DUPLICATES, isRepeated, listRepeated } from './store-collapse.ts'
import { articlesAt, idsAt, rowAt } from './store-past.ts'
import { dayOfRow, isCounted, totalOf } from './store-totals.ts'

/** The SQL of lists, from small fragments whose values are always parameters. */

const { sql, join, raw, empty } = Prisma
type Sql = Prisma.Sql

/** Keys of the orders: the instant that every article has (see `listed_at` in the migration), or its views. */
type PlainSort = Exclude<Sort, 'relevance'>
const ORDERS: Record<PlainSort, { key: Sql; descending: boolean }> = {
  '-publishedAt': { key: sql`a.listed_at`, descending: true },
  publishedAt: { key: sql`a.listed_at`, descending: false },
  '-views': { key: sql`c.total_views`, descending: true },
}

/** Whether the list shows nothing but what is public. */
export const isPublic = ({ status }: Filter): boolean => status.length === 1 && status[0] === 'published'

function statusIs(filter: Filter): Sql {
  // Written out, so that the planner can use the partial indexes of the public list.
  if (isPublic(filter)) return sql`a.status = 'published' AND a.deleted_at IS NULL`
  const kept = filter.status.filter(status => status !== 'deleted')
  const deleted = filter.status.includes('deleted')
  if (kept.length === 0) return sql`a.deleted_at IS NOT NULL`
  const present = sql`${anyOf(sql`a.status`, kept)} AND a.deleted_at IS NULL`
  return deleted ? sql`((${present}) OR a.deleted_at IS NOT NULL)` : present
}

const within = (column: Sql, { fromInstant, toInstant }: DayRange): Sql[] => [
  ...(fromInstant ? [sql`${column} >= ${fromInstant}`] : []),
  ...(toInstant ? [sql`${column} < ${toInstant}`] : []),
]

const ofMinistries = ({ ministry, lineage }: Filter): Sql =>
  lineage === 'exact'
    ? anyOf(sql`a.ministry_published_name`, ministry)
    : sql`(a.ministry_name = ANY(${ministry}) OR a.ministry_published_name = ANY(${ministry}) OR a.ministry_code = ANY(${ministry}))`

export function matches(filter: Filter): Sql {
  const { ministry, kind, tag, source, author } = filter
  return join(
    [
      statusIs(filter),
      ...within(sql`a.listed_at`, filter.published),
      ...within(sql`a.modified_at`, filter.modified),
      ...(ministry.length > 0 ? [ofMinistries(filter)] : []),
      ...(kind.length > 0 ? [anyOf(sql`a.kind`, kind)] : []),
      ...(tag.length > 0 ? [sql`a.tags && ${tag}::text[]`] : []),
      ...(source.length > 0 ? [anyOf(sql`a.source`, source)] : []),
      ...(author.length > 0 ? [anyOf(sql`a.author`, author)] : []),
    ],
    ' AND ',
  )
}

const BODY = ['body_html', 'body_text']
/** What lists do not show but for those who ask for it. */
const DETAIL = [
  ...['attribution', 'attachments', 'embargo_until'],
  ...['source_modified_at', 'recorded_at', 'deleted_at'],
]
const COLUMNS = [
  ...['id', 'version', 'status', 'kind', 'title', 'subtitles'],
  ...['ministry_code', 'ministry_name', 'ministry_published_name', 'author'],
  ...['source', 'external_id', 'source_url', 'published_at', 'posted_on'],
  ...['licence', 'tags', 'thumbnail_url', 'modified_at', 'listed_at'],
  ...DETAIL,
  ...BODY,
]
const COUNTS = ['likes', 'dislikes', 'source_comments', 'source_likes', 'source_dislikes', 'total_views']

const camel = (column: string) => column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** The columns of ArticleRow. Bodies are read only for those who ask for them: they are most of a row's bytes. */
export function selection({
  fields,
  highlight,
  collapse,
}: Pick<ListQuery, 'fields' | 'highlight'> & Partial<Pick<ListQuery, 'collapse'>>): Sql {
  const isAsked = (column: string) => fields?.includes(camel(column) as never) ?? false
  const detailed = [...DETAIL, ...BODY].some(isAsked)
  const wanted = COLUMNS.filter(column => {
    if (BODY.includes(column)) return isAsked(column) || (highlight && column === 'body_text')
    return detailed || !DETAIL.includes(column)
  })
  const counts = COUNTS.map(column => `'${camel(column)}', c.${column}`).join(', ')
  const columns = raw(
    `${wanted.map(column => `a.${column} AS "${camel(column)}"`).join(', ')}, json_build_object(${counts}) AS counts`,
  )
  return collapse ? sql`${columns}, ${DUPLICATES}` : columns
}

interface Part {
  limit: number
  offset?: number
  /** Rows to pass over, where the statement itself finds how many. */
  passed?: Sql
  /** Never more are passed over, whatever the values: then one plan will do. */
  atMost?: number | null
}

/**
 * A part of a list: what follows its columns. Of one further down ids come first, then the rows of just those. The limit is
 * written out: of a number that comes later the plan of a prepared statement supposes a tenth of what there is.
 */
function partOf(
  { sort, asOf }: Pick<PlainQuery, 'sort' | 'asOf'>,
  where: Sql,
  order: Sql,
  { limit, offset = 0, passed = sql`${offset}`, atMost = null }: Part,
): Sql {
  if (asOf) return sql`FROM ${rowsOf(idsAt(asOf, where, order, { limit, offset }), asOf)} ORDER BY ${order}`
  const counts = sql`article_counts c ON c.article_id = a.id`
  const tables = sort === '-views' ? sql`articles a JOIN ${counts}` : sql`articles a`
  const most = raw(String(limit))
  if (offset === 0)
    return sql`FROM ${sort === '-views' ? tables : sql`articles a LEFT JOIN ${counts}`} WHERE ${where} ORDER BY ${order} LIMIT ${most}`
  const found = sql`${tables} WHERE ${where} ORDER BY ${order}`
  const ids =
    atMost === null
      ? sql`SELECT a.id FROM ${found} LIMIT ${most} OFFSET ${passed}`
      : sql`SELECT a.id FROM (SELECT a.id, a.listed_at FROM ${found} LIMIT ${raw(String(atMost + limit))}) AS a
          ORDER BY ${order} LIMIT ${most} OFFSET ${passed}`
  return sql`FROM ${rowsOf(ids)} ORDER BY ${order}`
}

/** Rows `a` with their counters `c`, by their ids. */
export const rowsOf = (ids: Sql, asOf: Date | null = null) => sql`(${ids}) AS page
  ${asOf ? sql`JOIN LATERAL ${rowAt(asOf, sql`page.id`)} ON true` : sql`JOIN articles a ON a.id = page.id`}
  LEFT JOIN article_counts c ON c.article_id = a.id`

export function orderBy(sort: PlainSort, reversed = false): Sql {
  const { key, descending } = ORDERS[sort]
  const direction = descending === reversed ? sql`ASC` : sql`DESC`
  return sql`${key} ${direction}, a.id ${direction}`
}

/** Where duplicates are left out, an article with how many it has. */
export type ListedRow = ArticleRow & { duplicates?: number }

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

export type PlainQuery = ListQuery & { sort: PlainSort }

/** Columns of what is asked for most. */
const USUAL = selection({ fields: null, highlight: false })

const isUsual = ({ fields, highlight, collapse }: PlainQuery) => fields === null && !highlight && !collapse

const columnsOf = (query: PlainQuery) => (isUsual(query) ? USUAL : selection(query))

/**
 * Whether one plan fits every value: a range of days of release is read from one index, however long it is. Of rare and of
 * common ministries, kinds and tags the best plans differ.
 */
function hasOnePlan(query: PlainQuery): boolean {
  const { filter, sort, asOf, pageSize } = query
  const { ministry, kind, tag, source, author, modified } = filter
  return (
    isUsual(query) &&
    pageSize === PAGE_SIZE &&
    isPublic(filter) &&
    !asOf &&
    sort !== '-views' &&
    modified.fromInstant === null &&
    modified.toInstant === null &&
    [ministry, kind, tag, source, author].every(values => values.length === 0)
  )
}

/** Rows from which a page is sought by its day: to pass over fewer takes less. */
const SOUGHT = 4_000

/**
 * A numbered page and the exact total, of one snapshot. Ids first, then the rows of just those ids. Where totals are kept
 * nothing is counted, and a page far down begins with its day.
 */
async function searchPage(
  { pool }: Pick<Database, 'pool'>,
  query: PlainQuery,
  page: number,
  again = true,
): Promise<Page> {
  const { filter, sort, pageSize, collapse } = query
  const where = matches(filter)
  const offset = (page - 1) * pageSize
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
  const prepared = hasOnePlan(query)
  const part = partOf(query, sql`${where} ${first} ${from}`, orderBy(sort), {
    ...{ limit: pageSize, offset, passed, atMost: prepared && !sought ? SOUGHT : null },
  })
  const ask = <T extends object>(statement: Sql) => run<T>(pool, statement, { prepared })
  const rows = await ask<ListedRow & { total: number }>(
    sql`WITH ${repeated} ${start} matched AS (${total})
      SELECT ${columnsOf(query)}, (SELECT total FROM matched) AS total ${part}`,
  )
  const count =
    rows[0]?.total ??
    (await ask<{ total: number }>(sql`WITH ${repeated} matched AS (${total}) SELECT total FROM matched`))[0]
      ?.total ??
    0
  // Between the two somebody has written.
  if (rows.length === 0 && offset < count && again) return searchPage({ pool }, query, page, false)
  const keys = rows.map(row => sortKey(row, sort))
  return {
    ...{ rows, keys, total: count, exact: true, keywords: null },
    ...{ before: page > 1 && count > 0, after: offset + rows.length < count },
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
    ...{ rows, keys, total: null, exact: false, keywords: null },
    ...(backwards
      ? { before: more, after: true }
      : { before: cursor !== null && kept.length > 0, after: more }),
  }
}

function beyondPlace(sort: PlainSort, { direction, key: at, id }: Cursor): Sql {
  const { key, descending } = ORDERS[sort]
  const beyond = descending === (direction === 'previous') ? sql`>` : sql`<`
  const edge = sort === '-views' ? sql`${at}::bigint` : sql`${new Date(at)}::timestamptz`
  return sql`AND (${key}, a.id) ${beyond} (${edge}, ${id})`
}

/** A plain list, by page or by cursor. */
export const searchPlain = (db: Database, query: PlainQuery): Promise<Page> =>
  'page' in query.at ? searchPage(db, query, query.at.page) : searchCursor(db, query, query.at.cursor)

/** What a list orders by, of one of its rows: a cursor's key. */
const sortKey = (row: ArticleRow, sort: PlainSort): number =>
  sort === '-views' ? (row.counts?.totalViews ?? 0) : row.listedAt.getTime()
