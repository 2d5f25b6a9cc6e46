import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import { CACHEABLE, FRESH, json, problems } from '../http/openapi.ts'
import { pageOf, wantedPage } from '../http/page.ts'
import { Problem } from '../http/problem.ts'
import { digest, listAnswer, sendCacheable } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { formatInstant } from '../time/seoul.ts'
import { diffRevisions, fieldsOf } from './revision-diff.ts'
import { DiffQuery, Revision, RevisionDiff, RevisionPage, RevisionsQuery } from './revision-schema.ts'
import { ArticleId, type ArticleRouteOptions, NO_NEIGHBOURS, noArticle, present } from './routes-answer.ts'
import { toArticle } from './row.ts'
import { findRevision, listRevisions } from './store-revisions.ts'

export const RevisionId = Type.Object({
  ...ArticleId.properties,
  version: Type.Integer({
    minimum: 1,
    maximum: 2_147_483_647,
    description: 'A version of the article.',
    examples: [1],
  }),
})

export const noRevision = (id: number, version: number) =>
  new Problem('not-found', {
    en: `Article ${id} has no version ${version}.`,
    ko: `${id}번 글에는 버전 ${version}이(가) 없습니다.`,
  })

/** Former versions of an article: which there are, one of them, and what two differ in. */
export const revisionRoutes: FastifyPluginAsyncTypebox<
  Pick<ArticleRouteOptions, 'db' | 'registry' | 'now' | 'newDays'>
> = async (app, options) => {
  const { db } = options
  const config = { scope: 'articles:read' } as const
  const tags = ['revisions']
  const revisionOf = async (id: number, version: number) => {
    const revision = await findRevision(db, id, version)
    if (!revision) throw noRevision(id, version)
    return revision
  }

  app.get(
    '/articles/:id/revisions',
    {
      config,
      schema: {
        operationId: 'listRevisions',
        tags,
        summary: 'List the versions of an article',
        description: 'The newest first, also of a deleted article; as far back as they are kept.',
        params: ArticleId,
        querystring: RevisionsQuery,
        response: {
          200: json('A page of versions', ref(RevisionPage), CACHEABLE),
          304: FRESH,
          ...problems(404),
        },
      },
    },
    async (request, reply) => {
      const wanted = wantedPage(request.query)
      const found = await listRevisions(db, request.params.id, wanted)
      if (!found) throw noArticle(String(request.params.id))
      const { entries, total } = found
      const items = entries.map(({ version, kind, at, actor, changed }) => ({
        version,
        kind,
        at: formatInstant(at),
        actor,
        changed: fieldsOf(changed),
      }))
      const answer: RevisionPage = pageOf(items, total, wanted)
      return sendCacheable(request, reply, listAnswer(answer))
    },
  )

  app.get(
    '/articles/:id/revisions/:version',
    {
      config,
      schema: {
        operationId: 'getRevision',
        tags,
        summary: 'Read one version of an article',
        params: RevisionId,
        response: { 200: json('The version', ref(Revision), CACHEABLE), 304: FRESH, ...problems(404, 410) },
      },
    },
    async (request, reply) => {
      const { id, version } = request.params
      const { row, entry } = await revisionOf(id, version)
      const article = toArticle(row, NO_NEIGHBOURS, await present(options, entry.at))
      const answer = { ...entry, at: formatInstant(entry.at), article }
      const etag = `W/"${digest(JSON.stringify({ ...answer, article: { ...article, counts: undefined } }))}"`
      return sendCacheable(request, reply, { etag, body: () => JSON.stringify(answer) })
    },
  )

  app.get(
    '/articles/:id/revisions/:version/diff',
    {
      config,
      schema: {
        operationId: 'diffRevisions',
        tags,
        summary: 'Compare two versions of an article',
        description: 'Field by field; title and body word by word.',
        params: RevisionId,
        querystring: DiffQuery,
        response: {
          200: json('What differs', ref(RevisionDiff), CACHEABLE),
          304: FRESH,
          ...problems(404, 410),
        },
      },
    },
    async (request, reply) => {
      const { id, version: to } = request.params
      const { from = to > 1 ? to - 1 : null } = request.query
      const after = await revisionOf(id, to)
      const before = from === null ? null : await revisionOf(id, from)
      const fields = diffRevisions(before?.row ?? null, after.row, await present(options))
      return sendCacheable(request, reply, listAnswer({ from, to, fields }))
    },
  )
}
