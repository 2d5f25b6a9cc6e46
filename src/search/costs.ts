import type { DayRange } from '../time/seoul.ts'
import { type Calendar, instantAfter, shareBetween } from './calendar.ts'
import { type Compiled, needsReading } from './compiled.ts'
import { type Cover, coversOf } from './spans.ts'

/** What each route of a search would cost; see search.ts. */

/** What an estimate goes by. */
export interface Estimated extends Omit<Compiled, 'term'> {
  /** Public articles. */
  articles: number
  calendar: Calendar
  published: DayRange
  /** When the first and last article was listed; null where there is none. */
  ends: Ends | null
}

export interface Ends {
  first: Date
  last: Date
}

/** A part of the matches, in the order of time. */
export interface Place {
  /** Milliseconds since 1970. */
  key: number
  id: number
}

export interface Slice {
  descending: boolean
  /** Rows beyond this one. */
  after: Place | null
  offset: number
  limit: number
}

/**
 * Microseconds, as measured over 1,000,000 articles in memory (bench/search). `row`: to look into a row along the index
 * of days (twice over, since a walk that was thought short has no end). `entry`: to take an entry from the index of terms and
 * ask the first list, `beside` for each other list that is asked for it, `taken` to note what is found; `spanned` and `checked`
 * are entries of months, and entries of words that are asked for years, `span` for each month or year beside. `fetch`: to read a
 * row that was found, `phrase` to look for a phrase in it.
 */
const COSTS = {
  row: 11,
  entry: 0.25,
  beside: 0.07,
  taken: 0.1,
  spanned: 0.1,
  span: 0.02,
  checked: 0.035,
  fetch: 1.2,
  phrase: 10,
}

/** Rows that hold so many matches, though fewer than estimated: to look again costs more than to look further. */
const rowsFor = (wanted: number, share: number) => ((1.7 + 9 / Math.sqrt(wanted)) * wanted) / share

/** The same where it is known how close matches lie: to where so many are expected, and the chance that they are fewer. */
export const rowsKnown = (wanted: number, density: number): number =>
  (1.15 * wanted + 3 * Math.sqrt(wanted) + 5) / density

/** Hits from which a window is cut into several, the first of which tells how far the others must reach. */
const SEVERAL = 100
const PROBED = 0.3
const partFirst = ({ offset, limit }: Slice): number => (offset === 0 && limit > SEVERAL ? PROBED : 1)

/** How many times the first window all of them cost: of the others half are needed, since together words are often more frequent than thought. */
const windowsOf = (slice: Slice): number => (1 + 1 / partFirst(slice)) / 2

/** Rows of the first window. */
export const firstRows = (slice: Slice, share: number): number =>
  rowsFor(slice.offset + slice.limit, share) * partFirst(slice)

/** Public articles of the range of days. */
export const rowsIn = ({ calendar, published, articles }: Estimated) =>
  articles * shareBetween(calendar, published.fromInstant, published.toInstant)

/** Milliseconds. */
const MONTH = (365.25 / 12) * 86_400_000

/** What the lists of a search cost with the months and years of a cover, which `rows` articles have. */
function indexCost(
  { postings, lists, articles }: Estimated,
  { terms, from, to }: Cover,
  rows: number,
): number {
  const months = Math.round((to.getTime() - from.getTime()) / MONTH)
  // Of the lists of months and those of words the shorter are read, the others asked; years differ in length.
  const longest = (rows / months) * (terms.length < months ? 12 : 1)
  const beside = COSTS.beside * (lists - 1) + COSTS.span * terms.length
  return longest < 2 * postings * articles
    ? rows * (COSTS.spanned + beside)
    : postings * articles * (COSTS.entry + COSTS.checked * terms.length + beside)
}

export interface Reading {
  cover: Cover | null
  cost: number
}

/**
 * The cheapest way to find the matches of a span of time by the index of terms, and read them, or `most` of them; null:
 * those of all time.
 */
