import { anyOf } from '../db/any-of.ts'
import { Prisma } from '../db/client.ts'
import type { DayRange } from '../time/seoul.ts'
import { COLUMNS } from './content.ts'
import { type Filter, isPublic, type ListQuery } from './query.ts'
import type { Sort } from './query-schema.ts'
import type { ArticleRow } from './row.ts'
import { DUPLICATES } from './store-collapse.ts'
import { idsAt, rowAt } from './store-past.ts'

/** The SQL of lists, from small fragments whose values are always parameters. */

const { sql, join, raw, empty } = Prisma
type Sql = Prisma.Sql

/** Keys of the orders: the instant that every article has (see `listed_at` in the migration), or its views. */
type PlainSort = Exclude<Sort, 'relevance'>
export const ORDERS: Record<PlainSort, { key: Sql; descending: boolean }> = {
  '-publishedAt': { key: sql`a.listed_at`, descending: true },
  publishedAt: { key: sql`a.listed_at`, descending: false },
  '-views': { key: sql`c.total_views`, descending: true },
}

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

/** Whether one of the filter's bodies issued it, by columns of an article or of what is counted. */
export function issuedBy(
  { ministry, lineage, namesakes }: Filter,
  { code, name, published }: Record<'code' | 'name' | 'published', Sql>,
): Sql {
  if (lineage === 'exact') return anyOf(published, ministry)
  // With a code the name is what the body was called when the article was written, by mistake perhaps.
  const uncoded = (names: string[]) => sql`(${code} IS NULL AND ${name} = ANY(${names}::text[]))`
  const called = (names: string[]) => sql`${uncoded(names)} OR ${published} = ANY(${names}::text[])`
  const meant = sql`${code} = ANY(${ministry}::text[])`
  // As facets count: an article is of one body, whoever's name it was published under.
  if (lineage === 'body') return sql`(${meant} OR ${uncoded(ministry)})`
  if (!namesakes) return sql`(${called(ministry)} OR ${meant})`
  return sql`(${meant} OR CASE WHEN ${code} = ANY(${namesakes.codes}::text[]) THEN ${called(namesakes.names)} ELSE ${called(ministry)} END)`
}

const ISSUER = {
  code: sql`a.ministry_code`,
  name: sql`a.ministry_name`,
  published: sql`a.ministry_published_name`,
}

export function matches(filter: Filter): Sql {
  const { ministry, kind, tag, source, author } = filter
  return join(
    [
      statusIs(filter),
      ...within(sql`a.listed_at`, filter.published),
      ...within(sql`a.modified_at`, filter.modified),
      ...(ministry.length > 0 ? [issuedBy(filter, ISSUER)] : []),
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
  'attribution',
  'attachments',
  'embargo_until',
  'source_modified_at',
  'recorded_at',
  'deleted_at',
]
const ALL = [
  'id',
  'version',
  ...Object.values(COLUMNS).map(([column]) => column),
  'modified_at',
  'listed_at',
  'recorded_at',
  'deleted_at',
]
const COUNTS = ['likes', 'dislikes', 'source_comments', 'source_likes', 'source_dislikes', 'total_views']

const camel = (column: string) => column.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** The columns of ArticleRow. Bodies are read only for those who ask for them: they are most of a row's bytes. */
export function selection({
  fields,
  highlight,
  collapse,
}: Pick<ListQuery, 'fields' | 'highlight'> & Partial<Pick<ListQuery, 'collapse'>>): Sql {
  const asked: readonly string[] = fields ?? []
  const isAsked = (column: string) => asked.includes(camel(column))
  const detailed = [...DETAIL, ...BODY].some(isAsked)
  const wanted = ALL.filter(column => {
    if (BODY.includes(column)) return isAsked(column) || (highlight && column === 'body_text')
    return detailed || !DETAIL.includes(column)
  })
  const counts = COUNTS.map(column => `'${camel(column)}', c.${column}`).join(', ')
  const columns = raw(
    `${wanted.map(column => `a.${column} AS "${camel(column)}"`).join(', ')}, json_build_object(${counts}) AS counts`,
  )
  return collapse ? sql`${columns}, ${DUPLICATES}` : columns
}

export type PlainQuery = ListQuery & { sort: PlainSort }

/** Columns of what is asked for most. */
const USUAL = selection({ fields: null, highlight: false })

type Shown = Pick<ListQuery, 'fields' | 'highlight' | 'collapse'>

export const isUsual = ({ fields, highlight, collapse }: Shown) => fields === null && !highlight && !collapse

export const columnsOf = (query: Shown): Sql => (isUsual(query) ? USUAL : selection(query))

/** Counters `c` of articles `a`. */
export const COUNTED = sql`JOIN article_counts c ON c.article_id = a.id`

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
export function partOf(
  { sort, asOf }: Pick<PlainQuery, 'sort' | 'asOf'>,
  where: Sql,
  order: Sql,
  { limit, offset = 0, passed = sql`${offset}`, atMost = null }: Part,
): Sql {
  if (asOf) return sql`FROM ${rowsOf(idsAt(asOf, where, order, { limit, offset }), asOf)} ORDER BY ${order}`
  const byViews = sort === '-views'
  const most = raw(String(limit))
  if (offset === 0)
    return sql`FROM articles a ${byViews ? COUNTED : sql`LEFT ${COUNTED}`} WHERE ${where} ORDER BY ${order} LIMIT ${most}`
  const found = sql`articles a ${byViews ? COUNTED : empty} WHERE ${where} ORDER BY ${order}`
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
  LEFT ${COUNTED}`

export function orderBy(sort: PlainSort, reversed = false): Sql {
  const { key, descending } = ORDERS[sort]
  const direction = descending === reversed ? sql`ASC` : sql`DESC`
  return sql`${key} ${direction}, a.id ${direction}`
}

/** Where duplicates are left out, an article with how many it has. */
export type ListedRow = ArticleRow & { duplicates?: number }
