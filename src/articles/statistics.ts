import { badParameter } from '../http/problem.ts'
import { addDays, addMonths } from '../time/seoul.ts'
import type { Bucket, Interval, Share } from './store-statistics.ts'

/** Counts as they are answered: intervals without a gap, ministries by their names of today. */

const NEXT: Record<Interval, (day: string) => string> = {
  day: day => addDays(day, 1),
  week: day => addDays(day, 7),
  month: day => addMonths(day, 1),
  year: day => addMonths(day, 12),
}

interface FilledBucket {
  from: string
  to: string
  count: number
}

/** A century of days: an answer of 1.8 MB, which holds up the process for some 50 ms. */
export const MOST_BUCKETS = 36_600

/** The intervals from the first to the last, those without articles too. @throws Problem 400 where they are too many */
export function fillBuckets(counted: readonly Bucket[], interval: Interval): FilledBucket[] {
  const counts = new Map(counted.map(({ day, count }) => [day, count]))
  const last = counted.at(-1)?.day ?? ''
  const filled: FilledBucket[] = []
  for (let from = counted[0]?.day ?? ' '; from <= last; ) {
    if (filled.length === MOST_BUCKETS)
      throw badParameter(
        'interval',
        `makes more than ${MOST_BUCKETS} intervals from ${counted[0]?.day} to ${last}: take a longer one, or narrow from and to`,
        `${counted[0]?.day}부터 ${last}까지 ${MOST_BUCKETS}개가 넘습니다. 더 긴 간격을 고르거나 from과 to를 좁히십시오`,
      )
    const next = NEXT[interval](from)
    filled.push({ from, to: addDays(next, -1), count: counts.get(from) ?? 0 })
    from = next
  }
  return filled
}

/** Those of most articles first. A body that has had several names is one. */
export function mergeShares(shares: readonly Share[], nameOf: (code: string) => string | null): Share[] {
  const merged = new Map<string, Share>()
  for (const { value, code, count } of shares) {
    const key = code ?? `=${value ?? ''}`
    const known = merged.get(key)
    merged.set(key, {
      value: (code === null ? null : nameOf(code)) ?? known?.value ?? value,
      code,
      count: (known?.count ?? 0) + count,
    })
  }
  const byName = ({ value }: Share) => value ?? ''
  return [...merged.values()].sort((a, b) => b.count - a.count || (byName(a) < byName(b) ? -1 : 1))
}
