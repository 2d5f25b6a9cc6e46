import type { FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import { type Static, Type } from 'typebox'
import { splitTarget } from './target.ts'

/** Errors as RFC 9457 problem details, in English or Korean. */

export interface Bilingual {
  en: string
  ko: string
}
export type Language = keyof Bilingual

/** Every kind of problem: its status and title. `type` is `/problems/<code>`, where the API explains it. */
export const PROBLEMS = {
  'invalid-parameter': {
    status: 400,
    en: 'A parameter is not valid',
    ko: '요청 매개변수가 올바르지 않습니다',
  },
  'invalid-body': { status: 400, en: 'The request body is not valid', ko: '요청 본문이 올바르지 않습니다' },
  'invalid-header': { status: 400, en: 'A request header is not valid', ko: '요청 헤더가 올바르지 않습니다' },
  'invalid-encoding': { status: 400, en: 'The text is not UTF-8', ko: '글자 인코딩이 UTF-8이 아닙니다' },
  'bad-request': { status: 400, en: 'The request could not be read', ko: '요청을 읽을 수 없습니다' },
  unauthorized: { status: 401, en: 'A valid API key is needed', ko: '유효한 API 키가 필요합니다' },
  forbidden: { status: 403, en: 'The API key does not allow this', ko: 'API 키에 이 작업의 권한이 없습니다' },
  'not-found': { status: 404, en: 'Not found', ko: '찾을 수 없습니다' },
  'method-not-allowed': {
    status: 405,
    en: 'The resource has no such method',
    ko: '허용되지 않는 메서드입니다',
  },
  'not-acceptable': {
    status: 406,
    en: 'No acceptable representation',
    ko: '요청한 형식으로 제공할 수 없습니다',
  },
  'request-timeout': {
    status: 408,
    en: 'The request took too long to arrive',
    ko: '요청 수신 시간이 초과되었습니다',
  },
  conflict: { status: 409, en: 'The request conflicts with the present state', ko: '현재 상태와 충돌합니다' },
  gone: { status: 410, en: 'The article was deleted', ko: '삭제된 글입니다' },
  'history-compacted': {
    status: 410,
    en: 'The record of that time was compacted',
    ko: '그때의 변경 기록은 정리되었습니다',
  },
  'precondition-failed': {
    status: 412,
    en: 'It has changed since',
    ko: '그사이에 변경되었습니다',
  },
  'body-too-large': { status: 413, en: 'The request body is too large', ko: '요청 본문이 너무 큽니다' },
  'uri-too-long': { status: 414, en: 'The address is too long', ko: '요청 주소가 너무 깁니다' },
  'unsupported-media-type': {
    status: 415,
    en: 'Unsupported media type',
    ko: '지원하지 않는 미디어 형식입니다',
  },
  'expectation-failed': {
    status: 417,
    en: 'The expectation cannot be met',
    ko: 'Expect 헤더의 요구를 만족할 수 없습니다',
  },
  'idempotency-key-reused': {
    status: 422,
    en: 'The Idempotency-Key was used with another request',
    ko: '다른 요청에 이미 사용된 Idempotency-Key입니다',
  },
  'precondition-required': { status: 428, en: 'If-Match is needed', ko: 'If-Match 헤더가 필요합니다' },
  'too-many-requests': { status: 429, en: 'Too many requests', ko: '요청이 너무 많습니다' },
  'headers-too-large': {
    status: 431,
    en: 'The request headers are too large',
    ko: '요청 헤더가 너무 큽니다',
  },
  'internal-error': { status: 500, en: 'Something went wrong here', ko: '서버 내부 오류가 발생했습니다' },
  'service-unavailable': {
    status: 503,
    en: 'The database cannot be reached',
    ko: '데이터베이스에 연결할 수 없습니다',
  },
  'query-timeout': { status: 503, en: 'The query took too long', ko: '질의 시간이 초과되었습니다' },
  busy: { status: 503, en: 'The server is busy with other writes', ko: '다른 쓰기를 처리하고 있습니다' },
  'too-many-exports': {
    status: 503,
    en: 'Too many exports are running',
    ko: '진행 중인 내보내기가 너무 많습니다',
  },
  'not-ready': { status: 503, en: 'The service is not ready', ko: '아직 준비되지 않았습니다' },
} as const satisfies Record<string, Bilingual & { status: number }>
export type ProblemCode = keyof typeof PROBLEMS

/** One culprit. Exactly one of `parameter`, `header` and `pointer` (a JSON Pointer into the body) names it. */
export interface Fault {
  parameter?: string
  header?: string
  pointer?: string
  detail: Bilingual
  /** The nearest name or value that would have been valid. */
  suggestion?: string
}

/** An error that people are told of, in their language. */
export class BilingualError extends Error {
  readonly detail: Bilingual

  constructor(detail: Bilingual, options?: ErrorOptions) {
    super(detail.en, options)
    this.detail = detail
  }
}

export class Problem extends BilingualError {
  readonly code: ProblemCode
  readonly faults: Fault[]
  readonly headers: Record<string, string>

  constructor(
    code: ProblemCode,
    detail: Bilingual,
    more: { faults?: Fault[]; headers?: Record<string, string>; cause?: unknown } = {},
  ) {
    super(detail, { cause: more.cause })
    this.code = code
    this.faults = more.faults ?? []
    this.headers = more.headers ?? {}
  }

  get statusCode(): number {
    return PROBLEMS[this.code].status
  }
}

type Culprit = 'parameter' | 'header' | 'pointer'

/** Makes problems that one named culprit is to blame for, with what it might have been. */
const blaming =
  (code: ProblemCode, culprit: Culprit) =>
  (name: string, en: string, ko: string, suggestion?: string): Problem => {
    const where = name === '' ? { en: 'the body', ko: '본문' } : { en: name, ko: name }
    const faults = [{ [culprit]: name, detail: { en, ko }, ...(suggestion !== undefined && { suggestion }) }]
    return new Problem(code, { en: `${where.en}: ${en}`, ko: `${where.ko}: ${ko}` }, { faults })
  }

/** A problem with one parameter of the query or path, by its name. */
export const badParameter = blaming('invalid-parameter', 'parameter')
/** A problem with one place of the body, by its JSON Pointer; the whole body is `''`. */
export const badBody = blaming('invalid-body', 'pointer')
/** A problem with one header, by its name. */
export const badHeader = blaming('invalid-header', 'header')

/** A name or a place in a list as a part of a JSON Pointer (RFC 6901). */
export const pointerToken = (key: string | number): string =>
  String(key).replaceAll('~', '~0').replaceAll('/', '~1')

export const ProblemDetails = Type.Object(
  {
    type: Type.String({
      format: 'uri-reference',
      description: 'Names the kind of problem; the path explains it.',
      examples: ['/problems/invalid-parameter'],
    }),
    title: Type.String({ description: 'The kind in a sentence.', examples: ['A parameter is not valid'] }),
    status: Type.Integer({ minimum: 400, maximum: 599, description: 'The HTTP status.', examples: [400] }),
    detail: Type.String({
      description: 'What was wrong this time.',
      examples: ['form: unknown parameter; did you mean "from"?'],
    }),
    instance: Type.Optional(
      Type.String({ description: 'The path that was called.', examples: ['/v1/articles'] }),
    ),
    requestId: Type.Optional(
      Type.String({ description: 'The request’s id in the server’s log, also in `X-Request-Id`.' }),
    ),
    errors: Type.Optional(
      Type.Array(
        Type.Object({
          parameter: Type.Optional(
            Type.String({ description: 'The parameter of the query or path.', examples: ['form'] }),
          ),
          header: Type.Optional(Type.String({ description: 'The request header.' })),
          pointer: Type.Optional(Type.String({ description: 'The place in the body, a JSON Pointer.' })),
          detail: Type.String({ examples: ['unknown parameter; did you mean "from"?'] }),
          suggestion: Type.Optional(
            Type.String({
              description: 'The nearest name or value that would have been valid.',
              examples: ['from'],
            }),
          ),
        }),
        { description: 'Every culprit by name.' },
      ),
    ),
  },
  { $id: 'ProblemDetails', description: 'Problem details (RFC 9457). Korean for `Accept-Language: ko`.' },
)
export type ProblemDetails = Static<typeof ProblemDetails>

export const PROBLEM_TYPE = 'application/problem+json'

/** The language of a problem: Korean where the reader prefers it, English otherwise. */
export function languageOf(acceptLanguage: string | undefined): Language {
  if (acceptLanguage === undefined) return 'en'
  const negotiator = new Negotiator({ headers: { 'accept-language': acceptLanguage } })
  return negotiator.language(['en', 'ko']) === 'ko' ? 'ko' : 'en'
}

export function problemDetails(
  problem: Problem,
  language: Language,
  instance?: string,
  requestId?: string,
): ProblemDetails {
  const { status, ...title } = PROBLEMS[problem.code]
  return {
    type: `/problems/${problem.code}`,
    title: title[language],
    status,
    detail: problem.detail[language],
    ...(instance !== undefined && { instance }),
    ...(requestId !== undefined && { requestId }),
    ...(problem.faults.length > 0 && {
      errors: problem.faults.map(({ detail, ...fault }) => ({ ...fault, detail: detail[language] })),
    }),
  }
}

/** Adds to `Vary`, which the CORS plugin may have begun. */
export function addVary(reply: FastifyReply, names: string): FastifyReply {
  const present = reply.getHeader('vary')
  return reply.header('vary', present === undefined ? names : `${present}, ${names}`)
}

/** The language of an answer that is in either; the answer says so. */
export function languageFor(request: FastifyRequest, reply: FastifyReply): Language {
  const language = languageOf(request.headers['accept-language'])
  addVary(reply, 'Accept-Language').header('content-language', language)
  return language
}

/** Answers with a problem, whatever the route and whatever it would have answered. */
export function sendProblem(request: FastifyRequest, reply: FastifyReply, problem: Problem): FastifyReply {
  const language = languageOf(request.headers['accept-language'])
  const { path } = splitTarget(request.url)
  return addVary(reply, 'Accept-Language')
    .code(problem.statusCode)
    .headers({
      'cache-control': 'no-store',
      // Also where the framework failed before any hook.
      'x-request-id': request.id,
      'content-language': language,
      ...problem.headers,
    })
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problemDetails(problem, language, path, request.id)))
}
