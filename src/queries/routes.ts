import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { isKoreaKr } from '../articles/korea-kr.ts'
import { searchArticles } from '../articles/list.ts'
import { decideQuery } from '../articles/query.ts'
import { takeInMinistries } from '../articles/store-ministries.ts'
import type { Database } from '../db/client.ts'
import { smallBody } from '../http/body.ts'
import { json } from '../http/openapi.ts'
import { readPasted } from '../http/pasted.ts'
import { badBody, languageFor } from '../http/problem.ts'
import { ref } from '../http/schema.ts'
import type { RegistryReader } from '../ministries/store.ts'
import { dayOf } from '../time/seoul.ts'
import { understand } from './korea-kr.ts'
import { type ListParameters, QueryOfUrl, SearchAddress } from './schema.ts'

interface QueryRouteOptions {
  db: Database
  registry: RegistryReader
  /** See `PUBLIC_URL` and `SEARCH_TIMEOUT_MS` in config.ts. */
  publicUrl: string
  searchTimeout: number
  /** The clock, which tests may turn. */
  now: () => Date
}

/** `/v1/queries`: what a search elsewhere is here. */
export const queryRoutes: FastifyPluginAsyncTypebox<QueryRouteOptions> = async (app, options) => {
  const { registry, publicUrl } = options

  app.post(
    '/queries/from-url',
    {
      bodyLimit: smallBody(app),
      config: { changes: 'nothing' },
      schema: {
        operationId: 'makeQueryFromUrl',
        tags: ['articles'],
        summary: 'Turn the address of a search at korea.kr into a query here',
        description:
          'Takes over `srchWord`, `startDate`, `endDate`, `period`, `repCode` and `pageIndex`, and tells what it did not take over. `srchWord` is looked for as plain words: nothing in it is an operator. It writes nothing.',
        body: ref(SearchAddress),
        response: { 200: json('The query', ref(QueryOfUrl)) },
      },
    },
    async (request, reply) => {
      const url = readPasted(request.body.url)
      if (!url || !isKoreaKr(url))
        throw badBody('/url', 'must be an address of korea.kr', 'korea.kr의 주소여야 합니다')
      const { query, newsId, left } = understand(url, await registry.current())
      const pages = query.page === undefined || query.page === 1 ? null : await pagesOf(query, options)
      if (pages !== null && query.page !== undefined && query.page > pages) {
        const why = {
          en: `the list here has ${pages} ${pages === 1 ? 'page' : 'pages'} at the moment`,
          ko: `이 API의 목록은 지금 ${pages}쪽까지입니다`,
        }
        left.push({ part: 'parameter', name: 'pageIndex', value: String(query.page), why })
        delete query.page
      }
      const language = languageFor(request, reply.header('cache-control', 'no-store'))
      return {
        query,
        link: linkTo(`${publicUrl}/v1/articles`, query),
        article: newsId === null ? null : articleAt(publicUrl, newsId),
        notTaken: left.map(({ why, ...part }) => ({ ...part, why: why[language] })),
      }
    },
  )
}

const articleAt = (publicUrl: string, newsId: string) => ({
  source: 'korea.kr',
  externalId: newsId,
  link: `${publicUrl}/v1/articles/by-source/korea.kr/${newsId}`,
})

function linkTo(path: string, query: ListParameters): string {
  const parameters = new URLSearchParams(
    Object.entries(query).flatMap(([name, value]) =>
      [value].flat().map((one): [string, string] => [name, String(one)]),
    ),
  )
  return parameters.size > 0 ? `${path}?${parameters}` : path
}

/** How many pages the list has here; null where that is not counted to its end. */
async function pagesOf(
  { page: _, ...query }: ListParameters,
  { db, registry, now, searchTimeout }: QueryRouteOptions,
): Promise<number | null> {
  const asked = decideQuery({ ...query, fields: ['id'] }, now())
  const list = await takeInMinistries(db, await registry.current(), asked, dayOf(now()))
  const { total, exact } = await searchArticles(db, list, { timeout: searchTimeout })
  return total !== null && exact ? Math.max(1, Math.ceil(total / list.pageSize)) : null
}