export function readingOf(
  matching: Estimated,
  span: { from: Date; to: Date } | null,
  most = Infinity,
): Reading {
  const { postings, lists, articles, read, calendar } = matching
  const fetch = COSTS.fetch + (needsReading(matching) ? COSTS.phrase : 0)
  const taken = (rows: number) => COSTS.taken * read * rows + fetch * Math.min(most, read * rows)
  const whole: Reading = {
    cover: null,
    cost: articles * postings * (COSTS.entry + COSTS.beside * (lists - 1)) + taken(articles),
  }
  return (span ? coversOf(span.from, span.to) : [])
    .map((cover): Reading => {
      const rows = articles * shareBetween(calendar, cover.from, cover.to)
      return { cover, cost: indexCost(matching, cover, rows) + taken(rows) }
    })
    .reduce((best, one) => (one.cost < best.cost ? one : best), whole)
}

/** From where to where a slice up to an edge reaches; null where all articles are meant, or nothing is known. */
export function spanOf(
  { published: { fromInstant, toInstant }, ends }: Estimated,
  { after, descending }: Slice,
  edge: Date | null,
): { from: Date; to: Date } | null {
  // Before the first instant of a month, with no identity lower: nothing of that month is left.
  const start = after ? new Date(after.key - (descending && after.id === 0 ? 1 : 0)) : null
  const [from, to] = descending
    ? [edge ?? fromInstant, start ?? toInstant]
    : [start ?? fromInstant, edge ?? toInstant]
  return ends && (from || to) ? { from: from ?? ends.first, to: to ?? ends.last } : null
}

/** Matches that a window may read beyond what it is for: they cost less than the lists of its months once more. */
const SPARE = 1_000

/** A window up to the end of its months, which are read anyway; as it is where that would be many more matches. */
export function wholeMonths(
  matching: Estimated,
  slice: Slice,
  window: { edge: Date; rows: number },
): { edge: Date; rows: number } {
  const { articles, calendar, read } = matching
  const { cover } = readingOf(matching, spanOf(matching, slice, window.edge))
  if (!cover) return window
  // PostgreSQL counts in microseconds: what lies in the last millisecond is left to the next window.
  const end = slice.descending ? cover.from : new Date(cover.to.getTime() - 1)
  const [from, to] = slice.descending ? [end, window.edge] : [window.edge, end]
  const more = articles * shareBetween(calendar, from, to)
  return more * read > SPARE ? window : { edge: end, rows: window.rows + more }
}

/** About where the n-th row of a slice was listed; null beyond the last one, or where nothing is known. */
export function edgeOf({ articles, calendar, published }: Estimated, slice: Slice, n: number): Date | null {
  const { after, descending } = slice
  const from = after ? new Date(after.key) : descending ? published.toInstant : published.fromInstant
  return calendar.length > 1 ? instantAfter(calendar, articles, { from, rows: n, descending }) : null
}

type Costs = Record<'walk' | 'window' | 'all', number>

/** What it costs to look at so many rows of a slice. */
export const windowCost = (matching: Estimated, slice: Slice, rows: number, most = Infinity): number =>
  readingOf(matching, spanOf(matching, slice, edgeOf(matching, slice, rows)), most).cost

/** What each route costs for a slice. */
export function estimate(matching: Estimated, slice: Slice): Costs {
  const { share, read, postings } = matching
  const wanted = slice.offset + slice.limit
  const rows = rowsIn(matching)
  // A window has an end, all matches of several words may be as many as those of the rarest.
  const feared = { ...matching, read: Math.sqrt(read * Math.max(read, postings)) }
  return {
    walk: COSTS.row * Math.min(wanted / share, rows),
    window: windowCost(matching, slice, Math.min(firstRows(slice, share), rows)) * windowsOf(slice),
    all: windowCost(feared, slice, Infinity),
  }
}

/** A slice for counts, which have no order. */
export const COUNTING: Slice = { descending: true, after: null, offset: 0, limit: 0 }

/** What a count up to `cap` costs. */
export const estimateCount = (matching: Estimated, cap: number): Pick<Costs, 'walk' | 'all'> => ({
  walk: COSTS.row * Math.min(cap / matching.share, rowsIn(matching)),
  all: windowCost(matching, COUNTING, Infinity, needsReading(matching) ? Infinity : cap),
})
