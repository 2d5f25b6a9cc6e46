import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { Database } from '../db/client.ts'
import { assertDay } from '../http/days.ts'
import { CACHEABLE, FRESH, json, problems } from '../http/openapi.ts'
import { listAnswer, sendCacheable, versionAnswer } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { dayOf } from '../time/seoul.ts'
import { noMinistry, toList, toRecord, toResolution } from './answer.ts'
import {
  MinistryCode,
  MinistryList,
  MinistryQuery,
  MinistryRecord,
  MinistryResolution,
  ResolveQuery,
} from './schema.ts'
import { readRegistry, readRows } from './store.ts'

export interface MinistryRouteOptions {
  db: Database
  /** The clock, which tests may turn. */
  now: () => Date
}

/** `/v1/ministries`: which there are, what one was, and which one a name means. For everybody. */
export const ministryRoutes: FastifyPluginAsyncTypebox<MinistryRouteOptions> = async (app, { db, now }) => {
  const dayFor = (on: string | undefined) => (on === undefined ? dayOf(now()) : assertDay('on', on))

  app.get(
    '/ministries',
    {
      schema: {
        operationId: 'listMinistries',
        tags: ['ministries'],
        summary: 'List the ministries that there are on a day',
        description:
          'Ministries, offices, agencies and commissions, each with the name in force on that day.',
        querystring: MinistryQuery,
        response: { 200: json('The bodies', ref(MinistryList), CACHEABLE), 304: FRESH },
      },
    },
    async (request, reply) => {
      const { rows } = await readRows(db)
      return sendCacheable(request, reply, listAnswer(toList(rows, dayFor(request.query.on))))
    },
  )

  app.get(
    '/ministries/resolve',
    {
      schema: {
        operationId: 'resolveMinistry',
        tags: ['ministries'],
        summary: 'Find the ministry that a name means on a day',
        description:
          'A current, former or short name, or a code. Where several bodies are meant for equally good reasons the answer says so and names none; a name that nobody has is a 404 with the nearest ones.',
        querystring: ResolveQuery,
        response: {
          200: json('What the name means', ref(MinistryResolution), CACHEABLE),
          304: FRESH,
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { name, on } = request.query
      return sendCacheable(request, reply, listAnswer(toResolution(await readRegistry(db), name, dayFor(on))))
    },
  )

  app.get(
    '/ministries/:code',
    {
      schema: {
        operationId: 'getMinistry',
        tags: ['ministries'],
        summary: 'Read one ministry with its whole history',
        params: MinistryCode,
        response: {
          200: json('The body', ref(MinistryRecord), CACHEABLE),
          304: FRESH,
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const { rows, events } = await readRows(db)
      const row = rows.find(({ code }) => code === request.params.code)
      if (!row) throw noMinistry(request.params.code)
      return sendCacheable(request, reply, versionAnswer(toRecord(row, events, dayOf(now()))))
    },
  )
}
