import type { Database } from '../db/client.ts'
import { dayOf } from '../time/seoul.ts'
import {
  BudgetSpent,
  describeWindow,
  fetchWindow,
  OpenApiError,
  type OpenApiOptions,
  type Window,
} from './open-api-client.ts'
import {
  beginRun,
  exhaustCalls,
  finishRun,
  listDoneDays,
  listRejections,
  type Span,
  spendCall,
} from './store-runs.ts'
import { type DayReport, noReport, writeDay } from './store-sync.ts'
import { daysBetween, type Rejection, splitByDay, windowsOf } from './windows.ts'

/** Walks a range of days: fetches window after window and writes day after day. */

export interface SyncOptions extends Span {
  api: Omit<OpenApiOptions, 'spend' | 'exhaust'>
  /** Calls of the API on a Seoul day. */
  dailyCalls: number
  /** Leave out days that are done: of the run that was not finished, or of any. */
  resume: boolean
  /** Fetch and read, but write nothing; calls are counted all the same. */
  dryRun: boolean
  now?: () => Date
  onStart?: (days: number) => void
  onDay?: () => void
  /** Told of a window that could not be had. */
  onFailure?: (message: string) => void
}

export interface SyncReport extends DayReport {
  /** Days written; of two services each day counts twice. */
  days: number
  /** Days that were done before. */
  skipped: number
  /** Of the whole range, also from earlier runs. */
  rejections: (Rejection & { service: Span['services'][number] })[]
  /** Windows that could not be had. */
  failures: string[]
  /** Why it ended before the range did; null where it did not. */
  spent: string | null
}

/** So many failed windows in a row, and the service is not there: the rest would only spend calls. */
const FAILURES_IN_A_ROW = 3

/**
 * Brings a range of days, the oldest first, so that the log and the ids follow the order of release. It may be killed at
 * any time: a day is noted in the transaction of its articles, and `resume` goes on behind it.
 * @throws OpenApiError where only a person can help, and the reason of `api.signal`.
 */
export async function sync(db: Database, options: SyncOptions): Promise<SyncReport> {
  const { services, from, to, resume, dryRun, dailyCalls, onStart, onDay, onFailure } = options
  const now = options.now ?? (() => new Date())
  const api: OpenApiOptions = {
    ...options.api,
    spend: () => spendCall(db, dayOf(now()), dailyCalls),
    exhaust: () => exhaustCalls(db, dayOf(now()), dailyCalls),
  }
  const since = dryRun ? new Date(0) : await beginRun(db, options, { resume, now: now() })
  const windows: Window[] = []
  let skipped = 0
  for (const service of services) {
    const done = resume ? await listDoneDays(db, service, options, since) : new Set()
    skipped += done.size
    windows.push(
      ...windowsOf(
        service,
        daysBetween(from, to).filter(day => !done.has(day)),
      ),
    )
  }
  windows.sort((a, b) => a.from.localeCompare(b.from))
  onStart?.(windows.reduce((days, window) => days + daysBetween(window.from, window.to).length, 0))

  const report: SyncReport = { ...noReport(), days: 0, skipped, rejections: [], failures: [], spent: null }
  const foreseen: SyncReport['rejections'] = []
  let inARow = 0
  for (const window of windows) {
    api.signal?.throwIfAborted()
    const syncedAt = now()
    try {
      const elements = await fetchWindow(window, api)
      inARow = 0
      for (const day of splitByDay(window, elements, now())) {
        const written = await writeDay(db, window.service, day, { syncedAt, now: now(), dryRun })
        for (const [what, n] of Object.entries(written)) report[what as keyof DayReport] += n
        foreseen.push(...day.rejections.map(rejection => ({ ...rejection, service: window.service })))
        report.days++
        onDay?.()
      }
    } catch (error) {
      if (error instanceof BudgetSpent) {
        report.spent = error.message
        break
      }
      if (!(error instanceof OpenApiError) || error.permanent) throw error
      report.failures.push(error.message)
      onFailure?.(error.message)
      if (++inARow === FAILURES_IN_A_ROW)
        throw new OpenApiError(
          `${inARow} windows in a row could not be had, the last of them ${describeWindow(window)}: the service seems to be away`,
          true,
        )
    }
  }
  report.rejections = dryRun ? foreseen : await listRejections(db, options)
  if (!dryRun && report.spent === null && report.failures.length === 0) await finishRun(db, options)
  return report
}
