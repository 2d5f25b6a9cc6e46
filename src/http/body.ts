import type { FastifyInstance, FastifyRequest } from 'fastify'
import { badBody, Problem } from './problem.ts'
import { normaliseJson, requireUtf8 } from './text-input.ts'

export const JSON_TYPE = 'application/json'
/** The same as answers name it. */
export const JSON_UTF8 = `${JSON_TYPE}; charset=utf-8`
export const MERGE_PATCH_TYPE = 'application/merge-patch+json'

/** Whether a value of JSON is an object, neither null nor a list. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object' && !Array.isArray(value)

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Media types of the body that the route takes; JSON unless it says so. */
    consumes?: string[]
    /** Content codings that it takes; none unless it says so. */
    codings?: readonly string[]
    /** Character sets that it takes, where not only UTF-8. */
    charsets?: readonly string[]
  }
}

/** Bytes of the small bodies that anybody may send: to read and to check megabytes would hold up all others. */
const SMALL_BODY = 32_768
export const smallBody = ({ initialConfig: { bodyLimit = SMALL_BODY } }: FastifyInstance): number =>
  Math.min(SMALL_BODY, bodyLimit)

/** JSON bodies: strictly UTF-8, normalised, and of the media type that the route takes. */
export function parseBodies(app: FastifyInstance): void {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser([JSON_TYPE, MERGE_PATCH_TYPE], { parseAs: 'buffer' }, (request, body, done) => {
    try {
      const text = requireUtf8(body as Buffer, { en: 'The body', ko: '본문' })
      if (request.is404) return done(null, undefined)
      const wanted = request.routeOptions.schema?.body !== undefined
      // Many clients name a media type with every request, also where they send nothing.
      if (text === '' && !wanted) return done(null, undefined)
      if (!wanted) throw badBody('', 'this request takes none', '이 요청에는 본문을 보낼 수 없습니다')
      let parsed: { error: Error | null; value?: unknown } = { error: null }
      parseJson(request, text, (error, value) => {
        parsed = { error, value }
      })
      if (parsed.error) throw notJson(text)
      done(null, normaliseJson(parsed.value))
    } catch (error) {
      done(error as Error)
    }
  })
  // What has no body to speak of may name any type; a body of another type was refused before it came here.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (request, body, done) => {
    if (request.is404 || body.length === 0) return done(null, undefined)
    done(badBody('', 'this request takes none', '이 요청에는 본문을 보낼 수 없습니다'))
  })
  app.addHook('onRequest', checkMediaType)
}

const UTF8 = ['utf-8', 'utf8']

async function checkMediaType(request: FastifyRequest): Promise<void> {
  const {
    'content-type': contentType,
    'content-length': length,
    'transfer-encoding': chunked,
  } = request.headers
  if (request.is404 || !request.routeOptions.schema?.body) return
  if (contentType === undefined && chunked === undefined && (length === undefined || length === '0')) return
  const { consumes = [JSON_TYPE], charsets, codings = ['identity'] } = request.routeOptions.config
  const coding = request.headers['content-encoding']?.trim().toLowerCase()
  if (coding && !codings.includes(coding)) throw notUnpacked(coding, codings.join(', '))
  const [type = '', ...parameters] = (contentType ?? '')
    .toLowerCase()
    .split(';')
    .map(part => part.trim())
  const charset = parameters
    .find(p => p.startsWith('charset='))
    ?.slice('charset='.length)
    .replaceAll('"', '')
  if (consumes.includes(type) && (charset === undefined || (charsets ?? UTF8).includes(charset))) return
  const accepted = consumes.join(', ')
  const sets = charsets ? `charset ${charsets.join(', ')}` : 'UTF-8'
  throw new Problem(
    'unsupported-media-type',
    {
      en: `Send the body as ${accepted} in ${sets}, not as ${contentType ?? 'nothing named'}.`,
      ko: `본문을 ${sets}로 된 ${accepted} 형식으로 보내십시오(받은 형식: ${contentType ?? '없음'}).`,
    },
    { headers: { [request.method === 'PATCH' ? 'accept-patch' : 'accept-post']: accepted } },
  )
}

function notUnpacked(coding: string, accepted: string): Problem {
  const detail = { en: `must be one of ${accepted}`, ko: `다음 중 하나여야 합니다: ${accepted}` }
  return new Problem(
    'unsupported-media-type',
    {
      en: `Content-Encoding: ${detail.en}, not ${coding}`,
      ko: `Content-Encoding: ${detail.ko}(받은 값: ${coding})`,
    },
    { faults: [{ header: 'Content-Encoding', detail }], headers: { 'accept-encoding': accepted } },
  )
}

/** Says where the text stops being JSON, which Fastify's parser does not. */
function notJson(text: string): Problem {
  try {
    JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    const { message } = error as Error
    return badBody('', `is not valid JSON: ${message}`, `올바른 JSON이 아닙니다: ${message}`)
  }
  return badBody(
    '',
    'has a key "__proto__", or "prototype" in "constructor", which nothing has',
    '"__proto__"나 "constructor" 안의 "prototype"이라는 키는 쓸 수 없습니다',
  )
}
