import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Database } from '../db/client.ts'
import { assertDay } from '../http/days.ts'
import { CACHEABLE, FRESH, json } from '../http/openapi.ts'
import { badParameter } from '../http/problem.ts'
import { digest, sendCacheable } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { addDays, dayOf, formatInstantOrNull, startOfDay } from '../time/seoul.ts'
import { Coverage, CoverageQuery } from './coverage-schema.ts'
import { SERVICES, type Service } from './open-api-client.ts'
import { findLastSync, listSyncedDays } from './store-runs.ts'
import { daysBetween } from './windows.ts'

/** Which days of the Open API are here, for those who must know that nothing is missing. */

const LONGEST = 366
const USUAL = 30

export const coverageRoutes: FastifyPluginAsyncTypebox<{ db: Database; now: () => Date }> = async (
  app,
  { db, now },
) => {
  app.get(
    '/coverage',
    {
      schema: {
        operationId: 'getCoverage',
        tags: ['service'],
        summary: 'Which days were loaded?',
        description: `Of each service of the Open API the items of each Seoul day, when it was last loaded, and the days that are not complete. At most ${LONGEST} days; the last ${USUAL}, where no range is given.`,
        querystring: CoverageQuery,
        response: {
          200: json('Coverage', ref(Coverage), CACHEABLE),
          304: FRESH,
        },
      },
    },
    async (request, reply) => {
      const today = dayOf(now())
      const to = assertDay('to', request.query.to ?? today)
      const from = assertDay('from', request.query.from ?? addDays(to, 1 - USUAL))
      if (from > to)
        throw badParameter('to', `must not lie before from (${from})`, `from(${from})보다 앞설 수 없습니다`)
      if (to >= addDays(from, LONGEST))
        throw badParameter('from', `at most ${LONGEST} days`, `최대 ${LONGEST}일까지입니다`)
      const services = request.query.service ? [request.query.service] : SERVICES
      const span = { from, to: to < today ? to : today }
      const answer: Coverage = {
        from,
        to,
        services: await Promise.all(services.map(service => coverageOf(db, service, span, today))),
      }
      const body = JSON.stringify(answer)
      return sendCacheable(request, reply, { etag: `"${digest(body)}"`, body })
    },
  )
}

async function coverageOf(
  db: Database,
  service: Service,
  span: { from: string; to: string },
  today: string,
): Promise<Coverage['services'][number]> {
  const synced = new Map((await listSyncedDays(db, service, span)).map(row => [row.day, row]))
  const days = daysBetween(span.from, span.to).map((day): Coverage['services'][number]['days'][number] => {
    const row = synced.get(day)
    if (!row) return { day, state: 'missing', items: null, rejected: null, syncedAt: null }
    const state = row.syncedAt >= startOfDay(day, 1) ? 'complete' : 'partial'
    const { items, rejected } = row
    return { day, state, items, rejected, syncedAt: formatInstantOrNull(row.syncedAt) }
  })
  return {
    service,
    lastSyncedAt: formatInstantOrNull(await findLastSync(db, service)),
    missing: days.filter(({ day, state }) => state !== 'complete' && day < today).map(({ day }) => day),
    days,
  }
}
