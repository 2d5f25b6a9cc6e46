import { addDays, addMonths, type DayRange } from '../time/seoul.ts'

/** A span of days as whole months and the days at its ends, whose totals are kept. Ends are exclusive; an open one is null. */
export interface Parts {
  months: Span | null
  days: Span[]
}
export interface Span {
  from: string | null
  to: string | null
}

const firstOf = (day: string): string => `${day.slice(0, 7)}-01`

export const spanOf = ({ from, to }: Pick<DayRange, 'from' | 'to'>): Span => ({
  from,
  to: to === null ? null : addDays(to, 1),
})

export function partsOf(range: Pick<DayRange, 'from' | 'to'>): Parts {
  const { from, to: after } = spanOf(range)
  // The first and the last beginning of a month within the span.
  const begin = from === null || from === firstOf(from) ? from : addMonths(firstOf(from), 1)
  const end = after === null ? null : firstOf(after)
  if (begin !== null && end !== null && begin >= end) return { months: null, days: [{ from, to: after }] }
  return {
    months: { from: begin, to: end },
    days: [
      ...(begin !== from ? [{ from, to: begin }] : []),
      ...(end !== after ? [{ from: end, to: after }] : []),
    ],
  }
}
