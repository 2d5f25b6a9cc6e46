import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { type TSchema, Type } from 'typebox'
import { requireScope } from '../http/access.ts'
import { JSON_TYPE } from '../http/body.ts'
import { CACHEABLE, FRESH, HEADERS, OPTIONAL_KEY, problems } from '../http/openapi.ts'
import { sendRemembered } from '../http/remembered.ts'
import { ref } from '../http/schema.ts'
import { splitTarget } from '../http/target.ts'
import { highlightPage } from './highlighting.ts'
import { searchArticles } from './list.ts'
import { linkHeader, pageAddresses, toPage } from './page.ts'
import { ArticlePage, SparseArticlePage } from './page-schema.ts'
import { decideAsOf } from './query.ts'
import { ArticleQuery, AS_OF } from './query-schema.ts'
import {
  type AnswerInForm,
  ArticleId,
  type ArticleRouteOptions,
  assertReadable,
  NO_NEIGHBOURS,
  pageAnswer,
  present,
  SourceIdentity,
} from './routes-answer.ts'
import { decideList, splitParameter } from './routes-list.ts'
import { REPRESENTATIONS, SHOWN, show } from './routes-show.ts'
import { findArticle, findBySource } from './store-read.ts'
import { assertKept, findAsOf } from './store-revisions.ts'

/** Reading: the list, and one article in four representations. */

/** Further media types of the list, made in rooms above this one. */
export type OtherForms = Record<string, { schema: TSchema; answer: AnswerInForm }>

interface ListOptions {
  /** See `SEARCH_TIMEOUT_MS` in config.ts. */
  searchTimeout: number
  forms: OtherForms
}

export const articleRoutes: FastifyPluginAsyncTypebox<ArticleRouteOptions & ListOptions> = async (
  app,
  options,
) => {
  const { db, publicUrl, now, searchTimeout, forms } = options

  app.get(
    '/articles',
    {
      config: { produces: [JSON_TYPE, ...Object.keys(forms)], remembered: true },
      schema: {
        operationId: 'listArticles',
        security: OPTIONAL_KEY,
        tags: ['articles'],
        summary: 'List articles',
        description:
          'By page number, with the total and the board’s running numbers, or by cursor, which neither skips nor repeats while articles come and go (but by relevance, where an article that changes its rank may). With `q` those that match the keywords. As a feed by `Accept`.',
        querystring: ArticleQuery,
        response: {
          200: {
            description: 'A page of articles',
            headers: { ...CACHEABLE, Link: HEADERS.Link },
            content: {
              [JSON_TYPE]: { schema: Type.Union([ref(ArticlePage), ref(SparseArticlePage)]) },
              ...Object.fromEntries(Object.entries(forms).map(([type, { schema }]) => [type, { schema }])),
            },
          },
          304: FRESH,
          ...problems(410),
        },
      },
      preValidation: splitParameter('fields'),
    },
    async (request, reply) => {
      const other = forms[request.accepted]
      if (other) return other.answer(request, reply, request.query)
      return sendRemembered(request, reply, async () => {
        const query = await decideList(request, request.query, options)
        const page = await searchArticles(db, query, { timeout: searchTimeout })
        const body = toPage(
          page,
          query,
          await present(options, query.asOf),
          query.highlight ? await highlightPage(page) : null,
        )
        const { search } = splitTarget(request.url)
        const link = linkHeader(pageAddresses(`${publicUrl}/v1/articles`, search, body))
        // Of the order by views any article may become a part.
        const shows = query.sort === '-views' ? {} : { shows: page.rows.map(({ id }) => id) }
        return { ...pageAnswer(page, body), headers: { link }, ...shows }
      })
    },
  )

  app.get(
    '/articles/:id',
    {
      config: { produces: REPRESENTATIONS, remembered: true },
      schema: {
        operationId: 'getArticle',
        security: OPTIONAL_KEY,
        tags: ['articles'],
        summary: 'Read one article',
        description:
          'As JSON, a page to print, Markdown or plain text, by `Accept`. With `asOf` as it stood then, without neighbours.',
        params: ArticleId,
        querystring: Type.Object({ asOf: AS_OF }, { additionalProperties: false }),
        response: SHOWN,
      },
    },
    async (request, reply) => {
      const { id } = request.params
      const asOf = decideAsOf(request.query.asOf, now())
      if (asOf) {
        requireScope(request, 'articles:read')
        await assertKept(db, asOf)
      }
      return sendRemembered(request, reply, async () => {
        const past = asOf && (await findAsOf(db, id, asOf))
        const row = asOf ? past && { ...past, ...NO_NEIGHBOURS } : await findArticle(db, id)
        return show(request, assertReadable(request, row, String(id)), options, asOf)
      })
    },
  )

  app.get(
    '/articles/by-source/:source/:externalId',
    {
      config: { produces: REPRESENTATIONS, remembered: true },
      schema: {
        operationId: 'getArticleBySource',
        security: OPTIONAL_KEY,
        tags: ['articles'],
        summary: 'Read the article with a source’s identity',
        params: SourceIdentity,
        response: SHOWN,
      },
    },
    async (request, reply) => {
      const { source, externalId } = request.params
      return sendRemembered(request, reply, async () => {
        const row = await findBySource(db, source, externalId)
        return show(request, assertReadable(request, row, `${source}/${externalId}`), options)
      })
    },
  )
}
