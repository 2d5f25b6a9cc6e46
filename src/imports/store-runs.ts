import type { Database } from '../db/client.ts'
import { ofDate, startOfDay, toDate } from '../time/seoul.ts'
import type { Service } from './open-api-client.ts'
import type { Rejection } from './windows.ts'

/** What is remembered between runs of the loader: runs that were not finished, days that are done, calls of the day. */

export interface Span {
  services: readonly Service[]
  /** Seoul days, both included. */
  from: string
  to: string
}
const between = ({ from, to }: Pick<Span, 'from' | 'to'>) => ({ gte: toDate(from), lte: toDate(to) })

const keyOf = ({ services, from, to }: Span) => ({
  services: [...services].sort().join(','),
  firstDay: toDate(from),
  lastDay: toDate(to),
})

/**
 * Begins a run, and says since when a synced day counts as done. With `resume` it goes on with one over the same days
 * that was not finished; where there is none, every day that was ever synced is done.
 */
export async function beginRun(
  { prisma }: Database,
  span: Span,
  { resume, now }: { resume: boolean; now: Date },
): Promise<Date> {
  const key = keyOf(span)
  const where = { services_firstDay_lastDay: key }
  const since = resume ? new Date(0) : now
  const run = await prisma.syncRun.upsert({
    where,
    create: { ...key, since },
    update: resume ? {} : { since },
  })
  return run.since
}

export const finishRun = ({ prisma }: Database, span: Span): Promise<unknown> =>
  prisma.syncRun.deleteMany({ where: keyOf(span) })

/** Days of a service that were synced, the oldest first. */
export async function listSyncedDays(
  { prisma }: Database,
  service: Service,
  span: Pick<Span, 'from' | 'to'>,
) {
  const where = { service, day: between(span) }
  const rows = await prisma.syncDay.findMany({ where, orderBy: { day: 'asc' } })
  return rows.map(row => ({ ...row, day: ofDate(row.day) }))
}

/** When any day of a service was last synced. */
export async function findLastSync({ prisma }: Database, service: Service): Promise<Date | null> {
  const { _max } = await prisma.syncDay.aggregate({ where: { service }, _max: { syncedAt: true } })
  return _max.syncedAt
}

/** Days of a service that were synced since an instant, and after they had ended: they can bring nothing more. */
export async function listDoneDays(
  db: Database,
  service: Service,
  span: Pick<Span, 'from' | 'to'>,
  since: Date,
): Promise<Set<string>> {
  const rows = await listSyncedDays(db, service, span)
  const done = rows.filter(({ day, syncedAt }) => syncedAt >= since && syncedAt >= startOfDay(day, 1))
  return new Set(done.map(({ day }) => day))
}

/** What could not be taken, by service and day. */
export async function listRejections(
  { prisma }: Database,
  { services, ...span }: Span,
): Promise<(Rejection & { service: Service })[]> {
  const rows = await prisma.syncRejection.findMany({
    where: { service: { in: [...services] }, day: between(span) },
    orderBy: [{ service: 'asc' }, { day: 'asc' }, { item: 'asc' }],
  })
  return rows.map(row => ({ ...row, service: row.service as Service, day: ofDate(row.day) }))
}

/** Counts a call on a Seoul day, also against other loaders at the same moment; false where none is left. */
export async function spendCall({ prisma }: Database, day: string, limit: number): Promise<boolean> {
  const counted = await prisma.$executeRaw`
    INSERT INTO sync_calls AS here (day, calls) VALUES (${day}::date, 1)
    ON CONFLICT (day) DO UPDATE SET calls = here.calls + 1 WHERE here.calls < ${limit}`
  return counted > 0
}

/** Notes that a Seoul day has no call left, whatever was counted here. */
export async function exhaustCalls({ prisma }: Database, day: string, limit: number): Promise<void> {
  await prisma.$executeRaw`
    INSERT INTO sync_calls AS here (day, calls) VALUES (${day}::date, ${limit}::int)
    ON CONFLICT (day) DO UPDATE SET calls = GREATEST(here.calls, excluded.calls)`
}

export async function countCalls({ prisma }: Database, day: string): Promise<number> {
  return (await prisma.syncCalls.findUnique({ where: { day: toDate(day) } }))?.calls ?? 0
}
