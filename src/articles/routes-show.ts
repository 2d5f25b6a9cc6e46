import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import { JSON_TYPE } from '../http/body.ts'
import { CACHEABLE, FRESH, problems } from '../http/openapi.ts'
import type { Representation } from '../http/remembered.ts'
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

/** An article that the reader may see, as `Accept` wants it; with `asOf` it is what it was then. */
export async function show(
  request: FastifyRequest,
  row: ReadRow,
  options: ArticleRouteOptions,
  asOf: Date | null = null,
): Promise<Representation> {
  const { article, etagFor } = articleAnswer(row, await present(options, asOf))
  const type = request.accepted
  const site = { baseUrl: options.publicUrl }
  const answer = { etag: etagFor(type), type: `${type}; charset=utf-8`, shows: [row.id] }
  switch (type) {
    case HTML:
      return {
        ...answer,
        body: articleToHtml(article, site),
        headers: { 'content-security-policy': PRINT_CSP },
      }
    case MARKDOWN:
      return { ...answer, body: articleToMarkdown(article, site) }
    case PLAIN:
      return { ...answer, body: articleToText(article, site) }
    default:
      return { ...answer, body: JSON.stringify(article) }
  }
}
