import { hash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import Negotiator from 'negotiator'
import { JSON_TYPE, JSON_UTF8 } from './body.ts'
import { isFresh, isSameDate, versionEtag } from './conditional.ts'
import { addVary, Problem } from './problem.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Media types that the route can answer with, the preferred one first; JSON unless it says so. */
    produces?: string[]
    /** Whether its address names the media type, so that `Accept` has no say: many feed readers send a wrong one. */
    addressed?: boolean
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
    if (
      !accept ||
      request.is404 ||
      request.routeOptions.config.addressed ||
      request.routeOptions.schema?.hide
    )
      return
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

/** Fastify says of every HEAD without a body that it has the length 0, of a 304 too: it would be taken for that of the 200. */
export function tellNoLengthOf304(app: FastifyInstance): void {
  app.addHook('onRoute', route => {
    if (route.method !== 'HEAD') return
    route.onSend = [
      ...[route.onSend ?? []].flat(),
      async (_request: FastifyRequest, reply: FastifyReply) => {
        if (reply.statusCode === 304) reply.removeHeader('content-length')
      },
    ]
  })
}

/** Whether the reader takes gzip, and likes it no less than what is not coded at all. */
export const takesGzip = ({ headers }: FastifyRequest): boolean =>
  new Negotiator({ headers }).encoding(['gzip', 'identity']) === 'gzip'

/** A short digest of what a representation says. */
export const digest = (text: string): string => hash('sha256', text, 'base64url').slice(0, 16)

/** By what a reader may keep an answer and ask about it again. */
export interface Validators {
  etag: string
  /** When it last changed; null or left out where that is not known. */
  lastModified?: Date | null
  /** For how many seconds readers need not revalidate. */
  maxAge?: number
}

/** Tells the validators of the answer, and whether the reader has it already: then 304 is the answer. */
export function isCurrent(
  request: FastifyRequest,
  reply: FastifyReply,
  { etag, lastModified, maxAge }: Validators,
): boolean {
  const { addressed, remembered } = request.routeOptions.config
  const names = [addressed ? [] : ['Accept'], remembered ? ['Accept-Encoding'] : [], ['Authorization']].flat()
  addVary(reply, names.join(', ')).headers({
    etag,
    ...(lastModified && { 'last-modified': lastModified.toUTCString() }),
    'cache-control': `${request.caller === null ? 'public' : 'private'}, ${maxAge ? `max-age=${maxAge}` : 'no-cache'}`,
  })
  const { 'if-none-match': tags, 'if-modified-since': date } = request.headers
  return tags === undefined && lastModified ? isSameDate(date, lastModified) : isFresh(tags, etag)
}

/** Nobody keeps what the routes of this scope answer. */
export function keepNothing(app: FastifyInstance): void {
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store')
  })
}

/** A list as it is sent, and its ETag. */
export function listAnswer(list: object): { etag: string; body: string } {
  const body = JSON.stringify(list)
  return { etag: `W/"${digest(body)}"`, body }
}

/** What has versions as it is sent, and its ETag. */
export function versionAnswer(thing: { version: number }): { etag: string; body: string } {
  const body = JSON.stringify(thing)
  return { etag: versionEtag(thing.version, digest(body)), body }
}

/** Answers a write with what stands there now, under the ETag of its version; nobody keeps it. */
export function sendVersion(reply: FastifyReply, thing: { version: number }): FastifyReply {
  const { etag, body } = versionAnswer(thing)
  return reply.headers({ etag, 'cache-control': 'no-store' }).type(JSON_UTF8).send(body)
}

/** Answers with a body that readers may keep and revalidate, or with 304 where they have it already. */
export function sendCacheable(
  request: FastifyRequest,
  reply: FastifyReply,
  answer: Validators & { body: string | (() => string); type?: string },
): FastifyReply {
  if (isCurrent(request, reply, answer)) return reply.code(304).send()
  return reply
    .type(answer.type ?? JSON_UTF8)
    .send(typeof answer.body === 'string' ? answer.body : answer.body())
}
