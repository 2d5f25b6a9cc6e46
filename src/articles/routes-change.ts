import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { isObject, JSON_TYPE, MERGE_PATCH_TYPE } from '../http/body.ts'
import { assertMatch, requireIfMatch } from '../http/conditional.ts'
import { HEADERS, IfMatch, problems } from '../http/openapi.ts'
import { badBody, badParameter } from '../http/problem.ts'
import { ref } from '../http/schema.ts'
import { validationProblem } from '../http/validation.ts'
import { namedOn } from './content.ts'
import { mergePatch } from './merge-patch.ts'
import {
  ArticleId,
  type ArticleRouteOptions,
  deleted,
  noArticle,
  sendWritten,
  writerOf,
  written,
  writtenAnswer,
} from './routes-answer.ts'
import { noRevision, RevisionId } from './routes-revisions.ts'
import { type ArticleRow, toNewArticle } from './row.ts'
import { ArticlePatch, NewArticle } from './schema.ts'
import { lockArticle, replaceArticle, updateRow, type Writing, write } from './store.ts'
import { findRevision } from './store-revisions.ts'

/** Compiled once: validators are kept by the schema object. */
const WHOLE = ref(NewArticle)

/** Changing one article: replace, patch, delete, restore. Each needs If-Match and a key of scope `articles:write`. */
export const changingRoutes: FastifyPluginAsyncTypebox<ArticleRouteOptions> = async (app, options) => {
  const { db, now } = options
  const config = { scope: 'articles:write' } as const

  /** Changes one article under its lock, after its preconditions. @throws Problem 404, 410, 412 or 428. */
  const change = (
    [request, reply]: [FastifyRequest, FastifyReply],
    id: number,
    work: (writing: Writing, row: ArticleRow) => Promise<ArticleRow>,
    restoring = false,
  ) => {
    const ifMatch = requireIfMatch(request.headers['if-match'])
    return write(db, writerOf(request, reply, now()), async writing => {
      const row = await lockArticle(writing, id)
      if (!row) throw noArticle(String(id))
      if (row.deletedAt !== null && !restoring) throw deleted(id)
      assertMatch(ifMatch, row.version, 'The article')
      return work(writing, row)
    })
  }

  app.put(
    '/articles/:id',
    {
      config,
      schema: {
        operationId: 'replaceArticle',
        tags: ['articles'],
        summary: 'Replace an article',
        description:
          'What the body leaves out takes its empty value. Writing what is there already makes no new version.',
        params: ArticleId,
        headers: IfMatch,
        body: ref(NewArticle),
        response: { 200: written('The article'), ...problems(404, 409, 410, 412, 428) },
      },
    },
    async (request, reply) => {
      const row = await change([request, reply], request.params.id, (writing, row) =>
        replaceArticle(writing, row, request.body),
      )
      return sendWritten(reply, row, options)
    },
  )

  app.patch(
    '/articles/:id',
    {
      config: { ...config, consumes: [MERGE_PATCH_TYPE] },
      attachValidation: true,
      schema: {
        operationId: 'patchArticle',
        tags: ['articles'],
        summary: 'Change fields of an article',
        description: 'JSON Merge Patch (RFC 7396).',
        consumes: [MERGE_PATCH_TYPE],
        params: ArticleId,
        headers: IfMatch,
        body: ref(ArticlePatch),
        response: { 200: written('The article'), ...problems(404, 409, 410, 412, 428) },
      },
    },
    async (request, reply) => {
      // Of the patch itself only the names are judged (null means "take away", whatever the field); then its result.
      if (request.validationError && request.validationError.validationContext !== 'body')
        throw request.validationError
      // A fault of the body stops Fastify before it looks at the query.
      for (const name of Object.keys(request.query as object))
        throw badParameter(name, 'unknown parameter', '알 수 없는 매개변수입니다')
      const patch: unknown = request.body
      if (!isObject(patch)) throw badBody('', 'a merge patch is an object', '병합 패치는 객체여야 합니다')
      const unknown = request.validationError?.validation?.filter(
        (fault: { keyword: string }) => fault.keyword === 'additionalProperties',
      )
      if (unknown?.length) throw validationProblem(unknown, 'body', patch)
      const validate = request.compileValidationSchema(WHOLE, 'body')
      const row = await change([request, reply], request.params.id, (writing, row) => {
        const base = toNewArticle(row)
        if ('bodyText' in patch && !('bodyHtml' in patch)) delete base.bodyHtml
        const merged = mergePatch(base, patch)
        // A body that the patch leaves alone was taken before; as HTML it may be longer than the text that was sent.
        const { bodyHtml: _, ...rest } = merged as NewArticle
        const judged = 'bodyHtml' in patch || 'bodyText' in patch ? merged : rest
        if (!validate(judged)) throw validationProblem(validate.errors ?? [], 'body', merged)
        const former = 'ministry' in patch ? row : { ...row, ...namedOn(row) }
        return replaceArticle(writing, row, merged as NewArticle, former)
      })
      return sendWritten(reply, row, options)
    },
  )

  app.delete(
    '/articles/:id',
    {
      config,
      schema: {
        operationId: 'deleteArticle',
        tags: ['articles'],
        summary: 'Delete an article',
        description: 'It can be restored. The answer’s ETag is what the restore needs.',
        params: ArticleId,
        headers: IfMatch,
        response: {
          204: {
            description: 'Deleted',
            headers: { ETag: HEADERS.ETag, 'Gongbo-Position': HEADERS['Gongbo-Position'] },
          },
          ...problems(404, 410, 412, 428),
        },
      },
    },
    async (request, reply) => {
      const row = await change([request, reply], request.params.id, (writing, row) =>
        updateRow(writing, row, { deletedAt: writing.now }),
      )
      const { etagFor } = await writtenAnswer(row, options)
      return reply.code(204).header('etag', etagFor(JSON_TYPE)).send()
    },
  )

  app.post(
    '/articles/:id/restore',
    {
      config,
      schema: {
        operationId: 'restoreArticle',
        tags: ['articles'],
        summary: 'Restore a deleted article',
        description: 'With the status that it had. `status=deleted` in the list finds what can be restored.',
        params: ArticleId,
        headers: IfMatch,
        response: { 200: written('The article'), ...problems(404, 412, 428) },
      },
    },
    async (request, reply) => {
      const restore = (writing: Writing, row: ArticleRow) => updateRow(writing, row, { deletedAt: null })
      return sendWritten(reply, await change([request, reply], request.params.id, restore, true), options)
    },
  )

  app.post(
    '/articles/:id/revisions/:version/restore',
    {
      config,
      schema: {
        operationId: 'restoreRevision',
        tags: ['revisions'],
        summary: 'Bring back what a former version said',
        description:
          'As a new version. Whether and since when the article is public stays as it is: `status`, `publishedAt` and `embargoUntil` are not brought back.',
        params: RevisionId,
        headers: IfMatch,
        response: { 200: written('The article'), ...problems(404, 409, 410, 412, 428) },
      },
    },
    async (request, reply) => {
      const { id, version } = request.params
      requireIfMatch(request.headers['if-match'])
      // Before the transaction, which has a connection already. A former version does not change any more.
      const revision = await findRevision(db, id, version)
      if (!revision) throw noRevision(id, version)
      const row = await change([request, reply], id, (writing, present) => {
        const { status, publishedAt, embargoUntil } = toNewArticle(present)
        const article = { ...toNewArticle(revision.row), status, publishedAt, embargoUntil } as NewArticle
        const { ministryCode, ministryName, ministryPublishedName, bodyHtml } = revision.row
        const issuer = { ministryCode, ministryName, ministryPublishedName, ...namedOn(revision.row) }
        const former = { ...present, ...issuer, bodyHtml }
        return replaceArticle(writing, present, article, former)
      })
      return sendWritten(reply, row, options)
    },
  )
}
