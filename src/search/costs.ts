import type { DayRange } from '../time/seoul.ts'
import { type Calendar, shareOf } from './calendar.ts'
import { type Compiled, needsReading } from './compile.ts'

/** What each route of a search would cost; see search.ts. */

/** What an estimate goes by. */
export interface Estimated extends Omit<Compiled, 'term'> {
  /** Public articles. */
  articles: number
  calendar: Calendar
  published: DayRange
}

/**
 * Microseconds, as measured over 1,000,000 articles in memory: to look into a row (twice over, since a walk that was
 * thought short has no end), to take an entry from the index of terms, the same with months, to fetch a row that this has
 * found, and to look for a phrase in it. And the share of all articles that a month has.
 */
const COSTS = { row: 6, term: 0.3, ofMonths: 0.45, fetch: 1, phrase: 3, month: 0.005 }

/** Rows that hold so many matches, though fewer than estimated: to look again costs more than to look further. */
export const rowsFor = (wanted: number, share: number) => ((1.7 + 9 / Math.sqrt(wanted)) * wanted) / share

/** Public articles of the range of days. */
export const rowsIn = ({ calendar, published, articles }: Estimated) =>
  articles * shareOf(calendar, published)

type Costs = Record<'walk' | 'window' | 'all', number>

/** What each route costs for so many matches. */
export function estimate(matching: Estimated, wanted: number): Costs {
  const { share, postings, read, articles } = matching
  const rows = rowsIn(matching)
  /** Of the months that so many rows are of. */
  const among = (some: number) =>
    COSTS.ofMonths * Math.min(postings * articles, some + COSTS.month * articles)
  const fetch = read * (needsReading(matching) ? COSTS.fetch + COSTS.phrase : COSTS.fetch)
  const window = Math.min(rowsFor(wanted, share), rows)
  return {
    walk: COSTS.row * Math.min(wanted / share, rows),
    window: among(window) + fetch * window,
    all: (rows < articles ? among(rows) : COSTS.term * postings * articles) + fetch * rows,
  }
}

/** What a count up to `cap` costs. */
export function estimateCount(matching: Estimated, cap: number): Pick<Costs, 'walk' | 'all'> {
  const { walk, all } = estimate(matching, cap)
  const { share } = matching
  const spared = needsReading(matching) ? 0 : COSTS.fetch * Math.max(0, share * rowsIn(matching) - cap)
  return { walk, all: all - spared }
}
