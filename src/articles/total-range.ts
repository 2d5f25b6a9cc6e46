import { addDays, addMonths, type DayRange } from '../time/seoul.ts'

/** A span of days as whole years, whole months beside them and the days at its ends, whose totals are kept. */
export interface Parts {
  years: Span[]
  months: Span[]
  days: Span[]
}
/** Its end is exclusive; an open one is null. */
export interface Span {
  from: string | null
  to: string | null
}

type Unit = 'month' | 'year'

const MONTHS: Record<Unit, number> = { month: 1, year: 12 }
const firstOf = (day: string, unit: Unit): string =>
  unit === 'month' ? `${day.slice(0, 7)}-01` : `${day.slice(0, 4)}-01-01`

export const spanOf = ({ from, to }: Pick<DayRange, 'from' | 'to'>): Span => ({
  from,
  to: to === null ? null : addDays(to, 1),
})

/** The whole units of a span, and what is left of it before and after them. */
function split({ from, to }: Span, unit: Unit): { whole: Span[]; rest: Span[] } {
  // The first and the last beginning of a unit within the span.
  const begin =
    from === null || from === firstOf(from, unit) ? from : addMonths(firstOf(from, unit), MONTHS[unit])
  const end = to === null ? null : firstOf(to, unit)
  if (begin !== null && end !== null && begin >= end) return { whole: [], rest: [{ from, to }] }
  return {
    whole: [{ from: begin, to: end }],
    rest: [...(begin !== from ? [{ from, to: begin }] : []), ...(end !== to ? [{ from: end, to }] : [])],
  }
}

/** @param largest whether years are wanted as years or as months */
export function partsOf(range: Pick<DayRange, 'from' | 'to'>, largest: Unit = 'year'): Parts {
  const { whole, rest: days } = split(spanOf(range), 'month')
  if (largest === 'month') return { years: [], months: whole, days }
  const parts = whole.map(span => split(span, 'year'))
  return {
    years: parts.flatMap(({ whole }) => whole),
    months: parts.flatMap(({ rest }) => rest),
    days,
  }
}
