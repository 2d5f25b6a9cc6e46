import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { allows } from '../http/access.ts'
import { CACHEABLE, FRESH, json, OPTIONAL_KEY, problems } from '../http/openapi.ts'
import { listAnswer, sendCacheable } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { ArticleDuplicates } from './duplicates-schema.ts'
import { ArticleId, type ArticleRouteOptions, assertReadable, present } from './routes-answer.ts'
import { toSummary } from './row.ts'
import { listDuplicates } from './store-duplicates.ts'
import { findState } from './store-read.ts'

/** Which other articles say the same as one. */
export const duplicateRoutes: FastifyPluginAsyncTypebox<ArticleRouteOptions> = async (app, options) => {
  const { db } = options

  app.get(
    '/articles/:id/duplicates',
    {
      schema: {
        operationId: 'listDuplicates',
        security: OPTIONAL_KEY,
        tags: ['articles'],
        summary: 'List the duplicates of an article',
        description:
          'The others of its group: whoever is a duplicate of another, over any number of steps. Those that are not public are shown to keys of scope `articles:read`.',
        params: ArticleId,
        response: {
          200: json('The others of its group', ref(ArticleDuplicates), CACHEABLE),
          304: FRESH,
          ...problems(404, 410),
        },
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const row = assertReadable(request, await findState(db, id), String(id))
      const hidden = allows(request.caller, 'articles:read')
      const { original, total, found } = await listDuplicates(db, row, { hidden })
      const presentation = await present(options)
      const body: ArticleDuplicates = {
        original,
        total,
        items: found.map(({ row, reason, similarity, comparedWith }) => ({
          article: toSummary(row, null, presentation),
          reason,
          similarity,
          comparedWith,
        })),
      }
      return sendCacheable(request, reply, listAnswer(body))
    },
  )
}
