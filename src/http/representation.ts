import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import { JSON_TYPE, JSON_UTF8 } from './body.ts'
import { isFresh } from './conditional.ts'
import { addVary, Problem } from './problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Media types that the route can answer with, the preferred one first; JSON unless it says so. */
    produces?: string[]
  }
  interface FastifyRequest {
    /** The media type to answer with, negotiated by `Accept`. */
    accepted: string
  }
}

/** Chooses the representation before anything else is done; 406 where none is acceptable. */
export function negotiate(app: FastifyInstance): void {
  app.decorateRequest('accepted', JSON_TYPE)
  app.addHook('onRequest', async request => {
    const produces = request.routeOptions.config.produces ?? [JSON_TYPE]
    request.accepted = produces[0] ?? JSON_TYPE
    const { accept } = request.headers
    // The reference page and its assets are no part of the API.
    if (!accept || request.is404 || request.routeOptions.schema?.hide) return
    // Parameters such as charset or indent say nothing of the type.
    const types = accept.replace(/;\s*(?!q=)[^;,=\s]+=[^;,]*/gi, '')
    const chosen = new Negotiator({ headers: { accept: types } }).mediaType(produces)
    if (chosen === undefined)
      throw new Problem('not-acceptable', {
        en: `This is served as ${produces.join(', ')}, not as ${accept}.`,
        ko: `${produces.join(', ')} 형식으로만 제공합니다.`,
      })
    request.accepted = chosen
  })
}

/** Whether the reader takes gzip, and likes it no less than what is not coded at all. */
export const takesGzip = ({ headers }: FastifyRequest): boolean =>
  new Negotiator({ headers }).encoding(['gzip', 'identity']) === 'gzip'

/** A short digest of what a representation says. */
export const digest = (text: string): string =>
  createHash('sha256').update(text).digest('base64url').slice(0, 16)

/**
 * Answers with a body that readers may keep and revalidate, or with 304 where they have it already. `maxAge` is for how
 * many seconds they need not revalidate.
 */
export function sendCacheable(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: { etag: string; body: string | (() => string); type?: string; maxAge?: number },
): FastifyReply {
  addVary(reply, 'Accept, Authorization').headers({
    etag: answer.etag,
    'cache-control': `${request.caller === null ? 'public' : 'private'}, ${answer.maxAge ? `max-age=${answer.maxAge}` : 'no-cache'}`,
  })
  if (isFresh(request.headers['if-none-match'], answer.etag)) return reply.code(304).send()
  return reply
    .type(answer.type ?? JSON_UTF8)
    .send(typeof answer.body === 'string' ? answer.body : answer.body())
}
