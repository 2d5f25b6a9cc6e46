import { addDays, dayOf, startOfDay } from '../time/seoul.ts'
import type { Element } from './open-api-answer.ts'
import { describeWindow, type Service, type Window } from './open-api-client.ts'
import { approvalOf, articleOf, ItemFault, itemId, type NewsItem, readItem } from './open-api-item.ts'
import { validArticle } from './record.ts'

/** From days to windows that the Open API takes, and from a window's answer back to days. */

/** Days that it gives at once. */
const LONGEST = 3

/** All days of a span, both ends included. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = []
  for (let day = from; day <= to; day = addDays(day, 1)) days.push(day)
  return days
}

/** Days in their order as windows of neighbours. */
export function windowsOf(service: Service, days: readonly string[]): Window[] {
  const windows: Window[] = []
  for (const day of days) {
    const last = windows.at(-1)
    if (last && addDays(last.to, 1) === day && day < addDays(last.from, LONGEST)) last.to = day
    else windows.push({ service, from: day, to: day })
  }
  return windows
}

export interface Rejection {
  /** Its id at the source; of one without an id, its place in the answer. */
  item: string
  /** The day on which it was approved; where that cannot be read, the first day of its window. */
  day: string
  reason: string
}

/** What a window brought for one of its days. */
export interface SyncedDay {
  day: string
  items: NewsItem[]
  rejections: Rejection[]
}

/**
 * The items of a window's answer by the Seoul day on which they were approved; one entry for each day of the window.
 * What was approved at 00:00:00 on the day after comes with the window, too, and is left to that day. Of an item that
 * stands there twice the latest revision counts.
 */
export function splitByDay(window: Window, elements: readonly Element[], now: Date): SyncedDay[] {
  const { from, to } = window
  const after = startOfDay(to, 1).getTime()
  const items = new Map<string, NewsItem>()
  const rejections: Rejection[] = []
  for (const [index, element] of elements.entries()) {
    const approvedAt = approvalOf(element)
    if (approvedAt?.getTime() === after) continue
    const inside = approvedAt !== null && dayOf(approvedAt) >= from && dayOf(approvedAt) <= to
    try {
      const item = readItem(element)
      if (!inside) throw new ItemFault(`ApproveDate lies on ${dayOf(item.approvedAt)}, outside of its window`)
      const valid = validArticle(articleOf(item, now))
      if ('fault' in valid) throw new ItemFault(valid.fault)
      const other = items.get(item.id)
      if (!other || isLater(item, other)) items.set(item.id, item)
    } catch (error) {
      if (!(error instanceof ItemFault)) throw error
      rejections.push({
        item: itemId(element) ?? `${describeWindow(window)} #${index + 1}`,
        day: inside ? dayOf(approvedAt) : from,
        reason: error.message,
      })
    }
  }
  return daysBetween(from, to).map(day => ({
    day,
    items: [...items.values()].filter(item => dayOf(item.approvedAt) === day),
    rejections: rejections.filter(rejection => rejection.day === day),
  }))
}

const isLater = (a: NewsItem, b: NewsItem) =>
  a.revision > b.revision ||
  (a.revision === b.revision && (a.modifiedAt?.getTime() ?? 0) > (b.modifiedAt?.getTime() ?? 0))
