import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { requireScope } from '../http/access.ts'
import { JSON_TYPE } from '../http/body.ts'
import { CACHEABLE, FRESH, HEADERS, json, OPTIONAL_KEY, problems } from '../http/openapi.ts'
import { digest, sendCacheable } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { splitTarget } from '../http/target.ts'
import { dayOf } from '../time/seoul.ts'
import { highlightPage } from './highlighting.ts'
import { searchArticles } from './list.ts'
import { pageLinks, toPage } from './page.ts'
import { ArticlePage, SparseArticlePage } from './page-schema.ts'
import { articleToMarkdown, articleToText } from './plain.ts'
import { articleToHtml, PRINT_CSP } from './print.ts'
import { ArticleQuery, decideQuery } from './query.ts'
import {
  ArticleId,
  type ArticleRouteOptions,
  articleAnswer,
  assertReadable,
  present,
  SourceIdentity,
} from './routes-answer.ts'
import type { ArticleRow } from './row.ts'
import { Article } from './schema.ts'
import { isPublic } from './search.ts'
import { findArticle, findBySource } from './store.ts'
import { takeInMinistries } from './store-ministries.ts'

/** Reading: the list, and one article in four representations. */

const HTML = 'text/html'
const MARKDOWN = 'text/markdown'
const PLAIN = 'text/plain'
const REPRESENTATIONS = [JSON_TYPE, HTML, MARKDOWN, PLAIN]

interface ListOptions {
  /** See `SEARCH_TIMEOUT_MS` in config.ts. */
  searchTimeout: number
}

export const articleRoutes: FastifyPluginAsyncTypebox<ArticleRouteOptions & ListOptions> = async (
  app,
  options,
) => {
  const { db, registry, publicUrl, now, searchTimeout } = options

  app.get(
    '/articles',
    {
      schema: {
        operationId: 'listArticles',
        security: OPTIONAL_KEY,
        tags: ['articles'],
        summary: 'List articles',
        description:
          'By page number, with the total and the board’s running numbers, or by cursor, which neither skips nor repeats while articles come and go (but by relevance, where an article that changes its rank may). With `q` those that match the keywords.',
        querystring: ArticleQuery,
        response: {
          200: json('A page of articles', Type.Union([ref(ArticlePage), ref(SparseArticlePage)]), {
            ...CACHEABLE,
            Link: HEADERS.Link,
          }),
          304: FRESH,
        },
      },
      preValidation: async request => {
        // `fields=id,title` is what people type; the document says array.
        const query = request.query as { fields?: string | string[] }
        if (query.fields !== undefined) query.fields = [query.fields].flat().flatMap(part => part.split(','))
      },
    },
    async (request, reply) => {
      const asked = decideQuery(request.query, now())
      if (!isPublic(asked.filter)) requireScope(request, 'articles:read')
      const query = await takeInMinistries(db, await registry.current(), asked, dayOf(now()))
      const page = await searchArticles(db, query, { timeout: searchTimeout })
      const body = toPage(
        page,
        query,
        await present(options),
        query.highlight ? await highlightPage(page) : null,
      )
      const etag = `W/"${digest(JSON.stringify(body, (name, value) => (name === 'counts' ? undefined : value)))}"`
      reply.header('link', pageLinks(`${publicUrl}/v1/articles`, splitTarget(request.url).search, body))
      return sendCacheable(request, reply, { etag, body: () => JSON.stringify(body) })
    },
  )

  const answer = async (
    request: FastifyRequest,
    reply: Parameters<typeof sendCacheable>[1],
    row: ArticleRow,
  ) => {
    const { article, etagFor } = await articleAnswer(db, row, await present(options))
    const type = request.accepted
    const link = { baseUrl: publicUrl }
    const etag = etagFor(type)
    if (type === JSON_TYPE)
      return sendCacheable(request, reply, { etag, body: () => JSON.stringify(article) })
    if (type === HTML) {
      reply.header('content-security-policy', PRINT_CSP)
      return sendCacheable(request, reply, {
        etag,
        body: () => articleToHtml(article, link),
        type: `${HTML}; charset=utf-8`,
      })
    }
    const text = () => (type === MARKDOWN ? articleToMarkdown(article, link) : articleToText(article, link))
    return sendCacheable(request, reply, { etag, body: text, type: `${type}; charset=utf-8` })
  }

  const representations = {
    200: {
      description: 'The article',
      headers: CACHEABLE,
      content: {
        [JSON_TYPE]: { schema: ref(Article) },
        [HTML]: { schema: Type.String({ description: 'A page to read or print, with schema.org JSON-LD.' }) },
        [MARKDOWN]: { schema: Type.String() },
        [PLAIN]: { schema: Type.String() },
      },
    },
    304: FRESH,
    ...problems(404, 410),
  }

  app.get(
    '/articles/:id',
    {
      config: { produces: REPRESENTATIONS },
      schema: {
        operationId: 'getArticle',
        security: OPTIONAL_KEY,
        tags: ['articles'],
        summary: 'Read one article',
        description: 'As JSON, a page to print, Markdown or plain text, by `Accept`.',
        params: ArticleId,
        response: representations,
      },
    },
    async (request, reply) => {
      const { id } = request.params
      return answer(request, reply, assertReadable(request, await findArticle(db, id), String(id)))
    },
  )

  app.get(
    '/articles/by-source/:source/:externalId',
    {
      config: { produces: REPRESENTATIONS },
      schema: {
        operationId: 'getArticleBySource',
        security: OPTIONAL_KEY,
        tags: ['articles'],
        summary: 'Read the article with a source’s identity',
        params: SourceIdentity,
        response: representations,
      },
    },
    async (request, reply) => {
      const { source, externalId } = request.params
      const row = await findBySource(db, source, externalId)
      return answer(request, reply, assertReadable(request, row, `${source}/${externalId}`))
    },
  )
}
