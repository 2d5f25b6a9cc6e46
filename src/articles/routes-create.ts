import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Static, Type } from 'typebox'
import { JSON_TYPE } from '../http/body.ts'
import { assertMatch, matches } from '../http/conditional.ts'
import { ifMatchOf, problems } from '../http/openapi.ts'
import { tellPosition } from '../http/position.ts'
import { badBody, Problem } from '../http/problem.ts'
import { ref } from '../http/schema.ts'
import { IdempotencyKey, idempotencyKey } from '../idempotency/header.ts'
import { sendStored } from '../idempotency/routes-answer.ts'
import { answerOnce, fingerprintOf, type Lease } from '../idempotency/store.ts'
import {
  type ArticleRouteOptions,
  articleAnswer,
  deleted,
  present,
  SourceIdentity,
  sendWritten,
  writerOf,
  written,
} from './routes-answer.ts'
import type { ArticleRow } from './row.ts'
import { NewArticle } from './schema.ts'
import { type By, upsertArticle, write } from './store.ts'
import { articleCreator } from './store-create.ts'
import { findPosition } from './store-log.ts'
import type { ReadRow } from './store-read.ts'

interface CreatingRouteOptions extends ArticleRouteOptions {
  /** See `IDEMPOTENCY_HOURS` in config.ts. */
  idempotencyHours: number
}

const deferring = (description: string) =>
  Type.Object(
    { deferSearch: Type.Optional(Type.Boolean({ default: false, description })) },
    { additionalProperties: false },
  )
const NEW_LATER =
  'leave what a new article is found by, and its duplicates, to the upkeep. Keywords find it a second or two later, or once the upkeep has come that far.'
const CreateQuery = deferring(`For those who write many, several times as many a second: ${NEW_LATER}`)
const UpsertQuery = deferring(
  `For those who write many: ${NEW_LATER} One that is replaced is found by its former words, kind and tags until then, or by none where it is listed at another instant.`,
)

/** Who writes, and what is left to the upkeep. */
const loaderOf = (
  request: FastifyRequest<{ Querystring: Static<typeof CreateQuery> }>,
  reply: FastifyReply,
  now: Date,
): By => {
  const { deferSearch = false } = request.query
  return { ...writerOf(request, reply, now), deferSearch, deferDuplicates: deferSearch }
}

/** What can make an article: POST, and the loaders' upsert by source. Both need a key of scope `articles:write`. */
export const creatingRoutes: FastifyPluginAsyncTypebox<CreatingRouteOptions> = async (app, options) => {
  const { db, now, publicUrl, idempotencyHours } = options
  const config = { scope: 'articles:write' } as const

  app.post(
    '/articles',
    {
      config,
      schema: {
        operationId: 'createArticle',
        tags: ['articles'],
        summary: 'Create an article',
        description:
          'With an `Idempotency-Key` a request may be repeated safely: it is done once and answered alike; a repeated answer carries `Idempotent-Replayed: true`.',
        querystring: CreateQuery,
        headers: IdempotencyKey,
        body: ref(NewArticle),
        response: {
          201: written('The new article', 'Location'),
          ...problems(409, 422),
        },
      },
    },
    async (request, reply) => {
      const header = request.headers['idempotency-key']
      if (header === undefined) {
        const answer = await answerNew(request.body, loaderOf(request, reply, now()))
        return sendStored(reply, { answer, replayed: false })
      }
      const once = await answerOnce(
        db,
        {
          keyId: request.caller?.id ?? '',
          key: idempotencyKey(header),
          fingerprint: fingerprintOf('POST', '/v1/articles', request.body),
          hours: idempotencyHours,
        },
        lease => answerNew(request.body, loaderOf(request, reply, now()), lease),
      )
      if (once.replayed) tellPosition(reply)(await findPosition(db.prisma))
      return sendStored(reply, once)
    },
  )

  const create = articleCreator(db, err => app.log.warn({ err }, 'creates are written one by one'))
  /** Creates an article; with a lease its answer is stored. */
  const answerNew = async (article: NewArticle, by: By, lease?: Lease) => {
    // Before the transaction: it has a connection already, and many that waited for a second one would wait for ever.
    const presentation = await present(options)
    const answer = (row: ReadRow) => {
      const { article: created, etagFor } = articleAnswer(row, presentation)
      return {
        status: 201,
        headers: { location: `${publicUrl}/v1/articles/${row.id}`, etag: etagFor(JSON_TYPE) },
        body: JSON.stringify(created),
      }
    }
    return create({ article, by, answer, ...(lease && { lease }) })
  }

  app.put(
    '/articles/by-source/:source/:externalId',
    {
      config,
      schema: {
        operationId: 'upsertArticle',
        tags: ['articles'],
        summary: 'Create or replace the article with a source’s identity',
        description:
          'For loaders: doing it again changes nothing. The one write that needs no `If-Match`; with one, or with `If-None-Match: *`, it is as conditional as the others.',
        params: SourceIdentity,
        querystring: UpsertQuery,
        headers: Type.Object({
          'if-match': ifMatchOf('Only replace what has this ETag; otherwise 412.'),
          'if-none-match': Type.Optional(Type.String({ description: '`*`: only create.', examples: ['*'] })),
        }),
        body: ref(NewArticle),
        response: {
          200: written('The article, replaced or as it was'),
          201: written('The new article', 'Location'),
          ...problems(410, 412),
        },
      },
    },
    async (request, reply) => {
      const { source: name, externalId } = request.params
      const { source } = request.body
      if (source && (source.name !== name || source.externalId !== externalId))
        throw badBody(
          '/source',
          `is not the identity in the path (${name}/${externalId})`,
          `경로의 식별자(${name}/${externalId})와 다릅니다`,
        )
      const { 'if-match': ifMatch, 'if-none-match': ifNoneMatch } = request.headers
      const check = (present: ArticleRow | null) => {
        const unwanted =
          present !== null && ifNoneMatch !== undefined && matches(ifNoneMatch, present.version)
        if (unwanted || (present === null && ifMatch !== undefined))
          throw new Problem(
            'precondition-failed',
            present
              ? {
                  en: `Article ${present.id} has this identity already.`,
                  ko: `이 식별자의 글(${present.id})이 이미 있습니다.`,
                }
              : { en: 'There is no article with this identity yet.', ko: '이 식별자의 글이 아직 없습니다.' },
          )
        if (present) assertMatch(ifMatch, present.version, 'The article')
      }
      const article = { ...request.body, source: { name, externalId, url: source?.url ?? null } }
      const { row, outcome } = await write(db, loaderOf(request, reply, now()), writing =>
        upsertArticle(writing, article, { check }),
      )
      if (outcome === 'deleted') throw deleted(row.id)
      if (outcome === 'created') reply.header('location', `${publicUrl}/v1/articles/${row.id}`)
      return sendWritten(reply, row, options, outcome === 'created' ? 201 : 200)
    },
  )
}
