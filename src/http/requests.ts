import { randomFillSync } from 'node:crypto'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { badHeader } from './problem.ts'

/** What is told of each request: its id to the caller, a line to the log. */

/** Bytes of a new id: as many as a trace's have. */
const ID_BYTES = 16
/** Chance for the ids to come. */
const random = Buffer.alloc(256 * ID_BYTES)
let taken = random.length

/** In hexadecimal. `randomUUID` puts its text together of thirty pieces: a twentieth of what a kept answer takes. */
function newId(): string {
  if (taken === random.length) {
    randomFillSync(random)
    taken = 0
  }
  taken += ID_BYTES
  return random.toString('hex', taken - ID_BYTES, taken)
}

/** A caller's own id where it is harmless in a log, else a new one. */
export const requestId = (header: string | string[] | undefined): string =>
  typeof header === 'string' && /^[\w.:-]{1,100}$/.test(header) ? header : newId()

/** Without the secret of a key that somebody put into the address by mistake, whole or without its beginning. */
export const withoutKeys = (url: string): string => url.replace(/([0-9a-f]{12}(?:_|%5f))[\w%-]+/gi, '$1…')

/** Told of each answer once it is out: to what, its status, and the milliseconds since its request. */
export type Observe = (asked: { method: string; route: string }, status: number, ms: number) => void

/** What was asked, by the pattern of its route. */
export const asked = ({ method, routeOptions }: FastifyRequest) => ({
  method,
  route: routeOptions.url ?? 'unknown',
})

/**
 * Times every request, also those that are refused before their route. By no `onResponse`: for that Fastify would listen on each
 * kept answer too, a sixth of what one takes. The short way to those (sent.ts) observes them itself.
 */
export function timeRequests(app: FastifyInstance, observe: Observe): void {
  app.addHook('onRequest', (request, { raw }, done) => {
    const began = performance.now()
    const note = () => {
      raw.off('finish', note).off('error', note)
      observe(asked(request), raw.statusCode, performance.now() - began)
    }
    raw.on('finish', note).on('error', note)
    done()
  })
}

/** One line a request where there is a log, without secrets; the id goes back to the caller. */
export function tellRequests(app: FastifyInstance, { logged }: { logged: boolean }): void {
  app.addHook('onRequest', (request, reply, done) => {
    reply.headers({ 'x-request-id': request.id, 'x-content-type-options': 'nosniff' })
    const nameless = request.headers.host === undefined && request.raw.httpVersion === '1.1'
    done(nameless ? badHeader('Host', 'is missing', '빠져 있습니다') : undefined)
  })
  if (!logged) return
  app.addHook('onResponse', (request, reply, done) => {
    request.log.info(
      {
        method: request.method,
        url: withoutKeys(request.url),
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime * 10) / 10,
        key: request.caller?.id,
      },
      'request',
    )
    done()
  })
}
