import swagger from '@fastify/swagger'
import type { FastifyContextConfig, FastifyInstance } from 'fastify'
import { type TSchema, Type } from 'typebox'
import { PROBLEM_TYPE, PROBLEMS, ProblemDetails } from './problem.ts'
import { ref } from './schema.ts'

/** The OpenAPI document, generated from the routes' schemas. */

/** Response entries for problems, to spread into a route's responses. */
export const problems = (...statuses: number[]) =>
  Object.fromEntries(
    statuses.map(status => [
      status,
      { description: titleOf(status), content: { [PROBLEM_TYPE]: { schema: ref(ProblemDetails) } } },
    ]),
  )

const titleOf = (status: number) =>
  Object.values(PROBLEMS)
    .filter(problem => problem.status === status)
    .map(problem => problem.en)
    .join(', or: ')

/** For routes that anybody may call and that show more to a key. */
export const OPTIONAL_KEY: { [scheme: string]: string[] }[] = [{}, { key: [] }]

/** A successful JSON response. */
export const json = (description: string, schema: TSchema, headers?: Record<string, TSchema>) => ({
  description,
  ...(headers && { headers }),
  content: { 'application/json': { schema } },
})

const text = (description: string, example?: string) =>
  Type.String({ description, ...(example !== undefined && { examples: [example] }) })

/** Response headers that more than one route has. */
export const HEADERS = {
  ETag: text(
    'Validator of this representation, for If-None-Match and, of what can be written, If-Match.',
    '"3.kq2Jc0mJ9w3xTtXZ"',
  ),
  'Cache-Control': text('Readers may keep it and must revalidate.', 'public, no-cache'),
  Vary: text('What the answer depends on.', 'Accept, Authorization'),
  Link: text('First, previous and next page (RFC 8288).', '</v1/articles?page=2>; rel="next"'),
  Location: text('Where it is.', '/v1/articles/21'),
  'Content-Location': text('Its address by its identity here.', '/v1/articles/21'),
  'Gongbo-Position': text(
    'The place of this write. A read that brings it along as `Gongbo-Position` is not older, on any node; its text means nothing else.',
    '4711',
  ),
}

/** What every route can answer with, besides its own. */
const COMMON = [400, 406, 500, 503]
/** What those can answer with that are limited and take a key. */
const LIMITED = [401, 429]

interface Operation {
  description?: string
  parameters?: { name: string; required?: boolean }[]
  security?: object[]
  requestBody?: { content?: Record<string, { schema?: { $ref?: string; type?: string } }> }
  responses: Record<string, { $ref?: string; content?: Record<string, unknown>; headers?: object }>
}

const DESCRIPTION = `Korean policy articles: list, search by day, read, write.

A day is always a day in Seoul and a range of days includes both ends. Reading what is public needs no key.
Unknown parameters and fields are refused, not ignored. Every error is a problem document (RFC 9457) that names the
culprit, in Korean for \`Accept-Language: ko\`; this includes 404, 405 and 414 for addresses that are not listed here, and
408, 417, 431 and the 400 of what is no HTTP from the HTTP layer. Every answer carries \`X-Request-Id\`, and all but those of
probes and of that layer \`RateLimit\` and \`RateLimit-Policy\`. \`Cache-Status\` tells whether an answer to an anonymous
reader came from memory (\`gongbo; hit\`): then nothing has changed since it was made.`

/** Of answers that a reader may keep and ask about again, and of the answer that his copy is fresh. */
export const CACHEABLE = {
  ETag: HEADERS.ETag,
  'Cache-Control': HEADERS['Cache-Control'],
  Vary: HEADERS.Vary,
}
export const FRESH = { description: 'The reader’s copy is fresh', headers: { ETag: HEADERS.ETag } }

export const ifMatchOf = (description: string) =>
  Type.Optional(Type.String({ description, examples: ['"1.kq2Jc0mJ9w3xTtXZ"'] }))

/** The parameter of writes that replace something. */
export const IfMatch = Type.Object({
  'if-match': ifMatchOf('The ETag that was last read. Without it 428, with a stale one 412.'),
})

export interface OpenapiOptions {
  publicUrl: string
  version: string
  /** What is sent to others, by its name: the `webhooks` of the document. */
  webhooks: Record<string, object>
}

