import { assertDay } from '../http/days.ts'
import { badParameter } from '../http/problem.ts'
import { digest } from '../http/representation.ts'
import { parseQuery, type QueryNode } from '../search/grammar.ts'
import {
  type DayRange,
  dayOf,
  dayRange,
  isDay,
  parseInstant,
  periodRange,
  startOfDay,
} from '../time/seoul.ts'
import { type Cursor, decodeCursor } from './cursor.ts'
import type { LineageMode, Namesakes, TakenIn } from './ministry-filter.ts'
import { type ArticleQuery, PAGE_SIZE, type Sort } from './query-schema.ts'
import type { FIELDS } from './schema.ts'

/** What a list asks for: from the parameters of the query to a decided filter. */

export interface Filter {
  published: DayRange
  modified: DayRange
  /** As asked for; once they are taken in, every code and name that an article may have. */
  ministry: string[]
  lineage: LineageMode
  /** Once ministries are taken in with `lineage=all`; null where no other body is called like one of them. */
  namesakes: Namesakes | null
  kind: string[]
  tag: string[]
  source: string[]
  author: string[]
  /** Statuses, and `deleted`. */
  status: string[]
}

export interface ListQuery {
  filter: Filter
  sort: Sort
  pageSize: number
  fields: (typeof FIELDS)[number][] | null
  /** A numbered page, which is counted, or what a cursor is beside, which is not; null for the list's beginning. */
  at: { page: number } | { cursor: Cursor | null }
  /** What is searched for; null in plain lists. */
  keywords: { q: string; query: QueryNode } | null
  highlight: boolean
  /** Whether only the earliest of each group of duplicates is wanted. */
  collapse: boolean
  /** Which bodies the filter takes in; null without one, or while that is not known. */
  ministries: TakenIn[] | null
  /** What a cursor is bound to: the filter and the order, as they were asked for. */
  fingerprint: string
  /** The start of the day for which a period was resolved; a cursor carries it on. */
  now: Date
  /** The last instant of what is shown; null for the present. */
  asOf: Date | null
}

/** Whether the list shows nothing but what is public. */
export const isPublic = ({ status }: Pick<Filter, 'status'>): boolean =>
  status.length === 1 && status[0] === 'published'

/** Whether nothing narrows the list but days of release and statuses. */
export const isByDayAlone = ({ modified, ministry, kind, tag, source, author }: Filter): boolean =>
  modified.fromInstant === null &&
  modified.toInstant === null &&
  [ministry, kind, tag, source, author].every(values => values.length === 0)

const dayOrNone = (name: string, day: string | undefined) => (day === undefined ? null : assertDay(name, day))

function publishedRange({ from, to, period }: ArticleQuery, now: Date): DayRange {
  if (period !== undefined) {
    if (from !== undefined || to !== undefined)
      throw badParameter('period', 'not together with from or to', 'from, to와 함께 쓸 수 없습니다')
    return periodRange(period, now)
  }
  const range = dayRange(dayOrNone('from', from), dayOrNone('to', to))
  if (range.from !== null && range.to !== null && range.from > range.to)
    throw badParameter(
      'to',
      `must not lie before from (${range.from})`,
      `from(${range.from})보다 앞설 수 없습니다`,
    )
  return range
}

/** A day or an instant. @throws Problem 400 that names the parameter where it is neither */
function dayOrInstant(name: string, text: string): { day: string | null; instant: Date | null } {
  if (isDay(text)) return { day: text, instant: null }
  const instant = parseInstant(text)
  if (instant) return { day: null, instant }
  throw badParameter(
    name,
    'must be a day (YYYY-MM-DD) from 1948 on, or an instant with an offset (in a query, write its + as %2B)',
    '1948년 이후의 날짜(YYYY-MM-DD) 또는 시간대가 있는 시각이어야 합니다(주소에서 +는 %2B로 씁니다)',
  )
}

function modifiedRange({ modifiedFrom, modifiedTo }: ArticleQuery): DayRange {
  const end = (name: string, text: string | undefined) =>
    text === undefined ? { day: null, instant: null } : dayOrInstant(name, text)
  const from = end('modifiedFrom', modifiedFrom)
  const to = end('modifiedTo', modifiedTo)
  const range = dayRange(from.day, to.day)
  const resolved = {
    ...range,
    fromInstant: from.instant ?? range.fromInstant,
    toInstant: to.instant ?? range.toInstant,
  }
  if (resolved.fromInstant && resolved.toInstant && resolved.fromInstant >= resolved.toInstant)
    throw badParameter('modifiedTo', 'must not lie before modifiedFrom', 'modifiedFrom보다 앞설 수 없습니다')
  return resolved
}

