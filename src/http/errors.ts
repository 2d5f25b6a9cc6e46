import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Bilingual, Problem, sendProblem } from './problem.ts'
import { lingerAfter } from './raw-target.ts'
import { splitTarget } from './target.ts'
import { BROKEN_ESCAPE, encodingProblem, LOOSE_PERCENT } from './text-input.ts'
import { validationProblem } from './validation.ts'

/** Every way in which a request can fail, as a problem. */

/** Codes of PostgreSQL and of sockets that say: the database is not there (now). */
const UNREACHABLE =
  /^(?:ECONN\w+|EPIPE|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOST\w+|ENETUNREACH|08...|57P0[1-5]|53300|P1001|P1002|P1008|P1017|P2024|P2028)$/
const UNREACHABLE_TEXT =
  /connection terminated|query read timeout|timeout exceeded when trying to connect|timeout expired|Client has encountered a connection error|not queryable|Can't reach database|server (?:has )?closed the connection|Cannot use a pool after|terminating connection|Unable to start a transaction/i

interface Coded {
  code?: unknown
  message?: unknown
  cause?: unknown
  originalCode?: unknown
  meta?: { driverAdapterError?: unknown }
}

/** The error and what it wraps: Prisma hides PostgreSQL's code some levels down. */
function chain(error: unknown, depth = 0): Coded[] {
  if (error === null || typeof error !== 'object' || depth > 5) return []
  const coded = error as Coded
  return [coded, ...chain(coded.cause, depth + 1), ...chain(coded.meta?.driverAdapterError, depth + 1)]
}

const hasCode = (error: unknown, pattern: RegExp) =>
  chain(error).some(
    ({ code, originalCode }) => pattern.test(String(code)) || pattern.test(String(originalCode)),
  )

/** The database is not there (now). */
export const isUnreachable = (error: unknown) =>
  hasCode(error, UNREACHABLE) || chain(error).some(({ message }) => UNREACHABLE_TEXT.test(String(message)))

/** It is not there at all, rather than too busy to take one more. */
export const isAway = (error: unknown) =>
  isUnreachable(error) &&
  !hasCode(error, /^(?:53300|P2024|P2028)$/) &&
  !chain(error).some(({ message }) => /when trying to connect|Unable to start/i.test(String(message)))

/** The database ended a statement that took too long. */
export const isStatementTimeout = (error: unknown) => hasCode(error, /^57014$/)

/** Two transactions that wait for each other (PostgreSQL ends one), or that cannot be put in an order. */
export const isDeadlock = (error: unknown) => hasCode(error, /^(?:40P01|40001|P2034)$/)

/** The database answers, but takes no writes (now): it has become a replica, or its disk is full. */
const isUnwritable = (error: unknown) => hasCode(error, /^(?:25006|53100)$/)

const SILENT: Bilingual = {
  en: 'The database does not answer at the moment. Try again shortly.',
  ko: '지금은 데이터베이스가 응답하지 않습니다. 잠시 뒤 다시 시도하십시오.',
}
const UNWRITABLE: Bilingual = {
  en: 'The database takes no writes at the moment. Try again shortly.',
  ko: '지금은 데이터베이스에 쓸 수 없습니다. 잠시 뒤 다시 시도하십시오.',
}
const unavailable = (cause: unknown, detail: Bilingual) =>
  new Problem('service-unavailable', detail, { cause, headers: { 'retry-after': '2' } })

/** Fastify's own errors, by code. Those of media types and JSON do not come up: body.ts is there before. */
function fromFastify(error: FastifyError, path: string, bodyLimit: number): Problem | null {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new Problem('body-too-large', {
        en: `The body is larger than the ${bodyLimit} bytes that are taken here.`,
        ko: `본문이 허용된 크기(${bodyLimit}바이트)를 넘었습니다.`,
      })
    case 'FST_ERR_BAD_URL':
      return BROKEN_ESCAPE.test(path)
        ? new Problem('bad-request', {
            en: `The path: ${LOOSE_PERCENT.en}.`,
            ko: `경로: ${LOOSE_PERCENT.ko}.`,
          })
        : encodingProblem(path, { en: 'The path', ko: '경로' })
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new Problem('uri-too-long', {
        en: 'A part of the path is too long.',
        ko: '경로의 일부가 너무 깁니다.',
      })
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new Problem('bad-request', {
        en: 'Content-Length does not agree with the body.',
        ko: 'Content-Length가 본문 길이와 다릅니다.',
      })
    default:
      return null
  }
}

