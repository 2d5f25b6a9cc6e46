import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import { CACHEABLE, FRESH, HEADERS, OPTIONAL_KEY, problems } from '../http/openapi.ts'
import { ATOM } from './atom.ts'
import { type FeedRouteOptions, feedAnswers } from './routes-answer.ts'
import { AtomFeed, FeedQuery } from './schema.ts'

/** Any list of articles as a feed, by an address of its own; the list's own address gives it by `Accept`. */
export const feedRoutes: FastifyPluginAsyncTypebox<FeedRouteOptions> = async (app, options) => {
  const answers = feedAnswers(options)

  app.get(
    '/articles.atom',
    {
      config: { produces: [ATOM], addressed: true },
      schema: {
        operationId: 'getAtomFeed',
        security: OPTIONAL_KEY,
        tags: ['feeds'],
        summary: 'Follow a list of articles as an Atom feed',
        description:
          'Any query of the list, newest first unless `sort` says otherwise; further pages by its links. Poll it with `If-None-Match`, or `If-Modified-Since` where it sent `Last-Modified`. Without `page` nothing is counted.',
        querystring: FeedQuery,
        response: {
          200: {
            description: 'A page of the feed',
            headers: { ...CACHEABLE, Link: HEADERS.Link },
            content: { [ATOM]: { schema: AtomFeed } },
          },
          304: FRESH,
          ...problems(410),
        },
      },
    },
    (request, reply) => answers.atom(request, reply, request.query),
  )
}
