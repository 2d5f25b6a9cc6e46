import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox'
import type { TSchema } from 'typebox'
import type { OtherForms } from '../articles/routes.ts'
import { CACHEABLE, FRESH, HEADERS, OPTIONAL_KEY, problems } from '../http/openapi.ts'
import { ref } from '../http/schema.ts'
import { ATOM } from './atom.ts'
import { JSON_FEED } from './json-feed.ts'
import type { FeedAnswers } from './routes-answer.ts'
import { AtomFeed, FeedQuery, JsonFeed } from './schema.ts'

/** Any list of articles as a feed, by an address of its own. */
export const feedRoutes: FastifyPluginAsyncTypebox<{ answers: FeedAnswers }> = async (app, { answers }) => {
  const shared = { security: OPTIONAL_KEY, tags: ['feeds'], querystring: FeedQuery }
  const description =
    'Any query of the list, newest first unless `sort` says otherwise; further pages by its links. Poll it with `If-None-Match`, or with `If-Modified-Since` where it sent `Last-Modified`. Without `page` nothing is counted.'
  const answered = (type: string, schema: TSchema) => ({
    200: {
      description: 'A page of the feed',
      headers: { ...CACHEABLE, Link: HEADERS.Link },
      content: { [type]: { schema } },
    },
    304: FRESH,
    ...problems(410),
  })

  app.get(
    '/articles.atom',
    {
      config: { produces: [ATOM], addressed: true },
      schema: {
        ...shared,
        description,
        operationId: 'getAtomFeed',
        summary: 'Follow a list of articles as an Atom feed',
        response: answered(ATOM, AtomFeed),
      },
    },
    (request, reply) => answers.atom(request, reply, request.query),
  )

  app.get(
    '/articles/feed.json',
    {
      config: { produces: [JSON_FEED], addressed: true },
      schema: {
        ...shared,
        description,
        operationId: 'getJsonFeed',
        summary: 'Follow a list of articles as a JSON feed',
        response: answered(JSON_FEED, ref(JsonFeed)),
      },
    },
    (request, reply) => answers.json(request, reply, request.query),
  )
}

/** The same at the list's own address, by `Accept`. */
export const feedForms = ({ atom, json }: FeedAnswers): OtherForms => ({
  [ATOM]: { schema: AtomFeed, answer: atom },
  [JSON_FEED]: { schema: ref(JsonFeed), answer: json },
})
