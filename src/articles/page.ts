import type { DayRange } from '../time/seoul.ts'
import { formatInstantOrNull } from '../time/seoul.ts'
import { encodeCursor } from './cursor.ts'
import type { ListQuery } from './query.ts'
import { type Presentation, toSparse, toSummary } from './row.ts'
import type { ArticleSummary } from './schema.ts'
import type { Page } from './search.ts'
import type { ListedRow } from './store-list.ts'

/** A page of rows as the contract's ArticlePage, or SparseArticlePage where fields were asked for. */
export function toPage(
  page: Page,
  query: ListQuery,
  presentation: Presentation,
  highlights: ArticleSummary['highlight'][] | null = null,
) {
  const { at, pageSize, sort, fields, filter, collapse } = query
  const { rows, total, keywords } = page
  const number = 'page' in at ? at.page : null
  // The board's running number: total minus position, so the newest has the total. Oldest first it counts up, and an
  // article keeps its number.
  const numberOf = (i: number) => {
    if (number === null || total === null || !page.exact) return null
    const position = (number - 1) * pageSize + i
    return sort === 'publishedAt' ? position + 1 : total - position
  }
  const cursor = (direction: 'next' | 'previous', i: number) => {
    const key = page.keys[i]
    const id = rows[i]?.id
    return key === undefined || id === undefined
      ? null
      : encodeCursor({ direction, key, id, now: query.now }, query.fingerprint)
  }
  const itemOf = (row: ListedRow, i: number) => {
    const item: Partial<ArticleSummary> = fields
      ? toSparse(row, numberOf(i), presentation, fields)
      : toSummary(row, numberOf(i), presentation)
    if (highlights) item.highlight = highlights[i]
    if (collapse) item.duplicates = row.duplicates ?? 0
    return item
  }
  return {
    ...(fields && { fields }),
    items: rows.map(itemOf),
    total,
    totalRelation: relationOf(page),
    page: number,
    pages: pagesOf(page, pageSize),
    pageSize,
    nextCursor: page.after ? cursor('next', rows.length - 1) : null,
    previousCursor: page.before ? cursor('previous', 0) : null,
    published: resolved(filter.published),
    modified: resolved(filter.modified),
    asOf: formatInstantOrNull(query.asOf),
    ministries: query.ministries,
    sort,
    search: keywords?.report ?? null,
  }
}

const relationOf = ({ total, exact }: Page) =>
  total === null ? ('not-counted' as const) : exact ? ('exact' as const) : ('at-least' as const)

/** How many pages can be read: of a ranking, those that are ranked. */
function pagesOf({ total, exact, keywords }: Page, pageSize: number): number | null {
  if (total === null) return null
  const ranked = keywords?.report.ranked ?? null
  if (ranked !== null) return Math.ceil(ranked / pageSize)
  return exact ? Math.ceil(total / pageSize) : null
}

export const resolved = ({ from, to, fromInstant, toInstant }: DayRange) => ({
  from,
  to,
  fromInstant: formatInstantOrNull(fromInstant),
  toInstant: formatInstantOrNull(toInstant),
})

type Places = Pick<ReturnType<typeof toPage>, 'page' | 'pages' | 'total' | 'nextCursor' | 'previousCursor'>
type PageRelation = 'first' | 'prev' | 'next'

/** The first page, and the previous and next one where there are such, each with every other parameter of the request kept. */
export function pageAddresses(path: string, search: string, body: Places): Map<PageRelation, string> {
  const to = (change: Record<string, string | null>) => {
    const parameters = new URLSearchParams(search)
    for (const [name, value] of Object.entries(change))
      if (value === null) parameters.delete(name)
      else parameters.set(name, value)
    const query = parameters.toString()
    return `${path}${query && '?'}${query}`
  }
  const addresses = new Map<PageRelation, string>([['first', to({ cursor: null, page: null })]])
  if (body.page !== null) {
    if (body.page > 1 && body.total)
      addresses.set('prev', to({ page: String(Math.min(body.page - 1, body.pages ?? body.page - 1)) }))
    if (body.nextCursor !== null) addresses.set('next', to({ page: String(body.page + 1) }))
  } else {
    if (body.previousCursor !== null) addresses.set('prev', to({ cursor: body.previousCursor }))
    if (body.nextCursor !== null) addresses.set('next', to({ cursor: body.nextCursor }))
  }
  return addresses
}

/** The same as the `Link` header (RFC 8288). */
export const linkHeader = (addresses: ReturnType<typeof pageAddresses>): string =>
  [...addresses].map(([rel, address]) => `<${address}>; rel="${rel}"`).join(', ')
