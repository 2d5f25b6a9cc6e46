import type { DayRange } from '../time/seoul.ts'
import { formatInstantOrNull } from '../time/seoul.ts'
import { encodeCursor } from './cursor.ts'
import type { ListQuery } from './query.ts'
import { type ArticleRow, type Presentation, toSparse, toSummary } from './row.ts'
import { type Page, sortKey } from './search.ts'

/** A page of rows as the contract's ArticlePage, or SparseArticlePage where fields were asked for. */
export function toPage(page: Page, query: ListQuery, presentation: Presentation) {
  const { at, pageSize, sort, fields, filter } = query
  const { rows, total } = page
  const number = 'page' in at ? at.page : null
  // The board's running number: total minus position, so the newest has the total. Oldest first it counts up, and an
  // article keeps its number.
  const numberOf = (i: number) => {
    if (number === null || total === null) return null
    const position = (number - 1) * pageSize + i
    return sort === 'publishedAt' ? position + 1 : total - position
  }
  const cursor = (direction: 'next' | 'previous', row: ArticleRow | undefined) =>
    row
      ? encodeCursor({ direction, key: sortKey(row, sort), id: row.id, now: query.now }, query.fingerprint)
      : null
  return {
    ...(fields && { fields }),
    items: rows.map((row, i) =>
      fields ? toSparse(row, numberOf(i), presentation, fields) : toSummary(row, numberOf(i), presentation),
    ),
    total,
    totalRelation: total === null ? ('not-counted' as const) : ('exact' as const),
    page: number,
    pages: total === null ? null : Math.ceil(total / pageSize),
    pageSize,
    nextCursor: page.after ? cursor('next', rows.at(-1)) : null,
    previousCursor: page.before ? cursor('previous', rows[0]) : null,
    published: resolved(filter.published),
    modified: resolved(filter.modified),
    sort,
  }
}

const resolved = ({ from, to, fromInstant, toInstant }: DayRange) => ({
  from,
  to,
  fromInstant: formatInstantOrNull(fromInstant),
  toInstant: formatInstantOrNull(toInstant),
})

/**
 * The `Link` header (RFC 8288): `first`, and `prev` and `next` where there are such pages, each with every other
 * parameter of the request kept.
 */
export function pageLinks(path: string, search: string, body: ReturnType<typeof toPage>): string {
  const to = (rel: string, change: Record<string, string | null>) => {
    const parameters = new URLSearchParams(search)
    for (const [name, value] of Object.entries(change))
      if (value === null) parameters.delete(name)
      else parameters.set(name, value)
    const query = parameters.toString()
    return `<${path}${query && '?'}${query}>; rel="${rel}"`
  }
  const links = [to('first', { cursor: null, page: null })]
  if (body.page !== null) {
    if (body.page > 1 && body.pages)
      links.push(to('prev', { page: String(Math.min(body.page - 1, body.pages)) }))
    if (body.nextCursor !== null) links.push(to('next', { page: String(body.page + 1) }))
  } else {
    if (body.previousCursor !== null) links.push(to('prev', { cursor: body.previousCursor }))
    if (body.nextCursor !== null) links.push(to('next', { cursor: body.nextCursor }))
  }
  return links.join(', ')
}