/** Register before the routes; the document is complete once the app is ready. */
export async function describeApi(
  app: FastifyInstance,
  { publicUrl, version, webhooks }: OpenapiOptions,
): Promise<void> {
  const configs = new Map<string, FastifyContextConfig>()
  app.addHook('onRoute', ({ method, url, config }) => {
    const path = url.replace(/:([A-Za-z]+)/g, '{$1}')
    for (const name of [method].flat()) configs.set(`${name.toLowerCase()} ${path}`, config ?? {})
  })
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Gongbo',
        description: DESCRIPTION,
        version,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: publicUrl || '/', description: 'This server' }],
      tags: [
        { name: 'articles', description: 'Policy articles' },
        { name: 'counters', description: 'Views and reactions, apart from the articles' },
        { name: 'revisions', description: 'Former versions of articles' },
        { name: 'feeds', description: 'Lists of articles as Atom and JSON feeds' },
        { name: 'changes', description: 'The log of changes, for those who keep a copy' },
        { name: 'exports', description: 'Whole lists as files' },
        { name: 'webhooks', description: 'Changes that are sent to you, signed' },
        { name: 'ministries', description: 'The bodies that issue articles, their names and lineage' },
        { name: 'synonyms', description: 'Spellings that keyword search takes for each other' },
        { name: 'imports', description: 'Files of articles, imported while one looks on' },
        { name: 'keys', description: 'API keys' },
        { name: 'service', description: 'Health, metrics and the API’s own description' },
      ],
      webhooks: webhooks as never,
      components: {
        securitySchemes: {
          key: {
            type: 'http',
            scheme: 'bearer',
            description:
              'An API key. Scopes: `articles:read`; `articles:write`, which may read as well; `admin`, which may do everything.',
          },
        },
      },
    },
    refResolver: { buildLocalReference: (schema, _base, _fragment, i) => String(schema.$id ?? `def-${i}`) },
    transformObject: document => {
      if (!('openapiObject' in document)) return document.swaggerObject
      const api = document.openapiObject as unknown as {
        paths: Record<string, Record<string, Operation>>
        components: { responses?: Record<string, unknown> }
      }
      const shared: Record<string, unknown> = {}
      for (const [path, methods] of Object.entries(api.paths))
        for (const [method, operation] of Object.entries(methods)) {
          const { scope, unlimited } = configs.get(`${method} ${path}`) ?? {}
          operation.security ??= scope ? [{ key: [] }] : []
          // Lists of scopes belong to OAuth: tools hide them of other schemes, or complain.
          if (scope)
            operation.description = [operation.description, `Needs a key of scope \`${scope}\`.`]
              .filter(Boolean)
              .join(' ')
          const statuses = [
            ...COMMON,
            ...(unlimited ? [] : LIMITED),
            ...(scope ? [403] : []),
            ...(method === 'get' ? [] : [413]),
            ...(operation.requestBody ? [415] : []),
          ]
          for (const status of statuses)
            operation.responses[status] ??= problems(status)[status] as Operation['responses'][string]
          // Without it the answer is 428, which no schema of a request can say.
          const ifMatch = operation.parameters?.find(({ name }) => name === 'if-match')
          if (ifMatch && '428' in operation.responses) ifMatch.required = true
          // A file is a stream where it is validated, of which a schema can say nothing.
          for (const { schema } of Object.values(operation.requestBody?.content ?? {}))
            if (schema && !schema.$ref && !schema.type)
              Object.assign(schema, { type: 'string', format: 'binary' })
          // The plugin gives a body to answers that have none.
          for (const status of ['204', '304']) delete operation.responses[status]?.content
          for (const [status, response] of Object.entries(operation.responses))
            if (response.content?.[PROBLEM_TYPE]) {
              shared[`Problem${status}`] ??= sharedProblem(Number(status))
              operation.responses[status] = { $ref: `#/components/responses/Problem${status}` }
            }
        }
      api.components.responses = Object.fromEntries(Object.entries(shared).sort())
      return document.openapiObject
    },
  })
  app.addSchema(ProblemDetails)
}

function sharedProblem(status: number): object {
  const headers: Record<string, object> = {
    ...([401, 403].includes(status) && {
      'WWW-Authenticate': { schema: { type: 'string' }, description: 'How to authenticate.' },
    }),
    ...([429, 503].includes(status) && {
      'Retry-After': { schema: { type: 'string' }, description: 'Seconds to wait.' },
    }),
  }
  return {
    description: titleOf(status),
    ...(Object.keys(headers).length > 0 && { headers }),
    content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/ProblemDetails' } } },
  }
}
