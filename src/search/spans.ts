import { monthTerm, quoteTerm, yearTerm } from './document.ts'

/**
 * Months and years of the rows that were listed in them, which are terms of these rows. With some of them a search reads
 * only their part of the lists of its words, since rows lie about in the order of time. They are of UTC: they bound what
 * is read, the instants of the request decide.
 */

/** Lists that are read side by side; more cost more than they spare. */
const MOST = 60

const digits = (n: number, width: number) => String(n).padStart(width, '0')
const monthsOf = (at: Date): number => at.getUTCFullYear() * 12 + at.getUTCMonth()

/** A tsquery for the months from one instant to another, whole years as such; null where these are too many. */
export function spanQuery(from: Date, to: Date): string | null {
  const last = monthsOf(to)
  const terms: string[] = []
  for (let month = monthsOf(from); month <= last && terms.length <= MOST; ) {
    const year = digits(Math.floor(month / 12), 4)
    const whole = month % 12 === 0 && month + 11 <= last
    terms.push(whole ? yearTerm(year) : monthTerm(`${year}-${digits((month % 12) + 1, 2)}`))
    month += whole ? 12 : 1
  }
  return terms.length === 0 || terms.length > MOST ? null : `(${terms.map(quoteTerm).join(' | ')})`
}
