import { Readable } from 'node:stream'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { type ArticleRouteOptions, present } from '../articles/routes-answer.ts'
import { splitParameter } from '../articles/routes-list.ts'
import { allows } from '../http/access.ts'
import { JSON_TYPE, JSON_UTF8 } from '../http/body.ts'
import { OPTIONAL_KEY, problems } from '../http/openapi.ts'
import { addVary } from '../http/problem.ts'
import { ref } from '../http/schema.ts'
import { beginning, decodePlace, encodePlace, type Place } from './cursor.ts'
import { EVENTS, streamEvents } from './events.ts'
import { type FeedPage, openFeed, type ReadOptions, viewOf } from './feed.ts'
import { ChangePage, ChangesQuery } from './schema.ts'
import { findHead } from './store.ts'
import { changeSignal } from './store-signal.ts'

/** Changes in a chunk of a stream: what a reader who is slow keeps in memory. */
const CHUNK = 50
/** Milliseconds that a stream may last: as long may a key that was revoked go on reading. */
const LIFETIME_MS = 10 * 60_000

const LastEventId = Type.Object({
  'last-event-id': Type.Optional(
    Type.String({
      maxLength: 200,
      description: 'Of an event stream: the cursor to go on after, before `since`.',
    }),
  ),
})

/** The change feed: by cursor, with waiting, and as server-sent events. */
export const changeRoutes: FastifyPluginAsyncTypebox<
  Pick<ArticleRouteOptions, 'db' | 'registry' | 'now' | 'newDays'>
> = async (app, options) => {
  const { db } = options
  const told = (error: unknown) => app.log.warn({ err: error }, 'the change feed waits for the database')
  const signal = changeSignal(db, { onError: told })
  const feed = openFeed(db, signal, () => present(options))
  app.addHook('preClose', () => signal.close())

  app.get(
    '/changes',
    {
      config: { produces: [JSON_TYPE, EVENTS] },
      schema: {
        operationId: 'listChanges',
        security: OPTIONAL_KEY,
        tags: ['changes'],
        summary: 'Follow the changes of articles',
        description:
          'Every create, update, publish, hide, delete and restore in the order of their commits, none skipped and none twice. Without a key: what became, was or ceased to be public; with one of scope `articles:read` everything. As JSON pages by cursor, on request with waiting for the next change, or as server-sent events (`Accept: text/event-stream`), which begin with what there is and go on.',
        querystring: ChangesQuery,
        headers: LastEventId,
        response: {
          200: {
            description: 'Changes',
            content: {
              [JSON_TYPE]: { schema: ref(ChangePage) },
              [EVENTS]: {
                schema: Type.String({
                  description:
                    'Each event is a `Change`, its id the cursor. A comment comes at least each 15 seconds. A stream ends after 10 minutes, and a reader goes on with `Last-Event-ID`.',
                }),
              },
            },
          },
          ...problems(410),
        },
      },
      preValidation: splitParameter('include'),
    },
    async (request, reply) => {
      const { limit = 100, wait = 0, include = [] } = request.query
      const articles = include.includes('article')
      const abort = abortOf(reply)
      addVary(reply, 'Accept, Authorization').header('cache-control', 'no-store')
      if (request.accepted === EVENTS) {
        const read = { limit: CHUNK, articles }
        const first = await feed.read(await placeOf(request, request.query.since), read)
        const stream = streamEvents(feed, first, read, {
          abort,
          lifetime: LIFETIME_MS,
          onError: told,
          stopping: () => signal.closed,
        })
        return sendEvents(reply, stream)
      }
      const read: ReadOptions = { limit, articles }
      const page = await feed.await(await placeOf(request, request.query.since), read, wait * 1_000, abort)
      return reply.type(JSON_UTF8).send(pageText(page))
    },
  )

  /** Where a reader goes on. @throws Problem 400 */
  const placeOf = async (request: FastifyRequest, since: string | undefined): Promise<Place> => {
    const view = viewOf(allows(request.caller, 'articles:read'))
    const last = request.headers['last-event-id']
    if (request.accepted === EVENTS && last) return decodePlace(String(last), view, 'Last-Event-ID')
    if (since === undefined) return beginning(view)
    return since === 'now' ? findHead(db, view) : decodePlace(since, view)
  }
}

/** Aborted when the reader has gone. */
function abortOf(reply: FastifyReply): AbortSignal {
  const controller = new AbortController()
  reply.raw.once('close', () => controller.abort())
  return controller.signal
}

const pageText = ({ items, place, more }: FeedPage): string =>
  `{"items":[${items.map(({ json }) => json).join(',')}],"cursor":${JSON.stringify(encodePlace(place))},"more":${more}}`

/** Chunks are pulled as the reader takes them. */
const sendEvents = (reply: FastifyReply, events: AsyncGenerator<string>): FastifyReply =>
  reply
    // For proxies: neither gather nor change it.
    .headers({ 'cache-control': 'no-store, no-transform', 'x-accel-buffering': 'no' })
    .type(`${EVENTS}; charset=utf-8`)
    .send(Readable.from(events, { objectMode: false, highWaterMark: 16_384 }))