/** The instant up to which writes count. @throws Problem 400 where it is none, or still to come. */
export function decideAsOf(text: string | undefined, now: Date): Date | null {
  if (text === undefined) return null
  const { day, instant } = dayOrInstant('asOf', text)
  if (day !== null && day <= dayOf(now)) return new Date(startOfDay(day, 1).getTime() - 1)
  if (instant !== null && instant <= now) return instant
  throw badParameter('asOf', 'is still to come', '아직 오지 않은 때입니다')
}

const sorted = (values: string[] | undefined) => [...new Set(values ?? [])].sort()

/** @throws Problem 400 that names the parameter which contradicts another, or the cursor of another query. */
export function decideQuery(query: ArticleQuery, now: Date): ListQuery {
  const {
    cursor,
    page,
    pageSize = PAGE_SIZE,
    fields = null,
    sort = '-publishedAt',
    from,
    to,
    period,
    modifiedFrom,
    modifiedTo,
    lineage = 'all',
  } = query
  const keywords = query.q === undefined ? null : { q: query.q, query: parseQuery(query.q) }
  const highlight = query.highlight ?? false
  const collapse = query.duplicates === 'collapse'
  if (!keywords && sort === 'relevance')
    throw badParameter('sort', 'relevance only together with q', 'relevance는 q와 함께만 쓸 수 있습니다')
  if (!keywords && highlight)
    throw badParameter('highlight', 'only together with q', 'q와 함께만 쓸 수 있습니다')
  if (query.lineage !== undefined && !query.ministry?.length)
    throw badParameter('lineage', 'only together with ministry', 'ministry와 함께만 쓸 수 있습니다')
  const asOf = decideAsOf(query.asOf, now)
  if (asOf && keywords)
    throw badParameter(
      'asOf',
      'not together with q: what former texts were found by is not kept',
      'q와 함께 쓸 수 없습니다. 지난 글의 검색어는 보관하지 않습니다',
    )
  if (asOf && sort === '-views')
    throw badParameter(
      'asOf',
      'not together with sort=-views: former counts are not kept',
      'sort=-views와 함께 쓸 수 없습니다. 지난 조회수는 보관하지 않습니다',
    )
  if (asOf && collapse)
    throw badParameter(
      'asOf',
      'not together with duplicates=collapse: former duplicates are not kept',
      'duplicates=collapse와 함께 쓸 수 없습니다. 지난 중복 관계는 보관하지 않습니다',
    )
  if (cursor !== undefined && page !== undefined)
    throw badParameter('page', 'not together with cursor', 'cursor와 함께 쓸 수 없습니다')
  const lists = {
    ministry: sorted(query.ministry),
    kind: sorted(query.kind),
    tag: sorted(query.tag),
    source: sorted(query.source),
    author: sorted(query.author),
    status: query.status ? sorted(query.status) : ['published'],
  }
  const fingerprint = digest(
    JSON.stringify([
      sort,
      from,
      to,
      period,
      modifiedFrom,
      modifiedTo,
      lists,
      query.q,
      lineage,
      // Cursors that were given out before lists could collapse stay good.
      ...(collapse ? ['collapse'] : []),
      ...(query.asOf === undefined ? [] : [query.asOf]),
    ]),
  )
  const at: ListQuery['at'] =
    cursor === undefined ? { page: page ?? 1 } : { cursor: decodeCursor(cursor, fingerprint) }
  // A cursor carries this on. It moves once a day and only for periods, so that the same list is the same bytes.
  const asked = period === undefined ? new Date(0) : startOfDay(dayOf(asOf ?? now))
  const resolvedAt = 'cursor' in at && at.cursor ? at.cursor.now : asked
  return {
    filter: {
      published: publishedRange(query, resolvedAt),
      modified: modifiedRange(query),
      ...lists,
      lineage,
      namesakes: null,
    },
    sort,
    pageSize,
    fields,
    keywords,
    highlight,
    collapse,
    ministries: null,
    at,
    fingerprint,
    now: resolvedAt,
    asOf,
  }
}
