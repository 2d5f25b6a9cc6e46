import { monthTerm, quoteTerm, yearTerm } from './document.ts'

/**
 * Months and years of the rows that were listed in them, which are terms of these rows. With some of them a search reads
 * only their part of the lists of its words, since rows lie about in the order of time. They are of UTC: they bound what
 * is read, the instants of the request decide.
 */

/** Months and years that hold a span of time. */
export interface Cover {
  terms: string[]
  from: Date
  /** The first instant after it. */
  to: Date
}

/** Lists beside each other beyond which nothing is spared. */
const MOST = 40

const digits = (n: number, width: number) => String(n).padStart(width, '0')
const monthsOf = (at: Date): number => at.getUTCFullYear() * 12 + at.getUTCMonth()
const instantOf = (month: number): Date => new Date(Date.UTC(Math.floor(month / 12), month % 12))

function coverOf(first: number, last: number): Cover | null {
  const terms: string[] = []
  for (let month = first; month <= last && terms.length <= MOST; ) {
    const year = digits(Math.floor(month / 12), 4)
    const whole = month % 12 === 0 && month + 11 <= last
    terms.push(whole ? yearTerm(year) : monthTerm(`${year}-${digits((month % 12) + 1, 2)}`))
    month += whole ? 12 : 1
  }
  return terms.length === 0 || terms.length > MOST
    ? null
    : { terms, from: instantOf(first), to: instantOf(last + 1) }
}

/** The months from one instant to another, whole years as such; and all the years that they are of, which are fewer. */
export function coversOf(from: Date, to: Date): Cover[] {
  const [first, last] = [monthsOf(from), monthsOf(to)]
  const years = coverOf(first - (first % 12), last - (last % 12) + 11)
  return [coverOf(first, last), years].filter(cover => cover !== null)
}

/** A tsquery for what was listed then. */
export const coverQuery = ({ terms }: Cover): string => `(${terms.map(quoteTerm).join(' | ')})`
