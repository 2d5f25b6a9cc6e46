import swagger from '@fastify/swagger'
import type { FastifyContextConfig, FastifyInstance } from 'fastify'
import { problems, titleOf } from './openapi.ts'
import { PROBLEM_TYPE, ProblemDetails } from './problem.ts'

/** The OpenAPI document, put together from what the routes say of themselves. */

const DESCRIPTION = `Korean policy articles: list, search by day, read, write.

A day is always a day in Seoul and a range of days includes both ends. Reading what is public needs no key.
Unknown parameters and fields are refused, not ignored. Every error is a problem document (RFC 9457) that names the
culprit, in Korean for \`Accept-Language: ko\`; this includes 404, 405 and 414 for addresses that are not listed here, and
408, 417, 431 and the 400 of what is no HTTP from the HTTP layer. Every answer carries \`X-Request-Id\`, and all but those of
probes and of that layer \`RateLimit\` and \`RateLimit-Policy\`. \`Cache-Status\` tells whether an answer to an anonymous
reader came from memory (\`gongbo; hit\`): then nothing has changed since it was made.`

const TAGS = [
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
]

interface Operation {
  description?: string
  parameters?: { name: string; required?: boolean }[]
  security?: object[]
  requestBody?: { content?: Record<string, { schema?: { $ref?: string; type?: string } }> }
  responses: Record<string, { $ref?: string; content?: Record<string, unknown>; headers?: object }>
}

interface Document {
  paths: Record<string, Record<string, Operation>>
  components: { responses?: Record<string, unknown> }
}

interface DocumentOptions {
  publicUrl: string
  version: string
  /** What is sent to others, by its name: the `webhooks` of the document. */
  webhooks: Record<string, object>
}

/** Register before the routes; the document is complete once the app is ready. */
export async function describeApi(
  app: FastifyInstance,
  { publicUrl, version, webhooks }: DocumentOptions,
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
      tags: TAGS,
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
      const api = document.openapiObject as unknown as Document
      for (const [path, methods] of Object.entries(api.paths))
        for (const [method, operation] of Object.entries(methods)) {
          addCommon(operation, method, configs.get(`${method} ${path}`) ?? {})
          mend(operation)
        }
      api.components.responses = shareProblems(Object.values(api.paths).flatMap(Object.values))
      return document.openapiObject
    },
  })
  app.addSchema(ProblemDetails)
}

/** What every route can answer with, besides its own. */
const COMMON = [400, 406, 500, 503]
/** What those can answer with that are limited and take a key. */
const LIMITED = [401, 429]

/** Adds what a route need not say: whom it lets in, and how it may fail as others do. */
function addCommon(operation: Operation, method: string, { scope, unlimited }: FastifyContextConfig): void {
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
}

/** Puts right what the plugin cannot know of an operation. */
function mend(operation: Operation): void {
  // Without it the answer is 428, which no schema of a request can say.
  const ifMatch = operation.parameters?.find(({ name }) => name === 'if-match')
  if (ifMatch && '428' in operation.responses) ifMatch.required = true
  // A file is a stream where it is validated, of which a schema can say nothing.
  for (const { schema } of Object.values(operation.requestBody?.content ?? {}))
    if (schema && !schema.$ref && !schema.type) Object.assign(schema, { type: 'string', format: 'binary' })
  // The plugin gives a body to answers that have none.
  for (const status of ['204', '304']) delete operation.responses[status]?.content
}

/** Makes references of all answers that are problems, and gives what they refer to. */
function shareProblems(operations: Operation[]): Record<string, object> {
  const statuses = new Set<string>()
  for (const { responses } of operations)
    for (const [status, response] of Object.entries(responses))
      if (response.content?.[PROBLEM_TYPE]) {
        statuses.add(status)
        responses[status] = { $ref: `#/components/responses/Problem${status}` }
      }
  return Object.fromEntries(
    [...statuses].sort().map(status => [`Problem${status}`, sharedProblem(Number(status))]),
  )
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
