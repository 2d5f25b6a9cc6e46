import type pg from 'pg'
import { type Database, inSnapshot, Prisma } from '../db/client.ts'
import { type Client, run } from '../db/run.ts'
import { isStatementTimeout } from '../http/errors.ts'
import { badParameter } from '../http/problem.ts'
import { everyHit, searchKeywords } from '../search/keyword.ts'
import type { KeywordRequest, Order } from '../search/request.ts'
import type { Routes } from '../search/search.ts'
import { filterOf } from './indexing.ts'
import { type Filter, isPublic, type ListQuery } from './query.ts'
import type { Sort } from './query-schema.ts'
import type { Page } from './search.ts'
import { isRepeated } from './store-collapse.ts'
import { columnsOf, isUsual, type ListedRow, matches, type PlainQuery, rowsOf } from './store-list.ts'

/** Lists by keywords: filters as terms, the rows of what is found, all of one snapshot. */

const { sql } = Prisma
type Keywords = NonNullable<ListQuery['keywords']>

export interface SearchOptions {
  /** Milliseconds for each statement of a keyword search. */
  timeout: number
  routes?: Routes
}

const KEYWORD_ORDERS = {
  '-publishedAt': 'newest',
  publishedAt: 'oldest',
  '-views': 'views',
  relevance: 'relevance',
} as const satisfies Record<Sort, Order>

/** What the terms of search rows say of a filter; the others are asked of the articles. */
function filterTerms({ ministry, kind, tag, source, author }: Filter): string[][] {
  const all = (name: string, values: string[]) => values.map(value => filterOf(name, value))
  return [
    all('ministry', ministry),
    all('kind', kind),
    all('tag', tag),
    all('source', source),
    all('author', author),
  ].filter(values => values.length > 0)
}

/** The rows of identities, in their order. */
export async function rowsByIds(client: Client, query: ListQuery, ids: number[]): Promise<ListedRow[]> {
  if (ids.length === 0) return []
  const rows = await run<ListedRow>(
    client,
    sql`SELECT ${columnsOf(query)} FROM ${rowsOf(sql`SELECT unnest(${ids}::int[]) AS id`, query.asOf)}`,
    { prepared: isUsual(query) && !query.asOf },
  )
  const byId = new Map(rows.map(row => [row.id, row]))
  return ids.flatMap(id => byId.get(id) ?? [])
}

const textsOf: KeywordRequest['textsOf'] = async (client, ids) => {
  const rows = await run<{ id: number; title: string; body: string }>(
    client,
    sql`SELECT id, title, left(body_text, 5000) AS body FROM articles WHERE id = ANY(${ids}::int[])`,
    { prepared: true },
  )
  return new Map(rows.map(({ id, title, body }) => [id, { title, body }]))
}

/** That a query finds an earlier article of the group as well. */
const findsToo = (found: string) =>
  sql`AND EXISTS (SELECT FROM article_search f WHERE f.article_id = e.article_id AND f.terms @@ ${found}::tsquery)`

function placeOf(at: ListQuery['at'], pageSize: number): KeywordRequest['at'] {
  if ('page' in at) return { offset: (at.page - 1) * pageSize }
  if (!at.cursor) return { offset: 0 }
  const { key, id, direction } = at.cursor
  return { place: { key, id }, backwards: direction === 'previous' }
}

function keywordRequest<T extends Order>(
  query: ListQuery,
  keywords: Keywords,
  order: T,
): KeywordRequest & { order: T } {
  const { filter, at, pageSize } = query
  const { modified } = filter
  const inTerms = isPublic(filter) && !modified.fromInstant && !modified.toInstant
  // A term says that an article has a name, not whether it was published under it, nor whose it is.
  const loosely = filter.ministry.length > 0 && (filter.lineage !== 'all' || filter.namesakes !== null)
  return {
    ...keywords,
    filters: inTerms ? filterTerms(filter) : [],
    published: filter.published,
    also: inTerms && !loosely ? null : matches(filter),
    leaveOut: query.collapse
      ? found => isRepeated(sql`s.article_id`, filter, matches(filter), findsToo(found))
      : undefined,
    order,
    at: placeOf(at, pageSize),
    limit: pageSize,
    textsOf,
  }
}

/** The ids of everything that keywords find, as a statement; null where there is nothing to look for. */
export const everyFound = (
  client: pg.ClientBase,
  query: PlainQuery,
  keywords: Keywords,
): Promise<Prisma.Sql | null> => everyHit(client, keywordRequest(query, keywords, KEYWORD_ORDERS[query.sort]))

/** A page of a keyword search, all of it of one snapshot. @throws Problem 400 for a page beyond what is ranked. */
export async function searchByKeywords(
  db: Database,
  query: ListQuery,
  keywords: Keywords,
  { timeout, routes }: SearchOptions,
): Promise<Page> {
  const { at, sort, pageSize } = query
  const count = 'page' in at
  const once = (order: Order) =>
    inSnapshot(db, timeout, async client => {
      const result = await searchKeywords(client, keywordRequest(query, keywords, order), { count, routes })
      const rows = await rowsByIds(
        client,
        query,
        result.hits.map(({ id }) => id),
      )
      return { result, rows }
    })
  const { result, rows } = await once(KEYWORD_ORDERS[sort]).catch(async error => {
    if (!isStatementTimeout(error) || sort !== 'relevance' || !count) throw error
    const newest = await once('newest')
    const { report } = newest.result
    // Its places are no places of the ranking.
    return {
      ...newest,
      result: { ...newest.result, more: false, report: { ...report, degraded: 'timed-out' as const } },
    }
  })
  const { hits, more, total, report } = result
  if (count && hits.length === 0 && report.ranked !== null && (total?.count ?? 0) > report.ranked)
    throw beyondRanking(report.ranked, Math.ceil(report.ranked / pageSize))
  const around =
    'cursor' in at && at.cursor?.direction === 'previous'
      ? { before: more, after: true }
      : {
          before: count ? at.page > 1 && (total?.count ?? 0) > 0 : at.cursor !== null && hits.length > 0,
          after: more,
        }
  return {
    rows,
    keys: hits.map(({ key }) => key),
    total: total?.count ?? null,
    exact: total?.exact ?? false,
    ...around,
    keywords: result,
  }
}

const beyondRanking = (ranked: number, pages: number) =>
  badParameter(
    'page',
    `relevance ranks ${ranked} of these articles, which are ${pages} pages: ask for fewer days, or order by -publishedAt`,
    `관련도순은 ${ranked}건(${pages}쪽)까지입니다. 기간을 좁히거나 -publishedAt으로 정렬하십시오`,
  )
