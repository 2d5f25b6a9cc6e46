import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { ArticleRouteOptions } from '../articles/routes-answer.ts'
import { CACHEABLE, FRESH } from '../http/openapi.ts'
import { digest, sendCacheable } from '../http/representation.ts'
import { baseOf } from '../http/target.ts'
import { dayOf } from '../time/seoul.ts'
import { ministriesToOpml, OPML } from './opml.ts'
import { OpmlDocument } from './schema.ts'

/** Seconds for which caches may answer: ministries are seldom renamed. */
const MAX_AGE = 3_600

/** The feeds of all ministries in one file, which feed readers import. */
export const opmlRoutes: FastifyPluginAsyncTypebox<
  Pick<ArticleRouteOptions, 'registry' | 'publicUrl' | 'now'>
> = async (app, { registry, publicUrl, now }) => {
  app.get(
    '/ministries.opml',
    {
      config: { produces: [OPML], addressed: true },
      schema: {
        operationId: 'getMinistryFeeds',
        tags: ['feeds'],
        summary: 'List the feeds of all ministries, to subscribe to',
        description: 'The bodies of today with the address of the Atom feed of each, by kind.',
        response: {
          200: {
            description: 'The feeds',
            headers: CACHEABLE,
            content: { [OPML]: { schema: OpmlDocument } },
          },
          304: FRESH,
        },
      },
    },
    async (request, reply) => {
      const { bodies } = await registry.current()
      const body = ministriesToOpml(bodies.values(), { day: dayOf(now()), base: baseOf(request, publicUrl) })
      const type = `${OPML}; charset=utf-8`
      return sendCacheable(request, reply, { etag: `"${digest(body)}"`, body, type, maxAge: MAX_AGE })
    },
  )
}
