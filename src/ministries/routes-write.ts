import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { requireIfMatch } from '../http/conditional.ts'
import { HEADERS, IfMatch, json, problems } from '../http/openapi.ts'
import { badBody } from '../http/problem.ts'
import { sendVersion } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { dayOf } from '../time/seoul.ts'
import { toRecord } from './answer.ts'
import type { MinistryRouteOptions } from './routes.ts'
import { MinistryCode, MinistryRecord, NewMinistryRecord } from './schema.ts'
import { type RegistryReader, type Row, readRows } from './store.ts'
import { deleteMinistry, type FindReferring, insertMinistry, replaceMinistry } from './store-write.ts'

export interface MinistryWriteOptions extends MinistryRouteOptions {
  registry: RegistryReader
  /** See `PUBLIC_URL` in config.ts. */
  publicUrl: string
  findReferring: FindReferring
}

const { ETag, Location } = HEADERS

/** `/v1/ministries`: for holders of an `admin` key to write. */
export const ministryWriteRoutes: FastifyPluginAsyncTypebox<MinistryWriteOptions> = async (app, options) => {
  const { db, now, publicUrl, registry, findReferring } = options
  const config = { scope: 'admin' } as const

  const sendMinistry = async (reply: FastifyReply, row: Row) => {
    registry.forget()
    const { events } = await readRows(db)
    return sendVersion(reply, toRecord(row, events, dayOf(now())))
  }

  app.post(
    '/ministries',
    {
      config,
      schema: {
        operationId: 'createMinistry',
        tags: ['ministries'],
        summary: 'Add a ministry',
        description:
          'Names of one body must not overlap in time; 409 where another one has the code, or a name on the same day.',
        body: ref(NewMinistryRecord),
        response: { 201: json('The body', ref(MinistryRecord), { ETag, Location }), ...problems(409) },
      },
    },
    async (request, reply) => {
      const row = await insertMinistry(db, request.body, now())
      return sendMinistry(reply.code(201).header('location', `${publicUrl}/v1/ministries/${row.code}`), row)
    },
  )

  app.put(
    '/ministries/:code',
    {
      config,
      schema: {
        operationId: 'replaceMinistry',
        tags: ['ministries'],
        summary: 'Replace a ministry',
        description:
          'Its kind and names; the code stays. Writing what is there already makes no new version.',
        params: MinistryCode,
        headers: IfMatch,
        body: ref(NewMinistryRecord),
        response: { 200: json('The body', ref(MinistryRecord), { ETag }), ...problems(404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const ifMatch = requireIfMatch(request.headers['if-match'])
      const { code } = request.params
      if (request.body.code !== code)
        throw badBody('/code', `is not the code in the path (${code})`, `경로의 코드(${code})와 다릅니다`)
      return sendMinistry(reply, await replaceMinistry(db, request.body, ifMatch, now()))
    },
  )

  app.delete(
    '/ministries/:code',
    {
      config,
      schema: {
        operationId: 'deleteMinistry',
        tags: ['ministries'],
        summary: 'Delete a ministry',
        description:
          'For one that was added by mistake: 409 where an event or article refers to it. One that is no more gets a last day.',
        params: MinistryCode,
        headers: IfMatch,
        response: { 204: { description: 'Deleted' }, ...problems(404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const ifMatch = requireIfMatch(request.headers['if-match'])
      await deleteMinistry(db, request.params.code, ifMatch, findReferring)
      registry.forget()
      return reply.code(204).send()
    },
  )
}
