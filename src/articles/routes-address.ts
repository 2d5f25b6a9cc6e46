import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { Type } from 'typebox'
import type { Database } from '../db/client.ts'
import { HEADERS, OPTIONAL_KEY } from '../http/openapi.ts'
import { readPasted } from '../http/pasted.ts'
import { badParameter } from '../http/problem.ts'
import { sendRemembered } from '../http/remembered.ts'
import { isKoreaKr, koreaKrSource, newsIdOf } from './korea-kr.ts'
import { type ArticleRouteOptions, assertReadable } from './routes-answer.ts'
import { REPRESENTATIONS, SHOWN, show } from './routes-show.ts'
import { findByUrl } from './store-address.ts'
import { findBySource, type ReadRow } from './store-read.ts'

/** Reading by the address of the article's page at its source. */

const EXAMPLE = 'https://www.korea.kr/briefing/pressReleaseView.do?newsId=156576172'

const PastedUrl = Type.Object(
  {
    url: Type.String({
      minLength: 1,
      maxLength: 4000,
      description:
        'The address as it was copied, percent-encoded as a whole. Of korea.kr only its `newsId` matters, whatever search context stands around it.',
      examples: [`${EXAMPLE}&pageIndex=8&startDate=2023-06-19`],
    }),
  },
  { additionalProperties: false },
)

export const addressRoutes: FastifyPluginAsyncTypebox<ArticleRouteOptions> = async (app, options) => {
  app.get(
    '/articles/by-url',
    {
      config: { produces: REPRESENTATIONS, pasted: 'url', remembered: true },
      schema: {
        operationId: 'getArticleByUrl',
        security: OPTIONAL_KEY,
        tags: ['articles'],
        summary: 'Read the article that an address leads to',
        description:
          'Of korea.kr the article with the address’s `newsId`; of other sources the one with that `source.url`, whatever its scheme, fragment, tracking parameters and final slash. `Content-Location` tells its address here.',
        querystring: PastedUrl,
        response: {
          ...SHOWN,
          200: {
            ...SHOWN[200],
            headers: { ...SHOWN[200].headers, 'Content-Location': HEADERS['Content-Location'] },
          },
        },
      },
    },
    async (request, reply) => {
      return sendRemembered(request, reply, async () => {
        const { row, what } = await findByAddress(options.db, request.query.url)
        const article = assertReadable(request, row, what)
        const shown = await show(request, article, options)
        const location = `${options.publicUrl}/v1/articles/${article.id}`
        return { ...shown, headers: { ...shown.headers, 'content-location': location } }
      })
    },
  )
}

/** The article that an address leads to, and what was looked for. @throws Problem 400 where the address has no identity. */
async function findByAddress(db: Database, text: string): Promise<{ row: ReadRow | null; what: string }> {
  const url = readPasted(text)
  if (!url)
    throw badParameter(
      'url',
      `must be an address of http or https, such as ${EXAMPLE}`,
      `http나 https 주소여야 합니다(예: ${EXAMPLE})`,
    )
  if (!isKoreaKr(url)) return { row: await findByUrl(db, url.href), what: url.href }
  const newsId = newsIdOf(url)
  if (newsId === null)
    throw badParameter(
      'url',
      'has no newsId=<digits>, which is what tells articles of korea.kr apart',
      'korea.kr의 글을 식별하는 newsId=<숫자>가 없습니다',
    )
  const page = koreaKrSource(url.href)
  const row = await findBySource(db, 'korea.kr', newsId)
  return { row: row ?? (page && (await findByUrl(db, page.url))), what: `korea.kr/${newsId}` }
}
