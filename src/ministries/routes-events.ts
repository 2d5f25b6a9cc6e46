import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import { requireIfMatch } from '../http/conditional.ts'
import { CACHEABLE, FRESH, HEADERS, IfMatch, json, problems } from '../http/openapi.ts'
import { listAnswer, sendCacheable, sendVersion, versionAnswer } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { toEvent } from './answer.ts'
import type { MinistryWriteOptions } from './routes-write.ts'
import { MinistryEvent, MinistryEventId, MinistryEventList, NewMinistryEvent } from './schema.ts'
import { type EventRow, readRows } from './store.ts'
import { deleteEvent, findEvent, insertEvent, replaceEvent } from './store-write.ts'

const { ETag, Location } = HEADERS

/** `/v1/ministries/events`: for everybody to read, for holders of an `admin` key to write. */
export const ministryEventRoutes: FastifyPluginAsyncTypebox<MinistryWriteOptions> = async (app, options) => {
  const { db, now, publicUrl, registry } = options
  const config = { scope: 'admin' } as const
  const sendEvent = (reply: FastifyReply, row: EventRow) => {
    registry.forget()
    return sendVersion(reply, toEvent(row))
  }

  app.get(
    '/ministries/events',
    {
      schema: {
        operationId: 'listMinistryEvents',
        tags: ['ministries'],
        summary: 'List the events of all ministries',
        response: { 200: json('The events', ref(MinistryEventList), CACHEABLE), 304: FRESH },
      },
    },
    async (request, reply) => {
      const { events } = await readRows(db)
      return sendCacheable(request, reply, listAnswer({ items: events.map(toEvent) }))
    },
  )

  app.post(
    '/ministries/events',
    {
      config,
      schema: {
        operationId: 'createMinistryEvent',
        tags: ['ministries'],
        summary: 'Add an event',
        description:
          'It says who came in whose place; the names and their days are written with the ministries. 409 where a body would come in its own place.',
        body: ref(NewMinistryEvent),
        response: { 201: json('The event', ref(MinistryEvent), { ETag, Location }), ...problems(409) },
      },
    },
    async (request, reply) => {
      const row = await insertEvent(db, request.body, now())
      return sendEvent(reply.code(201).header('location', `${publicUrl}/v1/ministries/events/${row.id}`), row)
    },
  )

  app.get(
    '/ministries/events/:id',
    {
      schema: {
        operationId: 'getMinistryEvent',
        tags: ['ministries'],
        summary: 'Read one event',
        params: MinistryEventId,
        response: { 200: json('The event', ref(MinistryEvent), CACHEABLE), 304: FRESH, ...problems(404) },
      },
    },
    async (request, reply) => {
      return sendCacheable(request, reply, versionAnswer(toEvent(await findEvent(db, request.params.id))))
    },
  )

  app.put(
    '/ministries/events/:id',
    {
      config,
      schema: {
        operationId: 'replaceMinistryEvent',
        tags: ['ministries'],
        summary: 'Replace an event',
        description: 'Writing what is there already makes no new version.',
        params: MinistryEventId,
        headers: IfMatch,
        body: ref(NewMinistryEvent),
        response: { 200: json('The event', ref(MinistryEvent), { ETag }), ...problems(404, 409, 412, 428) },
      },
    },
    async (request, reply) => {
      const ifMatch = requireIfMatch(request.headers['if-match'])
      return sendEvent(reply, await replaceEvent(db, request.params.id, request.body, ifMatch, now()))
    },
  )

  app.delete(
    '/ministries/events/:id',
    {
      config,
      schema: {
        operationId: 'deleteMinistryEvent',
        tags: ['ministries'],
        summary: 'Delete an event',
        params: MinistryEventId,
        headers: IfMatch,
        response: { 204: { description: 'Deleted' }, ...problems(404, 412, 428) },
      },
    },
    async (request, reply) => {
      await deleteEvent(db, request.params.id, requireIfMatch(request.headers['if-match']))
      registry.forget()
      return reply.code(204).send()
    },
  )
}
