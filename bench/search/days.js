import { startOfDay } from '../../dist/time/seoul.js'
import { Weighted } from './random.js'

/** When articles are released: ever more, few at weekends, a fifth at midnight, most by day. */

const DAY = 86_400_000
const HOUR = 3_600_000
const FIRST = startOfDay('2008-01-01').getTime()
const LAST = startOfDay('2026-11-20').getTime()

/** A day of 2026 has four times the articles of a day of 2008, one of a weekend a twelfth of one in the week. */
const GROWTH = 3
const WEEKEND = 1 / 12

const starts = Array.from({ length: Math.round((LAST - FIRST) / DAY) + 1 }, (_, i) => FIRST + i * DAY)
const days = new Weighted(
  starts,
  starts.map(start => {
    const weekday = new Date(start + 9 * HOUR).getUTCDay()
    const grown = 1 + (GROWTH * (start - FIRST)) / (LAST - FIRST)
    return grown * (weekday === 0 || weekday === 6 ? WEEKEND : 1)
  }),
)
const hours = new Weighted(
  Array.from({ length: 24 }, (_, hour) => hour),
  [1, 0, 0, 0, 0, 1, 12, 5, 8, 14, 14, 14, 12, 4, 9, 8, 8, 7, 5, 2, 1, 1, 1, 1],
)
const AT_MIDNIGHT = 0.2

export function releaseOf(random) {
  const day = days.pick(random)
  if (random.float() < AT_MIDNIGHT) return new Date(day)
  const minute = random.below(2) === 0 ? random.below(2) * 30 : random.below(60)
  const second = random.below(3) === 0 ? random.below(60) : 0
  return new Date(day + hours.pick(random) * HOUR + minute * 60_000 + second * 1000)
}
