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
 * Microseconds, as measured over 1,000,000 articles in memory: to look into a row, to take an entry from the index of
 * terms or of days, to fetch a row that the index of terms has found, and to look for a phrase in it.
 */
const COSTS = { row: 3, term: 0.3, day: 0.27, fetch: 1, phrase: 3 }

/** Rows that hold so many matches, some more than if they were spread evenly. */
export const rowsFor = (wanted: number, share: number) => ((1 + 9 / Math.sqrt(wanted)) * wanted) / share

/** Public articles of the range of days. */
const rowsIn = ({ calendar, published, articles }: Estimated) => articles * shareOf(calendar, published)

type Costs = Record<'walk' | 'window' | 'all', number>

/** What each route costs for so many matches. */
export function estimate(matching: Estimated, wanted: number): Costs {
  const { share, postings, read, articles, published } = matching
  const rows = rowsIn(matching)
  const terms = COSTS.term * postings * articles
  const days = published.fromInstant || published.toInstant ? COSTS.day * rows : 0
  const phrased = needsReading(matching)
  const fetch = read * (phrased ? COSTS.fetch + COSTS.phrase : COSTS.fetch)
  return {
    walk: COSTS.row * Math.min(wanted / share, rows),
    window: terms + (COSTS.day + fetch) * Math.min(rowsFor(wanted, share), rows),
    all: terms + days + fetch * rows,
  }
}

/** What a count up to `cap` costs. */
export function estimateCount(matching: Estimated, cap: number): Pick<Costs, 'walk' | 'all'> {
  const { walk, all } = estimate(matching, cap)
  const { share } = matching
  const spared = needsReading(matching) ? 0 : COSTS.fetch * Math.max(0, share * rowsIn(matching) - cap)
  return { walk, all: all - spared }
}
