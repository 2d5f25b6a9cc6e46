import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CACHEABLE, FRESH, HEADERS, json, problems } from '../http/openapi.ts'
import { pageOf, wantedPage } from '../http/page.ts'
import { listAnswer, sendCacheable } from '../http/representation.ts'
import { ref } from '../http/schema.ts'
import { nearestNames } from '../ministries/registry.ts'
import { addShortName } from '../ministries/store-write.ts'
import { dayOf } from '../time/seoul.ts'
import {
  MinistryMapped,
  MinistryMapping,
  UnresolvedMinistryPage,
  UnresolvedQuery,
} from './ministry-schema.ts'
import { type ArticleRouteOptions, writerOf } from './routes-answer.ts'
import { findLastCarried, listUnresolved, mapArticles } from './store-ministries.ts'

/** Ministries that articles name and nobody knows: which there are, and who they are after all. */
export const unresolvedRoutes: FastifyPluginAsyncTypebox<
  Pick<ArticleRouteOptions, 'db' | 'registry' | 'now'>
> = async (app, { db, registry, now }) => {
  app.get(
    '/ministries/unresolved',
    {
      config: { scope: 'articles:read' },
      schema: {
        operationId: 'listUnresolvedMinistries',
        tags: ['ministries'],
        summary: 'List names that articles carry without a code',
        description:
          'Names that nobody is called, or several bodies are, are kept as text and never guessed. Those of most public articles come first.',
        querystring: UnresolvedQuery,
        response: {
          200: json('A page of names', ref(UnresolvedMinistryPage), CACHEABLE),
          304: FRESH,
        },
      },
    },
    async (request, reply) => {
      const wanted = wantedPage(request.query)
      const { rows, total } = await listUnresolved(db, wanted)
      const known = await registry.current()
      const items = rows.map(({ firstAt, lastAt, name, articles, hidden }) => ({
        name,
        articles,
        hidden,
        firstOn: firstAt && dayOf(firstAt),
        lastOn: lastAt && dayOf(lastAt),
        nearest: nearestNames(known, name),
      }))
      const answer: UnresolvedMinistryPage = pageOf(items, total, wanted)
      return sendCacheable(request, reply, listAnswer(answer))
    },
  )

  app.post(
    '/ministries/unresolved/map',
    {
      config: { scope: 'admin' },
      schema: {
        operationId: 'mapUnresolvedMinistry',
        tags: ['ministries'],
        summary: 'Say which ministry a name means',
        description:
          'The name becomes a short name of the ministry, of the time when its last article was released, and the articles that carry it get the code, each as a change of its own; the name as published stays. May be repeated.',
        body: ref(MinistryMapping),
        response: {
          200: json('What became of it', ref(MinistryMapped), {
            'Gongbo-Position': HEADERS['Gongbo-Position'],
          }),
          ...problems(409),
        },
      },
    },
    async (request, reply) => {
      const { code } = request.body
      const name = request.body.name.trim()
      const at = now()
      const on = dayOf((await findLastCarried(db, name)) ?? at)
      const { body, added } = await addShortName(db, { name, code, on }, at)
      registry.forget()
      const articles = await mapArticles(db, { name, body }, writerOf(request, reply, at))
      reply.header('cache-control', 'no-store')
      return { name, code, added, articles }
    },
  )
}