function toProblem(error: unknown, request: FastifyRequest): Problem {
  if (error instanceof Problem) return error
  const failed = error as FastifyError
  if (failed.validation && failed.validationContext) {
    const context = failed.validationContext as 'body' | 'querystring' | 'params' | 'headers'
    const value = {
      body: request.body,
      querystring: request.query,
      params: request.params,
      headers: request.headers,
    }[context]
    return validationProblem(failed.validation, context, value)
  }
  const known = fromFastify(failed, splitTarget(request.url).path, request.routeOptions.bodyLimit)
  if (known) return known
  if (isStatementTimeout(error))
    return new Problem(
      'query-timeout',
      {
        en: 'The query took too long and was ended. Narrow it, by days for example.',
        ko: '질의 시간이 초과되어 중단되었습니다. 기간 등으로 범위를 좁히십시오.',
      },
      { cause: error, headers: { 'retry-after': '5' } },
    )
  if (isUnreachable(error)) return unavailable(error, SILENT)
  if (isUnwritable(error)) return unavailable(error, UNWRITABLE)
  if (isDeadlock(error))
    return new Problem(
      'busy',
      {
        en: 'Two writers were in each other’s way: try again.',
        ko: '두 쓰기가 서로 충돌했습니다. 다시 시도하십시오.',
      },
      { cause: error, headers: { 'retry-after': '1' } },
    )
  if (typeof failed.statusCode === 'number' && failed.statusCode >= 400 && failed.statusCode < 500)
    return new Problem(
      'bad-request',
      { en: failed.message, ko: '요청을 처리할 수 없습니다.' },
      { cause: error },
    )
  return new Problem(
    'internal-error',
    {
      en: 'The fault is ours and has been logged. The request id finds it.',
      ko: '서버 오류가 기록되었습니다. requestId로 찾을 수 있습니다.',
    },
    { cause: error },
  )
}

/** Handles errors thrown by hooks, parsers and handlers. */
export function handleError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error, request)
  if (problem.statusCode === 500) request.log.error({ err: error }, 'request failed')
  else if (problem.statusCode === 503) request.log.warn({ err: error }, 'request unavailable')
  else if (problem.statusCode === 413) {
    // Fastify closes the connection.
    reply.removeHeader('connection')
    lingerAfter(reply.raw)
  }
  return sendProblem(request, reply, problem)
}

/**
 * Answers what no route matches: 405 with `Allow` where the path exists with other methods, else 404. A path that is written out
 * is no value of a parameter, whatever the method: `PUT /v1/articles/histogram` replaces no article.
 * Register before the routes, whose methods it notes.
 * @returns what to add as a hook for that, behind those that know who asks
 */
export function handleUnknownRoutes(app: FastifyInstance): (request: FastifyRequest) => Promise<void> {
  const routes = new Map<string, { pattern: RegExp; methods: Set<string> }>()
  const writtenOut = (path: string) => (/[:*]/.test(path) ? undefined : routes.get(path))
  const methodsOf = (path: string) => {
    const written = writtenOut(path)
    const found = written ? [written] : [...routes.values()].filter(({ pattern }) => pattern.test(path))
    return [...new Set(found.flatMap(({ methods }) => [...methods]))]
      .filter(name => name !== 'OPTIONS')
      .sort()
  }
  app.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(
      `^${url
        .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
        .replace(/:[A-Za-z]+/g, '[^/]+')
        .replace('\\*', '.*')}$`,
    )
    const known = routes.get(url) ?? { pattern, methods: new Set() }
    for (const name of [method].flat()) known.methods.add(name)
    routes.set(url, known)
  })
  app.setNotFoundHandler((request, reply) => {
    const { path } = splitTarget(request.url)
    const allow = methodsOf(path)
    if (allow.length > 0 && !allow.includes(request.method))
      return sendProblem(request, reply, notAllowed(path, allow))
    return sendProblem(
      request,
      reply,
      new Problem('not-found', {
        en: `There is nothing at ${path}. See /docs.`,
        ko: `${path}에는 아무것도 없습니다. /docs를 참고하십시오.`,
      }),
    )
  })
  return async request => {
    if (!request.routeOptions.url?.includes(':')) return
    const { path } = splitTarget(request.url)
    if (writtenOut(path)) throw notAllowed(path, methodsOf(path))
  }
}

const notAllowed = (path: string, allow: string[]) =>
  new Problem(
    'method-not-allowed',
    {
      en: `${path} takes ${allow.join(', ')}.`,
      ko: `${path}에는 ${allow.join(', ')} 메서드를 쓸 수 있습니다.`,
    },
    { headers: { allow: allow.join(', ') } },
  )
