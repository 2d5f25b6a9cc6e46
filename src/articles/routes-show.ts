import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { JSON_TYPE } from '../http/body.ts'
import { CACHEABLE, FRESH, problems } from '../http/openapi.ts'
import { sendCacheable } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { articleToMarkdown, articleToText } from './plain.ts'
import { articleToHtml, PRINT_CSP } from './print.ts'
import { type ArticleRouteOptions, articleAnswer, present } from './routes-answer.ts'
import { Article } from './schema.ts'
import type { ReadRow } from './store-read.ts'

/** One article in four representations, by whatever address it was asked for. */

const HTML = 'text/html'
const MARKDOWN = 'text/markdown'
const PLAIN = 'text/plain'
export const REPRESENTATIONS = [JSON_TYPE, HTML, MARKDOWN, PLAIN]

/** What a route that shows an article answers with. */
export const SHOWN = {
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

/** Answers with an article that the reader may see, as `Accept` wants it; with `asOf` it is what it was then. */
export async function show(
  request: FastifyRequest,
  reply: FastifyReply,
  row: ReadRow,
  options: ArticleRouteOptions,
  asOf: Date | null = null,
): Promise<FastifyReply> {
  const presentation = await present(options, asOf)
  const { article, etagFor } = articleAnswer(row, presentation)
  const type = request.accepted
  const link = { baseUrl: options.publicUrl }
  const etag = etagFor(type)
  if (type === JSON_TYPE) return sendCacheable(request, reply, { etag, body: () => JSON.stringify(article) })
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
