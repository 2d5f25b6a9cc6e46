import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CACHEABLE, FRESH, json, OPTIONAL_KEY } from '../http/openapi.ts'
import { sendRemembered } from '../http/remembered.ts'
import { listAnswer } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { resolved } from './page.ts'
import type { ListQuery } from './query.ts'
import { type ArticleRouteOptions, present } from './routes-answer.ts'
import { decideList, splitParameter } from './routes-list.ts'
import { fillBuckets, mergeShares } from './statistics.ts'
import { FacetQuery, Facets, Histogram, HistogramQuery } from './statistics-schema.ts'
import { FACETS, listBuckets, listShares } from './store-statistics.ts'

/** How the articles of a list are spread over time, ministries and kinds. */

interface StatisticsOptions {
  /** See `SEARCH_TIMEOUT_MS` in config.ts. */
  searchTimeout: number
}

export const statisticsRoutes: FastifyPluginAsyncTypebox<ArticleRouteOptions & StatisticsOptions> = async (
  app,
  options,
) => {
  const { db, searchTimeout: timeout } = options

  const ofList = ({ filter, ministries }: ListQuery, counts: { count: number }[]) => ({
    total: counts.reduce((total, { count }) => total + count, 0),
    published: resolved(filter.published),
    modified: resolved(filter.modified),
    ministries,
  })

  app.get(
    '/articles/histogram',
    {
      config: { remembered: true },
      schema: {
        operationId: 'getHistogram',
        security: OPTIONAL_KEY,
        tags: ['articles'],
        summary: 'Count articles over time',
        description:
          'How many articles a query has in each day, week, month or year of Seoul. Days, ministries, kinds and statuses are kept counted; with other filters, or `q`, it takes as long as there are articles.',
        querystring: HistogramQuery,
        response: { 200: json('The intervals', ref(Histogram), CACHEABLE), 304: FRESH },
      },
    },
    async (request, reply) => {
      return sendRemembered(request, reply, async () => {
        const { interval = 'month', ...asked } = request.query
        const query = await decideList(request, asked, options)
        const counted = await listBuckets(db, query, interval, { timeout })
        const body = { interval, buckets: fillBuckets(counted, interval), ...ofList(query, counted) }
        return { ...listAnswer(body), shows: [] }
      })
    },
  )

  app.get(
    '/articles/facets',
    {
      config: { remembered: true },
      schema: {
        operationId: 'getFacets',
        security: OPTIONAL_KEY,
        tags: ['articles'],
        summary: 'Count articles by ministry, kind and source',
        description:
          'How many articles a query has of each ministry, kind and source. Ministries and kinds are kept counted by day and status; with other filters, or `q`, it takes as long as there are articles.',
        querystring: FacetQuery,
        response: { 200: json('The facets', ref(Facets), CACHEABLE), 304: FRESH },
      },
      preValidation: splitParameter('facets'),
    },
    async (request, reply) => {
      return sendRemembered(request, reply, async () => {
        const { facets: wanted = [...FACETS], ...filters } = request.query
        const query = await decideList(request, filters, options)
        const { nameOf } = await present(options)
        const asked = [...new Set(wanted)]
        const shares = await listShares(db, query, asked, { timeout })
        const facets = asked.map((facet, i) => [facet, mergeShares(shares[i] ?? [], nameOf)] as const)
        const body = { facets: Object.fromEntries(facets), ...ofList(query, facets[0]?.[1] ?? []) }
        return { ...listAnswer(body), shows: [] }
      })
    },
  )
}
