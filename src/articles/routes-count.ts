import { createHmac } from 'node:crypto'
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import type { Database } from '../db/client.ts'
import { smallBody } from '../http/body.ts'
import { json, problems } from '../http/openapi.ts'
import { clientOf } from '../http/rate-limit.ts'
import { keepNothing } from '../http/representation.ts'
import { nullable, oneOf, ref } from '../http/schema.ts'
import { ArticleId, assertReadable } from './routes-answer.ts'
import { countsOf } from './row.ts'
import { addView, findCounts, findReaction, findVisitorSalt, setReaction } from './store-counts.ts'
import { findState } from './store-read.ts'
import { Counts } from './words.ts'

/** Views and reactions. They touch neither the article's row, nor its version, nor the log. */

export const ViewResult = Type.Object(
  {
    counted: Type.Boolean({ description: 'False where this visitor was counted within the window already.' }),
    counts: ref(Counts),
  },
  { $id: 'ViewResult', description: 'What became of a view.' },
)
export const NewReaction = Type.Object(
  { value: oneOf(['like', 'dislike'], { examples: ['like'] }) },
  {
    $id: 'NewReaction',
    additionalProperties: false,
    description: 'What a visitor thinks of an article.',
    examples: [{ value: 'like' }],
  },
)
export const VisitorReaction = Type.Object(
  {
    value: nullable(oneOf(['like', 'dislike']), {
      description: 'Null where this visitor has none.',
      examples: ['like'],
    }),
    counts: ref(Counts),
  },
  { $id: 'VisitorReaction', description: 'What a visitor thinks of an article, and the counters.' },
)
export const counterComponents = [ViewResult, NewReaction, VisitorReaction]

const Visitor = Type.Object({
  'visitor-id': Type.Optional(
    Type.String({
      minLength: 8,
      maxLength: 200,
      description:
        'Any lasting text by which a frontend knows its visitor. Without it the address and `User-Agent` stand for the visitor. Only a keyed hash is kept.',
      examples: ['3f8a1c52-0f0e-4c57-9d9f-0f0c9a6b7e11'],
    }),
  ),
})

interface CounterRouteOptions {
  db: Database
  /** See `VIEW_WINDOW_MINUTES` in config.ts. */
  viewWindowMinutes: number
  now: () => Date
  /** Told when the counters of an article moved. */
  onRecounted: (id: number) => void
}

export const counterRoutes: FastifyPluginAsyncTypebox<CounterRouteOptions> = async (app, options) => {
  const { db, viewWindowMinutes, now, onRecounted } = options
  let salt: Promise<Uint8Array> | undefined
  keepNothing(app)

  /** A hash keyed with this installation's salt: from the table alone nobody's address can be told. */
  const visitorOf = async (request: FastifyRequest): Promise<Uint8Array<ArrayBuffer>> => {
    salt ??= findVisitorSalt(db)
    const key = await salt.catch(error => {
      salt = undefined
      throw error
    })
    const id =
      request.headers['visitor-id'] ?? `${clientOf(request.ip)} ${request.headers['user-agent'] ?? ''}`
    return new Uint8Array(createHmac('sha256', key).update(String(id)).digest())
  }

  const countsNow = async (id: number) => countsOf({ counts: await findCounts(db, id) })

  const readable = async (request: FastifyRequest, id: number) =>
    assertReadable(request, await findState(db, id), String(id))

  app.post(
    '/articles/:id/views',
    {
      bodyLimit: smallBody(app),
      config: { changes: 'counters' },
      schema: {
        operationId: 'addView',
        tags: ['counters'],
        summary: 'Count a view',
        description:
          'Once for a visitor within `VIEW_WINDOW_MINUTES` (a day by default); repeat it as you like.',
        params: ArticleId,
        headers: Visitor,
        response: { 200: json('The counters after it', ref(ViewResult)), ...problems(404, 410) },
      },
    },
    async request => {
      const { id } = request.params
      await readable(request, id)
      const since = new Date(now().getTime() - viewWindowMinutes * 60_000)
      const counted = await addView(db, id, await visitorOf(request), now(), since)
      if (counted) onRecounted(id)
      return { counted, counts: await countsNow(id) }
    },
  )

  const reaction = {
    params: ArticleId,
    headers: Visitor,
    tags: ['counters'],
    response: { 200: json('The counters after it', ref(Counts)), ...problems(404, 410) },
  }
  const react = async (request: FastifyRequest, id: number, value: 'like' | 'dislike' | null) => {
    await readable(request, id)
    await setReaction(db, id, await visitorOf(request), value, now())
    onRecounted(id)
    return countsNow(id)
  }

  app.get(
    '/articles/:id/reactions',
    {
      schema: {
        operationId: 'getReaction',
        tags: ['counters'],
        summary: 'Read the visitor’s reaction',
        description: 'What a page shows of the visitor’s own when it is loaded again.',
        params: ArticleId,
        headers: Visitor,
        response: { 200: json('The reaction', ref(VisitorReaction)), ...problems(404, 410) },
      },
    },
    async request => {
      const { id } = request.params
      await readable(request, id)
      return { value: await findReaction(db, id, await visitorOf(request)), counts: await countsNow(id) }
    },
  )

  app.put(
    '/articles/:id/reactions',
    {
      bodyLimit: smallBody(app),
      config: { changes: 'counters' },
      schema: {
        ...reaction,
        operationId: 'setReaction',
        summary: 'Like or dislike',
        description: 'A visitor has one reaction to an article; another one replaces it.',
        body: ref(NewReaction),
      },
    },
    async request => react(request, request.params.id, request.body.value),
  )

  app.delete(
    '/articles/:id/reactions',
    {
      bodyLimit: smallBody(app),
      config: { changes: 'counters' },
      schema: { ...reaction, operationId: 'removeReaction', summary: 'Take a reaction back' },
    },
    async request => react(request, request.params.id, null),
  )
}
